//! A process that dies in a request, at every call of every route that changes something, and the client that asks again.

use std::cell::RefCell;
use std::collections::BTreeSet;

use model::Timestamp;
use model::id::ConnectionId;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::world::{ACM, BASE, ELB, World, text, these, with};

/// The same routes under the name that older clients know: they have the same handlers.
const OLDER: &str = "/api/v1/pki/syncs";

const DEFINITIONS: &[Row] = &[
    Row::new("POST /api/v1/cert-manager/syncs/{destination}", Again::Done),
    Row::new("PATCH /api/v1/cert-manager/syncs/{destination}/{syncId}", Again::Done),
    Row::new(
        "DELETE /api/v1/cert-manager/syncs/{destination}/{syncId}",
        Again::Refused(404, "Could not find"),
    ),
    Row::new("POST /api/v1/cert-manager/syncs/{destination}/{syncId}/sync", Again::Done),
    Row::new("POST /api/v1/cert-manager/syncs/{destination}/{syncId}/remove-certificates", Again::Done),
];

const CERTIFICATES: &[Row] = &[
    Row::new("POST /api/v1/cert-manager/syncs/{syncId}/certificates", Again::Done),
    Row::new("DELETE /api/v1/cert-manager/syncs/{syncId}/certificates", Again::Done),
    Row::new(
        "POST /api/v1/cert-manager/syncs/{destination}/{syncId}/certificates/{certificateId}/rollback",
        Again::Refused(404, "is not attached to this sync"),
    ),
    Row::new(
        "POST /api/v1/cert-manager/syncs/{destination}/{syncId}/certificates/{certificateId}/default",
        Again::Done,
    ),
    Row::new("DELETE /api/v1/cert-manager/syncs/{destination}/{syncId}/certificates/default", Again::Done),
];

/// Another way through a route that has a row.
const VARIANTS: &[Row] = &[Row::new(
    "DELETE /api/v1/cert-manager/syncs/{destination}/{syncId}?removeCertificates=true",
    Again::Refused(400, "being deleted together with its certificates"),
)];

/// Routes that change nothing, wherever they die.
const CHANGES_NOTHING: &[(&str, &str)] = &[
    ("POST /api/v1/cert-manager/syncs/{destination}/{syncId}/plan", "it looks, here and at AWS"),
    ("POST /api/v1/cert-manager/syncs/{destination}/{syncId}/import", "it is refused to everybody"),
];

/// The function over tables of its own.
struct Deployed {
    world: World,
    fuse: Fuse,
    /// Another connection of the project, into the same account.
    second: ConnectionId,
    /// The sync of the last request.
    sync: RefCell<Option<String>>,
}

impl Deployed {
    async fn new(fuse: &Fuse) -> Self {
        let (world, second) = (World::fused(fuse).await, ConnectionId::random());
        world.make_connection(second, world.project, "second").await;
        Self { world, fuse: fuse.clone(), second, sync: RefCell::default() }
    }

    /// A request of this operation about things of its own, by the project's administrator.
    async fn request(&self, operation: &'static str) -> Event {
        let (method, path) = operation.split_once(' ').unwrap();
        let (path, body) = self.about(method, path.trim_start_matches(BASE)).await;
        let event = event(method, &format!("{BASE}{path}")).identity(self.world.administrator, "no-access");
        if body.is_null() { event } else { event.body(&body) }
    }

    async fn about(&self, method: &str, noun: &str) -> (String, Value) {
        let world = &self.world;
        if noun == "/{destination}" {
            let certificates = these(&world.certificates(2).await);
            return (ELB.to_owned(), with(world.elb(&fresh()), &certificates));
        }
        let is_of_acm = noun.ends_with("remove-certificates") || noun.ends_with("rollback");
        let (destination, sync) = match is_of_acm {
            true => (ACM, world.acm_sync(&fresh()).await),
            false => (ELB, world.elb_sync(&fresh()).await),
        };
        *self.sync.borrow_mut() = Some(sync.clone());
        let path = noun.replace("/{destination}", destination).replace("{syncId}", &sync);
        let ids = world.certificates(2).await;
        let default = format!("{destination}/{sync}/certificates/{}/default", ids[0]);
        if (method, noun) == ("POST", "/{syncId}/certificates") {
            return (path, these(&ids));
        }
        let slot = text(&world.attach(&sync, &ids).await[0], "id");
        match (method, noun.rsplit('/').next().unwrap()) {
            // One that AWS has, which leaves, and one that it never had.
            ("DELETE", "certificates") => {
                world.placed(&sync, &slot).await;
                (path, these(&ids))
            }
            ("POST", "rollback") => {
                let newer = world.renew(ids[0]).await;
                (path.replace("{certificateId}", &newer.to_string()), Value::Null)
            }
            ("POST", "default") => (default, Value::Null),
            ("DELETE", "default") => {
                world.ok("POST", &default, None).await;
                (path, Value::Null)
            }
            ("PATCH", _) => (path, json!({ "name": fresh(), "connectionId": self.second })),
            _ => (path, Value::Null),
        }
    }
}

impl Deployment for Deployed {
    fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    fn trail(&self) -> &Trail {
        &self.world.trail
    }

    async fn send(&self, event: &Event, now: Timestamp) -> (u16, Value) {
        let routes = certificate_syncs::routes();
        read(web::answer(routes, self.world.another(), event.request(), now).await).await
    }

    /// What is left of a deleted sync is removed by the worker.
    async fn settle(&self, now: Timestamp) -> bool {
        let sync = self.sync.borrow().as_ref().map(|id| id.parse().unwrap());
        let Some(id) = sync else { return false };
        let run = self.world.store.certificate_sync_run(id).await.unwrap();
        let is_deleted = run.is_some_and(|run| run.deleted);
        self.world.store.purge_certificate_sync(id, now).await.unwrap();
        is_deleted
    }

    async fn beyond(&self, _: Timestamp) -> Vec<String> {
        let changes = self.world.fleet.changes().into_iter();
        changes.map(|(action, of)| format!("a request did {action} to {of}")).collect()
    }
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = certificate_syncs::routes();
    let mutating = routes.list().iter().map(|route| (route.method.as_str(), route.path));
    let (older, newer): (Vec<_>, Vec<_>) = mutating.partition(|(_, path)| path.starts_with(OLDER));
    let below = |routes: &[(&str, &str)], base: &str| -> BTreeSet<(String, String)> {
        let strip = |path: &str| path.strip_prefix(base).unwrap().to_owned();
        routes.iter().map(|(method, path)| ((*method).to_owned(), strip(path))).collect()
    };
    assert_eq!(below(&older, OLDER), below(&newer, BASE));
    fence(newer, &[DEFINITIONS, CERTIFICATES].concat(), CHANGES_NOTHING);
}

#[tokio::test]
async fn a_death_in_a_request_about_a_sync_is_made_good_by_its_repeat() {
    requests(DEFINITIONS, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_in_a_request_about_a_syncs_certificates_is_made_good_by_its_repeat() {
    requests(CERTIFICATES, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_in_a_deletion_that_takes_the_certificates_along_is_made_good_by_its_repeat() {
    requests(VARIANTS, Deployed::new, Deployed::request).await;
}

/// A name that nothing has.
fn fresh() -> String {
    format!("n{}", ConnectionId::random().uuid().simple())
}
