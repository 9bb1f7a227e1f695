//! Whose rotation it is: every route without a token, as another project's administrator, and by role.

use http::Method;
use serde_json::{Value, json};
use testkit::event::event;
use web::Access;

use crate::world::{STRANGER, World, key_ids};

/// A path of the route table with its parameters filled in, and what makes it a valid request.
fn filled(world: &World, path: &str, rotation: &str) -> String {
    let path = path.replace("/{rotationId}", rotation).replace("{name}", "named");
    match path.rsplit('/').next().unwrap() {
        "secret-rotations" | "aws-iam-user-secret" => format!("{path}?projectId={}", world.project),
        "named" => format!("{path}?projectId={}&environment=dev&secretPath=/api", world.project),
        _ => path,
    }
}

async fn ask(world: &World, route: &web::Route, rotation: &str, who: impl ToString) -> (u16, Value) {
    let path = filled(world, route.path, rotation);
    let request = event(route.method.as_str(), &path).identity(who, "no-access");
    let body = match route.method {
        Method::POST if route.path.ends_with("aws-iam-user-secret") => Some(world.body("x")),
        Method::PATCH => Some(json!({ "description": "x" })),
        _ => None,
    };
    world
        .send(match body {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let world = World::new().await;
    let rotation = world.rotation("named").await;
    for route in key_rotations::routes().list() {
        assert_eq!(route.access, Access::Caller, "{route:?}");
        let path = filled(&world, route.path, &rotation);
        for event in [
            event(route.method.as_str(), &path),
            event(route.method.as_str(), &path).refused("missing"),
            event(route.method.as_str(), &path).refused("revoked"),
        ] {
            let (status, answer) = world.send(event).await;
            assert_eq!((status, &answer["error"]), (401, &json!("UnauthorizedError")), "{route:?}");
        }
    }
}

#[tokio::test]
async fn to_others_a_rotation_is_not_there_and_nothing_happens() {
    let world = World::new().await;
    let rotation = world.rotation("named").await;
    let before = world.ok("GET", &rotation, None).await;
    for who in [world.neighbour.to_string(), STRANGER.to_owned()] {
        for route in key_rotations::routes().list() {
            let (status, answer) = ask(&world, route, &rotation, &who).await;
            let expected = if route.path.ends_with("/options") {
                200
            } else if route.path.contains("{rotationId}") {
                404
            } else {
                403
            };
            assert_eq!(status, expected, "{route:?}: {answer}");
            assert!(!answer.to_string().contains("KEY_SECRET"), "{route:?}: {answer}");
        }
    }
    assert_eq!(world.ok("GET", &rotation, None).await, before);
    assert_eq!(key_ids(&world).len(), 1);
}

#[tokio::test]
async fn a_viewer_reads_and_does_nothing_else() {
    let world = World::new().await;
    let rotation = world.rotation("named").await;
    for route in key_rotations::routes().list() {
        let (status, answer) = ask(&world, route, &rotation, world.viewer).await;
        let reads = route.method == Method::GET && !route.path.ends_with("generated-credentials");
        assert_eq!(status, if reads { 200 } else { 403 }, "{route:?}: {answer}");
    }
    assert_eq!((key_ids(&world).len(), world.secrets("/api").await.len()), (1, 2));
}

#[tokio::test]
async fn ids_that_nothing_has_and_ids_that_are_none() {
    let world = World::new().await;
    for (rotation, expected) in [("/00000000-0000-4000-8000-000000000000", 404), ("/1", 422)] {
        for route in key_rotations::routes().list() {
            if route.path.contains("{rotationId}") {
                let (status, answer) = ask(&world, route, rotation, world.member).await;
                assert_eq!(status, expected, "{route:?}: {answer}");
            }
        }
    }
}
