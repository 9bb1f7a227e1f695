//! A process that dies in a request, at every call of every route that changes something, and the client that asks again.
//!
//! A client that is told that a rotation is running asks once more when whoever runs it must be done. What a request has
//! begun and not ended, the worker ends.

use std::cell::RefCell;
use std::time::Duration;

use model::Timestamp;
use model::id::{KeyRotationId, ProjectId};
use model::key_rotation::RotationStatus;
use serde_json::{Value, json};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::matrix::{Again, Deployment, Row, fence, requests};

use crate::clock::{now, pass};
use crate::world::{BASE, World, id};

/// Longer than a request may hold a rotation.
const HELD: Duration = Duration::from_secs(40);

/// What a request leaves to the worker is done in this time, schedules left aside.
const SETTLING: Duration = Duration::from_secs(3 * 3_600);

/// The worker's tick.
const TICK: Duration = Duration::from_secs(60);

const RUNNING: &str = "already running";

// Whoever takes hold of a rotation writes that down, which is no deed: the trail has the deeds.
const CREATE: &[Row] = &[Row::unaudited("POST /api/v2/secret-rotations/aws-iam-user-secret", Again::Done)];
const UPDATE: &[Row] =
    &[Row::unaudited("PATCH /api/v2/secret-rotations/aws-iam-user-secret/{rotationId}", Again::Done)];
const DELETE: &[Row] = &[Row::unaudited(
    "DELETE /api/v2/secret-rotations/aws-iam-user-secret/{rotationId}",
    Again::Either(404, "Could not find secret rotation"),
)];
const ROTATE: &[Row] = &[Row::unaudited(
    "POST /api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rotate-secrets",
    Again::Either(400, RUNNING),
)];
const ROLL_BACK: &[Row] = &[Row::unaudited(
    "POST /api/v2/secret-rotations/aws-iam-user-secret/{rotationId}/rollback",
    Again::Either(400, RUNNING),
)];

/// The function over tables and users of its own.
struct Deployed {
    world: World,
    fuse: Fuse,
    about: RefCell<About>,
}

/// The rotation of the last request.
#[derive(Debug, Clone, Default)]
struct About {
    /// `None` of one that is to be made.
    id: Option<KeyRotationId>,
    /// Its own name, its user's, and that of its secrets.
    name: String,
}

impl Deployed {
    async fn new(fuse: &Fuse) -> Self {
        Self { world: World::fused(fuse).await, fuse: fuse.clone(), about: RefCell::default() }
    }

    /// A request of this operation about a rotation of its own, by a member of the project.
    async fn request(&self, operation: &'static str) -> Event {
        let world = &self.world;
        let name = format!("n{}", ProjectId::random().uuid().simple());
        world.iam.put_user(&name);
        let mut body = world.body(&name);
        body["parameters"]["userName"] = json!(name);
        body["secretsMapping"] = mapping(&name);
        *self.about.borrow_mut() = About { id: None, name: name.clone() };
        let (method, path) = operation.split_once(' ').unwrap();
        let Some(verb) = path.strip_prefix(&format!("{BASE}/{{rotationId}}")) else {
            return event(method, path).body(&body).identity(world.member, "no-access");
        };
        let made = world.ok("POST", "", Some(body)).await;
        assert_eq!(made["rotationStatus"], "success", "{made}");
        let path = format!("/{}", made["id"].as_str().unwrap());
        self.about.borrow_mut().id = Some(id(&path));
        if verb == "/rollback" || method == "DELETE" {
            world.ok("POST", &format!("{path}/rotate-secrets"), None).await;
            world.work(&path).await;
        }
        let query =
            if method == "DELETE" { "?deleteSecrets=true&revokeGeneratedCredentials=true" } else { "" };
        let event = event(method, &format!("{BASE}{path}{verb}{query}")).identity(world.member, "no-access");
        if method == "PATCH" {
            let names = mapping(&format!("{name}_new"));
            self.about.borrow_mut().name = format!("{name}_new");
            return event.body(&json!({ "description": "another", "secretsMapping": names }));
        }
        event
    }

    async fn id(&self) -> Option<KeyRotationId> {
        let About { id, name } = self.about.borrow().clone();
        match id {
            Some(id) => Some(id),
            None => {
                let folder = self.world.folder("/api").await;
                self.world.store.key_rotation_named(folder, &name).await.unwrap()
            }
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

    fn now(&self) -> Timestamp {
        now()
    }

    async fn send(&self, event: &Event, _: Timestamp) -> (u16, Value) {
        let mut answer = (0, Value::Null);
        for _ in 0..2 {
            let routes = key_rotations::routes();
            answer = read(web::answer(routes, self.world.another(), event.request(), now()).await).await;
            if !answer.1["message"].to_string().contains(RUNNING) {
                break;
            }
            pass(HELD);
        }
        answer
    }

    /// The worker does what is due.
    async fn settle(&self, _: Timestamp) -> bool {
        let Some(id) = self.id().await else { return false };
        let end = now().plus(SETTLING);
        while now() < end {
            let state = self.world.store.key_rotation_state(id).await.unwrap();
            let Some(due) = state.and_then(|state| state.value.due_at) else { break };
            if due <= now() {
                self.world.rotations.advance(id, now().plus(Duration::from_secs(100))).await.unwrap();
                pass(TICK);
            } else {
                pass(due.min(end).since(now()));
            }
        }
        true
    }

    /// Every key is in a record, and the one in the secrets is whole and works.
    async fn beyond(&self, _: Timestamp) -> Vec<String> {
        let name = self.about.borrow().name.clone();
        let user = name.trim_end_matches("_new");
        let keys = self.world.iam.keys(user);
        let Some(id) = self.id().await else { return vec!["there is no rotation".to_owned()] };
        let Some(read) = self.world.store.key_rotation(id).await.unwrap() else {
            return keys.iter().map(|key| format!("{} is left of a deleted rotation", key.id)).collect();
        };
        let progress = &read.state.progress;
        let known: Vec<String> = progress.keys.iter().map(|key| key.id.to_string()).collect();
        let strange = keys.iter().filter(|key| !known.contains(&key.id));
        let mut wrong: Vec<String> = strange.map(|key| format!("no record knows {}", key.id)).collect();
        let settled = (progress.status, progress.intent.is_some(), read.state.lease.is_some());
        if settled != (RotationStatus::Success, false, false) || progress.wanted.is_some() {
            wrong.push(format!("it does not come to an end: {progress:?}"));
        }
        let secrets = self.world.secrets("/api").await;
        let whole = keys.iter().filter(|key| key.is_active).find(|key| {
            let (id, secret) =
                (format!("ID_{name}={}", key.id), format!("SECRET_{name}=secret of {}", key.id));
            secrets.contains(&id) && secrets.contains(&secret)
        });
        let published = progress.published().map(|key| key.id.to_string());
        if whole.map(|key| key.id.clone()) != published || published.is_none() {
            wrong.push(format!("{published:?} is said to be in the secrets, and {whole:?} is"));
        }
        wrong
    }
}

fn mapping(name: &str) -> Value {
    json!({ "accessKeyId": format!("ID_{name}"), "secretAccessKey": format!("SECRET_{name}") })
}

#[test]
fn every_mutating_route_has_a_row() {
    let routes = key_rotations::routes();
    let listed = routes.list().iter().map(|route| (route.method.as_str(), route.path));
    fence(listed, &[CREATE, UPDATE, DELETE, ROTATE, ROLL_BACK].concat(), &[]);
}

// Each has a thread of its own, and with it a time of its own.

#[tokio::test]
async fn a_death_while_a_rotation_is_made_is_made_good_by_the_repeat_and_the_worker() {
    requests(CREATE, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_while_a_rotation_is_changed_is_made_good_by_the_repeat_and_the_worker() {
    requests(UPDATE, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_while_a_rotation_is_deleted_is_made_good_by_the_repeat_and_the_worker() {
    requests(DELETE, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_while_a_new_key_is_asked_for_is_made_good_by_the_repeat_and_the_worker() {
    requests(ROTATE, Deployed::new, Deployed::request).await;
}

#[tokio::test]
async fn a_death_on_the_way_back_to_the_key_before_is_made_good_by_the_repeat_and_the_worker() {
    requests(ROLL_BACK, Deployed::new, Deployed::request).await;
}
