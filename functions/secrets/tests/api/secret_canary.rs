//! No value is anywhere but in the answers that are asked for it: not in errors, not in the log, not in messages to AWS.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::event::event;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::secret_world::{BATCH, RAW, V4};
use crate::world::{World, text};

const CANARY: &str = "canary-4f1d";

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
        ["secrets", "vault", "seal", "store", "model", "queue", "web"].map(|name| (name, LevelFilter::TRACE));
    let lines = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false);
    let subscriber = tracing_subscriber::registry()
        .with(Targets::new().with_default(LevelFilter::INFO).with_targets(ours))
        .with(lines);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
}

/// Requests that are refused, each with a canary wherever there is room for one.
fn refused(world: &World) -> Vec<(&'static str, String, Option<Value>)> {
    let at = |fields: Value| Some(world.at("/", fields));
    let key = |name: &str| format!("{RAW}/{name}");
    let id = uuid::Uuid::new_v4();
    vec![
        ("POST", key("A"), at(json!({ "secretValue": CANARY }))),
        ("POST", key("a:b"), at(json!({ "secretValue": CANARY, "secretComment": CANARY }))),
        (
            "POST",
            key("N"),
            at(json!({ "secretValue": [CANARY], "secretComment": [CANARY], "tagIds": {"a": CANARY} })),
        ),
        ("POST", key("N"), at(json!({ "secretValue": format!("{CANARY}{}", "x".repeat(131_072)) }))),
        ("POST", key("N"), at(json!({ "secretValue": format!("{CANARY}${{N}}") }))),
        ("POST", key("N"), at(json!({ "secretValue": CANARY, "type": CANARY }))),
        ("POST", key("N"), at(json!({ "secretValue": CANARY, "type": "personal" }))),
        ("POST", key("N"), at(json!({ "secretValue": CANARY, "tagIds": [id] }))),
        ("POST", key("N"), at(json!({ "secretValue": CANARY, "environment": "nope" }))),
        ("POST", key("N"), at(json!({ "secretValue": CANARY, "secretPath": "/nope" }))),
        (
            "POST",
            key("N"),
            at(json!({ "secretValue": CANARY, "secretMetadata": [{ "key": "k", "value": [CANARY] }] })),
        ),
        ("PATCH", key("GONE"), at(json!({ "secretValue": CANARY }))),
        ("PATCH", key("A"), at(json!({ "secretValue": CANARY, "newSecretName": "B" }))),
        ("POST", BATCH.to_owned(), at(json!({ "secrets": [{ "secretKey": "A", "secretValue": CANARY }] }))),
        (
            "PATCH",
            BATCH.to_owned(),
            at(json!({ "secrets": [{ "secretKey": "GONE", "secretValue": CANARY }] })),
        ),
        ("POST", BATCH.to_owned(), at(json!({ "secrets": [CANARY] }))),
        ("POST", BATCH.to_owned(), at(json!({ "secrets": CANARY }))),
        ("GET", world.target(RAW, "/", "viewSecretValue=maybe"), None),
        ("GET", world.target(&key("GONE"), "/", ""), None),
        ("POST", format!("/api/v1/secret/{id}/rollback"), Some(json!({ "version": CANARY }))),
    ]
}

#[tokio::test]
async fn a_value_is_in_the_answers_that_are_asked_for_it_and_nowhere_else() {
    let log = log();
    let world = World::new().await;
    let body = world.at(
        "/",
        json!({ "secretValue": CANARY, "secretComment": CANARY,
            "secretMetadata": [{ "key": "k", "value": CANARY, "isEncrypted": true }] }),
    );
    let made = world.ok("POST", &format!("{RAW}/A"), Some(body)).await["secret"].clone();
    assert!(made.to_string().contains(CANARY));
    world.put("/", "B", CANARY).await;
    world.secrets("/", "expandSecretReferences=true&include_imports=true").await;
    world
        .ok("PATCH", &format!("{RAW}/A"), Some(world.at("/", json!({ "secretValue": format!("{CANARY}2") }))))
        .await;
    let id = text(&made, "id");
    world.ok("POST", &format!("/api/v1/secret/{id}/rollback"), Some(json!({ "version": 1 }))).await;

    for (method, path, body) in refused(&world) {
        let (status, _, _) = world.refused(method, &path, body.clone()).await;
        let (_, answer) = world.by(world.member, method, &path, body.as_ref()).await;
        assert!(!answer.to_string().contains(CANARY), "{method} {path} {status}: {answer}");
    }
    // A body that is no JSON: the parser's words name a place, never a text.
    let raw = format!("{{\"secretValue\": \"{CANARY}");
    let broken = event("POST", &format!("{RAW}/N")).identity(world.member, "no-access").raw_body(&raw);
    let (status, answer) = world.send(broken).await;
    assert!(status == 400 && !answer.to_string().contains(CANARY), "{answer}");
    for target in
        [world.target(RAW, "/", "viewSecretValue=false"), world.target(V4, "/", "viewSecretValue=false")]
    {
        for secret in world.ok("GET", &target, None).await["secrets"].as_array().unwrap() {
            assert!(!secret["secretValue"].to_string().contains(CANARY), "{secret}");
            assert!(!secret["secretMetadata"].to_string().contains(CANARY), "{secret}");
        }
    }

    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.lines().count() > 30, "the log was awake");
    assert!(
        !written.contains(CANARY),
        "{}",
        written.lines().find(|line| line.contains(CANARY)).unwrap_or_default()
    );
    for call in world.calls.all() {
        assert!(!call.body.contains(CANARY), "{}", call.target);
    }
    let trail = world.trail.actions().await.unwrap();
    assert!(!trail.iter().any(|line| line.contains(CANARY)), "{trail:?}");
}
