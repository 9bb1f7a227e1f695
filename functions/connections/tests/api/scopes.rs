//! Whose connection it is: every route without a token, and as another project's administrator.

use http::Method;
use serde_json::{Value, json};
use testkit::event::event;
use web::Access;

use crate::world::{BASE, STRANGER, World, role};

/// A path of the route table with its parameters filled in, and what makes it a valid request.
fn filled(path: &str, id: &str, project: &str) -> String {
    let path = path.replace("{connectionId}", id).replace("{name}", "named");
    match path.strip_prefix("/api/v1/app-connections").unwrap() {
        "" | "/aws" | "/aws/available" | "/aws/connection-name/named" => {
            format!("{path}?projectId={project}")
        }
        "/aws/policies" => format!("{path}?capability=recordings&projectId={project}"),
        rest if rest.ends_with("kms-keys") => {
            format!("{path}?region=eu-west-1&destination=aws-parameter-store")
        }
        _ => path,
    }
}

fn body(method: &Method, project: &str) -> Option<Value> {
    let create = || {
        json!({ "name": "named", "method": "assume-role", "projectId": project,
        "credentials": { "roleArn": "arn:aws:iam::222222222222:role/open" } })
    };
    match method.as_str() {
        "POST" | "PATCH" => Some(create()),
        _ => None,
    }
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let world = World::new().await;
    let id = world.connection("named").await;
    for route in connections::routes().list() {
        assert_ne!(route.access, Access::Open, "{route:?}");
        let path = filled(route.path, &id, &world.project.to_string());
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
async fn every_route_keeps_another_projects_administrator_out() {
    let world = World::new().await;
    let id = world.connection("named").await;
    let asked = world.calls.count();
    for route in connections::routes().list() {
        if route.path.ends_with("/options") {
            continue; // says nothing about anybody's connections
        }
        let project = world.project.to_string();
        let mut request = event(route.method.as_str(), &filled(route.path, &id, &project));
        if let Some(body) = body(&route.method, &project) {
            request = request.body(&body);
        }
        // A person where the route wants one, with the same standing.
        let request = match route.access {
            Access::Person => request.person("neighbour@example.com", "no-access"),
            Access::Open | Access::Caller | Access::Machine => request.identity(world.neighbour, "no-access"),
        };
        let (status, answer) = world.send(request).await;
        let expected = if route.path.contains("{connectionId}") { 404 } else { 403 };
        assert_eq!(status, expected, "{route:?} {answer}");
        assert!(!answer.to_string().contains("222222222222"), "{answer}");
        if expected == 404 {
            let unknown = filled(route.path, STRANGER, &project);
            let mut request = event(route.method.as_str(), &unknown);
            if let Some(body) = body(&route.method, &project) {
                request = request.body(&body);
            }
            let request = match route.access {
                Access::Person => request.person("neighbour@example.com", "no-access"),
                Access::Open | Access::Caller | Access::Machine => {
                    request.identity(world.neighbour, "no-access")
                }
            };
            let (_, absent) = world.send(request).await;
            let shown = answer["message"].as_str().unwrap().replace(&id, STRANGER);
            assert_eq!(shown, absent["message"], "another project's connection looks like none at all");
        }
    }
    assert_eq!(world.calls.count(), asked, "AWS is not asked on behalf of somebody who may not");
    assert_eq!(world.count().await, 1);
}

#[tokio::test]
async fn a_member_uses_connections_and_does_not_make_or_change_them() {
    let world = World::new().await;
    let id = world.connection("named").await;
    let path = format!("/{id}");
    assert_eq!(world.as_identity(world.member, "GET", &path, None).await.0, 200);
    assert_eq!(world.as_identity(world.member, "POST", &format!("{path}/check"), None).await.0, 200);
    for (method, path, body) in [
        ("POST", String::new(), Some(world.role_body("mine"))),
        ("PATCH", path.clone(), Some(json!({ "name": "mine" }))),
        ("DELETE", path.clone(), None),
        ("POST", format!("{path}/rotate-credentials"), None),
    ] {
        let (status, answer) = world.as_identity(world.member, method, &path, body.as_ref()).await;
        assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{method} {path}");
        assert_eq!(answer["details"][0]["subject"], json!(["app-connections"]));
    }
    assert_eq!(world.as_identity(world.owner, "POST", "", Some(&world.role_body("mine"))).await.0, 200);
    // A project's administrator makes no connection for the whole organisation.
    let shared = role("shared", &format!("only-{}", world.organization), None);
    assert_eq!(world.as_identity(world.owner, "POST", "", Some(&shared)).await.0, 403);
    let (status, _) = world.send(event("POST", BASE).identity(world.owner, "member").body(&shared)).await;
    assert_eq!(status, 403);
}

/// Whoever creates a project administers it. A role that trusts the organisation's External ID must not open to them all.
#[tokio::test]
async fn a_projects_administrator_points_no_legacy_connection_at_a_role_of_the_organisation() {
    let world = World::new().await;
    let target = format!("only-{}", world.organization);
    let mut body = role("legacy", &target, Some(world.project));
    body["version"] = json!(1);
    let (status, answer) = world.as_identity(world.owner, "POST", "", Some(&body)).await;
    assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{answer}");
    assert_eq!(world.calls.count(), 0, "the role was not tried");

    let (status, answer) = world.admin("POST", "", Some(&body)).await;
    assert_eq!(status, 200, "{answer}");
    let path = format!("/{}", answer["appConnection"]["id"].as_str().unwrap());
    let elsewhere =
        json!({ "credentials": { "roleArn": format!("arn:aws:iam::222222222222:role/other/{target}") } });
    let (status, answer) = world.as_identity(world.owner, "PATCH", &path, Some(&elsewhere)).await;
    assert_eq!((status, &answer["error"]), (403, &json!("PermissionDenied")), "{answer}");
    // Clients send the same credentials with every change.
    let same = json!({ "description": "ours", "credentials": body["credentials"] });
    let (status, answer) = world.as_identity(world.owner, "PATCH", &path, Some(&same)).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = world.admin("PATCH", &path, Some(&elsewhere)).await;
    assert_eq!(status, 200, "{answer}");
}
