//! The requests of Infisical's Terraform provider for `infisical_cert_manager_certificate`, in its order and with its bodies;
//! what it depends on is in `terraform`.

use serde_json::{Value, json};
use testkit::event::event;

use crate::request::{CERTIFICATES, REQUESTS};
use crate::request_outcomes::{claimed, issued};
use crate::world::{BASE, NOTHING, World, text};

async fn terraform(world: &World, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = event(method, &format!("{BASE}{path}"))
        .header("user-agent", "terraform")
        .identity(world.member, "no-access");
    world
        .send(match body {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

async fn ok(world: &World, method: &str, path: &str, body: Option<Value>) -> Value {
    let (status, answer) = terraform(world, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

#[tokio::test]
async fn a_certificate_lives_as_terraform_says() {
    let world = World::new().await;
    let profile = world.profile("web").await;
    let application = world.application("shop", &[&profile]).await;
    // create: not there at once
    let body = json!({
        "profileId": profile, "applicationId": application,
        "attributes": {
            "commonName": "api.example.com", "ttl": "30d", "keyAlgorithm": "RSA_2048",
            "signatureAlgorithm": "RSA-SHA256", "keyUsages": ["digital_signature", "key_encipherment"],
            "extendedKeyUsages": ["server_auth"],
            "altNames": [{ "type": "dns_name", "value": "api.example.com" }]
        }
    });
    let accepted = ok(&world, "POST", CERTIFICATES, Some(body)).await;
    assert_eq!(accepted["certificate"], Value::Null);
    let request = text(&accepted, "certificateRequestId");
    let path = format!("{REQUESTS}/{request}");
    // until it is issued
    let pending = ok(&world, "GET", &path, None).await;
    assert_eq!((text(&pending, "status"), &pending["certificateId"]), ("pending".into(), &Value::Null));
    let certificate =
        issued(&world, &claimed(&world, request.parse().unwrap()).await, "key").await.to_string();
    let done = ok(&world, "GET", &path, None).await;
    assert_eq!((text(&done, "status"), text(&done, "certificateId")), ("issued".into(), certificate.clone()));
    assert!(!text(&done, "certificate").is_empty() && !text(&done, "certificateChain").is_empty());
    assert_eq!((text(&done, "privateKey"), &done["errorMessage"]), ("key".into(), &Value::Null));
    // read: what it compares with what was asked for, and what it computes
    let path = format!("{CERTIFICATES}/{certificate}");
    let read = ok(&world, "GET", &path, None).await["certificate"].clone();
    for (key, value) in [
        ("id", json!(certificate)),
        ("profileId", json!(profile)),
        ("applicationId", json!(application)),
        ("commonName", json!("api.example.com")),
        ("altNames", json!("api.example.com")),
        ("status", json!("active")),
        ("keyAlgorithm", json!("RSA_2048")),
        ("keyUsages", json!(["digital_signature", "key_encipherment"])),
        ("extendedKeyUsages", json!(["server_auth"])),
        ("certificate", done["certificate"].clone()),
        ("certificateChain", done["certificateChain"].clone()),
        ("serialNumber", done["serialNumber"].clone()),
        ("subjectOrganization", Value::Null),
    ] {
        assert_eq!(read[key], value, "{key}");
    }
    let days = |key: &str| text(&read, key).parse::<model::Timestamp>().unwrap().unix_seconds() / 86_400;
    assert_eq!(days("notAfter") - days("notBefore"), 30, "what it takes the ttl from");
    // gone: it is dropped from the state
    assert_eq!(terraform(&world, "GET", &format!("{CERTIFICATES}/{NOTHING}"), None).await.0, 404);
    assert_eq!(terraform(&world, "GET", &format!("{REQUESTS}/{NOTHING}"), None).await.0, 404);
}
