//! The rules that the stand-in holds, asked in AWS's own words.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::session::{Call, Service};
use super::{Fleet, Made, Maker};
use crate::door::Refusal;
use crate::pki::CaKey;
use crate::{later, now};

const REGION: &str = "us-east-1";

fn acm(fleet: &Fleet, operation: &str, body: &Value) -> Result<Value, Refusal> {
    let request = crate::aws::Request {
        uri: String::new(),
        target: format!("CertificateManager.{operation}"),
        authorization: format!("AWS4-HMAC-SHA256 Credential=AKIA/20260102/{REGION}/acm/aws4_request"),
        body: body.to_string(),
    };
    let call = Call::of(&request).expect("a call");
    assert_eq!(call.service, Service::Acm);
    fleet.state().acm(&call)
}

fn material(made: &Made) -> Value {
    json!({
        "Certificate": STANDARD.encode(&made.certificate), "PrivateKey": STANDARD.encode(&made.key),
        "CertificateChain": STANDARD.encode(&made.chain),
    })
}

fn refused(fleet: &Fleet, body: &Value) -> String {
    let Refusal(_, code, message) = acm(fleet, "ImportCertificate", body).expect_err("a refusal");
    format!("{code}: {message}")
}

#[test]
fn an_import_is_refused_in_acms_words() {
    let (fleet, maker) = (Fleet::on(now), Maker::at(now()));
    let made = maker.make(&["example.com"]);
    let with = |field: &str, text: &str| {
        let mut body = material(&made);
        body[field] = json!(STANDARD.encode(text));
        body
    };
    let two = format!("{}{}", made.certificate, made.chain);
    let reversed = format!("{}{}", made.root, made.chain);
    let encrypted = made.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (body, words) in [
        (with("Certificate", &two), "more than one certificate"),
        (with("Certificate", "nothing"), "not PEM-encoded"),
        (with("PrivateKey", &maker.make(&["example.com"]).key), "do not match"),
        (with("PrivateKey", &encrypted), "is encrypted"),
        (with("PrivateKey", &"x".repeat(5_121)), "no more than 5120 bytes"),
        (with("CertificateChain", &reversed), "within the chain of the invalid certificate is: 0"),
        (with("CertificateChain", ""), "not a valid self signed"),
    ] {
        let told = refused(&fleet, &body);
        assert!(told.starts_with("ValidationException") && told.contains(words), "{told}");
    }
    let (before, after) = (now().minus(Duration::from_secs(60)), later(60));
    for (from, until, words) in [
        (before.minus(Duration::from_secs(60)), before, "has expired"),
        (after, later(120), "not in effect yet"),
    ] {
        let made = maker.make_of(&["example.com"], CaKey::EcP256, from, until);
        assert!(refused(&fleet, &material(&made)).contains(words));
    }
    assert!(fleet.certificates().is_empty());
    let full = with("CertificateChain", &format!("{}{}", made.chain, made.root));
    assert!(acm(&fleet, "ImportCertificate", &full).is_ok());
}

#[test]
fn what_takes_a_certificates_place_has_its_key_type_and_no_tags() {
    let (fleet, maker) = (Fleet::on(now), Maker::at(now()));
    let arn = fleet.put_certificate(REGION, &maker.make(&["example.com"]), &[]);
    let over = |made: &Made| {
        let mut body = material(made);
        body["CertificateArn"] = json!(arn);
        body
    };
    let mut tagged = over(&maker.make(&["example.com"]));
    tagged["Tags"] = json!([{ "Key": "a", "Value": "b" }]);
    assert!(refused(&fleet, &tagged).contains("Tagging is not permitted on re-import."));
    for key in [CaKey::Rsa2048, CaKey::EcP384] {
        let other = maker.make_of(&["example.com"], key, now().minus(Duration::from_secs(1)), later(60));
        assert!(refused(&fleet, &over(&other)).contains("key algorithm and size"));
    }
    assert!(acm(&fleet, "ImportCertificate", &over(&maker.make(&["other.example.com"]))).is_ok());
    let kept = fleet.certificate(&arn).expect("a certificate");
    assert_eq!((kept.names, kept.imports), (vec!["other.example.com".to_owned()], 2));
    let mut absent = over(&maker.make(&["example.com"]));
    absent["CertificateArn"] = json!(format!("{arn}0"));
    assert!(refused(&fleet, &absent).starts_with("ResourceNotFoundException"));
}

#[test]
fn rsa_keys_are_told_by_their_size_and_a_list_without_filters_has_the_usual_keys_alone() {
    let (fleet, maker) = (Fleet::on(now), Maker::at(now()));
    let rsa = maker.make_of(&["example.com"], CaKey::Rsa2048, now().minus(Duration::from_secs(1)), later(60));
    let rsa = fleet.put_certificate(REGION, &rsa, &[]);
    let _ec = fleet.put_certificate(REGION, &maker.make(&["example.com"]), &[]);
    let listed = |body: Value| {
        acm(&fleet, "ListCertificates", &body).expect("a list")["CertificateSummaryList"].clone()
    };
    let usual = listed(json!({}));
    assert_eq!(usual.as_array().map(Vec::len), Some(1));
    assert_eq!((&usual[0]["CertificateArn"], &usual[0]["KeyAlgorithm"]), (&json!(rsa), &json!("RSA-2048")));
    let all = listed(json!({ "Includes": { "keyTypes": ["RSA_2048", "EC_prime256v1"] } }));
    assert_eq!(all.as_array().map(Vec::len), Some(2));
    let pending = listed(json!({ "CertificateStatuses": ["PENDING_VALIDATION"] }));
    assert_eq!(pending.as_array().map(Vec::len), Some(0));
}

#[test]
fn of_several_of_one_name_the_better_key_is_served_then_the_longer_validity() {
    let (fleet, maker) = (Fleet::on(now), Maker::at(now()));
    let (from, host) = (now().minus(Duration::from_secs(1)), "www.example.com");
    let put = |made: Made| fleet.put_certificate(REGION, &made, &[]);
    let default = put(maker.make(&["default.example.com"]));
    let balancer = fleet.put_balancer(REGION, "application", "web");
    let listener = fleet.put_listener(&balancer, "HTTPS", 443, Some(&default));
    let serves = |host: Option<&str>| fleet.serves(&listener, host).expect("a certificate").arn;
    assert_eq!(serves(Some(host)), default);
    let mut best = default.clone();
    for (key, seconds) in [
        (CaKey::Rsa2048, 60),
        (CaKey::Rsa2048, 120),
        (CaKey::Rsa3072, 30),
        (CaKey::EcP256, 30),
        (CaKey::EcP384, 20),
    ] {
        best = put(maker.make_of(&["*.example.com"], key, from, later(seconds)));
        let arn = best.clone();
        // Wherever it stands in the list.
        fleet.change_listener(&listener, |listener| listener.sni.insert(0, arn));
        assert_eq!(serves(Some(host)), best, "{key:?}");
    }
    let worse = put(maker.make_of(&["www.example.com"], CaKey::EcP256, from, later(3_600)));
    fleet.change_listener(&listener, |listener| listener.sni.push(worse));
    assert_eq!(serves(Some(host)), best);
    assert_eq!((serves(None), serves(Some("example.org"))), (default.clone(), default));
}
