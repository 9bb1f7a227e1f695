//! A deployment with two projects and the people and machines of the tests.

use access::protection::ExternalIdPolicy;
use aws_config::SdkConfig;
use connections::{Ctx, Settings, routes};
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::{IdentityId, OrganizationId, ProjectId};
use model::permission::Role;
use model::project::Project;
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::Trail;
use testkit::aws::{Calls, scripted};
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;

use crate::aws;

pub(crate) const BASE: &str = "/api/v1/app-connections/aws";
pub(crate) const CUSTOMER: &str = "222222222222";
/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) calls: Calls,
    pub(crate) organization: OrganizationId,
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// Administrator of the organisation.
    pub(crate) admin: IdentityId,
    /// Administrator of `project` alone.
    pub(crate) owner: IdentityId,
    /// Member of `project` alone.
    pub(crate) member: IdentityId,
    /// Administrator of `other` alone.
    pub(crate) neighbour: IdentityId,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ExternalIdPolicy::Enforce).await
    }

    pub(crate) async fn with(policy: ExternalIdPolicy) -> Self {
        let (config, calls) = scripted(aws::answer);
        Self::over(testkit::tables().await.unwrap(), &config, calls, policy).await
    }

    /// Whose every call to AWS and to the table goes through `fuse`.
    pub(crate) async fn through(fuse: &Fuse) -> (Self, Trail) {
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        let (config, calls) = scripted(aws::answer);
        (Self::over(store, &fuse.through(&config), calls, ExternalIdPolicy::Enforce).await, trail)
    }

    async fn over(store: Store, config: &SdkConfig, calls: Calls, policy: ExternalIdPolicy) -> Self {
        let organization = OrganizationId::random();
        let ctx = ctx(config, store.clone(), organization, policy);
        let world = Self {
            ctx,
            store,
            calls,
            organization,
            project: ProjectId::random(),
            other: ProjectId::random(),
            admin: IdentityId::random(),
            owner: IdentityId::random(),
            member: IdentityId::random(),
            neighbour: IdentityId::random(),
        };
        world.project("demo", world.project).await;
        world.project("other", world.other).await;
        world.membership(world.owner, world.project, Role::Admin).await;
        world.membership(world.member, world.project, Role::Member).await;
        world.membership(world.neighbour, world.other, Role::Admin).await;
        world
    }

    async fn project(&self, name: &str, id: ProjectId) {
        let project = Project { id, name: name.to_uppercase(), ..testkit::project(self.organization, name) };
        self.store.commit(Change::new(testkit::now()).create(&project), &line()).await.unwrap();
    }

    async fn membership(&self, actor: IdentityId, project: ProjectId, role: Role) {
        let membership = testkit::membership(self.organization, project, &actor, role);
        self.store.commit(Change::new(testkit::now()).create(&membership), &line()).await.unwrap();
    }

    pub(crate) async fn send(&self, event: Event) -> (u16, Value) {
        self.send_at(event, testkit::now()).await
    }

    pub(crate) async fn send_at(&self, event: Event, now: Timestamp) -> (u16, Value) {
        read(web::answer(routes(), self.ctx.clone(), event.request(), now).await).await
    }

    /// To a process that knows nothing that this one keeps in memory.
    pub(crate) async fn send_to_new_process(
        &self,
        fuse: &Fuse,
        event: &Event,
        now: Timestamp,
    ) -> (u16, Value) {
        let (config, _) = scripted(aws::answer);
        let config = fuse.through(&config);
        let ctx = ctx(&config, self.store.clone(), self.organization, ExternalIdPolicy::Enforce);
        read(web::answer(routes(), ctx, event.request(), now).await).await
    }

    /// As the administrator of the organisation.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let event = event(method, &format!("{BASE}{path}")).identity(self.admin, "admin");
        self.send(match body {
            Some(body) => event.body(body),
            None => event,
        })
        .await
    }

    /// As somebody without a role in the organisation.
    pub(crate) async fn as_identity(
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

    /// A connection in the project by a well-protected role, made by the administrator.
    pub(crate) async fn connection(&self, name: &str) -> String {
        let (status, answer) = self.admin("POST", "", Some(&self.role_body(name))).await;
        assert_eq!(status, 200, "{answer}");
        answer["appConnection"]["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn role_body(&self, name: &str) -> Value {
        role(name, &format!("only-{}", self.project), Some(self.project))
    }

    /// How many connections are stored.
    pub(crate) async fn count(&self) -> usize {
        self.store.connections_of(self.organization).await.unwrap().len()
    }
}

pub(crate) fn ctx(
    config: &SdkConfig,
    store: Store,
    organization: OrganizationId,
    policy: ExternalIdPolicy,
) -> Ctx {
    let settings = Settings {
        organization,
        region: "us-east-1".parse().unwrap(),
        trusted_account: "111111111111".parse().unwrap(),
        role_path: "/drawbridge/test/connection/".into(),
        external_id_policy: policy,
        sealing_key_id: "alias/sealing".into(),
        public_url: None,
    };
    Ctx::new(config, store, settings)
}

pub(crate) fn role(name: &str, role: &str, project: Option<ProjectId>) -> Value {
    let mut body = json!({
        "App": "aws", "name": name, "method": "assume-role",
        "credentials": { "roleArn": format!("arn:aws:iam::{CUSTOMER}:role/{role}") },
    });
    if let Some(project) = project {
        body["projectId"] = json!(project.to_string());
    }
    body
}

pub(crate) fn key(name: &str, id: &str) -> Value {
    json!({ "name": name, "method": "access-key", "credentials": { "accessKeyId": id, "secretAccessKey": "canary-secret" } })
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
