//! ACM: what it is asked, and its documented answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::certificate::KeyAlgorithm;
use placement::acm::{Deleted, Kind, Status};
use placement::{AcmDeed, Class};
use serde_json::{Value, json};

use crate::aws::{Aws, CERTIFICATE, PEM, done, error, key, material, ok, simulated};

#[test]
fn the_list_is_of_all_key_types_and_of_every_page_and_describes_nothing() {
    simulated(async |clock| {
        let summary = |number: u32, kind: &str, key: &str, status: &str| {
            json!({
                "CertificateArn": format!("{CERTIFICATE}{number}"), "DomainName": "example.com",
                "SubjectAlternativeNameSummaries": ["example.com"], "HasAdditionalSubjectAlternativeNames": false,
                "Status": status, "Type": kind, "KeyAlgorithm": key, "InUse": number == 2, "Exported": false,
                "NotBefore": 1.7e9, "NotAfter": 1.8e9, "CreatedAt": 1.75e9, "ImportedAt": 1.75e9 + 0.25,
                "RenewalEligibility": "INELIGIBLE",
            })
        };
        let first = json!({ "NextToken": "more", "CertificateSummaryList": [
            summary(1, "IMPORTED", "EC-prime256v1", "ISSUED"), summary(2, "AMAZON_ISSUED", "RSA-2048", "PENDING_VALIDATION"),
        ] });
        let second = json!({ "CertificateSummaryList": [
            summary(3, "IMPORTED", "RSA_1024", "EXPIRED"), summary(4, "PRIVATE", "EC_secp521r1", "SOMETHING_NEW"),
        ] });
        let aws = Aws::in_turn(&clock, vec![ok(&first), ok(&second)]);
        let listed = aws.acm(AcmDeed::Look).await.list().await.unwrap();
        let told: Vec<_> =
            listed.iter().map(|one| (one.kind, one.status.name(), one.key, one.is_in_use)).collect();
        assert_eq!(
            told,
            [
                (Kind::Imported, "ISSUED", Some(KeyAlgorithm::EcP256), false),
                (Kind::Issued, "PENDING_VALIDATION", Some(KeyAlgorithm::Rsa2048), true),
                (Kind::Imported, "EXPIRED", None, false),
                (Kind::Issued, "SOMETHING_NEW", Some(KeyAlgorithm::EcP521), false),
            ]
        );
        let times = (listed[0].imported_at.unwrap(), listed[0].not_after.unwrap());
        assert_eq!((times.0.unix_milliseconds(), times.1.unix_seconds()), (1_750_000_000_000, 1_800_000_000));
        let asked: Vec<Value> =
            aws.asked().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(asked.len(), 2);
        for body in &asked {
            assert_eq!(
                body["Includes"]["keyTypes"],
                json!([
                    "RSA_1024",
                    "RSA_2048",
                    "RSA_3072",
                    "RSA_4096",
                    "EC_prime256v1",
                    "EC_secp384r1",
                    "EC_secp521r1"
                ])
            );
            assert_eq!(body["MaxItems"], 1_000);
        }
        assert_eq!((&asked[0]["NextToken"], &asked[1]["NextToken"]), (&Value::Null, &json!("more")));
    });
}

#[test]
fn a_new_certificate_is_imported_with_its_tags_and_one_is_replaced_without() {
    simulated(async |clock| {
        let answer = json!({ "CertificateArn": CERTIFICATE });
        let aws = Aws::of(&clock, move |_| ok(&answer));
        let (acm, key) = (aws.acm(AcmDeed::Import).await, key());
        let arn = acm.import(&material(&key), &[("drawbridge:managed-by", "drawbridge")]).await.unwrap();
        assert_eq!(arn, CERTIFICATE);
        let (operation, body) = aws.asked_once();
        assert_eq!(operation, "ImportCertificate");
        assert_eq!(body["Tags"], json!([{ "Key": "drawbridge:managed-by", "Value": "drawbridge" }]));
        assert_eq!(body["Certificate"], STANDARD.encode(PEM));
        assert_eq!(body["CertificateChain"], STANDARD.encode(PEM));
        assert!(body["PrivateKey"].is_string() && body["CertificateArn"].is_null(), "{body}");

        // Tags with an ARN are refused by AWS: there is no way to say them.
        acm.replace(CERTIFICATE, &material(&key)).await.unwrap();
        let body: Value = serde_json::from_str(&aws.asked()[1].body).unwrap();
        assert_eq!((&body["CertificateArn"], &body["Tags"]), (&json!(CERTIFICATE), &Value::Null));

        // Roles that may not tag import without.
        let without = placement::acm::Material { chain: None, ..material(&key) };
        acm.import(&without, &[]).await.unwrap();
        let body: Value = serde_json::from_str(&aws.asked()[2].body).unwrap();
        assert_eq!((&body["CertificateChain"], &body["Tags"]), (&Value::Null, &Value::Null));
    });
}

#[test]
fn each_documented_refusal_of_an_import_is_of_its_class_and_holds_no_key() {
    simulated(async |clock| {
        for (code, message, class) in [
            ("AccessDeniedException", "not authorized to perform: acm:AddTagsToCertificate", Class::Denied),
            ("InvalidArnException", "is not a valid ARN", Class::Invalid),
            ("InvalidParameterException", "an input parameter was invalid", Class::Invalid),
            ("InvalidTagException", "aws: is reserved", Class::Invalid),
            ("LimitExceededException", "you have reached your limit of 2500", Class::LimitExceeded),
            ("ResourceNotFoundException", "Could not find certificate", Class::NotFound),
            ("TagPolicyException", "a tag policy is enforced", Class::Invalid),
            ("TooManyTagsException", "at most 50", Class::LimitExceeded),
            ("ValidationException", "Tagging is not permitted on re-import.", Class::Invalid),
            (
                "ConflictException",
                "you are trying to update a resource that is being changed",
                Class::Passing,
            ),
        ] {
            let aws = Aws::of(&clock, move |_| error(code, message));
            let (acm, key) = (aws.acm(AcmDeed::Replace(&[CERTIFICATE])).await, key());
            let refused = acm.replace(CERTIFICATE, &material(&key)).await.unwrap_err();
            assert_eq!(refused.class(), class, "{code}");
            let text = refused.to_string();
            assert!(text.contains("acm:ImportCertificate") && text.contains(CERTIFICATE), "{text}");
            assert!(text.contains(message) && text.contains(code), "{text}");
            assert!(!text.contains("MIGH") && !format!("{refused:?}").contains("MIGH"), "{text}");
            assert_eq!(
                aws.asked().len() == 1,
                class != Class::Passing,
                "{code}: a refusal is not asked twice"
            );
        }
    });
}

#[test]
fn a_description_tells_who_uses_it_and_its_number_as_we_write_it() {
    simulated(async |clock| {
        let detail = json!({ "Certificate": {
            "CertificateArn": CERTIFICATE, "DomainName": "example.com", "SubjectAlternativeNames": ["example.com", "*.example.com"],
            "Serial": "00:9F:0a:01", "Status": "ISSUED", "Type": "IMPORTED", "KeyAlgorithm": "RSA-4096",
            "InUseBy": ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1"],
            "NotBefore": 1.7e9, "NotAfter": 1.8e9, "ImportedAt": 1.75e9, "RenewalEligibility": "INELIGIBLE",
        } });
        let gone = error("ResourceNotFoundException", "Could not find certificate");
        let nameless = json!({ "Certificate": {
            "CertificateArn": CERTIFICATE, "DomainName": "a.example.com", "Status": "EXPIRED", "Type": "IMPORTED",
        } });
        let aws = Aws::in_turn(&clock, vec![ok(&detail), gone, ok(&nameless), ok(&json!({}))]);
        let acm = aws.acm(AcmDeed::Look).await;
        let described = acm.describe(CERTIFICATE).await.unwrap().unwrap();
        assert_eq!(described.serial_number.as_deref(), Some("9f0a01"));
        assert_eq!((described.kind, &described.status), (Kind::Imported, &Status::Issued));
        assert_eq!(described.key, Some(KeyAlgorithm::Rsa4096));
        assert_eq!(described.in_use_by.len(), 1);
        assert_eq!(described.names, ["example.com", "*.example.com"]);
        assert_eq!(acm.describe(CERTIFICATE).await.unwrap(), None);
        let described = acm.describe(CERTIFICATE).await.unwrap().unwrap();
        assert_eq!((described.names, described.status), (vec!["a.example.com".to_owned()], Status::Expired));
        let lacking = acm.describe(CERTIFICATE).await.unwrap_err();
        assert!(lacking.to_string().contains("lacks the certificate's status"), "{lacking}");
    });
}

#[test]
fn a_certificate_is_read_back_with_its_chain_or_without_or_is_gone() {
    simulated(async |clock| {
        let aws = Aws::in_turn(
            &clock,
            vec![
                ok(&json!({ "Certificate": PEM, "CertificateChain": PEM })),
                ok(&json!({ "Certificate": PEM, "CertificateChain": "" })),
                error("ResourceNotFoundException", "Could not find certificate"),
                error("RequestInProgressException", "The certificate request is in process"),
            ],
        );
        let acm = aws.acm(AcmDeed::Look).await;
        assert_eq!(acm.get(CERTIFICATE).await.unwrap().unwrap().chain.as_deref(), Some(PEM));
        assert_eq!(acm.get(CERTIFICATE).await.unwrap().unwrap().chain, None);
        assert_eq!(acm.get(CERTIFICATE).await.unwrap(), None);
        let early = acm.get(CERTIFICATE).await.unwrap_err();
        assert_eq!((early.class(), early.is_passing()), (Class::InProgress, true));
    });
}

#[test]
fn tags_are_read_and_added_and_nothing_is_asked_for_none() {
    simulated(async |clock| {
        let tags = json!({ "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "b" }] });
        let gone = error("ResourceNotFoundException", "Could not find certificate");
        let aws = Aws::in_turn(&clock, vec![ok(&tags), gone, done()]);
        let acm = aws.acm(AcmDeed::Replace(&[CERTIFICATE])).await;
        let read = acm.tags(CERTIFICATE).await.unwrap().unwrap();
        assert_eq!(
            read.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
            ["a=1", "b="]
        );
        assert_eq!(acm.tags(CERTIFICATE).await.unwrap(), None);
        acm.add_tags(CERTIFICATE, &[("a", "2")]).await.unwrap();
        acm.add_tags(CERTIFICATE, &[]).await.unwrap();
        let asked = aws.asked();
        let bodies: Vec<Value> =
            asked.iter().skip(2).map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(bodies.len(), 1);
        assert_eq!(bodies[0]["Tags"], json!([{ "Key": "a", "Value": "2" }]));
    });
}

#[test]
fn a_deletion_is_done_or_was_done_or_waits_for_what_uses_it() {
    simulated(async |clock| {
        let aws = Aws::in_turn(
            &clock,
            vec![
                done(),
                error("ResourceNotFoundException", "Could not find certificate"),
                error("ResourceInUseException", "Certificate is in use."),
                error("AccessDeniedException", "not authorized to perform: acm:DeleteCertificate"),
            ],
        );
        let acm = aws.acm(AcmDeed::Delete(&[CERTIFICATE])).await;
        assert_eq!(acm.delete(CERTIFICATE).await.unwrap(), Deleted::Now);
        assert_eq!(acm.delete(CERTIFICATE).await.unwrap(), Deleted::Already);
        let Deleted::InUse(words) = acm.delete(CERTIFICATE).await.unwrap() else { unreachable!() };
        assert!(words.contains("Certificate is in use.") && words.contains(CERTIFICATE), "{words}");
        let denied = acm.delete(CERTIFICATE).await.unwrap_err();
        assert_eq!((denied.class(), denied.action()), (Class::Denied, "acm:DeleteCertificate"));
    });
}

#[test]
fn a_session_may_touch_the_certificates_that_it_names_and_no_others() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| done());
        let _ = aws.acm(AcmDeed::Look).await;
        let _ = aws.acm(AcmDeed::Import).await;
        let _ = aws.acm(AcmDeed::Replace(&[CERTIFICATE])).await;
        let _ = aws.acm(AcmDeed::Delete(&[CERTIFICATE])).await;
        let policies = aws.policies();
        let text: Vec<String> = policies.iter().map(Value::to_string).collect();
        let writes = ["ImportCertificate", "DeleteCertificate", "AddTags"];
        assert!(!text.iter().any(|text| text.contains("RemoveTags")), "nothing untags: {text:?}");
        assert!(writes.iter().all(|write| !text[0].contains(write)), "{}", text[0]);
        assert!(!text[1].contains("Delete") && !text[2].contains("Delete"), "{text:?}");
        assert!(!text[3].contains("Import"), "{}", text[3]);
        for policy in &policies[2..] {
            assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
            assert_eq!(policy["Statement"][0]["Resource"], CERTIFICATE);
        }
        let every = "arn:aws:acm:eu-west-1:123456789012:certificate/*";
        assert_eq!(policies[1]["Statement"][0]["Resource"], every);
        assert!(!text.iter().any(|text| text.contains("Export") || text.contains("Request")), "{text:?}");

        // Sixteen have room, in the longest partition's ARNs too; more are not told apart.
        let long =
            "arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/11111111-2222-3333-4444-5555555555";
        let arns: Vec<String> = (10..50).map(|number| format!("{long}{number}")).collect();
        let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
        let _ = aws.acm(AcmDeed::Replace(&arns[..16])).await;
        let _ = aws.acm(AcmDeed::Replace(&arns)).await;
        let policies = aws.policies();
        assert_eq!(policies[4]["Statement"][0]["Resource"].as_array().unwrap().len(), 16);
        assert_eq!(policies[5]["Statement"][0]["Resource"], every);
        assert!(policies.iter().all(|policy| policy.to_string().len() <= 2_048));
    });
}
