#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::time::Duration;

use model::Timestamp;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use serde_json::{Value, json};

use super::{Pki, PrivateCa};
use crate::aws::Request;

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

fn now() -> Timestamp {
    crate::later(SECONDS.get())
}

fn pass(time: Duration) {
    SECONDS.set(SECONDS.get() + time.as_secs());
}

fn ask(pki: &Pki, target: &str, body: &Value) -> (u16, Value) {
    let request = Request {
        uri: "https://aws/".into(),
        target: target.into(),
        authorization: String::new(),
        body: body.to_string(),
    };
    let answer = pki.answer(&request);
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

fn upsert(pki: &Pki, zone: &str, name: &str, value: &str) -> (u16, String) {
    let body = format!(
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet>\
         <Name>{name}</Name><Type>CNAME</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value>\
         </ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    let uri = format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{zone}/rrset");
    let answer = pki.answer(&Request { uri, target: String::new(), authorization: String::new(), body });
    (answer.status, answer.body)
}

fn csr() -> String {
    use base64::Engine as _;
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::DnsName("a.example.com".try_into().unwrap())];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let csr = params.serialize_request(&key).unwrap().pem().unwrap();
    base64::engine::general_purpose::STANDARD.encode(csr)
}

fn issue(pki: &Pki, ca: &str, token: &str, end: Timestamp) -> (u16, Value) {
    let template = "arn:aws:acm-pca:::template/BlankEndEntityCertificate_APICSRPassthrough/V1";
    let body = json!({
        "CertificateAuthorityArn": ca, "Csr": csr(), "SigningAlgorithm": "SHA256WITHECDSA", "TemplateArn": template,
        "IdempotencyToken": token, "Validity": { "Type": "ABSOLUTE", "Value": end.unix_seconds() },
    });
    ask(pki, "ACMPrivateCA.IssueCertificate", &body)
}

#[test]
fn a_token_of_a_private_ca_lives_five_minutes() {
    let pki = Pki::on(now);
    let ca = pki.put_private_ca(PrivateCa::default());
    let end = now().plus(Duration::from_hours(24));
    let (_, first) = issue(&pki, &ca, "t", end);
    pass(Duration::from_secs(299));
    assert_eq!(issue(&pki, &ca, "t", end).1, first);
    pass(Duration::from_secs(1));
    assert_ne!(issue(&pki, &ca, "t", end).1, first);
    assert_eq!(pki.issued(&ca).len(), 2);
}

#[test]
fn a_certificate_of_a_private_ca_is_in_progress_first() {
    let pki = Pki::on(now);
    pki.set_issuing_polls(1);
    let ca = pki.put_private_ca(PrivateCa::default());
    let (_, arn) = issue(&pki, &ca, "t", now().plus(Duration::from_hours(24)));
    let body = json!({ "CertificateAuthorityArn": ca, "CertificateArn": arn["CertificateArn"] });
    let (status, refused) = ask(&pki, "ACMPrivateCA.GetCertificate", &body);
    assert_eq!((status, refused["__type"].as_str()), (400, Some("RequestInProgressException")));
    let (status, got) = ask(&pki, "ACMPrivateCA.GetCertificate", &body);
    assert_eq!((status, &got["Certificate"]), (200, &json!(pki.issued(&ca)[0].pem)));
}

#[test]
fn what_a_private_ca_may_not_issue_is_refused() {
    let pki = Pki::on(now);
    let hour = Duration::from_hours(1);
    let short = pki.put_private_ca(PrivateCa { is_short_lived: true, ..PrivateCa::default() });
    assert_eq!(issue(&pki, &short, "a", now().plus(hour * 24 * 7)).0, 200);
    assert_eq!(issue(&pki, &short, "b", now().plus(hour * 24 * 7 + hour)).0, 400);
    let ending = pki.put_private_ca(PrivateCa { not_after: now().plus(hour), ..PrivateCa::default() });
    assert_eq!(issue(&pki, &ending, "a", now().plus(hour)).0, 200);
    assert_eq!(issue(&pki, &ending, "b", now().plus(hour * 2)).0, 400);
    pki.set_ca_status(&ending, "DISABLED");
    let (_, refused) = issue(&pki, &ending, "c", now().plus(hour));
    assert_eq!(refused["__type"], "InvalidStateException");
}

#[test]
fn only_a_serial_number_of_the_cas_own_is_revoked_and_once() {
    let pki = Pki::on(now);
    let ca = pki.put_private_ca(PrivateCa::default());
    issue(&pki, &ca, "t", now().plus(Duration::from_hours(1)));
    let revoke = |serial: &str| {
        let body = json!({ "CertificateAuthorityArn": ca, "CertificateSerial": serial, "RevocationReason": "SUPERSEDED" });
        ask(&pki, "ACMPrivateCA.RevokeCertificate", &body).1
    };
    assert_eq!(revoke("11:22")["__type"], "ResourceNotFoundException");
    let serial = pki.issued(&ca)[0].serial.clone();
    assert_eq!(revoke(&serial), json!({}));
    assert_eq!(revoke(&serial)["__type"], "RequestAlreadyProcessedException");
    assert_eq!(pki.issued(&ca)[0].revoked.as_deref(), Some("SUPERSEDED"));
}

#[test]
fn a_public_certificate_waits_for_its_records_in_a_public_zone() {
    let pki = Pki::on(now);
    let (public, private) = (pki.put_zone("example.com", false), pki.put_zone("example.com", true));
    let request = json!({
        "DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"], "ValidationMethod": "DNS",
        "KeyAlgorithm": "EC_prime256v1", "Options": { "Export": "ENABLED" }, "IdempotencyToken": "t",
    });
    let (_, requested) = ask(&pki, "CertificateManager.RequestCertificate", &request);
    assert_eq!(ask(&pki, "CertificateManager.RequestCertificate", &request).1, requested);
    let export = json!({ "CertificateArn": requested["CertificateArn"], "Passphrase": "MTIzNDU=" });
    assert_eq!(
        ask(&pki, "CertificateManager.ExportCertificate", &export).1["__type"],
        "RequestInProgressException"
    );

    let (_, described) = ask(&pki, "CertificateManager.DescribeCertificate", &requested);
    let options = described["Certificate"]["DomainValidationOptions"].as_array().unwrap();
    assert_eq!(options[0]["ResourceRecord"], options[1]["ResourceRecord"]);
    let record = &options[0]["ResourceRecord"];
    let (name, value) = (record["Name"].as_str().unwrap(), record["Value"].as_str().unwrap());
    assert_eq!(upsert(&pki, &private, name, value).0, 200);
    assert_eq!(pki.certificates()[0].status, "PENDING_VALIDATION");
    assert_eq!(upsert(&pki, &public, "elsewhere.org.", value).0, 400);
    assert_eq!(upsert(&pki, &public, name, value).0, 200);
    assert_eq!(pki.certificates()[0].status, "ISSUED");

    let (status, exported) = ask(&pki, "CertificateManager.ExportCertificate", &export);
    assert_eq!(status, 200, "{exported}");
    assert!(exported["PrivateKey"].as_str().unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let before = pki.certificates()[0].serial.clone();
    assert_eq!(ask(&pki, "CertificateManager.RenewCertificate", &requested).0, 200);
    let renewed = &pki.certificates()[0];
    assert_eq!(renewed.renewal.as_deref(), Some("SUCCESS"));
    assert_ne!(renewed.serial, before);
}

#[test]
fn a_request_that_nobody_proves_runs_out_after_three_days() {
    let pki = Pki::on(now);
    let request = json!({ "DomainName": "example.com", "ValidationMethod": "DNS" });
    ask(&pki, "CertificateManager.RequestCertificate", &request);
    pass(Duration::from_hours(71));
    assert_eq!(pki.certificates()[0].status, "PENDING_VALIDATION");
    pass(Duration::from_hours(1));
    assert_eq!(pki.certificates()[0].status, "VALIDATION_TIMED_OUT");
}

#[test]
fn a_list_tells_only_of_the_keys_that_it_is_asked_for() {
    let pki = Pki::on(now);
    let arn = pki.put_certificate(&["example.com"], "EC_prime256v1", now());
    let list = |body: Value| ask(&pki, "CertificateManager.ListCertificates", &body).1;
    assert_eq!(list(json!({}))["CertificateSummaryList"], json!([]));
    let with_keys = list(json!({ "Includes": { "keyTypes": ["EC_prime256v1"] } }));
    assert_eq!(with_keys["CertificateSummaryList"][0]["CertificateArn"], json!(arn));
}

#[test]
fn what_is_denied_throttled_or_lost_is_told_in_awss_words() {
    let pki = Pki::on(now);
    pki.deny("acm:ListCertificates");
    let list = || ask(&pki, "CertificateManager.ListCertificates", &json!({}));
    assert_eq!(list().1["__type"], "AccessDeniedException");
    pki.allow("acm:ListCertificates");
    pki.throttle("acm:ListCertificates", 1);
    assert_eq!(list().1["__type"], "ThrottlingException");
    pki.lose_answers("acm:ListCertificates", 1);
    assert_eq!(list().0, 500);
    assert_eq!(list().0, 200);
    assert_eq!((pki.count("acm:ListCertificates"), pki.most_in_a_second("acm:ListCertificates")), (4, 4));
}
