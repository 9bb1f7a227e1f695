#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::form;

fn printed(capability: Capability, level: Level, query: Value) -> Value {
    let resources = form::read(&query, Resources::read).unwrap();
    let document = policy(&[capability], level, &resources, Partition::Aws);
    serde_json::to_value(document).unwrap()["Statement"].take()
}

fn actions(capability: Capability, level: Level, query: Value) -> BTreeSet<String> {
    let resources = form::read(&query, Resources::read).unwrap();
    let document = policy(&[capability], level, &resources, Partition::Aws);
    document.statements().iter().flat_map(Statement::actions).cloned().collect()
}

/// The actions that the peer documents for each use, and those that make more possible.
const DOCUMENTED: &[(Capability, &str, &str)] = &[
    (
        Capability::SecretsManager,
        "secretsmanager:ListSecrets secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue \
         secretsmanager:CreateSecret secretsmanager:UpdateSecret secretsmanager:DeleteSecret \
         secretsmanager:DescribeSecret secretsmanager:TagResource secretsmanager:UntagResource kms:ListAliases \
         kms:Encrypt kms:Decrypt kms:DescribeKey",
        "secretsmanager:RestoreSecret kms:GenerateDataKey",
    ),
    (
        Capability::ParameterStore,
        "ssm:PutParameter ssm:GetParameters ssm:GetParametersByPath ssm:DescribeParameters ssm:DeleteParameters \
         ssm:ListTagsForResource ssm:AddTagsToResource ssm:RemoveTagsFromResource kms:ListAliases kms:Encrypt \
         kms:Decrypt kms:DescribeKey",
        "kms:GenerateDataKey",
    ),
    (
        Capability::KeyRotation,
        "iam:ListAccessKeys iam:CreateAccessKey iam:UpdateAccessKey iam:DeleteAccessKey iam:ListUsers",
        "iam:GetAccessKeyLastUsed",
    ),
    (
        Capability::CertificateManager,
        "acm:ListCertificates acm:DescribeCertificate acm:GetCertificate acm:ImportCertificate acm:ExportCertificate \
         acm:DeleteCertificate acm:AddTagsToCertificate acm:RemoveTagsFromCertificate acm:ListTagsForCertificate",
        "elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeListenerCertificates \
         elasticloadbalancing:AddListenerCertificates elasticloadbalancing:RemoveListenerCertificates \
         elasticloadbalancing:ModifyListener",
    ),
    (
        Capability::LoadBalancer,
        "acm:ListCertificates acm:ImportCertificate acm:DeleteCertificate acm:DescribeCertificate \
         acm:ListTagsForCertificate elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeListeners \
         elasticloadbalancing:DescribeListenerCertificates elasticloadbalancing:AddListenerCertificates \
         elasticloadbalancing:RemoveListenerCertificates elasticloadbalancing:ModifyListener",
        "acm:AddTagsToCertificate",
    ),
    (
        Capability::PrivateCa,
        "acm-pca:DescribeCertificateAuthority acm-pca:GetCertificateAuthorityCertificate acm-pca:IssueCertificate \
         acm-pca:GetCertificate acm-pca:RevokeCertificate",
        "",
    ),
    (
        Capability::PublicCa,
        "acm:RequestCertificate acm:DescribeCertificate acm:ExportCertificate acm:RenewCertificate \
         acm:RevokeCertificate acm:ListCertificates route53:GetHostedZone route53:ChangeResourceRecordSets",
        "",
    ),
    (Capability::Recordings, "s3:PutObject s3:GetObject s3:ListBucket s3:DeleteObject", ""),
];

#[test]
fn minimal_is_exactly_what_is_documented_and_full_adds_the_optional_actions() {
    let key = json!({ "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1" });
    for (capability, documented, optional) in DOCUMENTED {
        let mut expected: BTreeSet<String> = documented.split_whitespace().map(str::to_owned).collect();
        assert_eq!(actions(*capability, Level::Minimal, key.clone()), expected, "{capability:?}");
        expected.extend(optional.split_whitespace().map(str::to_owned));
        assert_eq!(actions(*capability, Level::Full, key.clone()), expected, "{capability:?}");
    }
    assert_eq!(DOCUMENTED.iter().map(|(capability, ..)| *capability).collect::<Vec<_>>(), Capability::ALL);
}

#[test]
fn secrets_are_confined_to_their_names_and_their_key_to_the_service() {
    let query = json!({
        "region": "eu-west-1", "accountId": "123456789012", "secretName": "db", "secretNamePrefix": "prod/",
        "kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/k1",
    });
    assert_eq!(
        printed(Capability::SecretsManager, Level::Minimal, query),
        json!([
            {
                "Sid": "FindSecrets", "Effect": "Allow",
                "Action": ["secretsmanager:ListSecrets", "secretsmanager:BatchGetSecretValue"], "Resource": "*"
            },
            {
                "Sid": "SyncSecrets", "Effect": "Allow",
                "Action": [
                    "secretsmanager:GetSecretValue", "secretsmanager:CreateSecret", "secretsmanager:UpdateSecret",
                    "secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret", "secretsmanager:TagResource",
                    "secretsmanager:UntagResource"
                ],
                "Resource": [
                    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
                    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-??????",
                    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/*"
                ]
            },
            { "Sid": "FindSecretKeys", "Effect": "Allow", "Action": "kms:ListAliases", "Resource": "*" },
            {
                "Sid": "ReadSecretKeys", "Effect": "Allow", "Action": "kms:DescribeKey",
                "Resource": "arn:aws:kms:eu-west-1:123456789012:key/k1"
            },
            {
                "Sid": "UseSecretKeys", "Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"],
                "Resource": "arn:aws:kms:eu-west-1:123456789012:key/k1",
                "Condition": { "StringEquals": { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } }
            }
        ])
    );
}

#[test]
fn parameters_are_confined_to_the_path_in_the_regions_partition() {
    let query = json!({ "region": "cn-north-1", "accountId": "123456789012", "parameterPath": "/prod/app/" });
    assert_eq!(
        printed(Capability::ParameterStore, Level::Minimal, query)[1]["Resource"],
        json!([
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/app",
            "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/prod/app/*"
        ])
    );
    let root = printed(Capability::ParameterStore, Level::Minimal, json!({ "parameterPath": "/" }));
    assert_eq!(root[1]["Resource"], json!(["arn:aws:ssm:*:*:parameter/", "arn:aws:ssm:*:*:parameter/*"]));
}

#[test]
fn each_other_capability_names_its_resources() {
    let account = "123456789012";
    for (capability, statement, query, expected) in [
        (
            Capability::KeyRotation,
            1,
            json!({ "accountId": account, "userName": "ci,/bots/x" }),
            json!(["arn:aws:iam::123456789012:user/ci", "arn:aws:iam::123456789012:user/bots/x"]),
        ),
        (
            Capability::CertificateManager,
            1,
            json!({ "accountId": account, "region": "us-gov-west-1" }),
            json!("arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/*"),
        ),
        (
            Capability::LoadBalancer,
            3,
            json!({ "loadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc" }),
            json!("arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/web/50dc/*"),
        ),
        (
            Capability::PrivateCa,
            0,
            json!({ "certificateAuthorityArn": "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1" }),
            json!("arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1"),
        ),
        (
            Capability::PublicCa,
            3,
            json!({ "hostedZoneId": "/hostedzone/Z1" }),
            json!("arn:aws:route53:::hostedzone/Z1"),
        ),
        (
            Capability::Recordings,
            2,
            json!({ "bucket": "rec", "keyPrefix": "/pam/prod/" }),
            json!("arn:aws:s3:::rec/pam/prod/.test/*"),
        ),
        (Capability::Recordings, 0, json!({ "bucket": "rec" }), json!("arn:aws:s3:::rec/*")),
    ] {
        assert_eq!(
            printed(capability, Level::Minimal, query)[statement]["Resource"],
            expected,
            "{capability:?}"
        );
    }
}

#[test]
fn several_capabilities_share_a_document_without_a_repeated_statement_name() {
    let resources = Resources::default();
    let mut twice = Capability::ALL.to_vec();
    twice.extend(Capability::ALL);
    let document = policy(&twice, Level::Full, &resources, Partition::Aws);
    let sids: Vec<String> = document.statements().iter().map(|statement| statement.sid.clone()).collect();
    let unique: BTreeSet<&String> = sids.iter().collect();
    assert_eq!(unique.len(), sids.len(), "{sids:?}");
    assert!(sids.iter().all(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    // A role's inline policies have 10,240 characters in total.
    assert!(document.to_json().len() < 10_240);
}
