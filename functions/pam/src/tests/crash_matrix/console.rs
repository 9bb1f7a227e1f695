//! What becomes of everything when a call fails, its answer is lost, or the process dies, at every call there is.

use std::collections::HashMap;

use serde_json::{Value, json};
use testkit::cloud::READONLY;
use testkit::event::event;
use testkit::fuse::{Fault, Fuse};
use testkit::later;
use testkit::matrix::tell;

use super::AFTERWARDS;
use crate::tests::world::{ADA, World, access, person, root};

const FAULTS: [fn(u32) -> Fault; 4] = [Fault::Fail, Fault::LoseAnswer, Fault::Die, Fault::DieAfter];

async fn world() -> (World, Fuse) {
    let fuse = Fuse::default();
    let world = World::with_fuse(&fuse).await;
    world.furnish().await;
    (world, fuse)
}

/// Every session of a person that AWS gave has a record, and no record is open when its time is over.
async fn nothing_is_lost_or_open(world: &World, what: &str) -> Vec<Value> {
    let records = world.sessions(later(AFTERWARDS)).await;
    assert!(world.cloud.people().len() <= records.len(), "{what}: AWS knows a session that we do not");
    for record in &records {
        let status = record["status"].as_str().unwrap();
        assert!(["ended", "terminated", "failed"].contains(&status), "{what}: {record}");
        assert_eq!(status == "failed", record["failureReason"].is_string(), "{what}: {record}");
        assert!(record["endedAt"].is_string(), "{what}: {record}");
    }
    records
}

#[tokio::test]
async fn an_access_that_breaks_at_any_call_leaves_no_session_without_a_record_and_no_record_open() {
    let (world, fuse) = world().await;
    // A fresh first hop each time, so that its call is among those that break.
    let body = json!({ "path": "production/readonly", "accessMethod": "cli" });
    fuse.arm(Fault::None);
    world.cold().ok(access(ADA, &body)).await;
    let calls = fuse.calls();
    assert!(calls >= 8, "{calls} calls: reads, intent, two roles, the sign-in page, outcome");

    let mut seen = HashMap::new();
    for fault in FAULTS {
        for n in 1..=calls {
            let world = world.cold();
            let what = format!("{:?}", fault(n));
            let before = world.sessions(testkit::now()).await.len();
            fuse.arm(fault(n));
            let (status, answer) = world.send(access(ADA, &body)).await;
            fuse.arm(Fault::None);
            let records = nothing_is_lost_or_open(&world, &what).await;
            *seen.entry(status).or_insert(0_usize) += 1;
            if status == 200 {
                let id = &answer["sessionId"];
                let now = world.sessions(later(1)).await;
                let record = now.iter().find(|record| record["id"] == *id).unwrap();
                assert_eq!(record["status"], "active", "{what}: who has credentials has an active session");
            } else {
                // Nobody got anything: whatever was written reads as failed once its deadline is over, or has run out.
                assert!(records.len() - before <= 1, "{what}");
                assert!(answer["consoleUrl"].is_null() && answer["metadata"].is_null(), "{what}");
            }
        }
    }
    assert!(seen.keys().all(|status| [200, 503].contains(status)), "{seen:?}");
    let cases = seen.values().sum();
    tell(
        "a console is opened, any call fails",
        calls,
        cases,
        "no session without a record, no record open for good",
    );
}

#[tokio::test]
async fn a_termination_that_breaks_at_any_call_can_be_repeated_and_leaves_no_deny_without_a_record() {
    let (world, fuse) = world().await;
    let body = json!({ "path": "production/readonly", "accessMethod": "cli" });
    let enter = async |world: &World| {
        let answer = world.ok(access(ADA, &body)).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&answer["sessionId"]), text(&answer["metadata"]["accessKeyId"]))
    };
    let terminate = |id: &str| root(event("POST", &format!("/api/v1/pam/sessions/{id}/terminate")));
    let (id, _) = enter(&world).await;
    fuse.arm(Fault::None);
    world.cold().ok_at(terminate(&id), later(1)).await;
    let calls = fuse.calls();

    let mut cases = 0;
    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            let (id, key) = enter(&world).await;
            let world = world.cold();
            fuse.arm(fault(n));
            let (status, _) = world.send_at(terminate(&id), later(2)).await;
            fuse.arm(Fault::None);
            let one = person(event("GET", &format!("/api/v1/pam/sessions/{id}")), ADA);
            let record = world.ok_at(one, later(3)).await["session"]["status"].clone();
            // A record may lag behind AWS, never the other way round.
            if status == 200 || record == "terminated" {
                assert!(!world.cloud.accepts(&key), "{what}: it says terminated and is not");
            }
            if record != "terminated" {
                world.ok_at(terminate(&id), later(4)).await;
                assert!(!world.cloud.accepts(&key), "{what}");
            }
            // Whatever was put will be removed: the worker finds it.
            let due = world.store.pam_denies_due(later(AFTERWARDS), None, 500).await.unwrap().sessions;
            for name in world.cloud.state().roles[READONLY].policies.keys() {
                assert!(
                    due.iter().any(|session| session.deny_policy_name() == *name),
                    "{what}: {name} is lost"
                );
            }
            // And goes, as it would, before the role is full.
            world.cloud.change(READONLY, |role| role.policies.clear());
            cases += 1;
        }
    }
    tell("a session is terminated, any call fails", calls, cases, "it can be repeated; no Deny is lost");
}
