//! What goes, when, and what stays.

use job::{Report, Worker as _, handle};
use serde_json::json;
use store::Change;
use testkit::cloud::{ADMIN, BRIDGE, READONLY};
use testkit::later;

use super::world::{KEPT, World, within};
use crate::role::remove;

#[tokio::test]
async fn a_deny_goes_when_its_time_is_over_and_not_a_moment_before() {
    let world = World::new().await;
    let theirs = json!({ "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
    world.cloud.change(READONLY, |role| drop(role.policies.insert("theirs".into(), theirs)));
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    let bob = world.terminated(READONLY, "bob@example.com", 60).await;
    for (seconds, advanced) in [(61, 0), (KEPT - 1, 0), (KEPT, 1), (KEPT + 59, 0)] {
        let report = world.tick(seconds).await;
        assert_eq!((report.due, report.advanced), (advanced, advanced), "{seconds}");
    }
    assert_eq!(world.policies(READONLY), [bob.deny_policy_name(), "theirs".to_owned()]);
    assert!(world.stored(&ada).await.termination.clone().unwrap().removed);
    assert!(!world.stored(&bob).await.termination.clone().unwrap().removed);

    let report = world.tick(KEPT + 60).await;
    let since = Some(later(KEPT + 60));
    assert_eq!(report, Report { due: 1, advanced: 1, due_since: since, ..Report::default() });
    assert_eq!((world.policies(READONLY), world.outstanding().await), (vec!["theirs".to_owned()], 0));
    assert_eq!(world.trail.actions().await.unwrap(), ["pam-session.remove-deny production/readonly"; 2]);
    world.nobody_was_let_go_early();
}

#[tokio::test]
async fn all_that_is_due_goes_in_one_tick_by_one_way_in_for_each_role_and_page() {
    let world = World::new().await;
    for number in 0..230_u64 {
        let role = if number % 2 == 0 { READONLY } else { ADMIN };
        world.terminated(role, &format!("person{number}@example.com"), number).await;
    }
    let before = world.cloud.calls("AssumeRole").len();
    let report = world.tick(KEPT + 229).await;
    let since = Some(later(KEPT));
    assert_eq!(report, Report { due: 230, advanced: 230, due_since: since, ..Report::default() });
    let empty: Vec<String> = Vec::new();
    assert_eq!((world.policies(READONLY), world.policies(ADMIN)), (empty.clone(), empty));
    // Two pages with two roles each.
    assert_eq!(world.cloud.calls("AssumeRole").len() - before, 4);
    assert_eq!(world.outstanding().await, 0);
    world.nobody_was_let_go_early();
}

#[tokio::test]
async fn our_session_may_remove_and_nothing_else_and_presents_the_projects_id() {
    let world = World::new().await;
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    let before = world.cloud.calls("AssumeRole").len();
    world.tick(KEPT).await;
    let calls = world.cloud.calls("AssumeRole").split_off(before);
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    let name = format!("drawbridge-remove-{}", ada.resource_id);
    assert_eq!((call.role.as_str(), &call.session_name, call.duration), (BRIDGE, &name, 900));
    assert_eq!(call.external_id, Some(world.project.to_string()));
    let policy = call.policy.clone().unwrap();
    assert!(policy.contains("iam:DeleteRolePolicy") && policy.contains(READONLY), "{policy}");
    assert!(!policy.contains("PutRolePolicy"), "{policy}");
    assert_eq!(world.cloud.calls("DeleteRolePolicy")[0].session_name, ada.deny_policy_name());
}

#[tokio::test]
async fn a_deny_that_was_put_anew_stays_whatever_the_index_says() {
    let world = World::new().await;
    let ada = world.terminated(READONLY, "ada@example.com", 0).await;
    let stale = world.stored(&ada).await;
    let mut anew = ada.clone();
    anew.termination.as_mut().unwrap().remove_after = later(KEPT + 100);
    world.commit(Change::new(later(1)).replace(&stale, &anew)).await;
    let chain = ::access::ConsoleChain::of_session(&ada);
    let deadline = within(KEPT, 60);
    let outcome = remove(&world.worker, chain, vec![stale], &deadline).await;
    assert_eq!((outcome.removed, outcome.failed.len()), (0, 0));
    assert_eq!(world.policies(READONLY), [ada.deny_policy_name()]);
    assert_eq!(world.tick(KEPT + 100).await.advanced, 1);
}

#[tokio::test]
async fn a_tick_whose_time_is_up_begins_nothing_and_says_so() {
    let world = World::new().await;
    world.terminated(READONLY, "ada@example.com", 0).await;
    let deadline = within(KEPT, 10);
    let report = world.worker.tick(deadline).await.unwrap();
    let since = Some(later(KEPT));
    assert_eq!(report, Report { due: 1, truncated: true, due_since: since, ..Report::default() });
    assert_eq!((world.policies(READONLY).len(), world.cloud.calls("DeleteRolePolicy").len()), (1, 0));
    assert_eq!(world.tick(KEPT).await.advanced, 1);
}

#[tokio::test]
async fn the_schedules_event_is_a_tick_and_a_project_keeps_its_trail_for_as_long_as_it_says() {
    let world = World::new().await;
    world.make_project(Some(400)).await;
    world.terminated(READONLY, "ada@example.com", 0).await;
    world.cloud.state().now = later(KEPT);
    let deadline = within(KEPT, 60);
    handle(&world.worker, json!({ "tick": true }), deadline, "invocation").await.unwrap();
    assert_eq!(world.outstanding().await, 0);
    assert_eq!(world.trail.seconds_kept().await.unwrap()["pam-session.remove-deny"], 400 * 86_400);
}
