//! The audit trail: one line for each mutation, kept for as long as the project says.

use serde_json::json;
use testkit::event::event;
use testkit::later;

use super::world::{ADA, World, access, path, person, root};

#[tokio::test]
async fn everything_that_is_done_in_a_project_is_kept_for_as_long_as_the_project_says() {
    let world = World::new().await;
    world.make_project_kept(Some(400)).await;
    let account = world.furnish_project().await;
    let (resource, account) = (account["resourceId"].as_str().unwrap(), account["id"].as_str().unwrap());
    let (resource, account) = (
        format!("/api/v1/pam/resources/aws-iam/{resource}"),
        format!("/api/v1/pam/accounts/aws-iam/{account}"),
    );
    world.ok(root(event("PATCH", &resource).body(&json!({ "name": "staging" })))).await;
    world.ok(root(event("PATCH", &account).body(&json!({ "description": "to look" })))).await;
    for (end, seconds) in [("end", 1), ("terminate", 2)] {
        let opened = world.ok_at(access(ADA, &path("staging/readonly")), later(seconds)).await;
        let end = format!("/api/v1/pam/sessions/{}/{end}", opened["sessionId"].as_str().unwrap());
        world.ok_at(person(event("POST", &end), ADA), later(seconds)).await;
    }
    world.cloud.state().faults.insert("AssumeRole".into(), (403, "AccessDenied"));
    let refused = world.cold().send_at(access(ADA, &path("staging/readonly")), later(3)).await;
    assert_eq!(refused.0, 400);
    world.ok(root(event("DELETE", &account))).await;
    world.ok(root(event("DELETE", &resource))).await;

    let kept = world.trail.seconds_kept().await.unwrap();
    let mut actions: Vec<_> = kept.keys().map(String::as_str).collect();
    actions.sort();
    assert_eq!(
        actions,
        [
            "pam-account.create",
            "pam-account.delete",
            "pam-account.update",
            "pam-resource.create",
            "pam-resource.delete",
            "pam-resource.update",
            "pam-session.end",
            "pam-session.fail",
            "pam-session.request",
            "pam-session.start",
            "pam-session.terminate",
            "pam-session.terminated",
        ]
    );
    assert!(kept.values().all(|seconds| *seconds == 400 * 86_400), "{kept:?}");
}
