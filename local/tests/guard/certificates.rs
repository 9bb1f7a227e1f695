//! ACM, Private CA and Route 53 as AWS describes them, for callers who may.

use std::time::{Duration, Instant};

use aws_sdk_acm::error::ProvideErrorMetadata as _;
use aws_sdk_acm::types::{
    CertificateOptions, CertificateStatus, Filters, KeyAlgorithm, RenewalStatus, ValidationMethod,
};
use aws_sdk_acmpca::primitives::Blob;
use aws_sdk_acmpca::types::{
    CertificateAuthorityConfiguration, CertificateAuthorityType, SigningAlgorithm, Validity,
    ValidityPeriodType,
};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use aws_sdk_sts::config::Credentials;
use local::standins;
use serde_json::{Value, json};

use crate::aws::{Aws, credentials, trusting};

/// A CSR of a P-256 key for `CN=test`, made once with OpenSSL.
const CSR: &str = include_str!("request.pem");
const TEMPLATE: &str = "arn:aws:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1";

struct Services {
    acm: aws_sdk_acm::Client,
    pca: aws_sdk_acmpca::Client,
    dns: aws_sdk_route53::Client,
}

impl Services {
    async fn of(aws: &Aws, credentials: Credentials) -> Self {
        let config = aws.config(credentials).await;
        Self {
            acm: aws_sdk_acm::Client::new(&config),
            pca: aws_sdk_acmpca::Client::new(&config),
            dns: aws_sdk_route53::Client::new(&config),
        }
    }

    /// As the root of their account.
    async fn theirs(aws: &Aws) -> Self {
        Self::of(aws, Credentials::new(aws.their_account, standins::ROOT_SECRET, None, None, "test")).await
    }

    /// A root CA that issues.
    async fn authority(&self) -> String {
        let algorithm = SigningAlgorithm::Sha256Withecdsa;
        let configuration = CertificateAuthorityConfiguration::builder()
            .key_algorithm(aws_sdk_acmpca::types::KeyAlgorithm::EcPrime256v1)
            .signing_algorithm(algorithm.clone())
            .subject(aws_sdk_acmpca::types::Asn1Subject::builder().common_name("Root").build());
        let made = self.pca.create_certificate_authority();
        let made = made.certificate_authority_type(CertificateAuthorityType::Root);
        let made =
            made.certificate_authority_configuration(configuration.build().unwrap()).send().await.unwrap();
        let ca = made.certificate_authority_arn().unwrap().to_owned();
        let csr =
            self.pca.get_certificate_authority_csr().certificate_authority_arn(&ca).send().await.unwrap();
        let issued = self.pca.issue_certificate().certificate_authority_arn(&ca).signing_algorithm(algorithm);
        let issued = issued.csr(Blob::new(csr.csr().unwrap())).validity(days(3650));
        let issued =
            issued.template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1").send().await.unwrap();
        let own = self.pca.get_certificate().certificate_authority_arn(&ca);
        let own = own.certificate_arn(issued.certificate_arn().unwrap()).send().await.unwrap();
        let import = self.pca.import_certificate_authority_certificate().certificate_authority_arn(&ca);
        import.certificate(Blob::new(own.certificate().unwrap())).send().await.unwrap();
        ca
    }

    /// The certificate's ARN, or the error's code.
    async fn issue(&self, ca: &str, token: &str, validity: Validity, csr: &str) -> Result<String, String> {
        let call = self.pca.issue_certificate().certificate_authority_arn(ca).csr(Blob::new(csr));
        let call = call.signing_algorithm(SigningAlgorithm::Sha256Withecdsa).template_arn(TEMPLATE);
        let issued = call.validity(validity).idempotency_token(token).send().await;
        issued.map(|issued| issued.certificate_arn().unwrap().to_owned()).map_err(|refused| told(&refused))
    }

    async fn zone(&self, name: &str) -> String {
        let made = self.dns.create_hosted_zone().name(name).caller_reference(name).send().await.unwrap();
        let id = made.hosted_zone().unwrap().id();
        id.strip_prefix("/hostedzone/").unwrap_or(id).to_owned()
    }

    async fn record(&self, zone: &str, kind: RrType, name: &str, value: &str) -> Result<(), String> {
        let record = ResourceRecord::builder().value(value).build().unwrap();
        let set = ResourceRecordSet::builder().name(name).r#type(kind).ttl(300).resource_records(record);
        let set = set.build().unwrap();
        let change = Change::builder().action(ChangeAction::Upsert).resource_record_set(set).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let changed =
            self.dns.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await;
        changed.map(drop).map_err(|refused| told(&refused))
    }

    async fn request(&self, name: &str, token: &str) -> String {
        let call = self.acm.request_certificate().domain_name(name).validation_method(ValidationMethod::Dns);
        let export = aws_sdk_acm::types::CertificateExport::Enabled;
        let call =
            call.options(CertificateOptions::builder().export(export).build()).idempotency_token(token);
        let made = call.key_algorithm(KeyAlgorithm::EcPrime256v1).send().await.unwrap();
        made.certificate_arn().unwrap().to_owned()
    }

    async fn described(&self, arn: &str) -> aws_sdk_acm::types::CertificateDetail {
        let described = self.acm.describe_certificate().certificate_arn(arn).send().await.unwrap();
        described.certificate().unwrap().clone()
    }
}

fn days(days: i64) -> Validity {
    Validity::builder().r#type(ValidityPeriodType::Days).value(days).build().unwrap()
}

fn told(refused: &impl aws_sdk_acm::error::ProvideErrorMetadata) -> String {
    let (code, message) = (refused.code().unwrap_or_default(), refused.message().unwrap_or_default());
    format!("{code}: {message}")
}

fn code(refused: Result<impl std::fmt::Debug, String>) -> String {
    refused.unwrap_err().split(':').next().unwrap_or_default().to_owned()
}

/// The stand-ins' own times are short, and real: nothing else tells when they are over.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1_200)).await;
}

/// Whether the stand-in, which takes a second, must still be at work: a busy machine may have been slower than that.
fn was_quick(asked: Instant) -> bool {
    asked.elapsed() < Duration::from_millis(900)
}

#[tokio::test]
async fn a_private_ca_issues_what_it_may_once_for_a_token_and_a_little_later() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let ca = services.authority().await;
    let asked = Instant::now();
    let arn = services.issue(&ca, "one", days(1), CSR).await.unwrap();
    assert_eq!(services.issue(&ca, "one", days(1), CSR).await.unwrap(), arn);
    let get = || services.pca.get_certificate().certificate_authority_arn(&ca).certificate_arn(&arn).send();
    let early = get().await;
    if was_quick(asked) {
        assert_eq!(early.unwrap_err().code(), Some("RequestInProgressException"));
    }
    a_moment().await;
    let issued = get().await.unwrap();
    assert!(issued.certificate().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(issued.certificate_chain().unwrap().matches("BEGIN CERTIFICATE").count(), 1);

    assert_eq!(code(services.issue(&ca, "long", days(4000), CSR).await), "ValidationException");
    let cut = CSR.replace("MIHJ", "MIHK");
    assert_eq!(code(services.issue(&ca, "bad", days(1), &cut).await), "MalformedCSRException");
    let stop = services.pca.update_certificate_authority().certificate_authority_arn(&ca);
    stop.status("DISABLED".into()).send().await.unwrap();
    assert_eq!(code(services.issue(&ca, "late", days(1), CSR).await), "InvalidStateException");
}

#[tokio::test]
async fn a_private_ca_revokes_what_is_its_own_and_once() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let ca = services.authority().await;
    let arn = services.issue(&ca, "one", days(1), CSR).await.unwrap();
    // The stand-in names certificates by their serial numbers.
    let serial = arn.rsplit('/').next().unwrap();
    let revoke = async |serial: &str| {
        let call =
            services.pca.revoke_certificate().certificate_authority_arn(&ca).certificate_serial(serial);
        let revoked = call.revocation_reason("SUPERSEDED".into()).send().await;
        revoked.map(drop).map_err(|refused| told(&refused))
    };
    assert_eq!(code(revoke("11:22:33").await), "ResourceNotFoundException");
    revoke(serial).await.unwrap();
    assert_eq!(code(revoke(serial).await), "RequestAlreadyProcessedException");
}

#[tokio::test]
async fn a_public_certificate_is_issued_exported_renewed_and_revoked_once_its_record_is_there() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let zone = services.zone("guard-a.example.com").await;
    assert!(zone.starts_with('Z'), "{zone}");
    let asked = Instant::now();
    let arn = services.request("guard-a.example.com", "token").await;
    assert_eq!(services.request("elsewhere.example.com", "token").await, arn, "a token means one request");
    let at_once = services.described(&arn).await;
    assert!(at_once.domain_validation_options()[0].resource_record().is_none() || !was_quick(asked));
    a_moment().await;
    let pending = services.described(&arn).await;
    assert_eq!(pending.status(), Some(&CertificateStatus::PendingValidation));
    let record = pending.domain_validation_options()[0].resource_record().unwrap();
    let refused = services.record(&zone, RrType::Cname, "notguard-a.example.com", record.value()).await;
    assert_eq!(code(refused), "InvalidChangeBatch");
    services.record(&zone, RrType::Cname, record.name(), record.value()).await.unwrap();
    services.described(&arn).await;
    a_moment().await;
    let issued = services.described(&arn).await;
    assert_eq!(issued.status(), Some(&CertificateStatus::Issued));

    let list = services.acm.list_certificates();
    assert!(
        list.clone().send().await.unwrap().certificate_summary_list().is_empty(),
        "other keys are not told"
    );
    let keys = Filters::builder().key_types(KeyAlgorithm::EcPrime256v1).build();
    assert_eq!(list.includes(keys).send().await.unwrap().certificate_summary_list().len(), 1);

    let renew = services.acm.renew_certificate().certificate_arn(&arn);
    assert_eq!(renew.clone().send().await.unwrap_err().code(), Some("ValidationException"), "never exported");
    let export = services.acm.export_certificate().certificate_arn(&arn);
    let exported = export.passphrase(Blob::new("four-words")).send().await.unwrap();
    assert!(exported.private_key().unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    renew.clone().send().await.unwrap();
    services.described(&arn).await;
    a_moment().await;
    let renewed = services.described(&arn).await;
    assert_eq!(renewed.renewal_summary().unwrap().renewal_status(), &RenewalStatus::Success);
    assert_ne!(renewed.serial(), issued.serial());
    assert!(renewed.not_after() > issued.not_after(), "what is renewed ends later");
    let revoke = services.acm.revoke_certificate().certificate_arn(&arn);
    revoke.revocation_reason("SUPERSEDED".into()).send().await.unwrap();
    assert_eq!(services.described(&arn).await.status(), Some(&CertificateStatus::Revoked));
}

#[tokio::test]
async fn names_that_amazon_gives_to_nobody_fail_with_acms_own_reasons() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let zone = services.zone("guard-b.example.com").await;
    let value = "0 issue \"letsencrypt.org\"";
    services.record(&zone, RrType::Caa, "guard-b.example.com", value).await.unwrap();
    for (name, reason) in [
        ("shop.guard-b.example.com", "CAA_ERROR"),
        ("shop.cloudfront.net", "ADDITIONAL_VERIFICATION_REQUIRED"),
        ("shop.local", "INVALID_PUBLIC_DOMAIN"),
    ] {
        let arn = services.request(name, &name.replace(['.', '-'], "_")).await;
        let failed = services.described(&arn).await;
        assert_eq!(failed.failure_reason().map(|reason| reason.as_str()), Some(reason), "{name}");
    }
}

/// ministack decides, with signature, role and session policy; moto would let everybody in.
#[tokio::test]
async fn only_who_may_reaches_certificates_and_zones() {
    let aws = Aws::with_moto().await;
    let services = Services::theirs(&aws).await;
    let (ca, zone) = (services.authority().await, services.zone("guard-c.example.com").await);
    aws.role(&aws.theirs, "certificates", &trusting(aws.our_account)).await;
    let allow = json!({ "Effect": "Allow", "Resource": "*", "Action": ["acm-pca:*", "route53:*"] });
    aws.policy(&aws.theirs, "certificates", "work", &allow).await.unwrap();
    let function = aws.function().await;
    let session = async |policy: Option<Value>| {
        let call = function.assume_role().role_arn(aws.role_arn("certificates")).role_session_name("worker");
        let policy = policy.map(|statement| json!({ "Version": "2012-10-17", "Statement": statement }));
        let session = call.set_policy(policy.map(|policy| policy.to_string())).send().await.unwrap();
        Services::of(&aws, credentials(&session)).await
    };
    let whole = session(None).await;
    whole.issue(&ca, "one", days(1), CSR).await.unwrap();
    let refused = whole.acm.list_certificates().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"), "the role may not");
    assert!(refused.message().unwrap().contains("acm:ListCertificates"), "{refused:?}");

    let narrow = session(Some(json!([
        { "Effect": "Allow", "Action": "acm-pca:IssueCertificate", "Resource": ca,
          "Condition": { "StringEquals": { "acm-pca:TemplateArn": TEMPLATE } } },
        { "Effect": "Allow", "Action": "route53:ChangeResourceRecordSets",
          "Resource": format!("arn:aws:route53:::hostedzone/{zone}"),
          "Condition": { "ForAllValues:StringEquals": { "route53:ChangeResourceRecordSetsRecordTypes": ["CNAME"] } } },
    ])))
    .await;
    narrow.issue(&ca, "two", days(1), CSR).await.unwrap();
    narrow.record(&zone, RrType::Cname, "a.guard-c.example.com", "b.example.com").await.unwrap();
    let refused = narrow.record(&zone, RrType::Txt, "a.guard-c.example.com", "\"b\"").await.unwrap_err();
    assert!(refused.contains("route53:ChangeResourceRecordSets") && refused.contains(&zone), "{refused}");
    let refused = narrow.pca.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    let refused = told(&refused.unwrap_err());
    assert!(refused.contains("acm-pca:DescribeCertificateAuthority") && refused.contains(&ca), "{refused}");
    let other = ca.replace("certificate-authority/", "certificate-authority/0");
    assert_eq!(code(narrow.issue(&other, "three", days(1), CSR).await), "AccessDeniedException");

    let calls = aws.control("GET", "/_guard/calls?service=route53", json!({})).await;
    let asked = |action: &str| json!({ "action": format!("route53:{action}"), "resource": zone });
    let permissions: Vec<_> =
        calls["calls"].as_array().unwrap().iter().map(|call| &call["permissions"][0]).collect();
    assert!(permissions.contains(&&asked("ChangeResourceRecordSets")), "{permissions:?}");
}
