//! A deployment in a test: the worker over a real engine, and a customer's account with its two services in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use destination::{Pace, Quotas};
use job::{Deadline, Worker as _, handle};
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, Way};
use model::folder::FolderTree;
use model::id::{ConnectionId, EnvironmentId, FolderId, OrganizationId, ProjectId, SecretSyncId};
use model::message::Noun;
use model::permission::Scope;
use model::project::Project;
use model::secret::{SecretKind, SecretPath};
use model::secret_sync::run::Removal;
use model::secret_sync::{
    DestinationConfig, InitialSyncBehavior, SecretSync, SecretSyncDrift, SecretSyncRun, SyncOptions,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{Bookkeeping, Change, Store, Stored};
use testkit::Trail;
use testkit::account::{Account, NUMBER};
use testkit::fuse::Fault;
use vault::{Absent, Author, Edit, Listing, NewSecret, Place, SecretChange, Vault, Write};

use super::aws::{Aws, role};
use super::clock::{self, Sim};
use super::mortal::Life;
use crate::{SecretSyncWorker, Settings};

/// Both destinations, and the two mappings of one of them.
pub(super) const SECRETS_MANAGER: &str = "one-to-one";
pub(super) const DOCUMENT: &str = "many-to-one";
pub(super) const PARAMETER_STORE: &str = "parameter-store";
pub(super) const ALL: [&str; 3] = [SECRETS_MANAGER, DOCUMENT, PARAMETER_STORE];

/// What [`World::put_four`] puts.
pub(super) const KEYS: [(&str, &str); 4] = [("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")];

pub(super) struct World {
    pub(super) aws: Aws,
    pub(super) life: Life,
    pub(super) store: Store,
    /// Reaches the table by a way on which nothing ever breaks.
    pub(super) safe: Store,
    pub(super) vault: Vault,
    pub(super) trail: Trail,
    pub(super) worker: SecretSyncWorker,
    pub(super) organization: OrganizationId,
    pub(super) project: Project,
    pub(super) connection: Connection,
}

fn settings(organization: OrganizationId) -> Settings {
    Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
        pace: Pace::new(Quotas { are_off: true, ..Quotas::default() }),
    }
}

impl World {
    pub(super) async fn new() -> Self {
        clock::reset();
        Self::with(Aws::new(), Pace::new(Quotas { are_off: true, ..Quotas::default() })).await
    }

    /// A world where AWS has quotas, and time passes as `sim` says.
    pub(super) async fn simulated(sim: &Sim, quotas: Quotas) -> Self {
        clock::follow(sim);
        Self::with(Aws::of(Account::on(&sim.0)), Pace::on(Arc::new(sim.clone()), quotas)).await
    }

    async fn with(aws: Aws, pace: Pace) -> Self {
        let life = Life::default();
        let (safe, store, trail) =
            testkit::tables_reached_twice(|config| life.through(config)).await.unwrap();
        let organization = OrganizationId::random();
        let config = aws.config();
        let calm = vault(&config, &safe, organization);
        let worker = SecretSyncWorker::new(
            &life.through(&config),
            store.clone(),
            Settings { pace, ..settings(organization) },
            clock::now,
        );
        let project = testkit::project(organization, "demo");
        aws.trusts(project.id);
        let connection = connection(organization, project.id);
        let change = Change::new(clock::now()).create(&project).create(&connection);
        safe.commit(change, &line()).await.unwrap();
        Self { aws, life, store, safe, vault: calm, trail, worker, organization, project, connection }
    }

    /// A connection of the project's by an IAM user's key, with its secret sealed in its place.
    pub(super) async fn access_key_connection(&self) -> ConnectionId {
        let id = ConnectionId::random();
        let way = |secret_access_key| Way::AccessKey { access_key_id: "AKIAUSER".into(), secret_access_key };
        let unsealed =
            Connection { id, name: "key".into(), way: way(String::new()), ..self.connection.clone() };
        let secret = "the secret half".to_owned().into();
        let sealed = self.worker.sealer.seal_access_key(&unsealed, &secret).await.unwrap();
        let connection = Connection { way: way(sealed.to_string()), ..unsealed };
        self.safe.commit(Change::new(clock::now()).create(&connection), &line()).await.unwrap();
        id
    }

    /// Another process of the same function.
    pub(super) fn another_worker(&self) -> SecretSyncWorker {
        let config = self.life.through(&self.aws.config());
        SecretSyncWorker::new(&config, self.store.clone(), settings(self.organization), clock::now)
    }

    pub(super) fn environment(&self, slug: &str) -> EnvironmentId {
        self.project.environments.find_by_slug(slug).unwrap().1.id
    }

    /// A sync of the root of `dev` that overwrites.
    pub(super) async fn sync(&self, kind: &str) -> SecretSync {
        self.sync_with(kind, |_| {}).await
    }

    pub(super) async fn sync_with(&self, kind: &str, change: impl FnOnce(&mut SecretSync)) -> SecretSync {
        let (mut sync, _) = self.define(kind);
        change(&mut sync);
        let run = SecretSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
        self.create(&sync, &run.queue_sync(clock::now())).await;
        sync
    }

    /// A sync that nobody stored yet, with its first state.
    pub(super) fn define(&self, kind: &str) -> (SecretSync, SecretSyncRun) {
        let (id, environment_id) = (SecretSyncId::random(), self.environment("dev"));
        let sync = SecretSync {
            id,
            organization_id: self.organization,
            project_id: self.project.id,
            name: format!("sync-{id}"),
            description: None,
            connection_id: self.connection.id,
            environment_id,
            folder_id: FolderId::root_of(environment_id),
            is_auto_sync_enabled: true,
            destination: destination(kind),
            options: SyncOptions::new(InitialSyncBehavior::OverwriteDestination),
            created_by: "identity:x".into(),
        };
        (sync, SecretSyncRun::new(id, self.project.id, true))
    }

    pub(super) async fn create(&self, sync: &SecretSync, run: &SecretSyncRun) {
        let now = clock::now();
        let drift = SecretSyncDrift::new(sync.id, sync.project_id, 24, now);
        let change = Change::new(now).create_secret_sync(sync, run, &drift, &self.connection, &self.project);
        self.safe.commit(change, &line()).await.unwrap();
    }

    pub(super) fn place<'a>(&'a self, path: &'a SecretPath) -> Place<'a> {
        Place { project: &self.project, environment: self.environment("dev"), path }
    }

    /// Writes secrets into the root of `dev`; `None` deletes one.
    pub(super) async fn put(&self, secrets: &[(&str, Option<&str>)]) {
        self.put_in("/", secrets).await;
    }

    pub(super) async fn put_in(&self, path: &str, secrets: &[(&str, Option<&str>)]) {
        let write = |(name, value): &(&str, Option<&str>)| {
            let name = name.parse().unwrap();
            match value {
                Some(value) => {
                    let change =
                        SecretChange { value: Some((*value).to_owned().into()), ..SecretChange::default() };
                    Write::Update { name, change, absent: Absent::Create }
                }
                None => Write::Delete { name },
            }
        };
        let path: SecretPath = path.parse().unwrap();
        let (author, writes) = (author(), secrets.iter().map(write).collect());
        let written = self.vault.write(&self.place(&path), &SecretKind::Shared, &author, writes).await;
        let syncs = written.unwrap().syncs;
        self.aws.send(syncs.iter().map(ToString::to_string));
    }

    /// [`KEYS`] in the root of `dev`.
    pub(super) async fn put_four(&self) {
        self.put(&KEYS.map(|(key, value)| (key, Some(value)))).await;
    }

    /// A secret of the root of `dev` that a key rotation writes.
    pub(super) async fn put_rotated(&self, name: &str, value: &str) {
        let rotation_id = Some(model::id::KeyRotationId::random());
        let new = NewSecret { rotation_id, ..NewSecret::new(name.parse().unwrap(), value.to_owned().into()) };
        let (path, writes) = ("/".parse::<SecretPath>().unwrap(), vec![Write::Create(new)]);
        self.vault.write(&self.place(&path), &SecretKind::Shared, &author(), writes).await.unwrap();
    }

    pub(super) async fn put_many(&self, secrets: impl Iterator<Item = (String, String)>) {
        let write = |(name, value): (String, String)| {
            Write::Create(NewSecret::new(name.parse().unwrap(), value.into()))
        };
        let path: SecretPath = "/".parse().unwrap();
        self.vault
            .write(&self.place(&path), &SecretKind::Shared, &author(), secrets.map(write).collect())
            .await
            .unwrap();
    }

    /// A new folder in the root of `dev`.
    pub(super) async fn folder(&self, name: &str) -> FolderId {
        let now = clock::now();
        let environment = self.environment("dev");
        let edit = |tree: &mut FolderTree| {
            let outcome = tree.create(&"/".parse().unwrap(), name.parse().unwrap(), None, now)?;
            let (resource_id, resource_name) = (outcome.to_string(), name.to_owned());
            Ok(Edit { action: "folder.create", resource_id, resource_name, details: Vec::new(), outcome })
        };
        self.vault.amend_folders(&self.project, environment, &author(), edit).await.unwrap().outcome
    }

    pub(super) async fn remove_folder(&self, folder: FolderId) {
        let edit = |tree: &mut FolderTree| {
            tree.remove(folder)?;
            let (resource_id, resource_name) = (folder.to_string(), "f".to_owned());
            Ok(Edit { action: "folder.delete", resource_id, resource_name, details: Vec::new(), outcome: () })
        };
        let environment = self.environment("dev");
        let amended = self.vault.amend_folders(&self.project, environment, &author(), edit).await.unwrap();
        self.aws.send(amended.syncs.iter().map(ToString::to_string));
    }

    /// Somebody overwrites the sealed value of a secret of the root, past us.
    pub(super) async fn spoil(&self, name: &str) {
        let environment = self.environment("dev");
        let secrets = self.safe.secrets_in(environment, FolderId::root_of(environment)).await.unwrap();
        let other = secrets.iter().find(|secret| secret.name.as_str() != name).unwrap();
        let read = secrets.iter().find(|secret| secret.name.as_str() == name).unwrap();
        let mut spoiled = read.value.clone();
        spoiled.value = other.value.value.clone();
        self.keep(Change::new(clock::now()).replace(read, &spoiled)).await;
    }

    /// The folder's own secrets, as somebody reads them.
    pub(super) async fn secrets(&self, path: &str) -> BTreeMap<String, String> {
        let path: SecretPath = path.parse().unwrap();
        let listing = Listing { values: true, ..Listing::default() };
        let listed = self.vault.list(&self.place(&path), &listing).await.unwrap();
        let read = |secret: vault::OpenSecret| {
            (secret.stored.name.to_string(), secret.value.unwrap().expose_secret().to_owned())
        };
        listed.secrets.into_iter().map(read).collect()
    }

    /// One look at a sync, as a message makes it.
    pub(super) async fn work(&self, sync: SecretSyncId) -> Result<&'static str, crate::Fault> {
        self.work_for(&self.worker, sync, 300).await
    }

    pub(super) async fn work_for(
        &self,
        worker: &SecretSyncWorker,
        sync: SecretSyncId,
        seconds: u64,
    ) -> Result<&'static str, crate::Fault> {
        let ends = clock::now().plus(Duration::from_secs(seconds));
        worker.work(Noun::SecretSync, &sync.to_string(), Deadline::new(clock::now, ends)).await
    }

    /// A burst later: a tick, and then every message of the queue, until it is empty. Answers how many messages there were.
    pub(super) async fn settle(&self) -> usize {
        clock::advance(2);
        let deadline = || Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
        self.worker.tick(deadline()).await.unwrap();
        let mut count = 0;
        while let Some(id) = self.aws.receive() {
            count += 1;
            assert!(count < 500, "the queue never gets empty");
            let event = message(&id);
            let answer = handle(&self.worker, event, deadline(), "i").await.unwrap();
            assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
        }
        count
    }

    /// The ids of the syncs that a tick would send.
    pub(super) async fn due(&self) -> Vec<String> {
        let due = self.safe.secret_syncs_due(clock::now(), 100).await.unwrap();
        due.iter().map(ToString::to_string).collect()
    }

    /// Somebody repairs whatever broke, time passes, and the schedule does the rest.
    pub(super) async fn recover(&self, sync: SecretSyncId) {
        self.life.arm(Fault::None);
        for _ in 0..8 {
            clock::advance(1_000);
            self.settle().await;
            let run = self.safe.secret_sync_run(sync).await.unwrap();
            if run.is_none_or(|run| run.due_at.is_none() && run.current.is_none()) {
                return;
            }
        }
        panic!("it never comes to rest: {:?}", self.run_of(sync).await.value);
    }

    pub(super) async fn run_of(&self, sync: SecretSyncId) -> Stored<SecretSyncRun> {
        self.safe.secret_sync_run(sync).await.unwrap().unwrap()
    }

    pub(super) async fn amend(&self, sync: SecretSyncId, step: impl Fn(&SecretSyncRun) -> SecretSyncRun) {
        let now = clock::now();
        self.safe.amend_secret_sync_run(sync, now, |run| (Some(step(run)), ())).await.unwrap().unwrap();
    }

    pub(super) async fn want_sync(&self, sync: SecretSyncId, allow_deletions: bool) {
        self.amend(sync, |run| run.want_sync(clock::now(), allow_deletions).unwrap()).await;
    }

    pub(super) async fn want_removal(&self, sync: SecretSyncId, removal: Removal) {
        self.amend(sync, |run| run.want_removal(clock::now(), removal).unwrap()).await;
    }

    /// Replaces a definition, as a PATCH does.
    pub(super) async fn redefine(&self, sync: &SecretSync) {
        let read = self.safe.secret_sync(sync.id).await.unwrap().unwrap();
        let run = read.run.queue_sync(clock::now());
        let change = Change::new(clock::now()).replace(&read.sync, sync).replace(&read.run, &run);
        self.safe.commit(change, &line()).await.unwrap();
    }

    /// Status and message of the last sync.
    pub(super) async fn outcome(&self, sync: SecretSyncId) -> (String, String) {
        let state = self.run_of(sync).await.sync.clone();
        (
            state.status.map(|status| status.name().to_owned()).unwrap_or_default(),
            state.message.unwrap_or_default(),
        )
    }

    /// What the sync left at its destination, by key, as somebody sees who looks there.
    pub(super) fn there(&self, sync: &SecretSync) -> BTreeMap<String, String> {
        self.aws.owned_by(sync)
    }

    pub(super) async fn keep(&self, change: Change) {
        self.safe.keep_count(Bookkeeping(change)).await.unwrap();
    }
}

fn vault(config: &SdkConfig, store: &Store, organization: OrganizationId) -> Vault {
    let kms = aws_sdk_kms::Client::new(config);
    let sealer = seal::Sealer::new(kms, store.clone(), "alias/sealing".into(), organization);
    Vault::new(store.clone(), sealer)
}

pub(super) fn destination(kind: &str) -> DestinationConfig {
    let config = match kind {
        SECRETS_MANAGER => {
            json!({ "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "one-to-one" })
        }
        DOCUMENT => json!({
            "destination": "aws-secrets-manager", "region": "us-east-1", "mapping_behavior": "many-to-one",
            "secret_name": "app/all",
        }),
        _ => json!({ "destination": "aws-parameter-store", "region": "us-east-1", "path": "/app/" }),
    };
    serde_json::from_value(config).unwrap()
}

pub(super) fn message(id: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m", "body": json!({ "secretSyncId": id }).to_string(),
        "attributes": { "MessageGroupId": id, "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
    }] })
}

fn connection(organization: OrganizationId, project: ProjectId) -> Connection {
    let way = Way::AssumeRole { role_arn: role().parse().unwrap(), sts_endpoint: None };
    Connection { way, ..testkit::connection(organization, Scope::Project(project), NUMBER) }
}

fn author() -> Author {
    Author { actor: actor(), origin: Origin::default(), now: clock::now() }
}

fn actor() -> Actor {
    Actor { kind: "identity".into(), id: "i".into(), name: "n".into() }
}

pub(super) fn line() -> AuditRecord {
    AuditRecord {
        at: clock::now(),
        actor: actor(),
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
