//! ACM, with the answers of <https://docs.aws.amazon.com/acm/latest/APIReference/API_Operations.html>.

use authority::acm::{AcmStatus, Exported, PublicRequest, RenewalStatus};
use authority::{AcmDeed, Class, Revoked};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::certificate::{KeyAlgorithm, RevocationReason};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::aws::{Aws, CERTIFICATE, PEM, at, connection, error, ok, region, simulated};

const NAMES: [&str; 2] = ["example.com", "*.example.com"];

async fn acm(aws: &Aws, deed: AcmDeed<'_>) -> authority::Acm {
    aws.authorities.acm(&connection(), &region(), deed, at()).await.unwrap()
}

#[test]
fn a_request_is_for_an_exportable_certificate_proved_by_dns_with_its_token() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": CERTIFICATE })));
        let wanted = PublicRequest {
            names: &NAMES,
            key: KeyAlgorithm::EcP256,
            token: "4c5d6e7f8a9b4c5d8e9fa0b1c2d3e4f5",
        };
        assert_eq!(acm(&aws, AcmDeed::Request).await.request(&wanted).await.unwrap(), CERTIFICATE);
        let (operation, body) = aws.asked_once();
        assert_eq!(operation, "RequestCertificate");
        assert_eq!(
            body,
            json!({
                "DomainName": "example.com",
                "SubjectAlternativeNames": ["*.example.com"],
                "ValidationMethod": "DNS",
                "KeyAlgorithm": "EC_prime256v1",
                "Options": { "Export": "ENABLED" },
                "IdempotencyToken": "4c5d6e7f8a9b4c5d8e9fa0b1c2d3e4f5",
            })
        );
    });
}

#[test]
fn a_request_for_one_name_has_no_others_and_one_for_none_is_not_made() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": CERTIFICATE })));
        let acm = acm(&aws, AcmDeed::Request).await;
        let wanted = |names| PublicRequest { names, key: KeyAlgorithm::Rsa2048, token: "t" };
        acm.request(&wanted(&NAMES[..1])).await.unwrap();
        let body = aws.asked_once().1;
        assert_eq!(
            (&body["SubjectAlternativeNames"], &body["KeyAlgorithm"]),
            (&Value::Null, &json!("RSA_2048"))
        );
        let refused = acm.request(&wanted(&[])).await.unwrap_err();
        assert_eq!((refused.class(), refused.may_be_done()), (Class::Invalid, false));
    });
}

fn detail(more: &Value) -> Value {
    let mut detail = json!({
        "CertificateArn": CERTIFICATE, "DomainName": "example.com", "SubjectAlternativeNames": NAMES,
        "Status": "PENDING_VALIDATION", "CreatedAt": 1.7673e9, "KeyAlgorithm": "EC-prime256v1", "Type": "AMAZON_ISSUED",
    });
    for (key, value) in more.as_object().unwrap() {
        detail[key] = value.clone();
    }
    json!({ "Certificate": detail })
}

#[test]
fn a_certificate_tells_its_records_some_time_after_the_request_and_shared_ones_once() {
    let record = json!({ "Name": "_a79865eb.example.com.", "Type": "CNAME", "Value": "_424c7224.acm-validations.aws." });
    let option = |domain: &str, record: Option<&Value>| {
        let mut option = json!({ "DomainName": domain, "ValidationStatus": "PENDING_VALIDATION", "ValidationMethod": "DNS" });
        if let Some(record) = record {
            option["ResourceRecord"] = record.clone();
        }
        option
    };
    simulated(async |clock| {
        let options = [
            json!({}),
            json!({ "DomainValidationOptions": NAMES.map(|name| option(name, None)) }),
            json!({ "DomainValidationOptions": [option(NAMES[0], Some(&record)), option(NAMES[1], None)] }),
            json!({ "DomainValidationOptions": NAMES.map(|name| option(name, Some(&record))) }),
        ];
        let aws = Aws::in_turn(&clock, options.iter().map(|more| ok(&detail(more))).collect());
        let acm = acm(&aws, AcmDeed::Request).await;
        for (count, is_complete) in [(0, false), (0, false), (1, false), (1, true)] {
            let described = acm.describe(CERTIFICATE).await.unwrap();
            assert_eq!(described.status, AcmStatus::PendingValidation);
            let (records, complete) = described.records();
            assert_eq!((records.len(), complete), (count, is_complete), "{described:?}");
            if let Some((domain, told)) = records.first() {
                assert!(NAMES.contains(domain), "{domain}");
                assert_eq!(told.name, "_a79865eb.example.com.");
                assert_eq!(told.value, "_424c7224.acm-validations.aws.");
            }
        }
    });
}

#[test]
fn a_certificate_that_failed_tells_why_in_acms_word() {
    simulated(async |clock| {
        for reason in [
            "NO_AVAILABLE_CONTACTS",
            "ADDITIONAL_VERIFICATION_REQUIRED",
            "DOMAIN_NOT_ALLOWED",
            "INVALID_PUBLIC_DOMAIN",
            "DOMAIN_VALIDATION_DENIED",
            "CAA_ERROR",
            "PCA_LIMIT_EXCEEDED",
            "OTHER",
            "SOMETHING_NEW",
        ] {
            let aws = Aws::of(&clock, move |_| {
                ok(&detail(&json!({ "Status": "FAILED", "FailureReason": reason })))
            });
            let described = acm(&aws, AcmDeed::Request).await.describe(CERTIFICATE).await.unwrap();
            assert_eq!(described.status, AcmStatus::Failed);
            assert_eq!(described.failure_reason.as_deref(), Some(reason));
        }
        for status in ["VALIDATION_TIMED_OUT", "REVOKED", "INACTIVE", "EXPIRED", "ISSUED", "SOMETHING_NEW"] {
            let aws = Aws::of(&clock, move |_| ok(&detail(&json!({ "Status": status }))));
            let described = acm(&aws, AcmDeed::Request).await.describe(CERTIFICATE).await.unwrap();
            assert_eq!(described.status.name(), status);
        }
    });
}

#[test]
fn a_renewal_tells_how_far_it_is_and_its_records_count() {
    simulated(async |clock| {
        let summary = json!({
            "RenewalStatus": "PENDING_VALIDATION", "RenewalStatusReason": "CAA_ERROR", "UpdatedAt": 1.7e9,
            "DomainValidationOptions": [{
                "DomainName": "example.com", "ValidationStatus": "PENDING_VALIDATION",
                "ResourceRecord": { "Name": "_x.example.com.", "Type": "CNAME", "Value": "_y.acm-validations.aws." },
            }],
        });
        let more = json!({
            "Status": "ISSUED", "RenewalSummary": summary, "Serial": "00:9f:0a", "NotAfter": 1.8e9,
        });
        let aws = Aws::of(&clock, move |_| ok(&detail(&more)));
        let described = acm(&aws, AcmDeed::Use(CERTIFICATE)).await.describe(CERTIFICATE).await.unwrap();
        let renewal = described.renewal.clone().unwrap();
        assert_eq!(renewal.status, RenewalStatus::PendingValidation);
        assert_eq!(renewal.reason.as_deref(), Some("CAA_ERROR"));
        assert_eq!(described.records().0[0].1.name, "_x.example.com.");
        assert_eq!(described.serial_number.as_deref(), Some("9f0a"));
    });
}

#[test]
fn an_export_sends_its_passphrase_and_waits_while_the_certificate_is_made() {
    simulated(async |clock| {
        let passphrase: SecretString = "correct-horse".to_owned().into();
        let key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let aws = Aws::in_turn(
            &clock,
            vec![
                error("RequestInProgressException", "The certificate request is in process"),
                ok(&json!({ "Certificate": PEM, "CertificateChain": PEM, "PrivateKey": key })),
                error("ValidationException", "Certificate is not exportable"),
            ],
        );
        let acm = acm(&aws, AcmDeed::Use(CERTIFICATE)).await;
        assert!(matches!(acm.export(CERTIFICATE, &passphrase).await.unwrap(), Exported::InProgress));
        let done = acm.export(CERTIFICATE, &passphrase).await.unwrap();
        assert!(!format!("{done:?}").contains("MIIF"), "{done:?}");
        let Exported::Done { certificate, chain, encrypted_key } = done else { unreachable!() };
        assert_eq!((certificate.as_str(), chain.as_deref()), (PEM, Some(PEM)));
        assert_eq!(encrypted_key.expose_secret(), key);
        let refused = acm.export(CERTIFICATE, &passphrase).await.unwrap_err();
        assert_eq!(refused.class(), Class::Invalid);
        let body: Value = serde_json::from_str(&aws.asked()[0].body).unwrap();
        assert_eq!(
            body,
            json!({ "CertificateArn": CERTIFICATE, "Passphrase": STANDARD.encode("correct-horse") })
        );
    });
}

#[test]
fn a_renewal_is_asked_for_by_arn_and_one_under_way_is_known() {
    simulated(async |clock| {
        let aws = Aws::in_turn(
            &clock,
            vec![
                // The operation answers nothing.
                testkit::aws::Answer { status: 200, body: String::new() },
                error("RequestInProgressException", "A renewal is in process"),
                error("ResourceNotFoundException", "Could not find certificate"),
            ],
        );
        let acm = acm(&aws, AcmDeed::Use(CERTIFICATE)).await;
        acm.renew(CERTIFICATE).await.unwrap();
        assert_eq!(acm.renew(CERTIFICATE).await.unwrap_err().class(), Class::InProgress);
        assert_eq!(acm.renew(CERTIFICATE).await.unwrap_err().class(), Class::NotFound);
        assert!(aws.asked()[0].target.ends_with(".RenewCertificate"));
    });
}

#[test]
fn a_revocation_says_its_reason_in_acms_words() {
    simulated(async |clock| {
        for (reason, _) in RevocationReason::NAMES.iter().map(|(name, reason)| (*reason, *name)) {
            let answers = vec![with_serial("0a:1b"), ok(&json!({ "CertificateArn": CERTIFICATE }))];
            let aws = Aws::in_turn(&clock, answers);
            let acm = acm(&aws, AcmDeed::Revoke(CERTIFICATE)).await;
            assert_eq!(acm.revoke(CERTIFICATE, "0a1b", reason).await.unwrap(), Revoked::Now);
            let asked = aws.asked();
            assert!(asked[0].target.ends_with(".DescribeCertificate"));
            assert!(asked[1].target.ends_with(".RevokeCertificate"));
            assert!(asked[1].body.contains(&format!("\"RevocationReason\":\"{}\"", reason.name())));
        }
        let in_use = error("ResourceInUseException", "The certificate is in use by another AWS service");
        let aws = Aws::in_turn(&clock, vec![with_serial("0a:1b"), in_use, with_serial("0a:1b")]);
        let acm = acm(&aws, AcmDeed::Revoke(CERTIFICATE)).await;
        let refused = acm.revoke(CERTIFICATE, "0a1b", RevocationReason::Superseded).await.unwrap_err();
        assert_eq!(refused.class(), Class::InvalidState);
    });
}

#[test]
fn a_certificate_that_acm_renewed_by_itself_is_not_revoked_for_the_one_before() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| with_serial("0c:2d"));
        let acm = acm(&aws, AcmDeed::Revoke(CERTIFICATE)).await;
        let refused = acm.revoke(CERTIFICATE, "0a1b", RevocationReason::KeyCompromise).await.unwrap_err();
        assert!(refused.to_string().contains("another certificate has this ARN by now"), "{refused}");
        assert!(!refused.is_passing() && !refused.may_be_done());
        assert_eq!(aws.asked_once().0, "DescribeCertificate");
    });
}

/// An issued certificate with this serial number.
fn with_serial(serial: &str) -> testkit::aws::Answer {
    ok(&json!({ "Certificate": {
        "CertificateArn": CERTIFICATE, "DomainName": "example.com", "Status": "ISSUED", "Serial": serial,
    } }))
}

#[test]
fn a_lost_request_is_searched_among_all_key_types_by_exactly_its_names() {
    simulated(async |clock| {
        let summary = |number: u32, first: &str, names: &[&str], created_at: f64| {
            json!({
                "CertificateArn": format!("{CERTIFICATE}{number}"), "DomainName": first, "SubjectAlternativeNameSummaries": names,
                "HasAdditionalSubjectAlternativeNames": false, "Status": "PENDING_VALIDATION", "Type": "AMAZON_ISSUED",
                "KeyAlgorithm": "EC-prime256v1", "CreatedAt": created_at,
            })
        };
        let first = json!({ "NextToken": "more", "CertificateSummaryList": [
            summary(1, "example.com", &NAMES, 2_000.0),
            summary(2, "EXAMPLE.com", &["*.example.com", "example.com"], 1_000.0),
            summary(3, "example.com", &["example.com"], 2_000.0),
            summary(4, "*.example.com", &NAMES, 2_000.0),
            summary(5, "example.com", &["example.com", "*.example.com", "more.example.com"], 2_000.0),
        ] });
        let second = json!({ "CertificateSummaryList": [
            summary(6, "example.com", &NAMES, 999.0), summary(7, "example.com", &NAMES, 3_000.0),
        ] });
        let aws = Aws::in_turn(&clock, vec![ok(&first), ok(&second)]);
        let since = model::Timestamp::from_unix_seconds(1_000);
        let found = acm(&aws, AcmDeed::Request).await.requested_since(since, &NAMES).await.unwrap();
        let arns: Vec<_> = found.iter().map(|one| one.arn.trim_start_matches(CERTIFICATE)).collect();
        assert_eq!(arns, ["1", "2", "7"]);
        let asked: Vec<Value> =
            aws.asked().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(asked.len(), 2);
        let keys = json!([
            "RSA_1024",
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "EC_prime256v1",
            "EC_secp384r1",
            "EC_secp521r1"
        ]);
        for body in &asked {
            assert_eq!(body["Includes"], json!({ "keyTypes": keys, "exportOption": "ENABLED" }));
        }
        assert_eq!((&asked[0]["NextToken"], &asked[1]["NextToken"]), (&Value::Null, &json!("more")));
    });
}

#[test]
fn a_list_that_does_not_tell_all_names_is_asked_about_the_certificate() {
    simulated(async |clock| {
        let names: Vec<String> = (0..101).map(|number| format!("n{number}.example.com")).collect();
        let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let summary = json!({ "CertificateSummaryList": [{
            "CertificateArn": CERTIFICATE, "DomainName": names[0], "SubjectAlternativeNameSummaries": &names[..100],
            "HasAdditionalSubjectAlternativeNames": true, "Status": "ISSUED", "Type": "AMAZON_ISSUED", "CreatedAt": 2.0e3,
        }] });
        let described = detail(&json!({ "DomainName": names[0], "SubjectAlternativeNames": names }));
        let aws = Aws::in_turn(&clock, vec![ok(&summary), ok(&described)]);
        let since = model::Timestamp::from_unix_seconds(1_000);
        let found = acm(&aws, AcmDeed::Request).await.requested_since(since, &wanted).await.unwrap();
        assert_eq!((found.len(), found[0].status.name()), (1, "ISSUED"));
    });
}
