//! A deployment with two projects and the people and machines of the tests.

use aws_config::SdkConfig;
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::{IdentityId, OrganizationId, ProjectId};
use model::permission::Role;
use model::project::Project;
use secrets::{Ctx, Settings, routes};
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::Trail;
use testkit::aws::{Answer, Calls, Request, scripted};
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;

use crate::aws;

/// A machine that is in no project and nothing in the organisation.
pub(crate) const STRANGER: &str = "99999999-9999-4999-8999-999999999999";

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) store: Store,
    pub(crate) trail: Trail,
    pub(crate) calls: Calls,
    pub(crate) organization: OrganizationId,
    /// Has the environments `dev`, `staging` and `prod`.
    pub(crate) project: ProjectId,
    pub(crate) other: ProjectId,
    /// Administrator of `project` alone.
    pub(crate) owner: IdentityId,
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
        let (store, trail) = testkit::tables_with_trail().await.unwrap();
        let (config, calls) = scripted(script);
        Self::over(store, trail, &config, calls).await
    }

    /// With all calls to AWS, the table's included, through a fuse.
    pub(crate) async fn through(fuse: &Fuse) -> Self {
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        let (config, calls) = scripted(aws::answer);
        Self::over(store, trail, &fuse.through(&config), calls).await
    }

    async fn over(store: Store, trail: Trail, config: &SdkConfig, calls: Calls) -> Self {
        let organization = OrganizationId::random();
        let world = Self {
            ctx: ctx(config, store.clone(), organization),
            store,
            trail,
            calls,
            organization,
            project: ProjectId::random(),
            other: ProjectId::random(),
            owner: IdentityId::random(),
            member: IdentityId::random(),
            viewer: IdentityId::random(),
            neighbour: IdentityId::random(),
        };
        world.project("demo", world.project).await;
        world.project("other", world.other).await;
        world.membership(world.owner, world.project, Role::Admin).await;
        world.membership(world.member, world.project, Role::Member).await;
        world.membership(world.viewer, world.project, Role::Viewer).await;
        world.membership(world.neighbour, world.other, Role::Admin).await;
        world
    }

    /// Another project, with the member as its administrator.
    pub(crate) async fn another_project(&self) -> ProjectId {
        let id = ProjectId::random();
        self.project(&id.to_string(), id).await;
        self.membership(self.member, id, Role::Admin).await;
        id
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

    /// As this identity, which is nothing in the organisation.
    pub(crate) async fn by(
        &self,
        id: impl ToString,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let event = event(method, path).identity(id, "no-access");
        self.send(match body {
            Some(body) => event.body(body),
            None => event,
        })
        .await
    }

    /// What a member of the project is answered, to a request that must succeed.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.by(self.member, method, path, body.as_ref()).await;
        assert_eq!(status, 200, "{method} {path} {body:?}: {answer}");
        answer
    }

    /// Status and error name of a member's request that must be refused, and the message.
    pub(crate) async fn refused(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> (u16, String, String) {
        let (status, answer) = self.by(self.member, method, path, body.as_ref()).await;
        assert!(status >= 400, "{method} {path} {body:?}: {answer}");
        for key in ["reqId", "statusCode", "message", "error"] {
            assert!(!answer[key].is_null(), "no {key} in {answer}");
        }
        assert_eq!(answer["statusCode"], json!(status));
        let message = answer["message"].as_str().map_or_else(|| answer["message"].to_string(), str::to_owned);
        (status, text(&answer, "error"), message)
    }

    /// The id of an environment of the project.
    pub(crate) async fn environment(&self, slug: &str) -> String {
        let project = self.store.project(self.project).await.unwrap().unwrap();
        project.environments.find_by_slug(slug).unwrap().1.id.to_string()
    }

    /// The id of a new folder in the environment `dev`.
    pub(crate) async fn folder(&self, path: &str, name: &str) -> String {
        let body = json!({ "projectId": self.project, "environment": "dev", "name": name, "path": path });
        text(&self.ok("POST", "/api/v2/folders", Some(body)).await["folder"], "id")
    }

    /// The folders that a list of the environment `dev` has; `query` says of what.
    pub(crate) async fn list(&self, route: &str, query: &str) -> Value {
        self.list_in("dev", route, query).await
    }

    pub(crate) async fn list_in(&self, environment: &str, route: &str, query: &str) -> Value {
        let path = format!("{route}?projectId={}&environment={environment}&{query}", self.project);
        self.ok("GET", &path, None).await["folders"].clone()
    }

    /// The lines of the audit trail about things whose action begins with `prefix`, in the order of the alphabet.
    pub(crate) async fn audited(&self, prefix: &str) -> Vec<String> {
        let mut lines = self.trail.actions().await.unwrap();
        lines.retain(|line| line.starts_with(prefix));
        lines.sort();
        lines
    }
}

pub(crate) fn ctx(config: &SdkConfig, store: Store, organization: OrganizationId) -> Ctx {
    let settings = Settings {
        organization,
        sealing_key_id: "alias/sealing".into(),
        secret_sync_queue_url: "https://sqs.us-east-1.amazonaws.com/111111111111/syncs.fifo".into(),
    };
    Ctx::new(config, store, settings, testkit::now)
}

/// The text at a key.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}")).to_owned()
}

/// The texts at a key of each item of a list, in order.
pub(crate) fn each(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter().map(|item| text(item, key)).collect()
}

pub(crate) fn line() -> AuditRecord {
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
