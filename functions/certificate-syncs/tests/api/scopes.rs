//! Whose it is: every route without a token, as another project's administrator, and by role.

use http::Method;
use model::id::CertificateId;
use serde_json::{Value, json};
use testkit::event::event;
use web::{Access, Route};

use crate::world::{NOTHING, REGION, STRANGER, World, these};

/// A sync of each kind with a certificate.
struct House {
    world: World,
    acm: String,
    elb: String,
    certificate: CertificateId,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let (acm, elb) = (world.acm_sync("acm").await, world.elb_sync("elb").await);
        let certificate = world.certificate().await;
        for sync in [&acm, &elb] {
            world.attach(sync, &[certificate]).await;
        }
        Self { world, acm, elb, certificate }
    }

    /// Every route with a request that somebody may send.
    fn routes(&self) -> Vec<(Route, String, Option<Value>)> {
        let routes = certificate_syncs::routes();
        routes
            .list()
            .iter()
            .cloned()
            .map(|route| {
                let path = self.filled(&route);
                let body = self.body(&route);
                (route, path, body)
            })
            .collect()
    }

    fn filled(&self, route: &Route) -> String {
        let of_balancer =
            ["default", "load-balancers", "listeners"].iter().any(|word| route.path.contains(word));
        let (destination, sync) = if of_balancer {
            ("aws-elastic-load-balancer", &self.elb)
        } else {
            ("aws-certificate-manager", &self.acm)
        };
        let path = route
            .path
            .replace("{destination}", destination)
            .replace("{syncId}", sync)
            .replace("{certificateId}", &self.certificate.to_string());
        let (connection, balancer) = (self.world.connection, &self.world.balancer);
        if path.ends_with("load-balancers") || path.ends_with("listeners") {
            format!("{path}?connectionId={connection}&region={REGION}&loadBalancerArn={balancer}")
        } else {
            path
        }
    }

    fn body(&self, route: &Route) -> Option<Value> {
        match (route.method.as_str(), route.path.rsplit('/').next().unwrap()) {
            ("POST" | "DELETE", "certificates") => Some(these(&[self.certificate])),
            ("POST", "{destination}") => Some(self.world.acm("x")),
            ("PATCH", _) => Some(json!({ "name": "x" })),
            _ => None,
        }
    }

    async fn seen(&self) -> Vec<Value> {
        let mut seen = vec![self.world.ok("GET", "", None).await];
        for sync in [&self.acm, &self.elb] {
            seen.extend(self.world.attached(sync).await);
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
    house.world.fleet.forget_calls();
    for who in [house.world.neighbour.to_string(), STRANGER.to_owned()] {
        for (route, path, body) in house.routes() {
            let (status, answer) = ask(&house, &route, &path, body.as_ref(), &who).await;
            let is_list = route.method == Method::GET
                && ["syncs", "{destination}"].iter().any(|end| route.path.ends_with(end));
            let expected = if route.access == Access::Person || is_list {
                403
            } else if route.path.ends_with("options") {
                200
            } else {
                404
            };
            assert_eq!(status, expected, "{route:?}: {answer}");
            assert!(!answer.to_string().contains("arn:aws"), "{route:?}: {answer}");
        }
    }
    assert_eq!(house.world.fleet.calls(), []);
    assert_eq!(house.seen().await, before);
}

#[tokio::test]
async fn people_of_other_projects_see_no_load_balancers() {
    let house = House::new().await;
    for (route, path, _) in house.routes() {
        if route.access == Access::Person {
            let request = event(route.method.as_str(), &path).person("eve@example.com", "no-access");
            let (status, answer) = house.world.send(request).await;
            assert_eq!(status, 404, "{route:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn viewers_read_and_change_nothing() {
    let house = House::new().await;
    let before = house.seen().await;
    for (route, path, body) in house.routes() {
        if route.access == Access::Person {
            continue;
        }
        let (status, answer) = ask(&house, &route, &path, body.as_ref(), house.world.viewer).await;
        let expected = if route.method == Method::GET { 200 } else { 403 };
        assert_eq!(status, expected, "{route:?}: {answer}");
    }
    assert_eq!(house.seen().await, before);
}

#[tokio::test]
async fn members_do_the_daily_work() {
    let house = House::new().await;
    let world = &house.world;
    let made = world.by(world.member, "POST", crate::world::ACM, Some(&world.acm("mine"))).await;
    assert_eq!(made.0, 200, "{}", made.1);
    let sync = made.1["id"].as_str().unwrap();
    let body = these(&[house.certificate]);
    for (method, path, body) in [
        ("POST", format!("/{sync}/certificates"), Some(&body)),
        ("POST", format!("{}/{sync}/sync", crate::world::ACM), None),
        ("DELETE", format!("/{sync}/certificates"), Some(&body)),
        ("DELETE", format!("{}/{sync}", crate::world::ACM), None),
    ] {
        let (status, answer) = world.by(world.member, method, &path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn ids_that_nothing_has_and_ids_that_are_none() {
    let house = House::new().await;
    for (id, expected) in [(NOTHING, 404), ("1", 422)] {
        for (route, _, body) in house.routes() {
            if !route.path.contains("{syncId}") {
                continue;
            }
            let is_balancer = route.path.contains("default");
            let destination =
                if is_balancer { "aws-elastic-load-balancer" } else { "aws-certificate-manager" };
            let path = route
                .path
                .replace("{destination}", destination)
                .replace("{syncId}", id)
                .replace("{certificateId}", &house.certificate.to_string());
            let (status, answer) = ask(&house, &route, &path, body.as_ref(), house.world.administrator).await;
            assert_eq!(status, expected, "{route:?}: {answer}");
        }
    }
}
