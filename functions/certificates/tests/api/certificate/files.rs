//! The bundle, the certificate, the key and the PKCS#12 file.

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::house::{House, tells};

#[tokio::test]
async fn the_bundle_has_everything_and_the_key_fits() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let answer = house.raw(house.member, "GET", &format!("/{}/bundle", made.id), None).await;
    assert_eq!((answer.status, answer.kept.as_deref()), (200, Some("no-store")));
    let serial = house.stored(made.id).await.facts.serial_number;
    let expected = json!({
        "certificate": made.pem, "certificateChain": made.chain, "privateKey": made.key.expose_secret(),
        "serialNumber": serial,
    });
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap(), expected);
    assert_eq!(house.audited("certificate.read-private-key").await, 1);
}

#[tokio::test]
async fn the_certificate_alone_has_no_key_in_it() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let (status, answer) = house.by(house.viewer, "GET", &format!("/{}/certificate", made.id), None).await;
    assert_eq!(status, 200);
    let serial = house.stored(made.id).await.facts.serial_number;
    let expected = json!({ "certificate": made.pem, "certificateChain": made.chain, "serialNumber": serial });
    assert_eq!(answer, expected);
    assert_eq!(house.audited("certificate.read-private-key").await, 0);
}

#[tokio::test]
async fn the_private_key_is_a_plain_text() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let answer = house.raw(house.member, "GET", &format!("/{}/private-key", made.id), None).await;
    assert_eq!((answer.status, answer.kept.as_deref()), (200, Some("no-store")));
    assert_eq!(answer.kind.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(answer.text(), made.key.expose_secret());
    assert_eq!(house.audited("certificate.read-private-key").await, 1);
    for line in house.trail.details().await.unwrap() {
        assert!(!tells(&line, &made.key), "{line}");
    }
}

#[tokio::test]
async fn a_certificate_whose_key_is_elsewhere_has_none() {
    let house = House::new().await;
    let made = house.issued_with("www.example.com", |its| its.has_private_key = false).await;
    let path = |what: &str| format!("/{}/{what}", made.id);
    // Nothing in it is secret: whoever may read it may read all of it.
    let (status, answer) = house.by(house.viewer, "GET", &path("bundle"), None).await;
    assert_eq!((status, &answer["privateKey"]), (200, &json!(null)));
    let (status, message) = house.refused("GET", &path("private-key"), None).await;
    assert_eq!(status, 404);
    assert!(message.contains("has no private key here"), "{message}");
    let file =
        house.raw(house.viewer, "POST", &path("pkcs12"), Some(json!({ "password": "correct horse" }))).await;
    let store = KeyStore::from_pkcs12(&file.body, "correct horse", Pkcs12ImportPolicy::Raw).unwrap();
    assert!(store.private_key_chain().is_none() && store.entries().count() == 3);
    assert_eq!(house.audited("certificate.read-private-key").await, 0);
}

#[tokio::test]
async fn the_file_opens_with_its_password_and_holds_key_certificate_and_chain() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let path = format!("/{}/pkcs12", made.id);
    let body = json!({ "password": "correct horse", "alias": "web" });
    let file = house.raw(house.member, "POST", &path, Some(body)).await;
    assert_eq!((file.status, file.kept.as_deref()), (200, Some("no-store")));
    assert_eq!(file.kind.as_deref(), Some("application/x-pkcs12"));
    let store = KeyStore::from_pkcs12(&file.body, "correct horse", Pkcs12ImportPolicy::Strict).unwrap();
    let (alias, found) = store.private_key_chain().unwrap();
    assert_eq!((alias, found.certs().len()), ("web", 3));
    let leaf = x509::Certificate::from_pem(&made.pem).unwrap();
    assert_eq!(found.certs()[0].as_der(), leaf.der());
    assert!(KeyStore::from_pkcs12(&file.body, "other", Pkcs12ImportPolicy::Strict).is_err());
    assert_eq!(house.audited("certificate.read-private-key").await, 1);
    for body in [json!({}), json!({ "password": "short" }), json!({ "password": 1 })] {
        assert_eq!(house.refused("POST", &path, Some(body)).await.0, 422);
    }
    let (status, _) = house.refused("POST", &path, Some(json!({ "password": "with\nline" }))).await;
    assert_eq!(status, 400);
    assert_eq!(house.audited("certificate.read-private-key").await, 1);
}
