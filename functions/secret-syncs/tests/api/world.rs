//! A deployment with two projects, their connections and folders, and the people and machines of the tests.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, DependentKind};
use model::folder::FolderTree;
use model::id::{ConnectionId, EnvironmentId, FolderId, IdentityId, OrganizationId, ProjectId, SecretSyncId};
use model::permission::{Role, Scope};
use model::project::Project;
use model::secret::{SecretKind, SecretPath};
use model::secret_sync::run::{Claim, Finished, Outcome};
use model::secret_sync::{SecretSyncRun, Watched};
use seal::Sealer;
use secret_syncs::{Ctx, Settings, routes};
use serde_json::{Value, json};
use store::{Change, Store, SyncAndRun};
use testkit::Trail;
use testkit::account::Account;
use testkit::aws::{Answer, Calls, Request, scripted};
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use vault::{Absent, Author, NewSecret, Place, SecretChange, Vault, Write};

use crate::aws;

pub(crate) const BASE: &str = "/api/v1/secret-syncs";
pub(crate) const SECRETS: &str = "aws-secrets-manager";
pub(crate) const PARAMETERS: &str = "aws-parameter-store";
pub(crate) const ACCOUNT: &str = testkit::account::NUMBER;
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    pub(crate) calls: Calls,
    /// Reads and writes secrets, by another process than the function's.
    pub(crate) vault: Vault,
    /// The customer's account.
    pub(crate) account: Account,
    pub(crate) organization: OrganizationId,
    /// Has the environments `dev`, `staging` and `prod`, and in `dev` the folders `/api` and `/api/db`.
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// Of `project`, into [`ACCOUNT`].
    pub(crate) connection: ConnectionId,
    /// Of the organisation, into [`ACCOUNT`].
    pub(crate) shared: ConnectionId,
    /// Of `other`, into [`ACCOUNT`].
    pub(crate) foreign: ConnectionId,
    /// Member of `project` alone.
    pub(crate) member: IdentityId,
    /// Viewer of `project` alone.
    pub(crate) viewer: IdentityId,
    /// Administrator of `other` alone.
    pub(crate) neighbour: IdentityId,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(aws::answer).await
    }

    pub(crate) async fn with(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::through(&Fuse::default(), script).await
    }

    /// Whose function's every call goes through `fuse`. What the tests do themselves does not.
    pub(crate) async fn through(
        fuse: &Fuse,
        script: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (store, fused, trail) =
            testkit::tables_reached_twice(|config| fuse.through(config)).await.unwrap();
        let (config, calls) = scripted(script);
        let account = Account::new();
        let config = account.beside(&config);
        let organization = OrganizationId::random();
        let healthy = aws_sdk_kms::Client::new(&scripted(aws::answer).0);
        let sealer = Sealer::new(healthy, store.clone(), "alias/sealing".into(), organization);
        let world = Self {
            ctx: ctx(&fuse.through(&config), fused, organization),
            store: store.clone(),
            trail,
            calls,
            vault: Vault::new(store.clone(), sealer),
            account,
            organization,
            project: ProjectId::random(),
            other: ProjectId::random(),
            connection: ConnectionId::random(),
            shared: ConnectionId::random(),
            foreign: ConnectionId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
        };
        world.make_project("demo", world.project).await;
        world.make_project("other", world.other).await;
        for (id, scope) in [
            (world.connection, Scope::Project(world.project)),
            (world.shared, Scope::Organization),
            (world.foreign, Scope::Project(world.other)),
        ] {
            world.make_connection(id, scope, ACCOUNT).await;
        }
        world.membership(world.member, world.project, Role::Member).await;
        world.membership(world.viewer, world.project, Role::Viewer).await;
        world.membership(world.neighbour, world.other, Role::Admin).await;
        world.make_folders().await;
        world
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line()).await.unwrap();
    }

    async fn make_project(&self, name: &str, id: ProjectId) {
        let project = testkit::project(self.organization, name);
        let project = Project { id, name: format!("{name} CANARY-NAME"), ..project };
        self.commit(Change::new(testkit::now()).create(&project)).await;
    }

    pub(crate) async fn make_connection(&self, id: ConnectionId, scope: Scope, account: &str) {
        let connection = Connection { id, ..testkit::connection(self.organization, scope, account) };
        let connection = Connection { name: format!("aws-{id}"), ..connection };
        self.commit(Change::new(testkit::now()).create(&connection)).await;
    }

    async fn membership(&self, actor: IdentityId, project: ProjectId, role: Role) {
        let membership = testkit::membership(self.organization, project, &actor, role);
        self.commit(Change::new(testkit::now()).create(&membership)).await;
    }

    async fn make_folders(&self) {
        let mut tree = FolderTree::new(self.project, self.environment("dev").await);
        tree.create(&"/api".parse().unwrap(), "db".parse().unwrap(), None, testkit::now()).unwrap();
        self.commit(Change::new(testkit::now()).create(&tree)).await;
    }

    /// The id of an environment of the project.
    pub(crate) async fn environment(&self, slug: &str) -> EnvironmentId {
        let project = self.store.project(self.project).await.unwrap().unwrap();
        project.environments.find_by_slug(slug).unwrap().1.id
    }

    /// The id of a folder of `dev`.
    pub(crate) async fn folder(&self, path: &str) -> FolderId {
        let tree = self.store.folder_tree(self.environment("dev").await).await.unwrap().unwrap();
        tree.at(&path.parse().unwrap()).unwrap()
    }

    /// Deletes a folder of `dev` behind the sync's back.
    pub(crate) async fn delete_folder(&self, path: &str) {
        let read = self.store.folder_tree(self.environment("dev").await).await.unwrap().unwrap();
        let mut tree = read.value.clone();
        tree.remove(self.folder(path).await).unwrap();
        self.commit(Change::new(testkit::now()).replace(&read, &tree)).await;
    }

    /// Deletes an environment of the project behind the sync's back.
    pub(crate) async fn delete_environment(&self, slug: &str) {
        let read = self.store.project(self.project).await.unwrap().unwrap();
        let mut project = read.value.clone();
        project.environments.remove(self.environment(slug).await).unwrap();
        self.commit(Change::new(testkit::now()).replace(&read, &project)).await;
    }

    /// Writes secrets into a folder of `dev`.
    pub(crate) async fn put(&self, path: &str, secrets: &[(&str, &str)]) {
        let write = |(name, value): &(&str, &str)| Write::Update {
            name: name.parse().unwrap(),
            change: SecretChange { value: Some((*value).to_owned().into()), ..SecretChange::default() },
            absent: Absent::Create,
        };
        self.write(path, secrets.iter().map(write).collect()).await;
    }

    /// A secret in the root of `dev` that a key rotation writes.
    pub(crate) async fn put_rotated(&self, name: &str, value: &str) {
        let rotation_id = Some(model::id::KeyRotationId::random());
        let new = NewSecret { rotation_id, ..NewSecret::new(name.parse().unwrap(), value.to_owned().into()) };
        self.write("/", vec![Write::Create(new)]).await;
    }

    async fn write(&self, path: &str, writes: Vec<Write>) {
        let project = self.store.project(self.project).await.unwrap().unwrap();
        let path: SecretPath = path.parse().unwrap();
        let place = Place { project: &project, environment: self.environment("dev").await, path: &path };
        let line = line();
        let author = Author { actor: line.actor, origin: line.origin, now: testkit::now() };
        self.vault.write(&place, &SecretKind::Shared, &author, writes).await.unwrap();
    }

    pub(crate) async fn send(&self, event: Event) -> (u16, Value) {
        self.send_at(event, testkit::now()).await
    }

    pub(crate) async fn send_at(&self, event: Event, now: Timestamp) -> (u16, Value) {
        read(web::answer(routes(), self.ctx.clone(), event.request(), now).await).await
    }

    /// As this identity, which is nothing in the organisation; the path follows the destination.
    pub(crate) async fn by(
        &self,
        id: impl ToString,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let event = event(method, &format!("{BASE}{path}")).identity(id, "no-access");
        self.send(match body {
            Some(body) => event.body(body),
            None => event,
        })
        .await
    }

    /// The sync that a member is answered, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.by(self.member, method, path, body.as_ref()).await;
        assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
        answer["secretSync"].clone()
    }

    /// The status and the message of a member's request that must be refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let (status, answer) = self.by(self.member, method, path, body.as_ref()).await;
        assert!(status >= 400, "{method} {path} {body:?}: {answer}");
        for key in ["reqId", "statusCode", "message", "error"] {
            assert!(!answer[key].is_null(), "no {key} in {answer}");
        }
        let message = answer["message"].as_str().map_or_else(|| answer["message"].to_string(), str::to_owned);
        (status, message)
    }

    /// As Terraform sends it for AWS Secrets Manager, one-to-one, from the root of `dev`.
    pub(crate) fn secrets_manager(&self, name: &str) -> Value {
        json!({
            "name": name, "projectId": self.project, "description": "", "connectionId": self.connection,
            "environment": "dev", "secretPath": "/", "isAutoSyncEnabled": true,
            "syncOptions": {
                "initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": false,
                "syncSecretMetadataAsTags": false, "keySchema": ""
            },
            "destinationConfig": { "region": "us-east-1", "mappingBehavior": "one-to-one", "secretName": "" }
        })
    }

    /// The same for Parameter Store.
    pub(crate) fn parameter_store(&self, name: &str, path: &str) -> Value {
        let mut body = self.secrets_manager(name);
        body["destinationConfig"] = json!({ "region": "us-east-1", "path": path });
        body
    }

    /// A new sync of Secrets Manager: its path below the base.
    pub(crate) async fn sync(&self, name: &str) -> String {
        let made = self.ok("POST", &format!("/{SECRETS}"), Some(self.secrets_manager(name))).await;
        format!("/{SECRETS}/{}", text(&made, "id"))
    }

    /// What is stored of the sync at a path.
    pub(crate) async fn stored(&self, path: &str) -> SyncAndRun {
        self.store.secret_sync(id(path)).await.unwrap().unwrap()
    }

    /// Changes the run state of the sync at a path, as a worker does.
    pub(crate) async fn run(&self, path: &str, step: impl Fn(&SecretSyncRun) -> SecretSyncRun) {
        let changed = self.store.amend_secret_sync_run(id(path), testkit::now(), |run| (Some(step(run)), ()));
        changed.await.unwrap().unwrap();
    }

    /// A worker begins what is wanted of the sync at a path.
    pub(crate) async fn begin(&self, path: &str) {
        self.run(path, |run| {
            let claim = run.claim(testkit::now(), "worker", std::time::Duration::from_secs(300));
            let Claim::Work { next, .. } = claim else { panic!("{claim:?}") };
            *next
        })
        .await;
    }

    /// The worker ends what it began.
    pub(crate) async fn finish(&self, path: &str, outcome: &Outcome) {
        self.run(path, |run| {
            let finished = run.finish("worker", testkit::now(), outcome);
            let Ok(Finished::Store(next)) = finished else { panic!("{finished:?}") };
            *next
        })
        .await;
    }

    /// The sync at a path reads a folder of `dev`, as a worker found out.
    pub(crate) async fn watch(&self, sync: &str, folder: &str) {
        let watched =
            Watched { environment_id: self.environment("dev").await, folder_id: self.folder(folder).await };
        self.vault.watch(id(sync), &BTreeSet::from([watched]), testkit::now()).await.unwrap();
        assert_eq!(self.watchers(folder).await, [id(sync)]);
    }

    /// Whom a change of a folder of `dev` wakes.
    pub(crate) async fn watchers(&self, folder: &str) -> Vec<SecretSyncId> {
        let (environment, folder) = (self.environment("dev").await, self.folder(folder).await);
        self.store.folder_state(environment, folder).await.unwrap().watchers
    }

    /// How many syncs a connection counts.
    pub(crate) async fn counted(&self, connection: ConnectionId) -> i64 {
        let connection = self.store.connection(connection).await.unwrap().unwrap();
        connection.dependents.count(DependentKind::SecretSync)
    }

    /// How many syncs the project counts.
    pub(crate) async fn count(&self) -> i64 {
        self.store.project(self.project).await.unwrap().unwrap().secret_syncs
    }

    /// The lines of the audit trail about syncs, in the order of the alphabet.
    pub(crate) async fn audited(&self) -> Vec<String> {
        let mut lines = self.trail.actions().await.unwrap();
        lines.retain(|line| line.starts_with("secret-sync."));
        lines.sort();
        lines
    }
}

pub(crate) fn ctx(config: &SdkConfig, store: Store, organization: OrganizationId) -> Ctx {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
    };
    Ctx::new(config, store, settings, testkit::now)
}

/// The id at the end of a sync's path.
pub(crate) fn id(path: &str) -> SecretSyncId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// The text at a key.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

fn line() -> AuditRecord {
    AuditRecord {
        at: testkit::now(),
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
