//! Projects themselves: shapes, slugs, changes, deletion.

use futures::future::join_all;

use super::*;

#[tokio::test]
async fn a_new_project_is_shown_with_every_key_that_the_clients_read() {
    let world = World::new().await;
    let body = json!({
        "projectName": "Payments", "projectDescription": "moves money", "slug": "payments",
        "organizationSlug": "", "hasDeleteProtection": true, "kmsKeyId": "", "template": "default",
    });
    let created = world.ok(ada(post("/api/v2/workspace", body))).await;
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(
        tidy(created),
        json!({ "project": {
            "_id": "<1>", "id": "<1>", "name": "Payments", "slug": "payments", "description": "moves money",
            "type": "secret-manager", "orgId": "<5>", "autoCapitalization": false, "hasDeleteProtection": true,
            "auditLogsRetentionDays": null, "kmsSecretManagerKeyId": null, "version": 3, "upgradeStatus": null,
            "pitVersionLimit": 10, "createdAt": at, "updatedAt": at,
            "environments": [
                { "id": "<2>", "name": "Development", "slug": "dev" },
                { "id": "<3>", "name": "Staging", "slug": "staging" },
                { "id": "<4>", "name": "Production", "slug": "prod" },
            ],
        } })
    );
}

#[tokio::test]
async fn every_route_to_one_project_shows_the_same_in_its_own_wrapping() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let id = text(&project, "id");
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments"))).await, project);
    assert_eq!(
        world.ok(ada(get("/api/v2/workspace/payments/"))).await,
        project,
        "a trailing slash means the same"
    );
    assert_eq!(world.ok(ada(get(&format!("/api/v1/workspace/{id}")))).await, json!({ "workspace": project }));
    for path in [format!("/api/v1/projects/{id}"), "/api/v1/projects/slug/payments".to_owned()] {
        let mut both = world.ok(ada(get(&path))).await;
        assert_eq!(both.as_object_mut().unwrap().remove("project"), Some(project.clone()), "{path}");
        assert_eq!(both, project, "{path}");
    }
    assert_eq!(world.ok(ada(get("/api/v1/projects"))).await, json!({ "projects": [project] }));
    assert_eq!(world.ok(ada(get("/api/v1/workspace"))).await, json!({ "workspaces": [project] }));
}

#[tokio::test]
async fn a_list_has_the_callers_projects_by_name_and_all_of_them_for_the_administrators() {
    let world = World::new().await;
    for (owner, name) in [(ada as fn(Event) -> Event, "beta"), (ada, "Alpha"), (bob, "gamma")] {
        let project_type = if name == "beta" { "pam" } else { "secret-manager" };
        world.ok(owner(post("/api/v1/projects", json!({ "projectName": name, "type": project_type })))).await;
    }
    for (caller, query, expected) in [
        (ada as fn(Event) -> Event, "", vec!["Alpha", "beta"]),
        (bob, "", vec!["gamma"]),
        (root, "", vec!["Alpha", "beta", "gamma"]),
        (root, "?type=all&offset=1&limit=1", vec!["beta"]),
        (root, "?type=pam", vec!["beta"]),
    ] {
        let listed = world.ok(caller(get(&format!("/api/v1/projects{query}")))).await;
        assert_eq!(names(&listed["projects"], "name"), expected, "{query}");
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_create_is_said_at_once() {
    let world = World::new().await;
    let body = json!({
        "projectName": "  ", "projectDescription": "x".repeat(257), "slug": "No Slug", "kmsKeyId": "mine",
        "type": "poetry", "shouldCreateDefaultEnvs": "yes", "hasDeleteProtection": 1,
    });
    let (status, body) = world.send(ada(post("/api/v2/workspace", body))).await;
    assert_eq!((status, text(&body, "error")), (422, "ValidationFailure".to_owned()));
    let paths: Vec<String> = body["message"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["path"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "projectName",
            "projectDescription",
            "slug",
            "kmsKeyId",
            "type",
            "shouldCreateDefaultEnvs",
            "hasDeleteProtection"
        ]
    );
}

#[tokio::test]
async fn a_slug_keeps_its_rules() {
    let world = World::new().await;
    for slug in [
        "abcd",
        "UPPER",
        "with space",
        "-lead",
        "a--b-c",
        "7ffbb072-2575-495a-b5b0-127f88caef78",
        &"a".repeat(37),
    ] {
        let body = json!({ "projectName": "Payments", "slug": slug });
        assert_eq!(world.refused(ada(post("/api/v2/workspace", body))).await.0, 422, "{slug}");
    }
    for slug in ["abcde", &"a".repeat(36)] {
        assert_eq!(world.project(slug).await["slug"], slug);
    }
}

#[tokio::test]
async fn a_project_without_a_slug_gets_one_of_its_name_and_the_next_one_another() {
    let world = World::new().await;
    let create = || ada(post("/api/v2/workspace", json!({ "projectName": "Payments API", "slug": "" })));
    let first = world.ok(create()).await["project"].clone();
    let second = world.ok(create()).await["project"].clone();
    assert_eq!(first["slug"], "payments-api");
    assert_eq!(second["slug"], format!("payments-api-{}", &text(&second, "id")[..8]));
}

#[tokio::test]
async fn a_project_may_begin_without_environments_and_from_no_other_template() {
    let world = World::new().await;
    let body = json!({ "projectName": "Payments", "shouldCreateDefaultEnvs": false });
    assert_eq!(world.ok(ada(post("/api/v2/workspace", body))).await["project"]["environments"], json!([]));
    let body = json!({ "projectName": "Payments", "template": "golden" });
    assert_eq!(world.refused(ada(post("/api/v2/workspace", body))).await.0, 400);
}

#[tokio::test]
async fn of_two_creates_of_one_slug_at_once_one_succeeds() {
    let world = World::new().await;
    let create = |caller: fn(Event) -> Event| {
        world
            .send(caller(post("/api/v2/workspace", json!({ "projectName": "Payments", "slug": "payments" }))))
    };
    let answers = join_all([create(ada), create(bob), create(root)]).await;
    let mut statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400]);
    let refused = answers.into_iter().find(|(status, _)| *status == 400).unwrap().1;
    assert_eq!(refused["message"], "A project with the slug 'payments' already exists");
    assert_eq!(world.ok(root(get("/api/v1/projects"))).await["projects"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v1/projects/{}", text(&project, "id"));
    let body = json!({ "name": "Money", "description": "", "hasDeleteProtection": true });
    let (status, changed) = world.send_at(ada(patch(&path, body)), testkit::later(60)).await;
    assert_eq!(status, 200);
    let mut expected = project.clone();
    expected["name"] = json!("Money");
    expected["description"] = json!("");
    expected["hasDeleteProtection"] = json!(true);
    expected["updatedAt"] = json!(testkit::later(60));
    assert_eq!(changed["project"], expected);
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments"))).await, expected);
    let (_, same) = world.send_at(ada(patch(&path, json!({ "name": "Money" }))), testkit::later(120)).await;
    assert_eq!(same["project"], expected, "no change is no new version");
    assert_eq!(
        world.ok(ada(patch("/api/v2/workspace/payments", json!({ "autoCapitalization": true })))).await["autoCapitalization"],
        true
    );
    let path = format!("/api/v1/workspace/{}", text(&project, "id"));
    assert_eq!(
        world.ok(ada(patch(&path, json!({ "autoCapitalization": false })))).await["workspace"]["autoCapitalization"],
        false
    );
}

#[tokio::test]
async fn a_slug_moves_with_a_change_and_is_free_afterwards() {
    let world = World::new().await;
    let (payments, billing) = (world.project("payments").await, world.project("billing").await);
    let path = format!("/api/v1/projects/{}", text(&payments, "id"));
    assert_eq!(world.refused(ada(patch(&path, json!({ "slug": "billing" })))).await.0, 400);
    world.ok(ada(patch(&path, json!({ "slug": "payments-2" })))).await;
    assert_eq!(world.refused(ada(get("/api/v2/workspace/payments"))).await.0, 404);
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments-2"))).await["id"], payments["id"]);
    let path = format!("/api/v1/projects/{}", text(&billing, "id"));
    world.ok(ada(patch(&path, json!({ "slug": "payments" })))).await;
}

#[tokio::test]
async fn the_retention_of_the_audit_trail_is_kept_by_slug() {
    let world = World::new().await;
    world.project("payments").await;
    let put = |days: Value| {
        ada(event("PUT", "/api/v1/workspace/payments/audit-logs-retention")
            .body(&json!({ "auditLogsRetentionDays": days })))
    };
    let answer = world.ok(put(json!(90))).await;
    assert_eq!(answer["workspace"]["auditLogsRetentionDays"], 90);
    assert!(answer["message"].is_string());
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments"))).await["auditLogsRetentionDays"], 90);
    assert_eq!(world.ok(put(json!(0))).await["workspace"]["auditLogsRetentionDays"], Value::Null);
    for days in [json!(-1), json!(3_651), json!("90"), Value::Null] {
        assert_eq!(world.refused(put(days.clone())).await.0, 422, "{days}");
    }
}

#[tokio::test]
async fn every_change_leaves_a_line_in_the_audit_trail() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let id = text(&project, "id");
    world.ok(ada(patch("/api/v2/workspace/payments", json!({ "name": "Money" })))).await;
    let environments = format!("/api/v1/workspace/{id}/environments");
    let made = world.ok(ada(post(&environments, json!({ "name": "QA", "slug": "qa" })))).await;
    let one = format!("{environments}/{}", text(&made["environment"], "id"));
    world.ok(ada(patch(&one, json!({ "slug": "quality" })))).await;
    world.ok(ada(delete(&one))).await;
    let members = format!("/api/v2/workspace/{id}/memberships");
    let bob = json!({ "emails": ["bob@example.com"] });
    let made = world.ok(ada(post(&members, bob.clone()))).await;
    let one = format!("/api/v1/workspace/{id}/memberships/{}", text(&made["memberships"][0], "id"));
    world.ok(ada(patch(&one, json!({ "role": "viewer" })))).await;
    world.ok(ada(event("DELETE", &members).body(&bob))).await;
    world.ok(ada(delete("/api/v2/workspace/payments"))).await;
    let mut actions = world.trail.actions().await.unwrap();
    actions.sort();
    assert_eq!(
        actions,
        [
            "environment.create qa",
            "environment.delete quality",
            "environment.update quality",
            "membership.create bob@example.com",
            "membership.delete bob@example.com",
            "membership.update bob@example.com",
            "project.create payments",
            "project.delete Money",
            "project.update Money",
        ]
    );
}

#[tokio::test]
async fn a_project_keeps_its_trail_longer_than_the_deployment_does_and_never_shorter() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let retain = |days: u32| {
        let body = json!({ "auditLogsRetentionDays": days });
        ada(event("PUT", "/api/v1/workspace/payments/audit-logs-retention").body(&body))
    };
    let environments = format!("/api/v1/workspace/{project}/environments");
    world.ok(retain(1)).await;
    let made = world.ok(ada(post(&environments, json!({ "name": "QA", "slug": "qa" })))).await;
    world.ok(retain(365)).await;
    world.ok(ada(delete(&format!("{environments}/{}", text(&made["environment"], "id"))))).await;
    let seconds = world.trail.seconds_kept().await.unwrap();
    // The deployment of the tests keeps 30 days.
    assert_eq!((seconds["environment.create"], seconds["environment.delete"]), (30 * 86_400, 365 * 86_400));
}
