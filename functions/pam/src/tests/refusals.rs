//! Bad input and bad days: a clear answer each, and the record closed with its reason.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::cloud::{BRIDGE, CANARY, READONLY};
use testkit::event::event;

use super::sign_in::Mood;
use super::world::{ADA, World, access, path};
use crate::federation::Federation;

/// The answer of an access that fails, and its record, which must be closed with the same words.
async fn failed(world: &World) -> (u16, String) {
    let (status, refused) = world.send(access(ADA, &path("production/readonly"))).await;
    let said = refused["message"].as_str().unwrap().to_owned();
    let sessions = world.sessions(testkit::now()).await;
    let record =
        sessions.iter().find(|record| record["failureReason"] == said.as_str()).expect("a record of it");
    assert_eq!(
        (&record["status"], &record["startedAt"], &record["expiresAt"]),
        (&json!("failed"), &Value::Null, &Value::Null)
    );
    assert!(!refused.to_string().contains(CANARY) && !record.to_string().contains(CANARY));
    assert!(sessions.iter().all(|record| record["status"] == "failed"));
    (status, said)
}

#[tokio::test]
async fn a_target_role_that_refuses_says_so_in_awss_words() {
    let world = World::furnished().await;
    world.cloud.change(READONLY, |role| role.external_id = Some("another".into()));
    let (status, said) = failed(&world).await;
    assert_eq!(status, 400);
    assert!(
        said.contains("could not assume the target role") && said.contains("is not authorized"),
        "{said}"
    );
}

#[tokio::test]
async fn a_resource_role_that_has_vanished_is_noticed_although_its_session_was_in_memory() {
    let world = World::furnished().await;
    {
        let mut state = world.cloud.state();
        state.roles.remove(BRIDGE);
        // AWS does not know the sessions of a role that is gone.
        state.faults.insert("AssumeRole".into(), (403, "InvalidClientTokenId"));
    }
    let before = world.cloud.calls("AssumeRole").len();
    let (status, said) = failed(&world).await;
    assert_eq!(status, 400);
    assert!(said.starts_with("Could not assume the resource role"), "{said}");
    // The target hop with the remembered session, then the first hop once more.
    assert_eq!(world.cloud.calls("AssumeRole").len() - before, 2);
}

#[tokio::test]
async fn a_target_role_that_has_vanished_is_told() {
    let world = World::furnished().await;
    world.cloud.state().roles.remove(READONLY);
    assert_eq!(failed(&world).await.0, 400);
}

#[tokio::test]
async fn throttling_and_failures_of_sts_ask_to_come_again() {
    let world = World::furnished().await;
    for (fault, status) in
        [((400, "Throttling"), 429), ((500, "InternalFailure"), 503), ((503, "ServiceUnavailable"), 503)]
    {
        world.cloud.state().faults.insert("AssumeRole".into(), fault);
        assert_eq!(failed(&world).await.0, status, "{fault:?}");
    }
}

#[tokio::test]
async fn a_sign_in_page_that_answers_anything_else_is_told() {
    let mut world = World::furnished().await;
    for (mood, status, words) in [
        (Mood::Status(400), 400, "refused the session's credentials (status 400)"),
        (Mood::Status(302), 400, "status 302"),
        (Mood::Status(429), 429, "throttling"),
        (Mood::Status(500), 503, "failed (status 500)"),
        (Mood::Status(503), 503, "failed (status 503)"),
        (Mood::Nonsense, 503, "without a token"),
    ] {
        world.sign_in.be(mood);
        let (given, said) = failed(&world).await;
        assert_eq!(given, status, "{mood:?}");
        assert!(said.contains(words), "{said}");
    }
    world.sign_in.be(Mood::Silent);
    world.ctx.federation = Federation::limited(Some(world.sign_in.url.clone()), Duration::from_millis(200));
    let (status, said) = failed(&world).await;
    assert_eq!(status, 503);
    assert!(said.contains("did not answer in time"), "{said}");
    world.ctx.federation = Federation::limited(Some("http://127.0.0.1:1".into()), Duration::from_secs(1));
    let (status, said) = failed(&world).await;
    assert_eq!(status, 503);
    assert!(said.contains("could not be reached"), "{said}");
}

#[tokio::test]
async fn a_person_without_an_email_is_told_before_anything_is_written() {
    let world = World::furnished().await;
    let request = event("POST", "/api/v1/pam/accounts/access").body(&path("production/readonly")).context(json!({
        "kind": "user", "id": "auth0|12345", "name": "Somebody", "email": "", "groups": [], "organizationRole": "admin",
        "authMethod": "oidc",
    }));
    let (status, refused) = world.send(request).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("no e-mail"));
    assert_eq!(world.sessions(testkit::now()).await.len(), 0);
}

#[tokio::test]
async fn every_failure_is_on_the_trail() {
    let world = World::furnished().await;
    world.sign_in.be(Mood::Status(400));
    failed(&world).await;
    let mut trail = world.trail.actions().await.unwrap();
    trail.retain(|line| line.starts_with("pam-session"));
    trail.sort();
    assert_eq!(trail, ["pam-session.fail production/readonly", "pam-session.request production/readonly"]);
}
