//! An organisation with its project for certificates, and a customer's account with authorities.

use authority::{Pace, Quotas};
use aws_config::SdkConfig;
use certificates::{Ctx, Settings, routes};
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::connection::{Connection, DependentKind, Way};
use model::id::{ConnectionId, IdentityId, OrganizationId, ProjectId};
use model::permission::{Role, Scope};
use model::project::{Project, certificate_manager};
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;
use testkit::pki::{Pki, PrivateCa};

pub(crate) const BASE: &str = "/api/v1/cert-manager";
pub(crate) const PRIVATE: &str = "/ca/aws-pca";
pub(crate) const PUBLIC: &str = "/ca/aws-acm-public-ca";
pub(crate) const POLICIES: &str = "/certificate-policies";
pub(crate) const PROFILES: &str = "/certificate-profiles";
pub(crate) const APPLICATIONS: &str = "/applications";
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";
/// An id that nothing has.
pub(crate) const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    /// The customer's account.
    pub(crate) pki: Pki,
    pub(crate) organization: OrganizationId,
    /// The organisation's own for certificates, which is made at first need.
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// Of `project`.
    pub(crate) connection: ConnectionId,
    /// Of `project`.
    pub(crate) dns: ConnectionId,
    /// Of `other`.
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
        let world = Self::reached_by(SdkConfig::clone).await;
        world.furnish().await;
        world
    }

    /// Whose function reaches everything through `fuse`, and whose project is there already.
    pub(crate) async fn fused(fuse: &Fuse) -> Self {
        let world = Self::reached_by(|config| fuse.through(config)).await;
        world.make_project("certificates", world.project).await;
        world.furnish().await;
        world
    }

    async fn reached_by(by: impl Fn(&SdkConfig) -> SdkConfig) -> Self {
        let (store, way, trail) = testkit::tables_reached_twice(&by).await.unwrap();
        let pki = Pki::on(testkit::now);
        let (organization, config) = (OrganizationId::random(), by(&pki.config()));
        Self {
            ctx: process(&config, &way, organization),
            store,
            trail,
            pki,
            organization,
            project: certificate_manager(organization, false).id,
            other: ProjectId::random(),
            connection: ConnectionId::random(),
            dns: ConnectionId::random(),
            foreign: ConnectionId::random(),
            administrator: IdentityId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
            config,
            way,
        }
    }

    async fn furnish(&self) {
        self.make_project("other", self.other).await;
        for (id, project, name) in [
            (self.connection, self.project, "certificates"),
            (self.dns, self.project, "dns"),
            (self.foreign, self.other, "foreign"),
        ] {
            self.make_connection(id, project, name, "aws").await;
        }
        for (who, project, role) in [
            (self.administrator, self.project, Role::Admin),
            (self.member, self.project, Role::Member),
            (self.viewer, self.project, Role::Viewer),
            (self.neighbour, self.other, Role::Admin),
        ] {
            self.membership(who, project, role).await;
        }
    }

    /// Another process of the function, which knows nothing of the first.
    pub(crate) fn another(&self) -> Ctx {
        process(&self.config, &self.way, self.organization)
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line(testkit::now())).await.unwrap();
    }

    pub(crate) async fn make_project(&self, name: &str, id: ProjectId) {
        let project = Project {
            id,
            name: name.to_owned(),
            slug: format!("{name}-slug"),
            audit_logs_retention_days: Some(400),
            ..certificate_manager(self.organization, false)
        };
        self.commit(Change::new(testkit::now()).create(&project)).await;
    }

    /// A connection by a role of this partition.
    pub(crate) async fn make_connection(
        &self,
        id: ConnectionId,
        project: ProjectId,
        name: &str,
        partition: &str,
    ) {
        let account = testkit::account::NUMBER;
        let role_arn = format!("arn:{partition}:iam::{account}:role/{name}").parse().unwrap();
        let connection = Connection {
            id,
            name: name.to_owned(),
            way: Way::AssumeRole { role_arn, sts_endpoint: None },
            ..testkit::connection(self.organization, Scope::Project(project), account)
        };
        let change = Change::new(testkit::now()).create(&connection);
        // The project may not be made yet.
        let owner = self.store.project(project).await.unwrap();
        self.commit(owner.iter().fold(change, |change, owner| change.gain_connection(owner))).await;
    }

    async fn membership(&self, actor: IdentityId, project: ProjectId, role: Role) {
        let membership = testkit::membership(self.organization, project, &actor, role);
        self.commit(Change::new(testkit::now()).create(&membership)).await;
    }

    pub(crate) async fn send(&self, event: Event) -> (u16, Value) {
        read(web::answer(routes(), self.ctx.clone(), event.request(), testkit::now()).await).await
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

    /// What the project's administrator is answered, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.by(self.administrator, method, path, body.as_ref()).await;
        assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
        answer
    }

    /// The status and the message of a request of the project's administrator that must be refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let (status, answer) = self.by(self.administrator, method, path, body.as_ref()).await;
        assert!(status >= 400, "{method} {path} {body:?}: {answer}");
        for key in ["reqId", "statusCode", "message", "error"] {
            assert!(!answer[key].is_null(), "no {key} in {answer}");
        }
        let message = answer["message"].as_str().map_or_else(|| answer["message"].to_string(), str::to_owned);
        (status, message)
    }

    /// The body of a private CA, which is there.
    pub(crate) fn private(&self, name: &str) -> Value {
        let arn = self.pki.put_private_ca(PrivateCa::default());
        json!({
            "name": name, "status": "active",
            "configuration": {
                "appConnectionId": self.connection, "certificateAuthorityArn": arn, "region": "us-east-1"
            }
        })
    }

    /// The body of the public CA, with a zone `example.com` that is there.
    pub(crate) fn public(&self, name: &str) -> Value {
        let zone = self.pki.put_zone("example.com", false);
        json!({
            "name": name, "status": "active",
            "configuration": {
                "appConnectionId": self.connection, "dnsAppConnectionId": self.dns, "hostedZoneId": zone,
                "region": "us-east-1"
            }
        })
    }

    /// A new private CA: its id.
    pub(crate) async fn authority(&self, name: &str) -> String {
        text(&self.ok("POST", PRIVATE, Some(self.private(name))).await, "id")
    }

    /// A new policy for web servers: its id.
    pub(crate) async fn policy(&self, name: &str) -> String {
        let made = self.ok("POST", POLICIES, Some(policy(name))).await;
        text(&made["certificatePolicy"], "id")
    }

    /// A new profile with an authority and a policy of its own: its id.
    pub(crate) async fn profile(&self, slug: &str) -> String {
        let (authority, policy) = (self.authority(slug).await, self.policy(slug).await);
        self.profile_of(slug, &authority, &policy).await
    }

    /// A new profile: its id.
    pub(crate) async fn profile_of(&self, slug: &str, authority: &str, policy: &str) -> String {
        let body = json!({ "slug": slug, "caId": authority, "certificatePolicyId": policy });
        let made = self.ok("POST", PROFILES, Some(body)).await;
        text(&made["certificateProfile"], "id")
    }

    /// A new application with these profiles: its id.
    pub(crate) async fn application(&self, name: &str, profiles: &[&str]) -> String {
        let made = self.ok("POST", APPLICATIONS, Some(json!({ "name": name, "profileIds": profiles }))).await;
        text(&made["application"], "id")
    }

    /// How many authorities a connection counts.
    pub(crate) async fn used(&self, connection: ConnectionId) -> i64 {
        let connection = self.store.connection(connection).await.unwrap().unwrap();
        connection.dependents.count(DependentKind::CertificateAuthority)
    }

    /// How many things of certificates the project counts.
    pub(crate) async fn counted(&self) -> i64 {
        self.store.project(self.project).await.unwrap().map_or(0, |project| project.certificate_objects)
    }

    /// How often an action is in the audit trail.
    pub(crate) async fn audited(&self, action: &str) -> usize {
        let lines = self.trail.actions().await.unwrap();
        lines.iter().filter(|line| line.split(' ').next() == Some(action)).count()
    }
}

/// A process of the function.
fn process(config: &SdkConfig, store: &Store, organization: OrganizationId) -> Ctx {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        sealing_key_id: "alias/sealing".into(),
        certificate_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/certificates.fifo".into(),
        certificate_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
    };
    let pace = Pace::new(Quotas { processes: 1, are_off: true });
    Ctx::paced(config, store.clone(), settings, testkit::now, pace)
}

/// The body of a policy for web servers.
pub(crate) fn policy(name: &str) -> Value {
    json!({
        "name": name, "description": "",
        "subject": [{ "type": "common_name", "allowed": ["*.example.com"] }],
        "sans": [{ "type": "dns_name", "allowed": ["*"] }],
        "keyUsages": { "allowed": ["digital_signature", "key_encipherment"] },
        "extendedKeyUsages": { "allowed": ["server_auth", "client_auth"] },
        "algorithms": { "signature": ["SHA256-RSA", "SHA256-ECDSA"], "keyAlgorithm": ["RSA-2048", "ECDSA-P256"] },
        "validity": { "max": "365d" },
    })
}

/// The value with these fields instead.
pub(crate) fn with(mut value: Value, changes: &Value) -> Value {
    for (key, change) in changes.as_object().unwrap() {
        value[key] = change.clone();
    }
    value
}

/// The text at a key.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

pub(crate) fn line(at: Timestamp) -> AuditRecord {
    AuditRecord {
        at,
        actor: Actor { kind: "identity".into(), id: "i".into(), name: "n".into() },
        origin: Origin::default(),
        action: "test".into(),
        resource_id: "r".into(),
        resource_name: "r".into(),
        project_id: None,
        details: Vec::new(),
    }
}
