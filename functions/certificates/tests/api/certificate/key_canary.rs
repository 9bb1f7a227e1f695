//! No private key and no password is anywhere but in the answers that are asked for it: not in errors, not in the log, not in
//! the audit trail, not in messages to AWS, not readable in the table.

use std::io;
use std::sync::{Arc, Mutex};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::house::{House, import, tells};

const PASSWORD: &str = "canary-4f1d-password";

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Everything that this process logs from now on, whichever test does.
fn log() -> Log {
    let log = Log::default();
    let ours =
        ["certificates", "x509", "authority", "seal", "store", "model", "queue", "web", "access", "bus"];
    let ours = ours.map(|name| (name, LevelFilter::TRACE));
    let lines = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false);
    let subscriber = tracing_subscriber::registry()
        .with(Targets::new().with_default(LevelFilter::INFO).with_targets(ours))
        .with(lines);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
}

#[tokio::test]
async fn a_key_is_nowhere_but_where_it_is_asked_for() {
    let log = log();
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let theirs = house.theirs("their.example.com").await;
    let at = |what: &str| format!("/{}{what}", made.id);
    house.ok("POST", "/import-certificate", Some(import(&house, &theirs))).await;
    for (method, what, body) in [
        ("GET", "", None),
        ("GET", "/certificate", None),
        ("PATCH", "/config", Some(json!({ "renewBeforeDays": 3 }))),
        ("POST", "/renew", None),
    ] {
        let answer = house.ok(method, &at(what), body).await;
        assert!(!tells(&answer.to_string(), &made.key), "{method} {what}: {answer}");
    }
    for what in ["/bundle", "/private-key"] {
        assert!(tells(
            &house.raw(house.member, "GET", &at(what), None).await.text().replace("\\n", "\n"),
            &made.key
        ));
    }
    let file = house.raw(house.member, "POST", &at("/pkcs12"), Some(json!({ "password": PASSWORD }))).await;
    assert_eq!(file.status, 200);
    let mut answers = Vec::new();
    // Refused with a key or a password in the request, in every place where there is room for one.
    let key = made.key.expose_secret();
    for body in [
        json!({ "projectId": house.project, "certificatePem": key }),
        json!({ "projectId": house.project, "certificatePem": made.pem, "chainPem": key }),
        json!({ "projectId": house.project, "certificatePem": theirs.0, "privateKeyPem": key }),
        json!({ "projectId": house.project, "certificatePem": [key], "privateKeyPem": [key] }),
        json!({ "projectId": house.project, "certificatePem": theirs.0, "privateKeyPem": format!("x{key}\n-----BEGIN PRIVATE KEY-----\n{key}") }),
        json!({ "projectId": key, "certificatePem": made.pem }),
    ] {
        answers.push(house.refused("POST", "/import-certificate", Some(body)).await.1);
    }
    let password = SecretString::from(format!("{PASSWORD}\n"));
    for body in [json!({ "password": password.expose_secret() }), json!({ "password": [PASSWORD] })] {
        answers.push(house.refused("POST", &at("/pkcs12"), Some(body)).await.1);
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let audited = house.trail.details().await.unwrap().join("\n");
    let sent = format!("{:?} {:?}", house.pki.calls(), house.pki.events());
    assert!(logged.contains("certificate"), "the log is listened to");
    for (place, text) in [("errors", answers.join("\n")), ("log", logged), ("audit", audited), ("AWS", sent)]
    {
        for key in [&made.key, &theirs.2] {
            assert!(!tells(&text, key), "a key in {place}");
        }
        assert!(!text.contains(PASSWORD), "a password in {place}");
    }
    let (_, bundle) = house.store.certificate_with_bundle(made.id).await.unwrap().unwrap();
    assert!(!tells(&format!("{bundle:?}"), &made.key), "the key is sealed in the table");
}
