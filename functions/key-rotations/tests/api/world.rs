//! A deployment with two projects, their connections and folders, the people and machines of the tests, and the IAM of a
//! customer's account.

use std::time::Duration;

use aws_config::SdkConfig;
use key_rotations::{Ctx, routes};
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, DependentKind, Way};
use model::folder::FolderTree;
use model::id::{
    ConnectionId, EnvironmentId, FolderId, IdentityId, KeyRotationId, OrganizationId, ProjectId,
};
use model::permission::{Role, Scope};
use model::project::Project;
use model::secret::{SecretKind, SecretPath};
use rotation::{Rotations, Settings};
use seal::Sealer;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Change, Store};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::iam::Iam;
use vault::{Absent, Author, Listing, Place, SecretChange, Vault, Write};

use crate::clock::{TestTime, now, pass};

pub(crate) const ALL: &str = "/api/v2/secret-rotations";
pub(crate) const BASE: &str = "/api/v2/secret-rotations/aws-iam-user-secret";
pub(crate) const ACCOUNT: &str = testkit::account::NUMBER;
/// The user that is rotated.
pub(crate) const USER: &str = "legacy";
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) rotations: Rotations,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    /// The customer's account, with the user [`USER`].
    pub(crate) iam: Iam,
    vault: Vault,
    sealer: Sealer,
    pub(crate) organization: OrganizationId,
    /// Has the environments `dev`, `staging` and `prod`, and in `dev` the folder `/api`.
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// Of `project`, into [`ACCOUNT`].
    pub(crate) connection: ConnectionId,
    /// Of `other`, into [`ACCOUNT`].
    pub(crate) foreign: ConnectionId,
    /// Administrator of `project` alone.
    pub(crate) administrator: IdentityId,
    /// Member of `project` alone.
    pub(crate) member: IdentityId,
    /// Viewer of `project` alone.
    pub(crate) viewer: IdentityId,
    /// Administrator of `other` alone.
    pub(crate) neighbour: IdentityId,
    /// The function's own way to AWS and to the table.
    config: SdkConfig,
    way: Store,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::reached_by(SdkConfig::clone).await
    }

    /// Whose function reaches everything through `fuse`.
    pub(crate) async fn fused(fuse: &Fuse) -> Self {
        Self::reached_by(|config| fuse.through(config)).await
    }

    async fn reached_by(by: impl Fn(&SdkConfig) -> SdkConfig) -> Self {
        let (store, way, trail) = testkit::tables_reached_twice(&by).await.unwrap();
        let iam = Iam::on(now);
        iam.put_user(USER);
        let config = iam.config();
        let organization = OrganizationId::random();
        let sealer = Sealer::new(
            aws_sdk_kms::Client::new(&config),
            store.clone(),
            "alias/sealing".into(),
            organization,
        );
        let own = by(&config);
        let world = Self {
            ctx: Ctx::on(rotations(&own, &way, organization), way.clone(), organization),
            rotations: rotations(&config, &store, organization),
            vault: Vault::new(store.clone(), sealer.clone()),
            sealer,
            store,
            trail,
            iam,
            organization,
            project: ProjectId::random(),
            other: ProjectId::random(),
            connection: ConnectionId::random(),
            foreign: ConnectionId::random(),
            administrator: IdentityId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
            config: own,
            way,
        };
        world.make_project("demo", world.project).await;
        world.make_project("other", world.other).await;
        world.make_connection(world.connection, Scope::Project(world.project), "aws").await;
        world.make_connection(world.foreign, Scope::Project(world.other), "aws").await;
        for (who, project, role) in [
            (world.administrator, world.project, Role::Admin),
            (world.member, world.project, Role::Member),
            (world.viewer, world.project, Role::Viewer),
            (world.neighbour, world.other, Role::Admin),
        ] {
            world.membership(who, project, role).await;
        }
        let mut tree = FolderTree::new(world.project, world.environment("dev").await);
        tree.create(&"/".parse().unwrap(), "api".parse().unwrap(), None, now()).unwrap();
        world.commit(Change::new(now()).create(&tree)).await;
        world
    }

    /// Another process of the function, which knows nothing of the first.
    pub(crate) fn another(&self) -> Ctx {
        let rotations = rotations(&self.config, &self.way, self.organization);
        Ctx::on(rotations, self.way.clone(), self.organization)
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line()).await.unwrap();
    }

    async fn make_project(&self, name: &str, id: ProjectId) {
        let project = Project { id, ..testkit::project(self.organization, name) };
        self.commit(Change::new(now()).create(&project)).await;
    }

    /// A connection by a role of this partition.
    pub(crate) async fn make_connection(&self, id: ConnectionId, scope: Scope, partition: &str) {
        let role_arn = format!("arn:{partition}:iam::{ACCOUNT}:role/drawbridge").parse().unwrap();
        self.store_connection(id, scope, Way::AssumeRole { role_arn, sts_endpoint: None }).await;
    }

    async fn store_connection(&self, id: ConnectionId, scope: Scope, way: Way) {
        let connection = self.connection_by(id, scope, way);
        let owner = match scope {
            Scope::Project(project) => self.store.project(project).await.unwrap(),
            Scope::Organization => None,
        };
        let change = Change::new(now()).create(&connection);
        self.commit(owner.iter().fold(change, |change, owner| change.gain_connection(owner))).await;
    }

    fn connection_by(&self, id: ConnectionId, scope: Scope, way: Way) -> Connection {
        let name = format!("aws-{id}");
        Connection { id, name, way, ..testkit::connection(self.organization, scope, ACCOUNT) }
    }

    /// A connection of the project by this access key.
    pub(crate) async fn connection_with(&self, access_key_id: &str) -> ConnectionId {
        let (id, scope) = (ConnectionId::random(), Scope::Project(self.project));
        let way = |sealed: String| Way::AccessKey {
            access_key_id: access_key_id.to_owned(),
            secret_access_key: sealed,
        };
        let unsealed = self.connection_by(id, scope, way(String::new()));
        let secret = format!("secret of {access_key_id}").into();
        let sealed = self.sealer.seal_access_key(&unsealed, &secret).await.unwrap();
        self.store_connection(id, scope, way(sealed.as_str().to_owned())).await;
        id
    }

    async fn membership(&self, actor: IdentityId, project: ProjectId, role: Role) {
        let membership = testkit::membership(self.organization, project, &actor, role);
        self.commit(Change::new(now()).create(&membership)).await;
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

    /// Deletes a folder of `dev` behind the rotation's back.
    pub(crate) async fn delete_folder(&self, path: &str) {
        let read = self.store.folder_tree(self.environment("dev").await).await.unwrap().unwrap();
        let mut tree = read.value.clone();
        tree.remove(self.folder(path).await).unwrap();
        self.commit(Change::new(now()).replace(&read, &tree)).await;
    }

    /// Writes a secret into a folder of `dev`, as people do.
    pub(crate) async fn put(&self, path: &str, name: &str, value: &str) -> Result<(), vault::Error> {
        let write = Write::Update {
            name: name.parse().unwrap(),
            change: SecretChange { value: Some(value.to_owned().into()), ..SecretChange::default() },
            absent: Absent::Create,
        };
        let project = self.store.project(self.project).await.unwrap().unwrap();
        let path: SecretPath = path.parse().unwrap();
        let place = Place { project: &project, environment: self.environment("dev").await, path: &path };
        let AuditRecord { actor, origin, .. } = line();
        let author = Author { actor, origin, now: now() };
        self.vault.write(&place, &SecretKind::Shared, &author, vec![write]).await.map(drop)
    }

    /// The secrets of a folder of `dev`, by name: `NAME=value`.
    pub(crate) async fn secrets(&self, path: &str) -> Vec<String> {
        let project = self.store.project(self.project).await.unwrap().unwrap();
        let path: SecretPath = path.parse().unwrap();
        let place = Place { project: &project, environment: self.environment("dev").await, path: &path };
        let listed = self.vault.list(&place, &Listing { values: true, ..Listing::default() }).await.unwrap();
        let value = |secret: &vault::OpenSecret| secret.value.as_ref().unwrap().expose_secret().to_owned();
        let mut found: Vec<String> =
            listed.secrets.iter().map(|secret| format!("{}={}", secret.stored.name, value(secret))).collect();
        found.sort();
        found
    }

    pub(crate) async fn send(&self, event: Event) -> (u16, Value) {
        read(web::answer(routes(), self.ctx.clone(), event.request(), now()).await).await
    }

    /// As this identity, which is nothing in the organisation; the path follows the base.
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

    /// The rotation that a member is answered, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.by(self.member, method, path, body.as_ref()).await;
        assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
        answer["secretRotation"].clone()
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

    /// As Terraform sends it, into `/api` of `dev`.
    pub(crate) fn body(&self, name: &str) -> Value {
        json!({
            "name": name, "projectId": self.project, "description": "", "connectionId": self.connection,
            "environment": "dev", "secretPath": "/api", "isAutoRotationEnabled": true, "rotationInterval": 30,
            "rotateAtUtc": { "hours": 0, "minutes": 0 },
            "parameters": { "userName": USER, "region": "us-east-1" },
            "secretsMapping": { "accessKeyId": "KEY_ID", "secretAccessKey": "KEY_SECRET" }
        })
    }

    /// A new rotation with its first key in the secrets: its path below the base.
    pub(crate) async fn rotation(&self, name: &str) -> String {
        let made = self.ok("POST", "", Some(self.body(name))).await;
        assert_eq!(made["rotationStatus"], "success", "{made}");
        format!("/{}", text(&made, "id"))
    }

    /// The worker does what is due, again and again for a minute.
    pub(crate) async fn work(&self, path: &str) {
        for _ in 0..6 {
            pass(Duration::from_secs(10));
            let until = now().plus(Duration::from_secs(20));
            self.rotations.advance(id(path), until).await.unwrap();
        }
    }

    /// A rotation with two keys: its path below the base.
    pub(crate) async fn rotated(&self, name: &str) -> String {
        let path = self.rotation(name).await;
        self.ok("POST", &format!("{path}/rotate-secrets"), None).await;
        self.work(&path).await;
        assert_eq!(self.ok("GET", &path, None).await["rotationStatus"], "success");
        assert_eq!(self.iam.keys(USER).len(), 2);
        path
    }

    /// How many rotations the connection and the project count.
    pub(crate) async fn counted(&self) -> (i64, i64) {
        let connection = self.store.connection(self.connection).await.unwrap().unwrap();
        let project = self.store.project(self.project).await.unwrap().unwrap();
        (connection.dependents.count(DependentKind::KeyRotation), project.key_rotations)
    }

    /// How often people's requests about rotations are in the audit trail under this action.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        let lines = self.trail.actions().await.unwrap();
        lines.iter().filter(|line| line.split(' ').next() == Some(action)).count()
    }
}

fn rotations(config: &SdkConfig, store: &Store, organization: OrganizationId) -> Rotations {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
        key_rotation_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/rotations.fifo".into(),
        processes: 1,
    };
    Rotations::on(config, store.clone(), settings, now, Arc::new(TestTime))
}

/// The ids of the user's keys at AWS.
pub(crate) fn key_ids(world: &World) -> Vec<String> {
    world.iam.keys(USER).into_iter().map(|key| key.id).collect()
}

/// The id at the end of a rotation's path.
pub(crate) fn id(path: &str) -> KeyRotationId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// The text at a key.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

fn line() -> AuditRecord {
    AuditRecord {
        at: now(),
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
