//! A process that dies in a request, at every call of every route that changes something, and the client that asks again.

mod gateway;

use model::Timestamp;
use model::id::ProjectId;
use model::permission::{Role, Scope};
use model::project::Project;
use serde_json::{Value, json};
use store::{Bookkeeping, Change};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::world::{BUCKET, Session, World, batch, commit, credentials, presign};

const CONTENT: &[u8] = b"the ciphertext of a chunk";

const CONFIGURATION: &[Row] = &[
    Row::new("POST /api/v1/pam/projects/{projectId}/recording-config", Again::Done),
    Row::new(
        "DELETE /api/v1/pam/projects/{projectId}/recording-config",
        Again::Refused(400, "has no recording configuration"),
    ),
    // It changes nothing here, and leaves nothing in the bucket.
    Row::unaudited("POST /api/v1/pam/projects/{projectId}/recording-config/test", Again::Done),
];

/// Chunks are in no audit trail: they are there or not.
const SESSIONS: &[Row] = &[
    // A session to record has no name: another one is asked for, and one of the two is never recorded.
    Row::new("POST /api/v1/pam/recordings", Again::Another),
    Row::unaudited("POST /api/v1/pam/sessions/{sessionId}/chunks", Again::Done),
    Row::unaudited("POST /api/v1/pam/sessions/{sessionId}/chunks/presigned-put", Again::Done),
    Row::unaudited("POST /api/v1/pam/sessions/{sessionId}/chunks/presigned-put-batch", Again::Done),
];

/// A GET that changes something: the first who asks for a session's key has it.
const KEYS: &[Row] = &[Row::new("GET /api/v1/pam/sessions/{sessionId}/credentials", Again::Done)];

/// The function over tables and a bucket of its own.
struct Deployed {
    world: World,
    fuse: Fuse,
}

impl Deployed {
    async fn new(fuse: &Fuse) -> Self {
        let world = World::fused(fuse).await;
        world.configure().await;
        Self { world, fuse: fuse.clone() }
    }

    /// A request of this operation about things of its own, by whoever sends such.
    async fn request(&self, operation: &'static str) -> Event {
        let world = &self.world;
        let (event, by) = match operation.split_once("/pam/").unwrap() {
            (method, "projects/{projectId}/recording-config") => {
                let (path, body) = self.project().await;
                if method.starts_with("DELETE") {
                    world.ok(event("POST", &path).body(&body), world.administrator).await;
                    (event("DELETE", &path), world.administrator)
                } else {
                    (event("POST", &path).body(&body), world.administrator)
                }
            }
            (_, "projects/{projectId}/recording-config/test") => {
                let (path, body) = self.project().await;
                (event("POST", &format!("{path}/test")).body(&body), world.administrator)
            }
            (_, "recordings") => {
                let body = json!({ "projectId": world.project, "accountType": "ssh", "accountName": "root" });
                (event("POST", "/api/v1/pam/recordings").body(&body), world.gateway)
            }
            (_, "sessions/{sessionId}/credentials") => (credentials(&world.record().await), world.gateway),
            (_, "sessions/{sessionId}/chunks") => (self.chunk().await, world.gateway),
            (_, "sessions/{sessionId}/chunks/presigned-put") => {
                (presign(&world.session().await, 0, CONTENT), world.gateway)
            }
            (_, "sessions/{sessionId}/chunks/presigned-put-batch") => {
                // More than one transaction takes.
                let put = |index| json!({ "chunkIndex": index, "ciphertextBytes": CONTENT.len() });
                let puts: Vec<Value> = (0..30).map(put).collect();
                (batch(&world.session().await, &puts), world.gateway)
            }
            _ => panic!("nobody knows how to ask for {operation}"),
        };
        event.identity(by, "no-access")
    }

    /// A project of its own with a connection: the path of its configuration, and one.
    async fn project(&self) -> (String, Value) {
        let world = &self.world;
        let name = format!("p{}", ProjectId::random().uuid().simple());
        let project = Project { connections: 1, ..testkit::project(world.organization, &name) };
        let scope = Scope::Project(project.id);
        let connection = testkit::connection(world.organization, scope, "222222222222");
        let administrator =
            testkit::membership(world.organization, project.id, &world.administrator, Role::Admin);
        let change = Change::new(testkit::now()).create(&project).create(&connection).create(&administrator);
        world.store.keep_count(Bookkeeping(change)).await.unwrap();
        let mut body = world.config_body();
        body["connectionId"] = json!(connection.id);
        body["keyPrefix"] = json!(format!("pam/{name}"));
        (format!("/api/v1/pam/projects/{}/recording-config", project.id), body)
    }

    /// A chunk that is in the bucket, and of which nothing was said yet.
    async fn chunk(&self) -> Event {
        let world = &self.world;
        let session: Session = world.session().await;
        let url = world.ok(presign(&session, 0, CONTENT), world.gateway).await;
        assert_eq!(world.cloud.put(url["url"].as_str().unwrap(), CONTENT), 200);
        commit(&session, 0, CONTENT)
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
        self.world.cloud.state().now = Some(now);
        let routes = recordings::routes();
        read(web::answer(routes, self.world.another(), event.request(), now).await).await
    }

    /// What a test put into a bucket is not there any more.
    async fn beyond(&self, _: Timestamp) -> Vec<String> {
        let state = self.world.cloud.state();
        let left = state.buckets[BUCKET].keys().filter(|key| key.contains("/.test/"));
        left.map(|key| format!("{key} is left in the bucket")).collect()
    }
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = recordings::routes();
    let listed = routes.list().iter().map(|route| (route.method.as_str(), route.path));
    fence(listed, &[CONFIGURATION, SESSIONS].concat(), &[]);
}

#[tokio::test]
async fn a_death_in_a_request_about_where_recordings_are_kept_is_made_good_by_its_repeat() {
    requests(CONFIGURATION, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_in_a_request_about_a_recording_is_made_good_by_its_repeat() {
    requests(SESSIONS, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_while_a_key_is_given_is_made_good_by_its_repeat() {
    requests(KEYS, Deployed::new, Deployed::request).await;
}
