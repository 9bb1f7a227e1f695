//! Dying anywhere in a request that changes something: it is done or not, the audit trail says which, and the same request
//! again leads where it was to lead. What is wanted is due, whether the worker was told or not.

use model::Timestamp;
use model::id::SecretSyncId;
use secret_syncs::routes;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::aws;
use crate::world::{BASE, SECRETS, World};

/// Every mutating route, and what the same request is answered when the first got through unheard.
const ROWS: &[Row] = &[
    // A create that is repeated within a minute is answered with the first result.
    Row::new("POST /api/v1/secret-syncs/{destination}", Again::Done),
    Row::new("PATCH /api/v1/secret-syncs/{destination}/{syncId}", Again::Done),
    Row::new(
        "DELETE /api/v1/secret-syncs/{destination}/{syncId}",
        Again::Refused(404, "Could not find secret sync"),
    ),
    Row::new("POST /api/v1/secret-syncs/{destination}/{syncId}/sync-secrets", Again::Done),
    Row::new("POST /api/v1/secret-syncs/{destination}/{syncId}/import-secrets", Again::Done),
    Row::new("POST /api/v1/secret-syncs/{destination}/{syncId}/remove-secrets", Again::Done),
];

const CHANGE_NOTHING: &[(&str, &str)] = &[
    ("POST /api/v1/secret-syncs/{destination}/check-destination", "it looks for syncs with the same names"),
    ("POST /api/v1/secret-syncs/{destination}/{syncId}/plan", "it says what a run would do"),
];

/// The sync goes when the worker has removed its secrets.
const WITH_SECRETS: Row = Row::new(
    "DELETE /api/v1/secret-syncs/{destination}/{syncId}, with its secrets",
    Again::Refused(400, "being deleted together with its secrets"),
);

struct Mortal {
    world: World,
    fuse: Fuse,
}

impl Mortal {
    async fn open(fuse: &Fuse) -> Self {
        Self { world: World::through(fuse, aws::answer).await, fuse: fuse.clone() }
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
        &self.world.trail
    }

    /// These routes keep nothing in memory: sessions are for plans alone.
    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        self.world.send_at(event.clone(), now).await
    }
}

/// Whatever one request is about, under a new name, and the request.
async fn arrange(mortal: &Mortal, operation: &'static str) -> Event {
    let world = &mortal.world;
    let fresh = format!("s-{}", SecretSyncId::random());
    let (what, how) = operation.split_once(", ").unwrap_or((operation, ""));
    let (method, path) = what.split_once(' ').unwrap();
    let creates = !path.contains("{syncId}");
    let (target, body) = if creates {
        (format!("{BASE}/{SECRETS}"), world.secrets_manager(&fresh))
    } else {
        let sync = world.sync(&fresh).await;
        let suffix = path.split("{syncId}").nth(1).unwrap();
        let query = match suffix {
            "/import-secrets" => "?importBehavior=prioritize-source",
            "" if how == "with its secrets" => "?removeSecrets=true",
            _ => "",
        };
        let change =
            json!({ "name": format!("{fresh}-x"), "secretPath": "/api", "isAutoSyncEnabled": false });
        (format!("{BASE}{sync}{suffix}{query}"), change)
    };
    event(method, &target).body(&body).identity(world.member, "no-access")
}

#[tokio::test]
async fn a_request_that_dies_anywhere_is_done_or_not_and_done_when_it_is_sent_again() {
    let rows: Vec<Row> = ROWS.iter().copied().chain([WITH_SECRETS]).collect();
    requests(&rows, Mortal::open, arrange).await;
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = routes();
    fence(routes.list().iter().map(|route| (route.method.as_str(), route.path)), ROWS, CHANGE_NOTHING);
}
