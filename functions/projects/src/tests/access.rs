//! Who gets as far as what: every route, for everybody who may not.

use super::*;

/// Each route with the real ids of Ada's project in its path, and a body that the route accepts.
async fn requests(world: &World) -> Vec<(String, Event)> {
    let project = world.project("payments").await;
    let members = format!("/api/v2/workspace/{}/memberships", text(&project, "id"));
    let member = world.ok(ada(post(&members, json!({ "emails": ["eve@example.com"] })))).await;
    let machine = world.identity("machine").await;
    let join = format!("/api/v2/workspace/{}/identity-memberships/{machine}", text(&project, "id"));
    world.ok(ada(post(&join, json!({ "role": "member" })))).await;
    let body = json!({
        "projectName": "Mine", "name": "Mine", "slug": "mine-now", "role": "admin", "emails": ["eve@example.com"],
        "username": "eve@example.com", "auditLogsRetentionDays": 1,
    });
    let parameters = [
        ("{projectId}", text(&project, "id")),
        ("/{slug}/audit", "/payments/audit".to_owned()),
        ("/workspace/{slug}", "/workspace/payments".to_owned()),
        ("/projects/slug/{slug}", "/projects/slug/payments".to_owned()),
        ("/environments/slug/{slug}", "/environments/slug/dev".to_owned()),
        ("{environmentId}", text(&project["environments"][0], "id")),
        ("{membershipId}", text(&member["memberships"][0], "id")),
        ("{identityId}", machine.to_string()),
    ];
    let request = |route: &web::Route| {
        let path =
            parameters.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{path}");
        (format!("{} {}", route.method, route.path), event(route.method.as_str(), &path).body(&body))
    };
    routes().list().iter().map(request).collect()
}

/// The routes that are not about one project.
fn is_about_all(route: &str) -> bool {
    ["GET /api/v1/workspace", "GET /api/v1/projects", "POST /api/v1/projects", "POST /api/v2/workspace"]
        .contains(&route)
}

#[tokio::test]
async fn nobody_gets_anywhere_without_a_token() {
    let world = World::new().await;
    for (route, request) in requests(&world).await {
        assert_eq!(world.refused(request.clone()).await.0, 401, "{route}");
        assert_eq!(world.refused(request.refused("expired")).await.0, 403, "{route}");
    }
}

#[tokio::test]
async fn to_a_caller_of_another_project_this_one_does_not_exist() {
    let world = World::new().await;
    let requests = requests(&world).await;
    let before = world.ok(ada(get("/api/v2/workspace/payments"))).await;
    for (route, request) in requests {
        if is_about_all(&route) {
            continue;
        }
        let (status, error, message) = world.refused(bob(request)).await;
        assert_eq!((status, error.as_str()), (404, "NotFound"), "{route}: {message}");
    }
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments"))).await, before);
    for path in ["/api/v1/projects", "/api/v1/workspace"] {
        let listed = world.ok(bob(get(path))).await;
        assert!(!listed.to_string().contains("payments"), "{path}");
    }
}

#[tokio::test]
async fn a_project_that_is_not_there_is_refused_in_the_same_words_as_another_ones() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    let nowhere = ProjectId::random().to_string();
    let refusal = |id: String| {
        let request = bob(get(&format!("/api/v1/workspace/{id}")));
        let world = &world;
        async move {
            let (status, error, message) = world.refused(request).await;
            (status, error, message.replace(&id, "<id>"))
        }
    };
    assert_eq!(refusal(project).await, refusal(nowhere).await);
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let world = World::new().await;
    let requests = requests(&world).await;
    let project = text(&world.ok(ada(get("/api/v2/workspace/payments"))).await, "id");
    let invite = json!({ "emails": ["bob@example.com"], "roleSlugs": ["viewer"] });
    world.ok(ada(post(&format!("/api/v2/workspace/{project}/memberships"), invite))).await;
    let before = world.ok(ada(get("/api/v2/workspace/payments"))).await;
    for (route, request) in requests {
        if is_about_all(&route) {
            continue;
        }
        let (status, body) = world.send(bob(request)).await;
        if route.starts_with("GET ") || route.ends_with("/memberships/details") {
            assert_eq!(status, 200, "{route}: {body}");
        } else {
            assert_eq!(
                (status, text(&body, "error")),
                (403, "PermissionDenied".to_owned()),
                "{route}: {body}"
            );
            assert!(body["details"][0]["action"].is_array(), "{route}: {body}");
        }
    }
    assert_eq!(world.ok(ada(get("/api/v2/workspace/payments"))).await, before);
}

#[tokio::test]
async fn a_member_works_with_environments_and_leaves_the_project_to_its_administrators() {
    let world = World::new().await;
    let project = text(&world.project("payments").await, "id");
    world
        .ok(ada(post(
            &format!("/api/v2/workspace/{project}/memberships"),
            json!({ "emails": ["bob@example.com"] }),
        )))
        .await;
    let environments = format!("/api/v1/workspace/{project}/environments");
    world.ok(bob(post(&environments, json!({ "name": "QA", "slug": "qa" })))).await;
    assert_eq!(world.refused(bob(delete("/api/v2/workspace/payments"))).await.0, 403);
    let invite =
        post(&format!("/api/v2/workspace/{project}/memberships"), json!({ "emails": ["eve@example.com"] }));
    assert_eq!(world.refused(bob(invite)).await.0, 403);
}

#[tokio::test]
async fn only_members_of_the_organisation_make_projects() {
    let world = World::new().await;
    for (role, status) in [("admin", 200), ("member", 200), ("viewer", 403), ("no-access", 403)] {
        let request =
            post("/api/v2/workspace", json!({ "projectName": role })).person("eve@example.com", role);
        let (answered, body) = world.send(request).await;
        assert_eq!(answered, status, "{role}: {body}");
    }
}

#[tokio::test]
async fn a_machine_that_makes_a_project_is_its_administrator() {
    let world = World::new().await;
    let machine = IdentityId::random();
    let by_machine = |event: Event| event.identity(machine, "member");
    let project = world.ok(by_machine(post("/api/v1/projects", json!({ "projectName": "Payments" })))).await;
    let path = format!("/api/v1/projects/{}", text(&project["project"], "id"));
    world.ok(by_machine(patch(&path, json!({ "name": "Money" })))).await;
    world.ok(by_machine(delete(&path))).await;
}

#[tokio::test]
async fn an_id_that_is_no_uuid_is_a_broken_rule() {
    let world = World::new().await;
    for path in
        ["/api/v1/workspace/payments", "/api/v1/projects/payments", "/api/v1/workspace/environments/dev"]
    {
        assert_eq!(world.refused(root(get(path))).await.0, 422, "{path}");
    }
}
