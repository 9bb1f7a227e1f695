//! Machines in a project, and roles for a while.

use super::*;

fn path(project: &str, identity: IdentityId) -> String {
    format!("/api/v2/workspace/{project}/identity-memberships/{identity}")
}

#[tokio::test]
async fn a_machine_joins_is_shown_and_leaves() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let machine = world.identity("deployer").await;
    let path = path(&project, machine);
    let body = json!({ "roles": [{ "role": "member", "isTemporary": false }], "projectId": project, "identityId": machine });
    let created = world.ok(ada(post(&path, body))).await;
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        tidy(created.clone()),
        json!({ "identityMembership": {
            "id": "<1>", "identityId": "<2>", "projectId": "<3>", "createdAt": at, "updatedAt": at,
            "identity": { "id": "<2>", "name": "deployer", "authMethods": ["universal-auth"] },
            "project": { "id": "<3>", "name": "payments", "type": "secret-manager" },
            "roles": [{
                "role": "member", "customRoleId": null, "customRoleName": null, "customRoleSlug": null,
                "isTemporary": false, "temporaryMode": null, "temporaryRange": null,
                "temporaryAccessStartTime": null, "temporaryAccessEndTime": null,
            }],
        } })
    );
    assert_eq!(world.ok(ada(get(&path))).await, created);
    let alias = format!("/api/v1/projects/{project}/memberships/identities/{machine}");
    assert_eq!(world.ok(ada(get(&alias))).await, created);
    for list in [
        format!("/api/v2/workspace/{project}/identity-memberships?limit=10&offset=0"),
        format!("/api/v1/projects/{project}/memberships/identities"),
    ] {
        let listed = world.ok(ada(get(&list))).await;
        assert_eq!(
            listed,
            json!({ "identityMemberships": [created["identityMembership"]], "totalCount": 1 })
        );
    }
    assert_eq!(world.ok(ada(delete(&path))).await, created);
    for request in [get(&path), delete(&path), patch(&path, json!({ "role": "viewer" }))] {
        assert_eq!(world.refused(ada(request)).await.0, 404);
    }
}

#[tokio::test]
async fn roles_are_replaced_and_shown_with_their_spans() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let machine = world.identity("deployer").await;
    let path = path(&project, machine);
    world.ok(ada(post(&path, json!({ "role": "viewer" })))).await;
    let start = "2026-01-02T03:00:00.000Z";
    let temporary = json!({
        "role": "admin", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": start,
    });
    let answer = world.ok(ada(patch(&path, json!({ "roles": [{ "role": "viewer" }, temporary] })))).await;
    assert_eq!(names(&answer["roles"], "role"), ["viewer", "admin"]);
    let shown = &answer["roles"][1];
    assert_eq!(
        (&shown["isTemporary"], &shown["temporaryMode"], &shown["temporaryRange"]),
        (&json!(true), &json!("relative"), &json!("1h"))
    );
    assert_eq!(shown["temporaryAccessStartTime"], start);
    assert_eq!(shown["temporaryAccessEndTime"], "2026-01-02T04:00:00.000Z");
    assert_eq!(world.ok(ada(get(&path))).await["identityMembership"]["roles"], answer["roles"]);
}

#[tokio::test]
async fn a_temporary_administrator_is_one_only_while_it_lasts() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let machine = world.identity("deployer").await;
    let role = json!({
        "role": "admin", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": testkit::later(60),
    });
    world.ok(ada(post(&path(&project, machine), json!({ "roles": [{ "role": "viewer" }, role] })))).await;
    for (seconds, status) in [(59, 403), (60, 200), (3_659, 200), (3_660, 403)] {
        let request = patch("/api/v2/workspace/payments", json!({ "name": format!("at {seconds}") }));
        let (answered, body) =
            world.send_at(request.identity(machine, "no-access"), testkit::later(seconds)).await;
        assert_eq!(answered, status, "{seconds}: {body}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_roles_is_said_at_once() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let path = path(&project, world.identity("deployer").await);
    let roles = json!([
        { "role": "emperor" },
        { "role": "admin", "isTemporary": true, "temporaryRange": "soon", "temporaryAccessStartTime": "now" },
    ]);
    let (status, body) = world.send(ada(post(&path, json!({ "roles": roles })))).await;
    assert_eq!(status, 422);
    let paths: Vec<Value> =
        body["message"].as_array().unwrap().iter().map(|issue| issue["path"].clone()).collect();
    assert_eq!(
        paths,
        [
            json!(["roles", 0, "role"]),
            json!(["roles", 1, "temporaryMode"]),
            json!(["roles", 1, "temporaryRange"]),
            json!(["roles", 1, "temporaryAccessStartTime"]),
        ]
    );
    for body in [json!({}), json!({ "roles": [] }), json!({ "roles": "admin" })] {
        assert_eq!(world.refused(ada(patch(&path, body.clone()))).await.0, 422, "{body}");
    }
}

#[tokio::test]
async fn a_machine_joins_once_and_an_unknown_one_never() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let machine = world.identity("deployer").await;
    world.ok(ada(post(&path(&project, machine), json!({ "role": "member" })))).await;
    assert_eq!(world.refused(ada(post(&path(&project, machine), json!({ "role": "admin" })))).await.0, 400);
    assert_eq!(world.refused(ada(post(&path(&project, IdentityId::random()), json!({})))).await.0, 404);
    let administrator = Identity::administrator(world.ctx.organization.id);
    world.ok(ada(post(&path(&project, administrator.id), json!({ "role": "admin" })))).await;
    let listed = world.ok(ada(get(&format!("/api/v2/workspace/{project}/identity-memberships")))).await;
    let named: Vec<&str> = listed["identityMemberships"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["identity"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["administrator", "deployer"]);
}

#[tokio::test]
async fn the_last_administrator_may_leave_since_the_organisations_remain() {
    let world = World::new().await;
    let machine = world.identity("maker").await;
    let project = world
        .ok(post("/api/v1/projects", json!({ "projectName": "Payments" })).identity(machine, "member"))
        .await;
    let project = text(&project["project"], "id");
    world.ok(delete(&path(&project, machine)).identity(machine, "member")).await;
    let request = get(&format!("/api/v1/workspace/{project}")).identity(machine, "member");
    assert_eq!(world.refused(request).await.0, 404);
    world.ok(root(post(&path(&project, machine), json!({ "role": "admin" })))).await;
    world.ok(get(&format!("/api/v1/workspace/{project}")).identity(machine, "member")).await;
}

/// Whoever administers for an hour must not be an administrator for ever, neither in person nor by a machine.
#[tokio::test]
async fn a_temporary_administrator_gives_nothing_that_outlasts_the_own_time() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let people = format!("/api/v2/workspace/{project}/memberships");
    let made =
        world.ok(ada(post(&people, json!({ "emails": ["bob@example.com"], "roleSlugs": ["member"] })))).await;
    let own = format!("/api/v1/workspace/{project}/memberships/{}", text(&made["memberships"][0], "id"));
    let hour = |role: &str, range: &str| {
        json!({
            "role": role, "isTemporary": true, "temporaryMode": "relative", "temporaryRange": range,
            "temporaryAccessStartTime": testkit::now(),
        })
    };
    let roles = |role: Value| json!({ "roles": [{ "role": "member" }, role] });
    world.ok(ada(patch(&own, roles(hour("admin", "1h"))))).await;

    let machine = format!("/api/v2/workspace/{project}/identity-memberships/{}", world.identity("m").await);
    let boundary = (403, "PermissionBoundaryError".to_owned());
    for event in [
        patch(&own, roles(json!({ "role": "admin" }))),
        patch(&own, roles(hour("admin", "2h"))),
        post(&people, json!({ "emails": ["eve@example.com"], "roleSlugs": ["admin"] })),
        post(&machine, json!({ "role": "admin" })),
        post(&machine, json!({ "roles": [hour("admin", "2h")] })),
    ] {
        let (status, error, message) = world.refused(bob(event)).await;
        assert_eq!((status, error), boundary, "{message}");
    }
    world.ok(bob(post(&machine, json!({ "roles": [{ "role": "member" }, hour("admin", "30m")] })))).await;
    world.ok(bob(post(&people, json!({ "emails": ["eve@example.com"] })))).await;
    world.ok(root(patch(&own, roles(json!({ "role": "admin" }))))).await;
}
