//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead. What AWS is asked meanwhile, it forgets: sessions of probes that nobody has.

use connections::routes;
use model::Timestamp;
use model::id::ConnectionId;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::world::{BASE, CUSTOMER, World, key, role};

const ABSENT: Again = Again::Refused(404, "Could not find App Connection");

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    // A create that is repeated within a minute is answered with the first result.
    Row::new("POST /api/v1/app-connections/aws", Again::Done),
    Row::new("PATCH /api/v1/app-connections/aws/{connectionId}", Again::Done),
    Row::new("DELETE /api/v1/app-connections/aws/{connectionId}", ABSENT),
];

const CHANGE_NOTHING: &[(&str, &str)] = &[
    (
        "POST /api/v1/app-connections/aws/{connectionId}/rotate-credentials",
        "it is always refused, as the contract says",
    ),
    ("POST /api/v1/app-connections/aws/{connectionId}/check", "it asks AWS, and says what is so"),
];

/// By an access key, which is sealed; of the organisation; by another role.
const OTHER_WAYS: &[Row] = &[
    Row::new("POST /api/v1/app-connections/aws, by an access key", Again::Done),
    Row::new("POST /api/v1/app-connections/aws, of the organisation", Again::Done),
    Row::new("PATCH /api/v1/app-connections/aws/{connectionId}, another role", Again::Done),
    Row::new("PATCH /api/v1/app-connections/aws/{connectionId}, another access key", Again::Done),
    Row::new("DELETE /api/v1/app-connections/aws/{connectionId}, of the organisation", ABSENT),
];

struct Mortal {
    world: World,
    trail: Trail,
    fuse: Fuse,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        let (world, trail) = World::through(fuse).await;
        Self { world, trail, fuse: fuse.clone() }
    }
}

impl Deployment for Mortal {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn forgets(&self) -> bool {
        true
    }

    fn trail(&self) -> &Trail {
        &self.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        self.world.send_to_new_process(&self.fuse, event, now).await
    }
}

/// Whatever one request is about, under a new name, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let world = &mortal.world;
    let fresh = format!("c-{}", ConnectionId::random());
    let (what, how) = operation.split_once(", ").unwrap_or((operation, ""));
    let body = match how {
        "by an access key" | "another access key" => {
            let mut body = key(&fresh, &format!("AKIA{CUSTOMER}"));
            body["projectId"] = json!(world.project);
            body
        }
        "of the organisation" => role(&fresh, &format!("only-{}", world.organization), None),
        _ => world.role_body(&fresh),
    };
    let (method, _) = what.split_once(' ').unwrap();
    if method == "POST" {
        return event(method, BASE).body(&body).identity(world.admin, "admin");
    }
    let (status, made) = world.admin("POST", "", Some(&body)).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("{BASE}/{}", made["appConnection"]["id"].as_str().unwrap());
    let change = match how {
        "another role" => {
            let other = format!("arn:aws:iam::{CUSTOMER}:role/path/only-{}", world.project);
            json!({ "credentials": { "roleArn": other } })
        }
        "another access key" => json!({
            "credentials": { "accessKeyId": format!("AKIB{CUSTOMER}"), "secretAccessKey": "canary-another" }
        }),
        _ => json!({ "name": format!("{fresh}-renamed"), "description": "another" }),
    };
    event(method, &path).body(&change).identity(world.admin, "admin")
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    requests(ROWS, Mortal::open, arrange).await;
}

#[tokio::test]
async fn so_are_those_about_access_keys_the_organisation_and_other_roles() {
    requests(OTHER_WAYS, Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, CHANGE_NOTHING);
}
