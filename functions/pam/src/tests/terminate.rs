//! Termination: exactly that person, proved, and cleaned up.

use serde_json::{Value, json};
use testkit::cloud::{BRIDGE, CANARY, READONLY};
use testkit::event::event;
use testkit::later;

use super::world::{ADA, BOB, World, access, person, root};

/// Opens a session and answers its id and its access key.
async fn enter(world: &World, who: &str, seconds: u64) -> (String, String) {
    let body = json!({ "path": "production/readonly", "accessMethod": "cli" });
    let answer = world.ok_at(access(who, &body), later(seconds)).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&answer["sessionId"]), text(&answer["metadata"]["accessKeyId"]))
}

fn terminate(id: &str) -> testkit::event::Event {
    root(event("POST", &format!("/api/v1/pam/sessions/{id}/terminate")))
}

async fn status(world: &World, id: &str, seconds: u64) -> Value {
    let one = root(event("GET", &format!("/api/v1/pam/sessions/{id}")));
    world.ok_at(one, later(seconds)).await["session"]["status"].clone()
}

fn policies(world: &World) -> Vec<Value> {
    world.cloud.state().roles[READONLY].policies.values().cloned().collect()
}

#[tokio::test]
async fn of_two_peoples_live_sessions_exactly_the_terminated_one_is_refused() {
    let world = World::furnished().await;
    let (ada, adas_key) = enter(&world, ADA, 0).await;
    let (bob, bobs_key) = enter(&world, BOB, 1).await;
    let answer = world.ok_at(terminate(&ada), later(60)).await["session"].clone();
    assert_eq!(
        (&answer["status"], &answer["endedAt"]),
        (&json!("terminated"), &json!("2026-01-02T03:05:05.678Z"))
    );
    assert!(!world.cloud.accepts(&adas_key));
    assert!(world.cloud.accepts(&bobs_key));
    assert_eq!(
        (status(&world, &ada, 61).await, status(&world, &bob, 61).await),
        (json!("terminated"), json!("active"))
    );
    let (status, refused) = world.send_at(terminate(&ada), later(62)).await;
    assert_eq!((status, refused["message"].as_str().unwrap().contains("is terminated")), (400, true));
    // Who was terminated may come again: the Deny names a moment, and it is past.
    let (_, again) = enter(&world, ADA, 120).await;
    assert!(world.cloud.accepts(&again) && !world.cloud.accepts(&adas_key));
}

#[tokio::test]
async fn our_own_sessions_are_confined_and_named_and_the_proof_is_the_persons() {
    let world = World::furnished().await;
    let (ada, _) = enter(&world, ADA, 0).await;
    let before = world.cloud.calls("AssumeRole").len();
    world.ok_at(terminate(&ada), later(60)).await;
    let calls = world.cloud.calls("AssumeRole").split_off(before);
    assert!(calls.iter().all(|call| call.external_id == Some(world.project.to_string())));
    let seen: Vec<(&str, String, u64)> =
        calls.iter().map(|call| (call.role.as_str(), call.session_name.clone(), call.duration)).collect();
    assert_eq!(seen, [(READONLY, ADA.to_owned(), 900), (BRIDGE, format!("drawbridge-end-{ada}"), 900)]);
    assert!(calls[0].policy.as_ref().unwrap().contains("iam:GetRolePolicy"));
    assert!(calls[1].policy.as_ref().unwrap().contains("iam:PutRolePolicy"));
}

#[tokio::test]
async fn the_same_persons_other_sessions_in_the_role_end_with_it_and_say_so() {
    let world = World::furnished().await;
    let (first, _) = enter(&world, ADA, 0).await;
    let (second, key) = enter(&world, ADA, 30).await;
    world.ok_at(terminate(&first), later(60)).await;
    assert!(!world.cloud.accepts(&key));
    assert_eq!(status(&world, &second, 61).await, json!("terminated"));
}

#[tokio::test]
async fn a_session_that_begins_after_the_deny_is_neither_ended_nor_said_to_be() {
    let world = World::furnished().await;
    let (first, old) = enter(&world, ADA, 0).await;
    let (second, new) = enter(&world, ADA, 120).await;
    // The request came before the second session was there; its records are written afterwards.
    world.ok_at(terminate(&first), later(60)).await;
    assert!(world.cloud.accepts(&new) && !world.cloud.accepts(&old));
    assert_eq!(status(&world, &second, 121).await, json!("active"));
}

#[tokio::test]
async fn a_session_shows_the_deny_that_ends_it() {
    let world = World::furnished().await;
    let (ada, _) = enter(&world, ADA, 0).await;
    let one = |id: &str| root(event("GET", &format!("/api/v1/pam/sessions/{id}")));
    assert_eq!(world.ok_at(one(&ada), later(1)).await["session"]["deny"], Value::Null);
    let terminated = world.ok_at(terminate(&ada), later(60)).await;
    assert_eq!(
        terminated["session"]["deny"],
        json!({ "policyName": format!("DrawbridgeEnd-{ada}"), "removeAfter": "2026-01-02T04:10:05.678Z",
            "removed": false, "unproved": null, "failures": 0, "lastFailure": null })
    );
}

#[tokio::test]
async fn a_deny_that_is_not_enforced_yet_is_waited_for_and_a_repeat_goes_on() {
    let world = World::furnished().await;
    let (ada, _) = enter(&world, ADA, 0).await;
    world.cloud.state().lag = 2;
    world.ok_at(terminate(&ada), later(60)).await;
    let (bob, _) = enter(&world, BOB, 61).await;
    world.cloud.state().lag = 4;
    let (code, refused) = world.send_at(terminate(&bob), later(62)).await;
    assert_eq!((code, refused["message"].as_str().unwrap().contains("does not enforce it yet")), (503, true));
    assert_eq!(status(&world, &bob, 63).await, json!("active"));
    world.ok_at(terminate(&bob), later(64)).await;
    assert_eq!(status(&world, &bob, 65).await, json!("terminated"));
}

#[tokio::test]
async fn a_repeat_that_fails_leaves_the_deny_of_the_first_attempt_on_the_list() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    world.cloud.state().lag = 3;
    assert_eq!(world.send_at(terminate(&ada), later(60)).await.0, 503);
    assert_eq!(policies(&world).len(), 1);
    // Two callers look the same to the second of them: there is the intent of somebody else.
    world.cloud.state().faults.insert("AssumeRole".into(), (403, "AccessDenied"));
    for seconds in [62, 64] {
        assert_eq!(world.cold().send_at(terminate(&ada), later(seconds)).await.0, 400);
        let due = world.store.pam_denies_due(later(90_000), None, 10).await.unwrap().sessions;
        assert!(due.len() == 1 && due[0].id.to_string() == ada, "{due:?}");
    }
    world.cloud.state().faults.clear();
    world.ok_at(terminate(&ada), later(66)).await;
    assert!(!world.cloud.accepts(&key));
}

#[tokio::test]
async fn a_deny_of_somebody_elses_proves_nothing_and_ours_stays_on_the_role() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    world.cloud.change(READONLY, |role| role.denies_iam = true);
    for seconds in [60, 62] {
        let answer = world.ok_at(terminate(&ada), later(seconds)).await["session"].clone();
        assert_eq!((&answer["status"], &answer["endedAt"]), (&json!("active"), &Value::Null));
        let said = answer["deny"]["unproved"].as_str().unwrap();
        assert!(said.contains("could not be proved") && said.contains("iam:GetRolePolicy"), "{said}");
        assert!(!world.cloud.accepts(&key));
        assert_eq!(world.store.pam_denies_due(later(90_000), None, 10).await.unwrap().sessions.len(), 1);
    }
    let actions = world.trail.actions().await.unwrap();
    let count = |action| actions.iter().filter(|line| line.starts_with(action)).count();
    assert_eq!((count("pam-session.terminate-unproved "), count("pam-session.terminated ")), (2, 0));

    world.cloud.change(READONLY, |role| role.denies_iam = false);
    let answer = world.ok_at(terminate(&ada), later(64)).await["session"].clone();
    assert_eq!((&answer["status"], &answer["deny"]["unproved"]), (&json!("terminated"), &Value::Null));
}

#[tokio::test]
async fn a_deny_of_ours_in_the_same_second_is_told_from_somebody_elses() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    world.cloud.state().lag = 3;
    assert_eq!(world.send_at(terminate(&ada), later(60)).await.0, 503);
    world.cloud.state().pace = std::time::Duration::from_secs(1);
    world.ok_at(terminate(&ada), later(60)).await;
    assert_eq!(status(&world, &ada, 61).await, json!("terminated"));
    assert!(!world.cloud.accepts(&key));
}

#[tokio::test]
async fn what_the_role_refused_before_the_deny_must_be_known_for_a_proof() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    world.cloud.state().faults.insert("GetRolePolicy".into(), (500, "ServiceFailure"));
    let (code, refused) = world.send_at(terminate(&ada), later(60)).await;
    assert_eq!((code, refused["message"].as_str().unwrap().contains("nothing can prove it")), (503, true));
    assert!(!world.cloud.accepts(&key) && policies(&world).len() == 1);
    assert_eq!(status(&world, &ada, 61).await, json!("active"));
    world.cloud.state().faults.clear();
    world.ok_at(terminate(&ada), later(62)).await;
    assert_eq!(status(&world, &ada, 63).await, json!("terminated"));
}

#[tokio::test]
async fn a_role_that_does_not_let_us_answers_the_exact_permission_to_add() {
    let world = World::furnished().await;
    world.cloud.change(BRIDGE, |role| role.manages_roles = false);
    let (ada, key) = enter(&world, ADA, 0).await;
    let (code, refused) = world.send_at(terminate(&ada), later(60)).await;
    assert_eq!(code, 400);
    let said = refused["message"].as_str().unwrap();
    assert!(said.contains("iam:PutRolePolicy") && said.contains(READONLY) && said.contains(BRIDGE), "{said}");
    assert_eq!(
        refused["details"],
        json!({
            "role": BRIDGE,
            "permissionPolicy": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "EndDrawbridgeSessions", "Effect": "Allow",
                    "Action": ["iam:PutRolePolicy", "iam:DeleteRolePolicy"], "Resource": READONLY,
                }],
            },
        })
    );
    assert_eq!(status(&world, &ada, 61).await, json!("active"));
    assert!(world.cloud.accepts(&key) && policies(&world).is_empty());
    // Nothing is left to be removed.
    assert!(world.store.pam_denies_due(later(90_000), None, 10).await.unwrap().sessions.is_empty());

    // A role that may change itself does, when its resource's role may not.
    world.cloud.change(READONLY, |role| role.manages_roles = true);
    world.ok_at(terminate(&ada), later(70)).await;
    assert!(!world.cloud.accepts(&key));
}

#[tokio::test]
async fn a_full_role_says_so_and_keeps_what_it_has() {
    let world = World::furnished().await;
    let (ada, _) = enter(&world, ADA, 0).await;
    let filler = json!({ "Statement": [{ "Condition": {
        "StringEquals": { "aws:userid": "x".repeat(10_000) }, "DateLessThanEquals": { "aws:TokenIssueTime": "2026-01-02T03:04:05Z" },
    } }] });
    world.cloud.change(READONLY, |role| drop(role.policies.insert("theirs".into(), filler.clone())));
    let (code, refused) = world.send_at(terminate(&ada), later(60)).await;
    assert_eq!((code, refused["message"].as_str().unwrap().contains("reached AWS's limit")), (400, true));
    assert_eq!(policies(&world), [filler]);
}

#[tokio::test]
async fn only_administrators_and_the_person_itself_terminate() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    let route = format!("/api/v1/pam/sessions/{ada}/terminate");
    assert_eq!(world.send_at(person(event("POST", &route), BOB), later(1)).await.0, 403);
    assert!(world.cloud.accepts(&key));
    world.ok_at(person(event("POST", &route), ADA), later(2)).await;
    assert!(!world.cloud.accepts(&key));
}

#[tokio::test]
async fn a_person_who_says_to_be_done_is_terminated_all_the_same() {
    let world = World::furnished().await;
    let (ada, key) = enter(&world, ADA, 0).await;
    world.ok_at(person(event("POST", &format!("/api/v1/pam/sessions/{ada}/end")), ADA), later(5)).await;
    assert!(world.cloud.accepts(&key));
    world.ok_at(terminate(&ada), later(60)).await;
    assert!(!world.cloud.accepts(&key));
}

#[tokio::test]
async fn no_answer_and_no_record_but_that_of_access_holds_credentials() {
    let world = World::furnished().await;
    let (ada, _) = enter(&world, ADA, 0).await;
    let terminated = world.ok_at(terminate(&ada), later(60)).await;
    assert!(!terminated.to_string().contains(CANARY));
    for session in world.sessions(later(61)).await {
        assert!(!session.to_string().contains(CANARY) && !session.to_string().contains("SigninToken"));
    }
    let stored = world.store.pam_session(ada.parse().unwrap()).await.unwrap().unwrap();
    assert!(!format!("{stored:?}").contains(CANARY));
}
