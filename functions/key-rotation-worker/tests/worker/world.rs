//! A deployment with one project and one connection, on a clock that the test moves.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use job::Deadline;
use key_rotation_worker::KeyRotationWorker;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::Connection;
use model::id::{EnvironmentId, FolderId, KeyRotationId, OrganizationId};
use model::key_rotation::{KeyRotation, Progress, RotationState};
use model::permission::Scope;
use model::project::Project;
use rotation::{Rotations, Settings, Time};
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::account::NUMBER;
use testkit::fuse::Fuse;
use testkit::iam::Iam;

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub(crate) fn now() -> Timestamp {
    testkit::now().plus(PASSED.get())
}

/// Time passes.
pub(crate) fn pass(span: Duration) {
    PASSED.set(PASSED.get() + span);
}

/// It is so long after the beginning: another process's time.
pub(crate) fn set(passed: Duration) {
    PASSED.set(passed);
}

/// How long after the beginning it is.
pub(crate) fn passed() -> Duration {
    PASSED.get()
}

/// Whoever waits lets time pass.
#[derive(Debug)]
struct TestTime;

impl Time for TestTime {
    fn now(&self) -> Timestamp {
        now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        pass(span);
        async {}.boxed()
    }
}

pub(crate) fn deadline() -> Deadline {
    Deadline::new(now, now().plus(Duration::from_secs(120)))
}

pub(crate) fn message(id: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m", "body": json!({ "keyRotationId": id }).to_string(),
        "attributes": { "MessageGroupId": id, "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
    }] })
}

pub(crate) struct World {
    pub(crate) iam: Iam,
    /// Through which every process reaches everything.
    pub(crate) life: Fuse,
    /// Reaches the table by a way on which nothing ever breaks.
    pub(crate) store: Store,
    fused: Store,
    pub(crate) project: Project,
    pub(crate) connection: Connection,
    organization: OrganizationId,
}

impl World {
    pub(crate) async fn new() -> Self {
        set(Duration::ZERO);
        let (iam, life) = (Iam::on(now), Fuse::default());
        let (store, fused, _) = testkit::tables_reached_twice(|config| life.through(config)).await.unwrap();
        let organization = OrganizationId::random();
        let project = testkit::project(organization, "demo");
        let scope = Scope::Project(project.id);
        let connection = testkit::connection(organization, scope, NUMBER);
        let change = Change::new(now()).create(&project).create(&connection);
        store.commit(change, &line()).await.unwrap();
        Self { iam, life, store, fused, project, connection, organization }
    }

    /// A process of the worker, of so many that may be at work at once.
    pub(crate) fn process(&self, processes: u32) -> KeyRotationWorker {
        let settings = Settings {
            organization: self.organization,
            region: "eu-west-1".parse().unwrap(),
            sealing_key_id: "alias/sealing".into(),
            secret_sync_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/syncs.fifo".into(),
            key_rotation_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/rotations.fifo".into(),
            processes,
        };
        let (config, time) = (self.life.through(&self.iam.config()), Arc::new(TestTime));
        let rotations = Rotations::on(&config, self.fused.clone(), settings, now, time);
        KeyRotationWorker::new(self.fused.clone(), rotations)
    }

    /// A rotation that is due, and has no key yet.
    pub(crate) async fn wanted(&self, user: &str) -> KeyRotationId {
        self.iam.put_user(user);
        let rotation = self.define(user);
        let state = RotationState::new(&rotation, Progress::begin(&[], now()), now());
        let project = self.store.project(self.project.id).await.unwrap().unwrap();
        let connection = self.store.connection(self.connection.id).await.unwrap().unwrap();
        let change = Change::new(now()).create_key_rotation(&rotation, &state, &connection, &project);
        self.store.commit(change, &line()).await.unwrap();
        rotation.id
    }

    fn environment(&self) -> EnvironmentId {
        self.project.environments.find_by_slug("dev").unwrap().1.id
    }

    /// One of a user, into secrets of its own.
    pub(crate) fn define(&self, user: &str) -> KeyRotation {
        let (environment, root) = (self.environment(), FolderId::root_of(self.environment()));
        let mut rotation = testkit::key_rotation(self.organization, self.project.id, environment, root);
        rotation.connection_id = self.connection.id;
        user.clone_into(&mut rotation.name);
        user.clone_into(&mut rotation.parameters.user_name);
        rotation.secrets_mapping.access_key_id = format!("ID_{user}").parse().unwrap();
        rotation.secrets_mapping.secret_access_key = format!("SECRET_{user}").parse().unwrap();
        rotation
    }
}

pub(crate) fn line() -> AuditRecord {
    AuditRecord {
        at: now(),
        actor: Actor { kind: "user".into(), id: "a".into(), name: "a".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
