//! Private CA, with the answers of <https://docs.aws.amazon.com/privateca/latest/APIReference/API_Operations.html>.

use authority::private_ca::{CaKey, CaStatus, Fetched, Issuance};
use authority::{Class, Deed, Revoked};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::certificate::{
    AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, RevocationReason,
    SignatureAlgorithm, Spec, Subject, Validity,
};
use serde_json::json;

use crate::aws::{Aws, CA, PEM, at, ca, connection, error, ok, simulated};

const ISSUED: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/11111111-2222-3333-4444-555555555555/certificate/286535153982981100925020015808220737245";
const CSR: &str = "-----BEGIN CERTIFICATE REQUEST-----\nMIIC\n-----END CERTIFICATE REQUEST-----\n";
const TOKEN: &str = "4c5d6e7f8a9b4c5d8e9fa0b1c2d3e4f5";

fn spec() -> Spec {
    let name = |kind, text| AltName::read(kind, text).unwrap();
    Spec {
        subject: Subject {
            common_name: Some("api.example.com".into()),
            organization: Some("Example".into()),
            organizational_unit: Some("Ops".into()),
            country: Some("DE".into()),
            state: Some("Hessen".into()),
            locality: Some("Frankfurt".into()),
            domain_components: Vec::new(),
        },
        alt_names: vec![
            name(AltNameKind::DnsName, "api.example.com"),
            name(AltNameKind::IpAddress, "10.0.0.1"),
            name(AltNameKind::Email, "ops@example.com"),
            name(AltNameKind::Uri, "spiffe://example.com/api"),
        ],
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [KeyUsage::DigitalSignature, KeyUsage::KeyAgreement].into(),
        extended_key_usages: [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::Within {
            not_before: "2026-01-02T03:04:00Z".parse().unwrap(),
            not_after: "2026-01-02T15:04:00Z".parse().unwrap(),
        },
    }
}

const fn issuance(spec: &Spec) -> Issuance<'_> {
    Issuance { spec, csr: CSR, token: TOKEN, signature: SignatureAlgorithm::RsaSha512 }
}

#[test]
fn a_certificate_is_asked_for_with_its_token_absolute_validity_template_names_and_usages() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": ISSUED })));
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        assert_eq!(authority.issue(&issuance(&spec())).await.unwrap(), ISSUED);
        let (operation, body) = aws.asked_once();
        assert_eq!(operation, "IssueCertificate");
        assert_eq!(
            body,
            json!({
                "CertificateAuthorityArn": CA,
                "Csr": STANDARD.encode(CSR),
                "SigningAlgorithm": "SHA512WITHRSA",
                "TemplateArn": "arn:aws:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1",
                "IdempotencyToken": TOKEN,
                "ValidityNotBefore": { "Type": "ABSOLUTE", "Value": 1_767_323_040 },
                "Validity": { "Type": "ABSOLUTE", "Value": 1_767_366_240 },
                "ApiPassthrough": {
                    "Subject": {
                        "CommonName": "api.example.com", "Organization": "Example", "OrganizationalUnit": "Ops",
                        "Country": "DE", "State": "Hessen", "Locality": "Frankfurt",
                    },
                    "Extensions": {
                        "SubjectAlternativeNames": [
                            { "DnsName": "api.example.com" },
                            { "IpAddress": "10.0.0.1" },
                            { "Rfc822Name": "ops@example.com" },
                            { "UniformResourceIdentifier": "spiffe://example.com/api" },
                        ],
                        "KeyUsage": {
                            "DigitalSignature": true, "NonRepudiation": false, "KeyEncipherment": false,
                            "DataEncipherment": false, "KeyAgreement": true, "KeyCertSign": false,
                            "CRLSign": false, "EncipherOnly": false, "DecipherOnly": false,
                        },
                        "ExtendedKeyUsage": [
                            { "ExtendedKeyUsageType": "SERVER_AUTH" },
                            { "ExtendedKeyUsageType": "CLIENT_AUTH" },
                        ],
                    },
                },
            })
        );
        let policies = aws.policies();
        assert!(policies.len() == 1 && policies[0].contains(CA), "{policies:?}");
    });
}

#[test]
fn what_a_certificate_does_not_say_is_not_passed_through() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": ISSUED })));
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        let bare = Spec {
            subject: Subject { common_name: Some("x".into()), ..Subject::default() },
            alt_names: Vec::new(),
            key_usages: [].into(),
            extended_key_usages: [].into(),
            ..spec()
        };
        authority.issue(&issuance(&bare)).await.unwrap();
        assert_eq!(aws.asked_once().1["ApiPassthrough"], json!({ "Subject": { "CommonName": "x" } }));
    });
}

#[test]
fn domain_components_make_all_of_a_subject_object_identifiers() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": ISSUED })));
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        let subject = Subject {
            common_name: Some("x".into()),
            country: Some("DE".into()),
            domain_components: vec!["example".into(), "com".into()],
            ..Subject::default()
        };
        authority.issue(&issuance(&Spec { subject, ..spec() })).await.unwrap();
        let dc = "0.9.2342.19200300.100.1.25";
        assert_eq!(
            aws.asked_once().1["ApiPassthrough"]["Subject"],
            json!({ "CustomAttributes": [
                { "ObjectIdentifier": dc, "Value": "com" },
                { "ObjectIdentifier": dc, "Value": "example" },
                { "ObjectIdentifier": "2.5.4.6", "Value": "DE" },
                { "ObjectIdentifier": "2.5.4.3", "Value": "x" },
            ] })
        );
    });
}

#[test]
fn an_authority_below_has_the_template_of_its_path_length_and_one_without_is_not_asked_for() {
    simulated(async |clock| {
        let aws = Aws::of(&clock, |_| ok(&json!({ "CertificateArn": ISSUED })));
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        let below =
            |path_length| Spec { basic_constraints: BasicConstraints { is_ca: true, path_length }, ..spec() };
        authority.issue(&issuance(&below(Some(1)))).await.unwrap();
        assert_eq!(
            aws.asked_once().1["TemplateArn"],
            "arn:aws:acm-pca:::template/BlankSubordinateCACertificate_PathLen1_APICSRPassthrough/V1"
        );
        for path_length in [None, Some(4)] {
            let error = authority.issue(&issuance(&below(path_length))).await.unwrap_err();
            assert_eq!((error.class(), error.may_be_done()), (Class::Invalid, false), "{error}");
        }
        let days = Spec { validity: Validity::OfAuthority { days: 198 }, ..spec() };
        assert_eq!(authority.issue(&issuance(&days)).await.unwrap_err().class(), Class::Invalid);
        assert_eq!(aws.asked().len(), 1);
    });
}

#[test]
fn a_certificate_that_is_still_made_is_an_answer_and_a_failed_one_an_error() {
    simulated(async |clock| {
        let chain = format!("{PEM}{PEM}");
        let aws = Aws::in_turn(
            &clock,
            vec![
                error("RequestInProgressException", "The certificate is still being issued"),
                ok(&json!({ "Certificate": PEM, "CertificateChain": chain })),
                error("RequestFailedException", "The request has failed for an unspecified reason."),
                error("ResourceNotFoundException", "Could not find certificate"),
            ],
        );
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        assert_eq!(authority.fetch(ISSUED).await.unwrap(), Fetched::InProgress);
        let issued = Fetched::Issued { certificate: PEM.into(), chain: Some(chain) };
        assert_eq!(authority.fetch(ISSUED).await.unwrap(), issued);
        let failed = authority.fetch(ISSUED).await.unwrap_err();
        assert_eq!((failed.code(), failed.class()), (Some("RequestFailedException"), Class::Other));
        let lost = authority.fetch(ISSUED).await.unwrap_err();
        assert_eq!(lost.class(), Class::NotFound);
        assert!(
            lost.to_string().contains("acm-pca:GetCertificate") && lost.to_string().contains(ISSUED),
            "{lost}"
        );
        let asked = aws.asked();
        assert_eq!(asked.len(), 4);
        assert!(asked[0].body.contains(CA) && asked[0].body.contains(ISSUED));
    });
}

fn described(status: &str, key: &str, mode: &str) -> serde_json::Value {
    json!({ "CertificateAuthority": {
        "Arn": CA, "Status": status, "Type": "SUBORDINATE", "UsageMode": mode,
        "NotBefore": 1.7e9, "NotAfter": 2.0e9, "CreatedAt": 1.7e9,
        "CertificateAuthorityConfiguration": { "KeyAlgorithm": key, "SigningAlgorithm": "SHA256WITHRSA", "Subject": { "CommonName": "CA" } },
        "RevocationConfiguration": { "CrlConfiguration": { "Enabled": true, "ExpirationInDays": 7 } },
    } })
}

#[test]
fn an_authority_says_what_it_is() {
    simulated(async |clock| {
        for (status, expected) in [
            ("ACTIVE", CaStatus::Active),
            ("DISABLED", CaStatus::Disabled),
            ("EXPIRED", CaStatus::Expired),
            ("PENDING_CERTIFICATE", CaStatus::PendingCertificate),
            ("CREATING", CaStatus::Creating),
            ("FAILED", CaStatus::Failed),
            ("DELETED", CaStatus::Deleted),
            ("SUSPENDED", CaStatus::Other("SUSPENDED".into())),
        ] {
            let aws = Aws::of(&clock, move |_| ok(&described(status, "RSA_3072", "GENERAL_PURPOSE")));
            let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Look, at()).await.unwrap();
            let facts = authority.describe().await.unwrap();
            assert_eq!((&facts.status, facts.status.name()), (&expected, status));
            assert_eq!(facts.is_active(), status == "ACTIVE");
            assert_eq!(facts.key, CaKey::Known(KeyAlgorithm::Rsa3072));
            assert_eq!(facts.not_after.unwrap().unix_seconds(), 2_000_000_000);
            assert!(!facts.short_lived && facts.tells_revocations);
        }
        let aws = Aws::of(&clock, |_| ok(&described("ACTIVE", "ML_DSA_65", "SHORT_LIVED_CERTIFICATE")));
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Look, at()).await.unwrap();
        let facts = authority.describe().await.unwrap();
        assert_eq!((facts.key, facts.short_lived), (CaKey::Other("ML_DSA_65".into()), true));
    });
}

#[test]
fn the_certificate_of_an_authority_comes_with_what_stands_above_it() {
    simulated(async |clock| {
        let aws = Aws::in_turn(
            &clock,
            vec![
                ok(&json!({ "Certificate": PEM, "CertificateChain": PEM })),
                ok(&json!({ "Certificate": PEM })),
                error("InvalidStateException", "The certificate authority is not in the correct state"),
            ],
        );
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Issue, at()).await.unwrap();
        assert_eq!(authority.certificate().await.unwrap().chain.as_deref(), Some(PEM));
        assert_eq!(authority.certificate().await.unwrap().chain, None);
        assert_eq!(authority.certificate().await.unwrap_err().class(), Class::InvalidState);
    });
}

#[test]
fn a_revocation_says_its_reason_in_private_cas_words_and_a_second_one_is_an_answer() {
    simulated(async |clock| {
        for (reason, word) in [
            (RevocationReason::Unspecified, "UNSPECIFIED"),
            (RevocationReason::KeyCompromise, "KEY_COMPROMISE"),
            (RevocationReason::CaCompromise, "CERTIFICATE_AUTHORITY_COMPROMISE"),
            (RevocationReason::AffiliationChanged, "AFFILIATION_CHANGED"),
            (RevocationReason::Superseded, "SUPERSEDED"),
            (RevocationReason::CessationOfOperation, "CESSATION_OF_OPERATION"),
            (RevocationReason::CertificateHold, "UNSPECIFIED"),
            (RevocationReason::PrivilegeWithdrawn, "PRIVILEGE_WITHDRAWN"),
            (RevocationReason::AaCompromise, "A_A_COMPROMISE"),
        ] {
            let aws = Aws::of(&clock, |_| ok(&json!({})));
            let authority =
                aws.authorities.private_ca(&connection(), &ca(), Deed::Revoke, at()).await.unwrap();
            assert_eq!(authority.revoke("67:07:44", reason).await.unwrap(), Revoked::Now);
            let (operation, body) = aws.asked_once();
            assert_eq!(operation, "RevokeCertificate");
            let expected = json!({
                "CertificateAuthorityArn": CA, "CertificateSerial": "67:07:44", "RevocationReason": word,
            });
            assert_eq!(body, expected);
        }
        let aws = Aws::in_turn(
            &clock,
            vec![
                error("RequestAlreadyProcessedException", "Your request has already been completed."),
                error("InvalidStateException", "The state of the private CA does not allow this action"),
                error("ResourceNotFoundException", "A resource could not be found."),
            ],
        );
        let authority = aws.authorities.private_ca(&connection(), &ca(), Deed::Revoke, at()).await.unwrap();
        let revoke = async || authority.revoke("67:07:44", RevocationReason::Superseded).await;
        assert_eq!(revoke().await.unwrap(), Revoked::Already);
        assert_eq!(revoke().await.unwrap_err().class(), Class::InvalidState);
        assert_eq!(revoke().await.unwrap_err().class(), Class::NotFound);
    });
}
