//! Accounts: the whole way proved before they are stored.

use model::id::PamResourceId;
use serde_json::json;
use testkit::cloud::{ADMIN, BRIDGE, READONLY};
use testkit::event::event;

use super::world::{ADA, BOB, World, person, root};

const ACCOUNTS: &str = "/api/v1/pam/accounts/aws-iam";

#[tokio::test]
async fn an_account_proves_the_whole_way_with_the_external_id_on_both_hops() {
    let world = World::new().await;
    world.make_project().await;
    let resource = world.make_resource("production").await;
    let before = world.cloud.calls("AssumeRole").len();
    let account = world.make_account(&resource, "readonly", READONLY).await;
    let calls = world.cloud.calls("AssumeRole").split_off(before);
    assert_eq!(calls.iter().map(|call| call.role.as_str()).collect::<Vec<_>>(), [BRIDGE, READONLY]);
    for call in &calls {
        assert_eq!(call.external_id, Some(world.project.to_string()));
        assert!(call.policy.is_some(), "a proof needs no permissions of the role's");
    }
    assert_eq!(
        account,
        json!({
            "id": account["id"], "projectId": world.project, "resourceId": resource["id"], "folderId": null,
            "name": "readonly", "description": null, "accountType": "aws-iam", "requireMfa": false, "requireReason": false,
            "credentials": { "targetRoleArn": READONLY, "defaultSessionDuration": 900 },
            "resource": { "id": resource["id"], "name": "production", "resourceType": "aws-iam", "rotationCredentialsConfigured": false },
            "access": { "emails": [], "groups": [], "identities": [], "projectRoles": [] }, "metadata": [],
            "createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-01-02T03:04:05.678Z",
        })
    );
    // The same create again, as a client sends it that heard nothing.
    assert_eq!(world.make_account(&resource, "readonly", READONLY).await, account);
}

#[tokio::test]
async fn a_duration_above_the_roles_own_maximum_fails_in_awss_words() {
    let world = World::new().await;
    world.make_project().await;
    let resource = world.make_resource("production").await;
    world.cloud.change(READONLY, |role| role.longest_seconds = 1_800);
    let body = |duration| {
        json!({
            "resourceId": resource["id"], "name": "readonly",
            "credentials": { "targetRoleArn": READONLY, "defaultSessionDuration": duration },
        })
    };
    let (status, refused) = world.send(root(event("POST", ACCOUNTS).body(&body("1h")))).await;
    let said = refused["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(said.contains("exceeds the MaxSessionDuration set for this role"), "{said}");
    let (status, refused) = world.send(root(event("POST", ACCOUNTS).body(&body("12h")))).await;
    assert_eq!(
        (status, refused["message"][0]["path"].clone()),
        (422, json!(["credentials", "defaultSessionDuration"]))
    );
    assert_eq!(world.send(root(event("POST", ACCOUNTS).body(&body("30m")))).await.0, 200);
}

#[tokio::test]
async fn a_target_that_refuses_the_resource_role_is_told_apart_from_a_resource_role_that_refuses_us() {
    let world = World::new().await;
    world.make_project().await;
    let resource = world.make_resource("production").await;
    let body = json!({
        "resourceId": resource["id"], "name": "admin",
        "credentials": { "targetRoleArn": ADMIN, "defaultSessionDuration": 900 },
    });
    world.cloud.change(ADMIN, |role| role.external_id = Some("another".into()));
    let (status, refused) = world.send(root(event("POST", ACCOUNTS).body(&body))).await;
    let said = refused["message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(said.starts_with("The resource role could not assume the target role"), "{said}");

    let mut foreign = body.clone();
    foreign["credentials"]["targetRoleArn"] = json!("arn:aws-cn:iam::123456789012:role/x");
    assert_eq!(world.send(root(event("POST", ACCOUNTS).body(&foreign))).await.0, 400);
    foreign["resourceId"] = json!(PamResourceId::random());
    let (status, refused) = world.send(root(event("POST", ACCOUNTS).body(&foreign))).await;
    assert_eq!(
        (status, refused["message"].as_str().unwrap().contains("Could not find PAM resource")),
        (400, true)
    );
}

#[tokio::test]
async fn an_account_is_changed_and_proved_again_only_when_its_way_changes() {
    let world = World::new().await;
    let account = world.furnish().await;
    let one = format!("{ACCOUNTS}/{}", account["id"].as_str().unwrap());
    let before = world.cloud.calls("AssumeRole").len();
    let body = json!({ "description": "to look", "requireReason": true, "access": { "emails": [ADA] } });
    let changed = world.ok(root(event("PATCH", &one).body(&body))).await["account"].clone();
    assert_eq!((&changed["description"], &changed["requireReason"]), (&json!("to look"), &json!(true)));
    assert_eq!(changed["access"]["emails"], json!([ADA]));
    assert_eq!(world.cloud.calls("AssumeRole").len(), before);
    let body = json!({ "credentials": { "targetRoleArn": ADMIN }, "access": null });
    let changed = world.ok(root(event("PATCH", &one).body(&body))).await["account"].clone();
    assert_eq!(
        (&changed["credentials"]["targetRoleArn"], &changed["access"]["emails"]),
        (&json!(ADMIN), &json!([]))
    );
    assert!(world.cloud.calls("AssumeRole").len() > before);
    let page = world.trail.actions().await.unwrap();
    assert_eq!(page.iter().filter(|line| line.starts_with("pam-account.update")).count(), 2);
}

#[tokio::test]
async fn accounts_are_listed_for_keepers_and_for_those_who_may_enter() {
    let world = World::furnished().await;
    let resource = world.ok(root(event("GET", "/api/v1/pam/resources"))).await["resources"][0].clone();
    let admin = world.make_account(&resource, "admin", ADMIN).await;
    let body = json!({ "access": { "groups": ["engineers"], "emails": [BOB] }, "requireReason": true });
    world
        .ok(root(event("PATCH", &format!("{ACCOUNTS}/{}", admin["id"].as_str().unwrap())).body(&body)))
        .await;

    let list = format!("/api/v1/pam/accounts?projectId={}", world.project);
    let listed = world.ok(person(event("GET", &list), ADA)).await;
    assert_eq!((&listed["totalCount"], &listed["folders"]), (&json!(2), &json!([])));
    assert_eq!(listed["accounts"][0]["name"], "admin");
    let second =
        world.ok(person(event("GET", &format!("{list}&offset=1&limit=1&orderDirection=desc")), ADA)).await;
    assert_eq!((&second["totalCount"], &second["accounts"][0]["name"]), (&json!(2), &json!("admin")));

    let accessible = "/api/v1/pam/accounts/accessible?offset=0&limit=50";
    let mine = world.ok(person(event("GET", accessible), BOB)).await;
    assert_eq!(
        mine["accounts"][0],
        json!({
            "id": admin["id"], "name": "admin", "description": null, "folderName": "production", "accountType": "aws-iam",
            "canLaunch": true, "requiresApproval": false, "requireReason": true, "requireMfa": false, "accessStatus": "none",
            "disabledReason": null,
        })
    );
    assert_eq!(mine["totalCount"], 2);
    // Somebody of the group who does not belong to the project: the one account that names it, and the project stays hidden.
    let stranger = "on-call@example.com";
    let theirs = world.ok(person(event("GET", accessible), stranger)).await;
    assert_eq!((&theirs["totalCount"], &theirs["accounts"][0]["name"]), (&json!(1), &json!("admin")));
    assert_eq!(world.send(person(event("GET", &list), stranger)).await.0, 403);
    let one = format!("{ACCOUNTS}/{}", admin["id"].as_str().unwrap());
    for method in ["GET", "PATCH", "DELETE"] {
        assert_eq!(
            world.send(person(event(method, &one).body(&json!({})), stranger)).await.0,
            404,
            "{method}"
        );
        assert_eq!(world.send(event(method, &one).refused("missing")).await.0, 401, "{method}");
    }
    assert_eq!(world.send(person(event("DELETE", &one), ADA)).await.0, 403);
}

#[tokio::test]
async fn nobody_has_to_ask_for_an_approval_and_whoever_may_not_enter_is_told_so() {
    let world = World::furnished().await;
    let ask = |path: &str| {
        event("POST", "/api/v1/pam/access-requests").body(&json!({ "path": path, "duration": "900000ms" }))
    };
    let (status, refused) = world.send(person(ask("production/readonly"), ADA)).await;
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("needs no approval"), "{refused}");
    assert_eq!(world.send(person(ask("production/readonly"), "stranger@example.com")).await.0, 404);
    assert_eq!(world.send(person(ask("production/nothing"), ADA)).await.0, 404);
    assert_eq!(world.send(person(ask("readonly"), ADA)).await.0, 422);
    assert_eq!(world.sessions(testkit::now()).await.len(), 0);
}
