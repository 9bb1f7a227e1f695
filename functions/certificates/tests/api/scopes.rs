//! Whose it is: every route without a token, as another project's administrator, and by role.

use http::Method;
use serde_json::{Value, json};
use testkit::event::event;
use web::{Access, Route};

use crate::world::{BASE, NOTHING, PRIVATE, STRANGER, World, policy};

/// One of everything.
struct House {
    world: World,
    authority: String,
    policy: String,
    profile: String,
    application: String,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let (authority, policy) = (world.authority("ca").await, world.policy("web").await);
        let profile = world.profile_of("web", &authority, &policy).await;
        let application = world.application("web", &[&profile]).await;
        Self { world, authority, policy, profile, application }
    }

    /// The routes of definitions, each with a request that its administrator may send.
    fn routes(&self) -> Vec<(Route, String, Option<Value>)> {
        let nouns = ["/ca/", "/certificate-policies", "/certificate-profiles", "/applications"];
        let ours = |route: &&Route| nouns.iter().any(|noun| route.path[BASE.len()..].starts_with(noun));
        let routes = certificates::routes();
        routes
            .list()
            .iter()
            .filter(ours)
            .cloned()
            .map(|route| {
                let path = self.filled(&route);
                let body = self.body(&route);
                (route, path, body)
            })
            .collect()
    }

    fn filled(&self, route: &Route) -> String {
        route
            .path
            .replace("{type}", "aws-pca")
            .replace("{caId}", &self.authority)
            .replace("{policyId}", &self.policy)
            .replace("{profileId}", &self.profile)
            .replace("{applicationId}", &self.application)
            .replace("{method}", "api")
            .replace("{slug}", "web")
            .replace("{name}", "web")
    }

    fn body(&self, route: &Route) -> Option<Value> {
        let noun = route.path.trim_start_matches(BASE);
        match (route.method.as_str(), noun) {
            ("POST", "/ca/{type}") => Some(self.world.private("x")),
            ("POST", "/certificate-policies") => Some(policy("x")),
            ("POST", "/certificate-profiles") => {
                Some(json!({ "slug": "x", "caId": self.authority, "certificatePolicyId": self.policy }))
            }
            ("POST", "/applications") => Some(json!({ "name": "x", "profileIds": [self.profile] })),
            ("POST", _) => Some(json!({ "profileIds": [self.profile] })),
            ("PUT" | "PATCH", _) => Some(json!({ "description": "x", "autoRenew": true })),
            _ => None,
        }
    }

    /// What stands in the table, as its administrator sees it.
    async fn seen(&self) -> Vec<Value> {
        let mut seen = Vec::new();
        for path in [
            PRIVATE.to_owned(),
            "/certificate-policies".to_owned(),
            "/certificate-profiles".to_owned(),
            "/applications".to_owned(),
            format!("/applications/{}/profiles", self.application),
        ] {
            seen.push(self.world.ok("GET", &path, None).await);
        }
        seen
    }
}

async fn ask(
    house: &House,
    route: &Route,
    path: &str,
    body: Option<&Value>,
    who: impl ToString,
) -> (u16, Value) {
    let request = event(route.method.as_str(), path).identity(who, "no-access");
    house
        .world
        .send(match body {
            Some(body) => request.body(body),
            None => request,
        })
        .await
}

#[tokio::test]
async fn every_route_refuses_a_caller_without_a_token() {
    let house = House::new().await;
    for (route, path, _) in house.routes() {
        assert_eq!(route.access, Access::Caller, "{route:?}");
        for event in [
            event(route.method.as_str(), &path),
            event(route.method.as_str(), &path).refused("missing"),
            event(route.method.as_str(), &path).refused("revoked"),
        ] {
            let (status, answer) = house.world.send(event).await;
            assert_eq!((status, &answer["error"]), (401, &json!("UnauthorizedError")), "{route:?}");
        }
    }
}

#[tokio::test]
async fn to_others_nothing_is_there_and_nothing_happens() {
    let house = House::new().await;
    let before = house.seen().await;
    house.world.pki.forget_calls();
    for who in [house.world.neighbour.to_string(), STRANGER.to_owned()] {
        for (route, path, body) in house.routes() {
            let (status, answer) = ask(&house, &route, &path, body.as_ref(), &who).await;
            let named = ["Id}", "{slug}", "{name}"].iter().any(|part| route.path.contains(part));
            assert_eq!(status, if named { 404 } else { 403 }, "{route:?}: {answer}");
            assert!(!answer.to_string().contains("arn:aws:acm-pca"), "{route:?}: {answer}");
        }
    }
    assert_eq!(house.world.pki.calls(), []);
    assert_eq!(house.seen().await, before);
}

#[tokio::test]
async fn viewers_and_members_read_and_change_nothing() {
    let house = House::new().await;
    let before = house.seen().await;
    for who in [house.world.viewer, house.world.member] {
        for (route, path, body) in house.routes() {
            let (status, answer) = ask(&house, &route, &path, body.as_ref(), who).await;
            let expected = if route.method == Method::GET { 200 } else { 403 };
            assert_eq!(status, expected, "{route:?}: {answer}");
        }
    }
    assert_eq!(house.seen().await, before);
}

#[tokio::test]
async fn ids_that_nothing_has_and_ids_that_are_none() {
    let house = House::new().await;
    for (id, expected) in [(NOTHING, 404), ("1", 422)] {
        let absent = House {
            world: World::new().await,
            authority: id.to_owned(),
            policy: id.to_owned(),
            profile: id.to_owned(),
            application: id.to_owned(),
        };
        for (route, path, body) in absent.routes() {
            if route.path.contains("Id}") {
                let (status, answer) =
                    ask(&house, &route, &path, body.as_ref(), house.world.administrator).await;
                assert_eq!(status, expected, "{route:?}: {answer}");
            }
        }
    }
}
