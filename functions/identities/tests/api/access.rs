//! Who may call what: every route refuses strangers, and only administrators change identities.

use identities::routes;
use serde_json::json;
use testkit::event::event;
use testkit::now;
use web::Access;

use crate::house::House;

fn target(path: &str, identity: &str) -> String {
    path.replace("{identityId}", identity).replace("{clientSecretId}", "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034")
}

#[tokio::test]
async fn every_route_that_is_not_open_refuses_whoever_has_no_valid_token() {
    let house = House::new().await;
    let (id, _) = house.universal(&json!({})).await;
    let open = [
        "/api/status",
        "/api/docs/json",
        "/api/v1/auth/universal-auth/login",
        "/api/v1/auth/aws-auth/login",
        "/api/v1/auth/oidc-auth/login",
        "/api/v1/auth/token/renew",
        "/api/v1/auth/token/revoke",
    ];
    for route in routes().list() {
        if route.access == Access::Open {
            assert!(open.contains(&route.path), "{} is open", route.path);
            continue;
        }
        let request = || event(route.method.as_str(), &target(route.path, &id)).body(&json!({}));
        for (what, request, status, error) in [
            ("no context", request(), 401, "UnauthorizedError"),
            ("no token", request().refused("missing"), 401, "UnauthorizedError"),
            ("expired", request().refused("expired"), 403, "TokenError"),
            ("revoked", request().refused("revoked"), 401, "UnauthorizedError"),
            ("elsewhere", request().refused("address"), 403, "ForbiddenError"),
        ] {
            let (answered, answer) = house.send(request, now()).await;
            assert_eq!(
                (answered, answer["error"].as_str()),
                (status, Some(error)),
                "{what}: {} {}",
                route.method,
                route.path
            );
        }
    }
}

#[tokio::test]
async fn members_read_and_only_administrators_change() {
    let house = House::new().await;
    let (id, _) = house.universal(&json!({})).await;
    let valid = json!({ "name": "x", "organizationId": house.organization, "allowedAccountIds": "123456789012", "oidcDiscoveryUrl": "https://a.example", "boundIssuer": "https://a.example" });
    for route in routes().list().iter().filter(|route| route.access == Access::Caller) {
        for (role, member) in [("member", true), ("viewer", true), ("no-access", false)] {
            let request = event(route.method.as_str(), &target(route.path, &id)).body(&valid);
            let (status, answer) =
                house.send(request.identity("0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034", role), now()).await;
            let reads = route.method == "GET";
            let fine = match (reads, member) {
                // What is not attached is not there.
                (true, true) => status == 200 || status == 404,
                (false, true) => status == 403 && answer["error"] == "PermissionDenied",
                // To somebody without any access an identity does not exist, and the list is forbidden.
                (_, false) => status == 404 || status == 403,
            };
            assert!(fine, "{role} {} {}: {status} {answer}", route.method, route.path);
        }
    }
    assert_eq!(
        house.admin("GET", &format!("/api/v1/identities/{id}"), &json!({})).await.0,
        200,
        "nothing was changed"
    );
}

#[tokio::test]
async fn another_organisations_identity_does_not_exist() {
    let (house, other) = (House::new().await, House::new().await);
    let (id, _) = other.universal(&json!({})).await;
    for route in routes().list().iter().filter(|route| route.path.contains("{identityId}")) {
        let request = event(route.method.as_str(), &target(route.path, &id)).body(&json!({ "allowedAccountIds": "123456789012", "oidcDiscoveryUrl": "https://a.example", "boundIssuer": "https://a.example" }));
        let (status, answer) = house.send(request.person("ada@example.com", "admin"), now()).await;
        assert_eq!(status, 404, "{} {}: {answer}", route.method, route.path);
    }
}
