//! Whose sync it is: every route without a token, as another project's administrator, and by role.

use http::Method;
use model::permission::{Action, Role, Subject};
use serde_json::{Value, json};
use testkit::event::event;
use web::Access;

use crate::aws::woken;
use crate::world::{SECRETS, STRANGER, World, id};

/// A sync reads any folder of its project: a change of its source asks for no other permission than a change of itself, for
/// whoever may change it may read every secret that it could push, and write any of them into the folder that it reads.
#[test]
fn whoever_may_change_a_sync_may_read_and_write_every_secret_of_its_project() {
    for (name, role) in Role::NAMES {
        for action in [Action::Create, Action::Edit] {
            if role.allows_in_project(action, Subject::SecretSyncs) {
                for secrets in [Action::ReadValue, Action::Create, Action::Edit] {
                    assert!(
                        role.allows_in_project(secrets, Subject::Secrets),
                        "{name} {action:?} {secrets:?}"
                    );
                }
            }
        }
    }
}

/// A path of the route table with its parameters filled in, and what makes it a valid request.
fn filled(world: &World, path: &str, sync: &str) -> String {
    let path = path.replace("{destination}", SECRETS).replace("{syncId}", sync).replace("{name}", "named");
    match path.rsplit('/').next().unwrap() {
        "secret-syncs" | SECRETS | "named" => format!("{path}?projectId={}", world.project),
        "import-secrets" => format!("{path}?importBehavior=prioritize-source"),
        _ => path,
    }
}

fn body(world: &World, method: &Method, path: &str) -> Option<Value> {
    match (method, path) {
        (&Method::POST, path) if path.ends_with("check-destination") => {
            let body = world.secrets_manager("x");
            Some(json!({ "destinationConfig": body["destinationConfig"], "projectId": world.project }))
        }
        (&Method::POST, path) if path.ends_with("{destination}") => Some(world.secrets_manager("x")),
        (&Method::PATCH, _) => Some(json!({ "description": "x" })),
        (_, _) => None,
    }
}

async fn ask(world: &World, route: &web::Route, sync: &str, who: impl ToString) -> (u16, Value) {
    let request = event(route.method.as_str(), &filled(world, route.path, sync)).identity(who, "no-access");
    world
        .send(match body(world, &route.method, route.path) {
            Some(body) => request.body(&body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let world = World::new().await;
    let sync = id(&world.sync("named").await).to_string();
    for route in secret_syncs::routes().list() {
        assert_eq!(route.access, Access::Caller, "{route:?}");
        let path = filled(&world, route.path, &sync);
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
async fn every_route_keeps_another_project_s_administrator_out() {
    let world = World::new().await;
    let path = world.sync("named").await;
    let (sync, before) = (id(&path).to_string(), world.stored(&path).await);
    let sent = woken(&world.calls).len();
    for route in secret_syncs::routes().list() {
        if route.path.ends_with("/options") {
            continue; // says nothing about anybody's syncs
        }
        for outsider in [world.neighbour.to_string(), STRANGER.to_owned()] {
            let (status, answer) = ask(&world, route, &sync, &outsider).await;
            let expected = if route.path.contains("{syncId}") { 404 } else { 403 };
            assert_eq!(status, expected, "{route:?} {answer}");
            if expected == 404 {
                let (_, absent) = ask(&world, route, STRANGER, &outsider).await;
                let shown = answer["message"].as_str().unwrap().replace(&sync, STRANGER);
                assert_eq!(shown, absent["message"], "another project's sync looks like none at all");
            }
            assert!(!answer.to_string().contains("CANARY"), "{answer}");
        }
    }
    assert_eq!(world.stored(&path).await, before);
    assert_eq!(woken(&world.calls).len(), sent);
}

#[tokio::test]
async fn a_viewer_sees_everything_and_changes_nothing() {
    let world = World::new().await;
    let path = world.sync("named").await;
    let (sync, before) = (id(&path).to_string(), world.stored(&path).await);
    for route in secret_syncs::routes().list() {
        let (status, answer) = ask(&world, route, &sync, world.viewer).await;
        let reads = route.method == Method::GET || route.path.ends_with("check-destination");
        assert_eq!(status, if reads { 200 } else { 403 }, "{route:?} {answer}");
        if !reads {
            assert_eq!(answer["error"], "PermissionDenied");
            assert_eq!(answer["details"][0]["subject"], json!(["secret-syncs"]));
        }
    }
    assert_eq!(world.stored(&path).await, before);
}

#[tokio::test]
async fn a_member_does_everything() {
    let world = World::new().await;
    let path = world.sync("named").await;
    let sync = id(&path).to_string();
    for route in secret_syncs::routes().list().iter().filter(|route| route.method != Method::DELETE) {
        let (status, answer) = ask(&world, route, &sync, world.member).await;
        assert!(
            status == 200 || answer["message"].as_str().unwrap().contains("already in progress"),
            "{route:?} {answer}"
        );
    }
    world.ok("DELETE", &path, None).await;
}

#[tokio::test]
async fn another_destination_is_not_told_to_who_may_not_see_the_sync() {
    let world = World::new().await;
    let path = world.sync("named").await.replace(SECRETS, "aws-parameter-store");
    assert_eq!(world.by(world.neighbour, "GET", &path, None).await.0, 404);
    assert_eq!(world.by(world.member, "GET", &path, None).await.0, 400);
}
