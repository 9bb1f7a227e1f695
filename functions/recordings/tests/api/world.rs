//! A deployment with a project, its people and machines, and a customer's bucket.

use aws_config::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::connection::Connection;
use model::id::{IdentityId, OrganizationId, ProjectId};
use model::permission::{Role, Scope};
use model::project::Project;
use model::recording::{Chunk, Sha256};
use recordings::{Ctx, Settings, routes};
use serde_json::{Value, json};
use store::{Bookkeeping, Change, Store, Stored};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;

use crate::cloud::Cloud;

pub(crate) const BUCKET: &str = "recordings-of-acme";
pub(crate) const ORIGIN: &str = "https://abc.execute-api.us-east-1.amazonaws.com";
/// An id that nothing has.
pub(crate) const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    pub(crate) cloud: Cloud,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    /// Of `project`.
    pub(crate) connection: Connection,
    /// Administrator of `project` alone.
    pub(crate) administrator: IdentityId,
    /// Member of `project` alone.
    pub(crate) gateway: IdentityId,
    /// Another member.
    pub(crate) second: IdentityId,
    /// Viewer of `project` alone.
    pub(crate) viewer: IdentityId,
    /// Administrator of another project alone.
    pub(crate) neighbour: IdentityId,
    config: SdkConfig,
    /// The function's own way to the table.
    fused: Store,
}

/// What a gateway knows of its session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) key: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::through(|config| config.clone()).await
    }

    /// Whose every call to AWS and to the table goes through `fuse`.
    pub(crate) async fn fused(fuse: &Fuse) -> Self {
        Self::through(|config| fuse.through(config)).await
    }

    pub(crate) async fn through(by: impl Fn(&SdkConfig) -> SdkConfig) -> Self {
        crate::log::watch();
        let (direct, store, trail) = testkit::tables_reached_twice(&by).await.unwrap();
        let cloud = Cloud::new().await;
        cloud.state().buckets.insert(BUCKET.to_owned(), Default::default());
        let organization = OrganizationId::random();
        let project =
            Project { audit_logs_retention_days: Some(400), ..testkit::project(organization, "payments") };
        let other = testkit::project(organization, "other");
        let connection = testkit::connection(organization, Scope::Project(project.id), "222222222222");
        let config = by(&cloud.config());
        let world = Self {
            ctx: Ctx::new(&config, store.clone(), settings(organization)),
            fused: store,
            store: direct,
            trail,
            cloud,
            organization,
            project: project.id,
            connection,
            administrator: IdentityId::random(),
            gateway: IdentityId::random(),
            second: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
            config,
        };
        world.furnish(&project, &other).await;
        world
    }

    async fn furnish(&self, project: &Project, other: &Project) {
        let member = |project: &Project, id: IdentityId, role| {
            testkit::membership(self.organization, project.id, &id, role)
        };
        let change = Change::new(testkit::now())
            .create(project)
            .create(other)
            .create(&self.connection)
            .create(&member(project, self.administrator, Role::Admin))
            .create(&member(project, self.gateway, Role::Member))
            .create(&member(project, self.second, Role::Member))
            .create(&member(project, self.viewer, Role::Viewer))
            .create(&member(other, self.neighbour, Role::Admin));
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
    }

    /// The same deployment after a cold start, with no session in memory.
    pub(crate) fn cold_again(&mut self) {
        self.ctx = self.another();
    }

    /// Another process of the function, with no session in memory.
    pub(crate) fn another(&self) -> Ctx {
        Ctx::new(&self.config, self.fused.clone(), settings(self.organization))
    }

    pub(crate) async fn send(&self, event: Event, by: IdentityId) -> (u16, Value) {
        self.send_at(event, by, testkit::now()).await
    }

    pub(crate) async fn send_at(&self, event: Event, by: IdentityId, now: Timestamp) -> (u16, Value) {
        self.cloud.state().now = Some(now);
        let event = event.identity(by, "no-access");
        read(web::answer(routes(), self.ctx.clone(), event.request(), now).await).await
    }

    pub(crate) async fn ok(&self, event: Event, by: IdentityId) -> Value {
        let (status, body) = self.send(event, by).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The status and the words of a refusal.
    pub(crate) async fn refused(&self, event: Event, by: IdentityId) -> (u16, String) {
        let (status, body) = self.send(event, by).await;
        assert_ne!(status, 200, "{body}");
        let words = body["message"].as_str().map_or_else(|| body["message"].to_string(), str::to_owned);
        (status, words)
    }

    pub(crate) fn config_path(&self) -> String {
        format!("/api/v1/pam/projects/{}/recording-config", self.project)
    }

    pub(crate) fn config_body(&self) -> Value {
        json!({
            "storageBackend": "aws-s3", "connectionId": self.connection.id, "bucket": BUCKET,
            "region": "us-east-1", "keyPrefix": "pam/prod",
        })
    }

    pub(crate) async fn configure(&self) -> Value {
        self.ok(event("POST", &self.config_path()).body(&self.config_body()), self.administrator).await
    }

    /// A session to record.
    pub(crate) async fn record(&self) -> String {
        let body = json!({ "projectId": self.project, "accountType": "ssh", "accountName": "root" });
        let made = self.ok(event("POST", "/api/v1/pam/recordings").body(&body), self.gateway).await;
        made["session"]["id"].as_str().unwrap().to_owned()
    }

    /// A session whose key the gateway has.
    pub(crate) async fn session(&self) -> Session {
        let id = self.record().await;
        self.credentials(&id).await
    }

    pub(crate) async fn credentials(&self, id: &str) -> Session {
        let given = self.ok(credentials(id), self.gateway).await;
        let text = |name: &str| given["recording"][name].as_str().unwrap().to_owned();
        Session { id: id.to_owned(), token: text("uploadToken"), key: text("sessionKey") }
    }

    /// With a configuration and a session whose key the gateway has.
    pub(crate) async fn recording() -> (Self, Session) {
        let world = Self::new().await;
        world.configure().await;
        let session = world.session().await;
        world.cloud.calls();
        (world, session)
    }

    /// A chunk's whole way: announced, put and committed.
    pub(crate) async fn upload(&self, session: &Session, index: u32, content: &[u8]) {
        let url = self.ok(presign(session, index, content), self.gateway).await;
        assert_eq!(self.cloud.put(url["url"].as_str().unwrap(), content), 200);
        self.ok(commit(session, index, content), self.gateway).await;
    }

    pub(crate) async fn chunk(&self, session: &Session, index: u32) -> Option<Stored<Chunk>> {
        self.store.chunk(session.id.parse().unwrap(), index.try_into().unwrap()).await.unwrap()
    }

    /// The key of a chunk's object.
    pub(crate) fn key_of(&self, session: &Session, index: u32) -> String {
        format!("pam/prod/{}/{}/chunk-{index:06}.json.enc", self.project, session.id)
    }
}

fn settings(organization: OrganizationId) -> Settings {
    Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        public_url: None,
        oidc_issuer: None,
        oidc_client_id: None,
        oidc_audience: None,
    }
}

pub(crate) fn credentials(id: &str) -> Event {
    event("GET", &format!("/api/v1/pam/sessions/{id}/credentials"))
}

pub(crate) fn presign(session: &Session, index: u32, content: &[u8]) -> Event {
    presign_body(session, &json!({ "chunkIndex": index, "ciphertextBytes": content.len() }))
}

pub(crate) fn presign_body(session: &Session, body: &Value) -> Event {
    let path = format!("/api/v1/pam/sessions/{}/chunks/presigned-put", session.id);
    event("POST", &path).header("x-gateway-upload-token", &session.token).body(body)
}

pub(crate) fn batch(session: &Session, chunks: &[Value]) -> Event {
    let path = format!("/api/v1/pam/sessions/{}/chunks/presigned-put-batch", session.id);
    event("POST", &path).header("x-gateway-upload-token", &session.token).body(&json!({ "chunks": chunks }))
}

pub(crate) fn commit(session: &Session, index: u32, content: &[u8]) -> Event {
    commit_body(session, &commit_of(index, content))
}

/// What a gateway says of a chunk.
pub(crate) fn commit_of(index: u32, content: &[u8]) -> Value {
    json!({
        "chunkIndex": index, "startElapsedMs": index * 1_000, "endElapsedMs": index * 1_000 + 999,
        "ciphertextSha256": Sha256::of(content).to_string(), "ciphertextBytes": content.len(),
        "iv": STANDARD.encode([7; 12]),
    })
}

pub(crate) fn commit_body(session: &Session, body: &Value) -> Event {
    let path = format!("/api/v1/pam/sessions/{}/chunks", session.id);
    event("POST", &path).header("x-gateway-upload-token", &session.token).body(body)
}
