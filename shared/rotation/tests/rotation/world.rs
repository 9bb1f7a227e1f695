//! A deployment in a test, with one IAM user in a customer's account.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, Way};
use model::id::{ConnectionId, EnvironmentId, FolderId, KeyRotationId, OrganizationId};
use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus, Trigger, Wanted};
use model::permission::Scope;
use model::project::Project;
use model::secret::{SecretKind, SecretPath};
use rotation::{Advanced, Creation, Error, Rotations, Settings};
use seal::Sealer;
use secrecy::ExposeSecret as _;
use store::{Change, RotationAndState, Store, Stored};
use testkit::account::NUMBER;
use testkit::fuse::{Fault, Fuse};
use testkit::gate::Gate;
use testkit::iam::Iam;
use vault::{Author, Listing, Place, Vault, Write, Written};

use crate::clock::{self, TestTime};

pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const ID: &str = "AWS_ACCESS_KEY_ID";
pub(crate) const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
pub(crate) const USER: &str = "svc";

pub(crate) struct World {
    pub(crate) iam: Iam,
    pub(crate) life: Fuse,
    /// A moment between two calls.
    pub(crate) gate: Gate,
    pub(crate) rotations: Rotations,
    store: Store,
    /// Reaches everything by a way on which nothing ever breaks.
    pub(crate) safe: Store,
    pub(crate) vault: Vault,
    pub(crate) sealer: Sealer,
    pub(crate) organization: OrganizationId,
    pub(crate) project: Project,
    pub(crate) connection: Connection,
}

impl World {
    pub(crate) async fn new() -> Self {
        clock::reset();
        let (iam, life, gate) = (Iam::on(clock::real), Fuse::default(), Gate::default());
        iam.put_user(USER);
        iam.set_slowness(Duration::from_secs(3));
        let (safe, store, _) =
            testkit::tables_reached_twice(|config| gate.through(&life.through(config))).await.unwrap();
        let organization = OrganizationId::random();
        let config = iam.config();
        let sealer = Sealer::new(
            aws_sdk_kms::Client::new(&config),
            safe.clone(),
            "alias/sealing".into(),
            organization,
        );
        let rotations = rotations(&gate.through(&life.through(&config)), &store, organization);
        let project = testkit::project(organization, "demo");
        let connection = testkit::connection(organization, Scope::Project(project.id), NUMBER);
        let change = Change::new(clock::now()).create(&project).create(&connection);
        safe.commit(change, &line()).await.unwrap();
        let vault = Vault::new(safe.clone(), sealer.clone());
        Self { iam, life, gate, rotations, store, safe, vault, sealer, organization, project, connection }
    }

    /// Another process of the same function.
    pub(crate) fn another(&self) -> Rotations {
        rotations(&self.gate.through(&self.life.through(&self.iam.config())), &self.store, self.organization)
    }

    pub(crate) fn environment(&self) -> EnvironmentId {
        self.project.environments.find_by_slug("dev").unwrap().1.id
    }

    /// Every thirty days at midnight.
    pub(crate) fn define(&self) -> KeyRotation {
        let (environment, root) = (self.environment(), FolderId::root_of(self.environment()));
        let rotation = testkit::key_rotation(self.organization, self.project.id, environment, root);
        KeyRotation { connection_id: self.connection.id, ..rotation }
    }

    pub(crate) async fn create(
        &self,
        rotation: &KeyRotation,
        take_over: TakeOver,
    ) -> Result<RotationAndState, Error> {
        let connection = self.safe.connection(rotation.connection_id).await.unwrap().unwrap();
        let creation = Creation { rotation: rotation.clone(), take_over };
        self.rotations.create(&creation, connection, &author(), soon()).await
    }

    /// One with its first key in the secrets.
    pub(crate) async fn made(&self) -> KeyRotation {
        let rotation = self.define();
        let made = self.create(&rotation, TakeOver::Nothing).await.unwrap();
        assert_eq!(made.state.progress.status, RotationStatus::Success, "{:?}", made.state.progress);
        rotation
    }

    /// One with two keys: rotated once by hand.
    pub(crate) async fn rotated(&self) -> KeyRotation {
        let rotation = self.made().await;
        clock::advance(Duration::from_secs(3 * DAY));
        self.want(rotation.id, rotate()).await.unwrap();
        self.settle(rotation.id, 120).await;
        assert_eq!(self.iam.keys(USER).len(), 2);
        rotation
    }

    pub(crate) async fn want(&self, id: KeyRotationId, wanted: Wanted) -> Result<RotationAndState, Error> {
        self.rotations.rotate_now(id, &author(), wanted, soon()).await
    }

    /// One message for a worker that lives two minutes.
    pub(crate) async fn advance(&self, id: KeyRotationId) -> Result<Advanced, Error> {
        self.rotations.advance(id, clock::now().plus(Duration::from_secs(100))).await
    }

    /// Ticks each minute for so many seconds, or jumps to when there is something to do, if that is later.
    pub(crate) async fn settle(&self, id: KeyRotationId, seconds: u64) {
        let end = clock::now().plus(Duration::from_secs(seconds));
        while clock::now() < end {
            let due = self.safe.key_rotations_due(clock::now(), 100).await.unwrap();
            if due.contains(&id) {
                self.advance(id).await.unwrap();
            }
            let next = self.safe.key_rotation_state(id).await.unwrap().and_then(|state| state.due_at);
            let next = next.map_or(end, |at| at.max(clock::now().plus(Duration::from_secs(1))));
            clock::advance_to(next.min(end));
        }
    }

    pub(crate) async fn read(&self, id: KeyRotationId) -> RotationAndState {
        self.safe.key_rotation(id).await.unwrap().unwrap()
    }

    /// Status and message.
    pub(crate) async fn told(&self, id: KeyRotationId) -> (RotationStatus, String) {
        let progress = self.read(id).await.state.value.progress;
        (progress.status, progress.message.unwrap_or_default())
    }

    /// The secrets of the folder, as somebody reads them.
    pub(crate) async fn secrets(&self) -> BTreeMap<String, String> {
        let path = SecretPath::root();
        let listing = Listing { values: true, ..Listing::default() };
        let listed = self.vault.list(&self.place(&path), &listing).await.unwrap();
        let read = |secret: vault::OpenSecret| {
            (secret.stored.name.to_string(), secret.value.unwrap().expose_secret().to_owned())
        };
        listed.secrets.into_iter().map(read).collect()
    }

    /// Somebody writes by hand.
    pub(crate) async fn write(&self, writes: Vec<Write>) -> Result<Written, vault::Error> {
        let path = SecretPath::root();
        self.vault.write(&self.place(&path), &SecretKind::Shared, &author(), writes).await
    }

    fn place<'a>(&'a self, path: &'a SecretPath) -> Place<'a> {
        Place { project: &self.project, environment: self.environment(), path }
    }

    /// The id in the secrets; both halves must be of one key, and the key must work.
    pub(crate) async fn published(&self) -> Option<String> {
        let secrets = self.secrets().await;
        let id = secrets.get(ID)?;
        assert_eq!(secrets.get(SECRET), Some(&format!("secret of {id}")), "the halves are of two keys");
        let key = self.iam.keys(USER).into_iter().find(|key| key.id == *id);
        let key = key.unwrap_or_else(|| panic!("the published key {id} is gone"));
        assert!(key.is_active && key.works_from <= clock::real(), "the published key does not work: {key:?}");
        Some(id.clone())
    }

    /// Somebody repairs whatever broke, and time passes.
    pub(crate) async fn recover(&self, id: KeyRotationId) {
        self.life.arm(Fault::None);
        self.settle(id, 2 * HOUR).await;
    }

    /// A connection by this key of the user's.
    pub(crate) async fn own_connection(&self, own: &str) -> ConnectionId {
        let way = |secret_access_key| Way::AccessKey { access_key_id: own.to_owned(), secret_access_key };
        let id = ConnectionId::random();
        let bare = Connection { id, name: "own".into(), way: way(String::new()), ..self.connection.clone() };
        let sealed = self.sealer.seal_access_key(&bare, &format!("secret of {own}").into()).await.unwrap();
        let connection = Connection { way: way(sealed.to_string()), ..bare };
        self.safe.commit(Change::new(clock::now()).create(&connection), &line()).await.unwrap();
        id
    }

    pub(crate) async fn connection_now(&self, id: ConnectionId) -> Stored<Connection> {
        self.safe.connection(id).await.unwrap().unwrap()
    }
}

fn rotations(config: &SdkConfig, store: &Store, organization: OrganizationId) -> Rotations {
    let settings = Settings {
        organization,
        region: "eu-west-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/syncs.fifo".into(),
        key_rotation_queue_url: "https://sqs.eu-west-1.amazonaws.com/111111111111/rotations.fifo".into(),
        processes: 1,
    };
    Rotations::on(config, store.clone(), settings, clock::now, Arc::new(TestTime))
}

pub(crate) const fn rotate() -> Wanted {
    Wanted::Rotation { trigger: Trigger::Manual, ignores_use: false }
}

/// As long as a request has.
pub(crate) fn soon() -> Timestamp {
    clock::now().plus(Duration::from_secs(6))
}

pub(crate) fn author() -> Author {
    let actor = Actor { kind: "user".into(), id: "ada@example.com".into(), name: "Ada".into() };
    Author { actor, origin: Origin::default(), now: clock::now() }
}

pub(crate) fn line() -> AuditRecord {
    AuditRecord {
        at: clock::now(),
        actor: author().actor,
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
