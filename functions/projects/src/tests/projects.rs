//! Projects themselves: shapes, slugs, changes, deletion.

use futures::future::join_all;
use model::project::Project;
use serde::{Deserialize, Serialize};
use store::{Entity, Keys};

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
async fn a_protected_project_is_not_deleted() {
    let world = World::new().await;
    let body = json!({ "projectName": "Payments", "slug": "payments", "hasDeleteProtection": true });
    world.ok(ada(post("/api/v2/workspace", body))).await;
    assert_eq!(world.refused(ada(delete("/api/v2/workspace/payments"))).await.0, 403);
    world.ok(ada(get("/api/v2/workspace/payments"))).await;
}

#[tokio::test]
async fn a_deleted_project_leaves_nothing_behind() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let environment = text(&project["environments"][0], "id");
    let invite = json!({ "emails": ["bob@example.com"] });
    world.ok(ada(post(&format!("/api/v2/workspace/{}/memberships", text(&project, "id")), invite))).await;
    assert_eq!(world.ok(root(delete("/api/v2/workspace/payments"))).await, project);
    for path in [
        "/api/v2/workspace/payments".to_owned(),
        format!("/api/v1/workspace/{}", text(&project, "id")),
        format!("/api/v1/workspace/environments/{environment}"),
    ] {
        assert_eq!(world.refused(root(get(&path))).await.0, 404, "{path}");
    }
    for person in ["ada@example.com", "bob@example.com"] {
        let left = world.ctx.store.memberships_of(model::membership::ActorKind::User, person).await.unwrap();
        assert!(left.is_empty(), "{person}");
    }
    world.project("payments").await;
}

#[tokio::test]
async fn a_project_with_more_members_than_one_transaction_takes_goes_with_all_of_them() {
    let world = World::new().await;
    let project = world.project("payments").await;
    let path = format!("/api/v2/workspace/{}/memberships", text(&project, "id"));
    for batch in 0..3 {
        let emails: Vec<String> =
            (0..40).map(|number| format!("person-{batch}-{number}@example.com")).collect();
        world.ok(ada(post(&path, json!({ "emails": emails })))).await;
    }
    world.ok(ada(delete(&format!("/api/v1/workspace/{}", text(&project, "id"))))).await;
    assert!(world.ctx.store.members_of(id(&project)).await.unwrap().is_empty());
}

/// What `connections` stores, as far as a project sees it.
#[derive(Debug, Serialize, Deserialize)]
struct Connection {
    organization: OrganizationId,
    project: ProjectId,
    name: String,
}

impl Entity for Connection {
    const KIND: &'static str = "connection";

    fn keys(&self) -> Keys {
        let position = format!("CONNECTION#PROJECT#{}#{}", self.project, self.name);
        Keys::own(format!("CONNECTION#{}", self.name)).listed(format!("ORG#{}", self.organization), position)
    }
}

impl World {
    async fn stored(&self, id: ProjectId) -> store::Stored<Project> {
        self.ctx.store.project(id).await.unwrap().unwrap()
    }

    async fn connect(&self, project: ProjectId, name: &str) -> Result<(), store::CommitError> {
        let organization = self.ctx.organization.id;
        let connection = Connection { organization, project, name: name.to_owned() };
        let stored = self.stored(project).await;
        let change = Change::new(testkit::now()).create(&connection).gain_connection(&stored);
        self.ctx.store.keep_count(store::Bookkeeping(change)).await
    }
}

#[tokio::test]
async fn a_project_with_connections_is_not_deleted_and_says_which() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    world.connect(project, "staging-account").await.unwrap();
    world.connect(project, "prod-account").await.unwrap();
    let (status, _, message) = world.refused(ada(delete("/api/v2/workspace/payments"))).await;
    assert_eq!(
        (status, message.as_str()),
        (400, "Project 'payments' still has 2 connections: prod-account, staging-account. Delete them first")
    );
}

#[tokio::test]
async fn a_connection_that_comes_while_its_project_goes_stops_one_of_the_two() {
    let world = World::new().await;
    let project = id(&world.project("payments").await);
    let (deleted, connected) = tokio::join!(
        world.send(ada(delete("/api/v2/workspace/payments"))),
        world.connect(project, "prod-account")
    );
    let gone = world.ctx.store.project(project).await.unwrap().is_none();
    match (deleted.0, connected) {
        (200, Err(_)) => assert!(gone),
        (400, Ok(())) => assert!(!gone),
        other => panic!("{other:?}"),
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
