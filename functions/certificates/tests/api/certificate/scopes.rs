//! Whose certificate it is: every route without a token, as another project's administrator, and by role.

use http::Method;
use model::id::IdentityId;
use serde_json::{Value, json};
use testkit::event::event;
use web::Route;

use super::house::{BASE, House, Made, import, tells};
use crate::world::STRANGER;

/// The routes of certificates, without those of requests for them.
fn ours() -> Vec<Route> {
    let is_ours = |route: &Route| {
        let below = route.path.strip_prefix(BASE);
        let issues = route.method == Method::POST && route.path == BASE;
        below.is_some_and(|below| !below.starts_with("/certificate-requests")) && !issues
    };
    let routes: Vec<Route> =
        certificates::routes().list().iter().filter(|route| is_ours(route)).cloned().collect();
    // Every one of this module's: a new one must be looked at here.
    assert!(routes.len() >= 11, "{routes:?}");
    routes
}

async fn ask(house: &House, route: &Route, made: &Made, who: impl ToString) -> (u16, String) {
    let path = route.path.replace("{certificateId}", &made.id.to_string());
    let path = if path == BASE { format!("{path}?projectId={}", house.project) } else { path };
    let request = event(route.method.as_str(), &path).identity(who, "no-access");
    let body = match route.path.rsplit('/').next().unwrap() {
        "import-certificate" => Some(import(house, &house.theirs("their.example.com").await)),
        "pkcs12" => Some(json!({ "password": "correct horse" })),
        "config" => Some(json!({ "renewBeforeDays": 3 })),
        _ => None,
    };
    let request = match body {
        Some(body) => request.body(&body),
        None => request,
    };
    let answer =
        web::answer(certificates::routes(), house.ctx.clone(), request.request(), testkit::now()).await;
    let status = answer.status().as_u16();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    for route in ours() {
        let path = route.path.replace("{certificateId}", &made.id.to_string());
        for event in [
            event(route.method.as_str(), &path),
            event(route.method.as_str(), &path).refused("missing"),
            event(route.method.as_str(), &path).refused("revoked"),
        ] {
            let (status, answer) = house.send(event).await;
            assert_eq!((status, &answer["error"]), (401, &json!("UnauthorizedError")), "{route:?}");
        }
    }
}

#[tokio::test]
async fn to_others_a_certificate_is_not_there_and_nothing_happens() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let before = house.stored(made.id).await;
    for who in [house.neighbour.to_string(), STRANGER.to_owned()] {
        for route in ours() {
            house.pki.forget_calls();
            let (status, answer) = ask(&house, &route, &made, &who).await;
            // What names a project is forbidden, what names a certificate is not there.
            let expected = if route.path.contains("{certificateId}") { 404 } else { 403 };
            assert_eq!(status, expected, "{route:?}: {answer}");
            assert!(!tells(&answer, &made.key) && !answer.contains("www.example.com"), "{answer}");
            assert_eq!(house.pki.count("acm-pca:RevokeCertificate"), 0);
        }
    }
    assert_eq!(house.stored(made.id).await, before);
    assert_eq!(house.store.certificates_of(house.project).await.unwrap().len(), 1);
    assert_eq!(house.audited("certificate.read-private-key").await, 0);
}

#[tokio::test]
async fn each_role_may_what_it_may_and_no_more() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    // Viewer, member, administrator; in an order in which what was done is no hindrance.
    let table: [(&str, &str, [u16; 3]); 11] = [
        ("GET", "", [200, 200, 200]),
        ("GET", "/{id}", [200, 200, 200]),
        ("GET", "/{id}/certificate", [200, 200, 200]),
        ("GET", "/{id}/bundle", [403, 200, 200]),
        ("GET", "/{id}/private-key", [403, 200, 200]),
        ("POST", "/{id}/pkcs12", [403, 200, 200]),
        ("PATCH", "/{id}/config", [403, 403, 200]),
        ("POST", "/import-certificate", [403, 403, 200]),
        ("POST", "/{id}/renew", [403, 200, 200]),
        ("POST", "/{id}/revoke", [403, 403, 200]),
        // It is being renewed: the administrator may, and is told that it must wait.
        ("DELETE", "/{id}", [403, 403, 400]),
    ];
    for (method, below, statuses) in table {
        let path = format!("{BASE}{}", below.replace("{id}", "{certificateId}"));
        let route =
            ours().into_iter().find(|route| route.method.as_str() == method && route.path == path).unwrap();
        let people: [IdentityId; 3] = [house.viewer, house.member, house.administrator];
        for (who, expected) in people.into_iter().zip(statuses) {
            let (status, answer) = ask(&house, &route, &made, who).await;
            assert_eq!(status, expected, "{method} {below}: {answer}");
            if expected == 403 {
                let answer: Value = serde_json::from_str(&answer).unwrap();
                assert_eq!(answer["error"], "PermissionDenied");
                assert_eq!(answer["details"][0]["subject"], json!(["certificates"]));
                assert!(!tells(&answer.to_string(), &made.key));
            }
        }
    }
}
