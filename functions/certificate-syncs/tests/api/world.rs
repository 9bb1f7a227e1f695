//! An organisation with a project for certificates, an application in it, and a customer's account with a load balancer.

use aws_config::SdkConfig;
use certificate_syncs::{Ctx, Settings, routes};
use model::Timestamp;
use model::application::Application;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate_sync::{CertificateSyncRun, Slot};
use model::connection::{Connection, DependentKind, Way};
use model::id::{
    ApplicationId, CertificateId, CertificateSyncId, ConnectionId, IdentityId, OrganizationId, ProjectId,
};
use model::permission::{Role, Scope};
use model::project::{Project, certificate_manager};
use placement::{Pace, Quotas};
use serde_json::{Value, json};
use store::{Change, Store, Stored};
use testkit::Trail;
use testkit::event::{Event, event, read};
use testkit::fleet::Fleet;
use testkit::fuse::Fuse;

pub(crate) const BASE: &str = "/api/v1/cert-manager/syncs";
pub(crate) const ACM: &str = "/aws-certificate-manager";
pub(crate) const ELB: &str = "/aws-elastic-load-balancer";
pub(crate) const REGION: &str = "eu-west-1";
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";
/// An id that nothing has.
pub(crate) const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    /// The customer's account.
    pub(crate) fleet: Fleet,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    pub(crate) application: ApplicationId,
    /// Another one of `project`.
    pub(crate) sibling: ApplicationId,
    /// Of `project`.
    pub(crate) connection: ConnectionId,
    /// Of `other`.
    pub(crate) foreign: ConnectionId,
    /// The load balancer, and its two HTTPS listeners.
    pub(crate) balancer: String,
    pub(crate) listeners: [String; 2],
    pub(crate) administrator: IdentityId,
    pub(crate) member: IdentityId,
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
        let fleet = Fleet::on(testkit::now);
        let (organization, config) = (OrganizationId::random(), by(&fleet.config()));
        let balancer = fleet.put_balancer(REGION, "application", "web");
        let listeners = [443, 8443].map(|port| fleet.put_listener(&balancer, "HTTPS", port, None));
        let world = Self {
            ctx: process(&config, &way, organization),
            store,
            trail,
            fleet,
            organization,
            project: certificate_manager(organization, false).id,
            other: ProjectId::random(),
            application: ApplicationId::random(),
            sibling: ApplicationId::random(),
            connection: ConnectionId::random(),
            foreign: ConnectionId::random(),
            balancer,
            listeners,
            administrator: IdentityId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
            config,
            way,
        };
        for (id, name) in [(world.project, "certificates"), (world.other, "other")] {
            let made = certificate_manager(organization, false);
            let slug = format!("{name}-slug");
            let audit_logs_retention_days = Some(400);
            let project = Project { id, name: name.into(), slug, audit_logs_retention_days, ..made };
            world.commit(Change::new(testkit::now()).create(&project)).await;
        }
        for (id, name) in [(world.application, "web"), (world.sibling, "mail")] {
            world.make_application(id, name, world.project).await;
        }
        world.make_connection(world.connection, world.project, "way in").await;
        world.make_connection(world.foreign, world.other, "foreign").await;
        for (who, project, role) in [
            (world.administrator, world.project, Role::Admin),
            (world.member, world.project, Role::Member),
            (world.viewer, world.project, Role::Viewer),
            (world.neighbour, world.other, Role::Admin),
        ] {
            world.membership(who, project, role).await;
        }
        world
    }

    /// Another process of the function, which knows nothing of the first.
    pub(crate) fn another(&self) -> Ctx {
        process(&self.config, &self.way, self.organization)
    }

    pub(crate) async fn commit(&self, change: Change) {
        self.store.commit(change, &line(testkit::now())).await.unwrap();
    }

    pub(crate) async fn make_application(&self, id: ApplicationId, name: &str, project: ProjectId) {
        let application = Application {
            id,
            organization_id: self.organization,
            project_id: project,
            name: name.into(),
            description: None,
            profiles: 0,
            certificate_syncs: 0,
            created_by: "user:a".into(),
        };
        let owner = self.store.project(project).await.unwrap().unwrap();
        self.commit(Change::new(testkit::now()).create_application(&application, &owner)).await;
    }

    pub(crate) async fn make_connection(&self, id: ConnectionId, project: ProjectId, name: &str) {
        let account = testkit::account::NUMBER;
        let role = name.replace(' ', "-");
        let role_arn = format!("arn:aws:iam::{account}:role/{role}").parse().unwrap();
        let connection = Connection {
            id,
            name: name.to_owned(),
            way: Way::AssumeRole { role_arn, sts_endpoint: None },
            ..testkit::connection(self.organization, Scope::Project(project), account)
        };
        let owner = self.store.project(project).await.unwrap().unwrap();
        self.commit(Change::new(testkit::now()).create(&connection).gain_connection(&owner)).await;
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

    /// As a person who administers the organisation.
    pub(crate) async fn person(&self, method: &str, path: &str) -> (u16, Value) {
        self.send(event(method, &format!("{BASE}{path}")).person("ada@example.com", "admin")).await
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

    /// The body of a sync with ACM.
    pub(crate) fn acm(&self, name: &str) -> Value {
        json!({
            "name": name, "connectionId": self.connection, "applicationId": self.application,
            "destinationConfig": { "region": REGION },
            "syncOptions": { "certificateNameSchema": "web-{{certificateId}}" }
        })
    }

    /// The body of a sync with the load balancer.
    pub(crate) fn elb(&self, name: &str) -> Value {
        let [first, second] = &self.listeners;
        json!({
            "name": name, "connectionId": self.connection, "applicationId": self.application,
            "destinationConfig": { "region": REGION, "loadBalancerArn": self.balancer, "listeners": [
                { "listenerArn": first, "port": 443, "protocol": "HTTPS" },
                { "listenerArn": second, "port": 8443, "protocol": "HTTPS" }
            ] }
        })
    }

    /// A new sync with ACM: its id.
    pub(crate) async fn acm_sync(&self, name: &str) -> String {
        text(&self.ok("POST", ACM, Some(self.acm(name))).await, "id")
    }

    /// A new sync with the load balancer: its id.
    pub(crate) async fn elb_sync(&self, name: &str) -> String {
        text(&self.ok("POST", ELB, Some(self.elb(name))).await, "id")
    }

    /// What attaching these answers.
    pub(crate) async fn attach(&self, sync: &str, ids: &[CertificateId]) -> Vec<Value> {
        let answer = self.ok("POST", &format!("/{sync}/certificates"), Some(these(ids))).await;
        answer["addedCertificates"].as_array().unwrap().clone()
    }

    /// What is attached, as the list tells.
    pub(crate) async fn attached(&self, sync: &str) -> Vec<Value> {
        let answer = self.ok("GET", &format!("/{sync}/certificates?limit=100"), None).await;
        answer["certificates"].as_array().unwrap().clone()
    }

    pub(crate) async fn run(&self, sync: &str) -> CertificateSyncRun {
        self.store.certificate_sync_run(sync.parse().unwrap()).await.unwrap().unwrap().value
    }

    pub(crate) async fn slots(&self, sync: &str) -> Vec<Stored<Slot>> {
        self.store.certificate_sync_slots(sync.parse().unwrap()).await.unwrap()
    }

    /// As if nobody wanted anything of the sync by now.
    pub(crate) async fn calm(&self, sync: &str) {
        let calm = |run: &CertificateSyncRun| {
            let next = CertificateSyncRun {
                source_changed_at: None,
                due_at: None,
                wants_sync: false,
                ..run.clone()
            };
            (Some(next), ())
        };
        let id: CertificateSyncId = sync.parse().unwrap();
        self.store.amend_certificate_sync_run(id, testkit::now(), calm).await.unwrap();
        while self.fleet.receive("syncs").is_some() {}
    }

    /// How many syncs the connection and the application count.
    pub(crate) async fn counted(&self) -> (i64, i64) {
        let connection = self.store.connection(self.connection).await.unwrap().unwrap();
        let application = self.store.application(self.application).await.unwrap().unwrap();
        (connection.dependents.count(DependentKind::CertificateSync), application.certificate_syncs)
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
        certificate_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
    };
    let pace = Pace::new(Quotas { processes: 1, are_off: true });
    Ctx::paced(config, store.clone(), settings, testkit::now, pace)
}

/// The body that names these certificates.
pub(crate) fn these(ids: &[CertificateId]) -> Value {
    json!({ "certificateIds": ids })
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
