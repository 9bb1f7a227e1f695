//! Session policies: what a session may do, whatever the customer's role allows besides. The actions are the documented ones.

use model::arn::{AccountId, Arn};
use model::partition::Partition;
use model::policy::{Document, SessionPolicy, Statement};
use model::region::Region;

use crate::private_ca::template;
use crate::{AcmDeed, Deed, ZoneDeed};

/// One Private CA and nothing else; certificates by our templates alone.
pub(crate) fn private_ca(authority: &Arn, deed: Deed) -> SessionPolicy {
    let on = |actions: &[&str], resource: String| Statement::allow("CA", "acm-pca", actions, vec![resource]);
    let statements = |resource: String| match deed {
        Deed::Look => vec![on(&["DescribeCertificateAuthority"], resource)],
        Deed::Revoke => vec![on(&["RevokeCertificate"], resource)],
        Deed::Issue => {
            let reading =
                ["DescribeCertificateAuthority", "GetCertificateAuthorityCertificate", "GetCertificate"];
            let issuing = Statement::allow("Issue", "acm-pca", &["IssueCertificate"], vec![resource.clone()]);
            let templates = template::all(authority.partition);
            vec![on(&reading, resource), issuing.when("StringEquals", "acm-pca:TemplateArn", templates)]
        }
    };
    fitting(statements(authority.to_string()), || statements("*".to_owned()))
}

/// ACM of one region; a single certificate wherever there is one.
pub(crate) fn acm(account: &AccountId, region: &Region, deed: AcmDeed<'_>) -> SessionPolicy {
    let any = || format!("arn:{}:acm:{region}:{account}:certificate/*", region.partition());
    let everywhere = |actions: &[&str]| Statement::allow("ACM", "acm", actions, vec!["*".to_owned()]);
    let on =
        |actions: &[&str], resource: String| Statement::allow("Certificate", "acm", actions, vec![resource]);
    let using = ["DescribeCertificate", "ExportCertificate", "RenewCertificate"];
    match deed {
        AcmDeed::Look => fitting(vec![everywhere(&["ListCertificates"])], Vec::new),
        AcmDeed::Request => {
            let requesting = everywhere(&["RequestCertificate", "ListCertificates"]);
            fitting(vec![requesting, on(&["DescribeCertificate"], any())], Vec::new)
        }
        AcmDeed::Use(arn) => fitting(vec![on(&using, arn.to_owned())], || vec![on(&using, any())]),
        AcmDeed::Revoke(arn) => {
            let revoking = ["RevokeCertificate", "DescribeCertificate"];
            fitting(vec![on(&revoking, arn.to_owned())], || vec![on(&revoking, any())])
        }
    }
}

/// Some zones; of their records only CNAMEs whose names begin as those of ACM's proofs do, and nothing is deleted.
pub(crate) fn zones(partition: Partition, ids: &[&str], deed: ZoneDeed) -> SessionPolicy {
    let arn = |id: &str| format!("arn:{partition}:route53:::hostedzone/{id}");
    let statements = |zones: Vec<String>| {
        let reading = Statement::allow("Read", "route53", &["GetHostedZone"], zones.clone());
        let proving = || {
            let only = |value: &str| vec![value.to_owned()];
            Statement::allow("Prove", "route53", &["ChangeResourceRecordSets"], zones)
                .when(
                    "ForAllValues:StringEquals",
                    "route53:ChangeResourceRecordSetsRecordTypes",
                    only("CNAME"),
                )
                .when("ForAllValues:StringEquals", "route53:ChangeResourceRecordSetsActions", only("UPSERT"))
                .when(
                    "ForAllValues:StringLike",
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames",
                    only("_*"),
                )
        };
        match deed {
            ZoneDeed::Look => vec![reading],
            ZoneDeed::Prove => vec![reading, proving()],
        }
    };
    let named = statements(ids.iter().map(|id| arn(id)).collect());
    fitting(named, || statements(vec![arn("*")]))
}

/// The policy; the broader one where the narrow one is longer than AssumeRole takes.
fn fitting(narrow: Vec<Statement>, broad: impl FnOnce() -> Vec<Statement>) -> SessionPolicy {
    let policy = SessionPolicy::new(&Document::new(narrow));
    let policy = policy.or_else(|_| SessionPolicy::new(&Document::new(broad())));
    // A session that may do nothing is refused by AWS, in words, at its first call.
    policy.unwrap_or_else(|_| SessionPolicy::validation())
}

#[cfg(test)]
mod tests {
    use model::policy::session::MAX_SESSION_POLICY_CHARACTERS;
    use serde_json::{Value, json};

    use super::*;

    fn read(policy: &SessionPolicy) -> Value {
        assert!(policy.as_str().len() <= MAX_SESSION_POLICY_CHARACTERS, "{}", policy.as_str());
        serde_json::from_str(policy.as_str()).expect("JSON")
    }

    fn authority() -> Arn {
        "arn:aws-us-gov:acm-pca:us-gov-west-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555"
            .parse()
            .expect("an ARN")
    }

    #[test]
    fn a_session_that_issues_may_use_our_templates_on_the_one_authority() {
        let policy = read(&private_ca(&authority(), Deed::Issue));
        for statement in policy["Statement"].as_array().expect("statements") {
            assert_eq!(statement["Resource"], authority().to_string());
        }
        let issue = &policy["Statement"][1];
        assert_eq!(issue["Action"], "acm-pca:IssueCertificate");
        let templates = issue["Condition"]["StringEquals"]["acm-pca:TemplateArn"].to_string();
        let end_entity = "arn:aws-us-gov:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1";
        assert!(templates.contains(end_entity) && !templates.contains("Root"), "{templates}");
        for (deed, action) in
            [(Deed::Look, "DescribeCertificateAuthority"), (Deed::Revoke, "RevokeCertificate")]
        {
            let policy = read(&private_ca(&authority(), deed));
            assert_eq!(policy["Statement"][0]["Action"], format!("acm-pca:{action}"));
            assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
        }
    }

    #[test]
    fn a_session_with_a_certificate_may_not_touch_another_one() {
        let (account, region) =
            ("123456789012".parse().expect("an account"), "eu-west-1".parse().expect("a region"));
        let arn = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";
        for (deed, actions) in [
            (
                AcmDeed::Use(arn),
                json!(["acm:DescribeCertificate", "acm:ExportCertificate", "acm:RenewCertificate"]),
            ),
            (AcmDeed::Revoke(arn), json!(["acm:RevokeCertificate", "acm:DescribeCertificate"])),
        ] {
            let policy = read(&acm(&account, &region, deed));
            assert_eq!(
                policy["Statement"],
                json!([{
                    "Sid": "Certificate", "Effect": "Allow", "Action": actions, "Resource": arn,
                }])
            );
        }
        let request = read(&acm(&account, &region, AcmDeed::Request)).to_string();
        assert!(!request.contains("Export") && !request.contains("Renew"), "{request}");
        let look = read(&acm(&account, &region, AcmDeed::Look));
        assert_eq!(look["Statement"][0]["Action"], "acm:ListCertificates");
    }

    #[test]
    fn a_session_that_proves_writes_proofs_alone_and_a_look_writes_nothing() {
        let policy = read(&zones(Partition::Aws, &["Z1", "Z2"], ZoneDeed::Prove));
        let prove = &policy["Statement"][1];
        assert_eq!(
            prove["Resource"],
            json!(["arn:aws:route53:::hostedzone/Z1", "arn:aws:route53:::hostedzone/Z2"])
        );
        assert_eq!(
            prove["Condition"]["ForAllValues:StringEquals"],
            json!({
                "route53:ChangeResourceRecordSetsRecordTypes": "CNAME",
                "route53:ChangeResourceRecordSetsActions": "UPSERT",
            })
        );
        let look = read(&zones(Partition::Aws, &["Z1"], ZoneDeed::Look)).to_string();
        assert!(!look.contains("Change"), "{look}");
    }

    #[test]
    fn more_zones_than_fit_are_all_zones() {
        let ids: Vec<String> = (0..100).map(|number| format!("Z{number:0>20}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let policy = read(&zones(Partition::Aws, &ids, ZoneDeed::Prove));
        assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:route53:::hostedzone/*");
    }
}
