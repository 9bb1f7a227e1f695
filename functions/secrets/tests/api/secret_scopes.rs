//! Whose secrets they are: every route without a token, as another project's administrator, and as each role.

use serde_json::{Value, json};
use testkit::event::event;

use crate::secret_world::{BATCH, RAW, V4};
use crate::world::{STRANGER, World, text};

/// Every route about secrets, with what makes it a valid request about the secret `A` of `dev`.
async fn requests(world: &World) -> Vec<(&'static str, String, Option<Value>)> {
    let id = text(&world.put("/", "A", "canary").await, "id");
    let at = |fields: Value| Some(world.at("/", fields));
    let slug = |fields: Value| {
        let mut body = world.at("/", fields);
        body["projectSlug"] = json!("demo-slug");
        Some(body)
    };
    let many = |value: &str| at(json!({ "secrets": [{ "secretKey": "A", "secretValue": value }] }));
    let mut requests = vec![
        ("POST", "/api/v3/secrets/tags/A".to_owned(), slug(json!({ "tagSlugs": ["web"] }))),
        ("DELETE", "/api/v3/secrets/tags/A".to_owned(), slug(json!({ "tagSlugs": ["web"] }))),
        ("GET", format!("/api/v1/secret/{id}/secret-versions"), None),
        ("POST", format!("/api/v1/secret/{id}/rollback"), Some(json!({ "version": 1 }))),
    ];
    for (route, batch) in [(RAW, BATCH.to_owned()), (V4, format!("{V4}/batch"))] {
        requests.extend([
            ("GET", world.target(route, "/", ""), None),
            ("GET", world.target(&format!("{route}/A"), "/", ""), None),
            ("GET", format!("{route}/id/{id}"), None),
            ("POST", format!("{route}/B"), at(json!({ "secretValue": "1" }))),
            ("PATCH", format!("{route}/A"), at(json!({ "secretValue": "2" }))),
            ("DELETE", format!("{route}/A"), at(json!({}))),
            ("POST", batch.clone(), many("1")),
            ("PATCH", batch.clone(), many("2")),
            ("DELETE", batch, many("")),
        ]);
    }
    requests
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let world = World::new().await;
    for (method, path, body) in requests(&world).await {
        for refusal in [None, Some("missing"), Some("revoked")] {
            let mut event = event(method, &path);
            if let Some(body) = &body {
                event = event.body(body);
            }
            if let Some(reason) = refusal {
                event = event.refused(reason);
            }
            let (status, answer) = world.send(event).await;
            assert_eq!((status, &answer["error"]), (401, &json!("UnauthorizedError")), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn to_another_projects_administrator_and_to_strangers_nothing_is_there() {
    let world = World::new().await;
    let all = requests(&world).await;
    for who in [world.neighbour.to_string(), STRANGER.to_owned()] {
        for (method, path, body) in &all {
            let (status, answer) = world.by(&who, method, path, body.as_ref()).await;
            assert_eq!((status, &answer["error"]), (404, &json!("NotFound")), "{method} {path} {answer}");
            assert!(!answer.to_string().contains("canary"), "{answer}");
        }
    }
    assert_eq!(world.secrets("/", "").await["secrets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_id_of_another_project_is_no_way_into_it() {
    let world = World::new().await;
    let id = text(&world.put("/", "A", "canary").await, "id");
    for path in
        [format!("{RAW}/id/{id}"), format!("{V4}/id/{id}"), format!("/api/v1/secret/{id}/secret-versions")]
    {
        let (_, theirs) = world.by(world.neighbour, "GET", &path, None).await;
        let unknown = uuid::Uuid::new_v4().to_string();
        let (_, none) = world.by(world.neighbour, "GET", &path.replace(&id, &unknown), None).await;
        let shown = text(&theirs, "message").replace(&id, &unknown);
        assert_eq!(shown, text(&none, "message"), "another project's secret looks like none at all");
    }
}

#[tokio::test]
async fn a_viewer_reads_values_and_changes_nothing() {
    let world = World::new().await;
    world.tag("web").await;
    for (method, path, body) in requests(&world).await {
        let (status, answer) = world.by(world.viewer, method, &path, body.as_ref()).await;
        if method == "GET" {
            assert_eq!(status, 200, "{path} {answer}");
            assert!(answer.to_string().contains("canary"), "{path} {answer}");
        } else {
            assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{method} {path}");
            assert_eq!(answer["details"][0]["subject"], json!(["secrets"]), "{method} {path}");
        }
    }
    assert_eq!(world.secrets("/", "").await["secrets"][0]["version"], json!(1));
}

#[tokio::test]
async fn every_change_is_one_line_of_the_trail_with_names_and_without_values() {
    let world = World::new().await;
    world.tag("web").await;
    let id = text(&world.put("/", "A", "canary").await, "id");
    let many = |value: &str| {
        let secrets = ["B", "C"].map(|name| json!({ "secretKey": name, "secretValue": value }));
        Some(world.at("/", json!({ "secrets": secrets })))
    };
    for (method, path, body) in [
        ("PATCH", format!("{RAW}/A"), Some(world.at("/", json!({ "secretValue": "canary2" })))),
        ("POST", BATCH.to_owned(), many("canary")),
        ("PATCH", BATCH.to_owned(), many("canary2")),
        ("DELETE", BATCH.to_owned(), many("")),
        ("POST", format!("/api/v1/secret/{id}/rollback"), Some(json!({ "version": 1 }))),
        (
            "POST",
            "/api/v3/secrets/tags/A".to_owned(),
            Some(world.at("/", json!({ "projectSlug": "demo-slug", "tagSlugs": ["web"] }))),
        ),
        ("DELETE", format!("{RAW}/A"), Some(world.at("/", json!({})))),
    ] {
        world.ok(method, &path, body).await;
    }
    assert_eq!(
        world.audited("secret").await,
        [
            // Three of a batch, which name the folder here and the secrets in their details.
            "secret.create /",
            "secret.create A",
            "secret.delete /",
            "secret.delete A",
            "secret.update /",
            "secret.update A",
            "secret.update A",
            "secret.update A",
        ]
    );
    let details = world.trail.details().await.unwrap();
    for name in ["B", "C"] {
        for action in ["secret.create", "secret.update", "secret.delete"] {
            assert!(details.contains(&format!("{action} {name}")), "{action} {name} in {details:?}");
        }
    }
    assert!(!details.iter().any(|line| line.contains("canary")), "{details:?}");
}
