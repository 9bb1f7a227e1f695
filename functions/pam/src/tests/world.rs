//! A deployment in a test: the function over a real engine, a scripted AWS and a sign-in page on loopback.

use ::access::protection::ExternalIdPolicy;
use std::time::Duration;

use model::Timestamp;
use model::id::{OrganizationId, ProjectId};
use model::membership::{ActorKind, Membership, MembershipRole};
use model::permission::Role;
use serde_json::{Value, json};
use store::{Change, Store};
use testkit::cloud::{BRIDGE, Cloud, READONLY};
use testkit::event::{Event, event, read};
use testkit::fuse::Fuse;

use super::sign_in::SignIn;
use crate::{Ctx, Patience, Settings};

pub(super) struct World {
    pub(super) ctx: Ctx,
    pub(super) store: Store,
    pub(super) cloud: Cloud,
    pub(super) sign_in: SignIn,
    pub(super) project: ProjectId,
    pub(super) trail: std::sync::Arc<testkit::Trail>,
    pub(super) config: aws_config::SdkConfig,
}

pub(super) const ADA: &str = "ada@example.com";
pub(super) const BOB: &str = "bob@example.com";
pub(super) const ROOT: &str = "root@example.com";

impl World {
    pub(super) async fn new() -> Self {
        Self::with_fuse(&Fuse::default()).await
    }

    /// Whose every call to AWS, to the sign-in page and to the table goes through `fuse`.
    pub(super) async fn with_fuse(fuse: &Fuse) -> Self {
        super::log::watch();
        let (organization, project) = (OrganizationId::random(), ProjectId::random());
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        let cloud = Cloud::new(project);
        let account = cloud.clone();
        let (config, _) = testkit::aws::scripted(move |request| account.answer(request));
        let sign_in = SignIn::start(fuse.clone()).await;
        let settings = Settings {
            organization,
            region: "us-east-1".parse().unwrap(),
            trusted_account: "999999999999".parse().unwrap(),
            role_path: "/drawbridge/test/pam/".into(),
            external_id_policy: ExternalIdPolicy::Enforce,
            record_retention_days: 30,
            stand_in: Some(sign_in.url.clone()),
        };
        let config = fuse.through(&config);
        let ctx = Ctx::new(&config, store.clone(), settings);
        let ctx = ctx.with_patience(Patience { attempts: 3, pause: Duration::ZERO });
        Self { ctx, store, cloud, sign_in, project, trail: trail.into(), config }
    }

    /// The same deployment after a cold start: no first hop is in memory.
    pub(super) fn cold(&self) -> Self {
        let access = ::access::Access::new(&self.config, "us-east-1".parse().unwrap());
        Self {
            ctx: Ctx { access, ..self.ctx.clone() },
            store: self.store.clone(),
            cloud: self.cloud.clone(),
            sign_in: self.sign_in.clone(),
            project: self.project,
            trail: self.trail.clone(),
            config: self.config.clone(),
        }
    }

    /// With a project, its members Ada and Bob, a resource `production` and an account `readonly`.
    pub(super) async fn furnished() -> Self {
        let world = Self::new().await;
        world.furnish().await;
        world
    }

    pub(super) async fn furnish(&self) -> Value {
        self.make_project().await;
        self.furnish_project().await
    }

    /// The members, the resource and the account, in a project that is there.
    pub(super) async fn furnish_project(&self) -> Value {
        for person in [ADA, BOB] {
            self.join(ActorKind::User, person, Role::Member).await;
        }
        let resource = self.make_resource("production").await;
        self.make_account(&resource, "readonly", READONLY).await
    }

    pub(super) async fn make_project(&self) {
        self.make_project_kept(None).await;
    }

    /// Whose audit trail is kept for `days`.
    pub(super) async fn make_project_kept(&self, days: Option<u32>) {
        let project = project(self.ctx.organization, self.project, days);
        self.commit(Change::new(testkit::now()).create(&project)).await;
    }

    pub(super) async fn join(&self, kind: ActorKind, id: &str, role: Role) {
        self.join_as(kind, id, vec![MembershipRole::permanent(role)]).await;
    }

    pub(super) async fn join_as(&self, kind: ActorKind, id: &str, roles: Vec<MembershipRole>) {
        let membership = Membership {
            id: model::id::MembershipId::random(),
            organization_id: self.ctx.organization,
            project_id: self.project,
            actor_kind: kind,
            actor_id: id.to_owned(),
            actor_name: id.to_owned(),
            roles,
        };
        self.commit(Change::new(testkit::now()).create(&membership)).await;
    }

    async fn commit(&self, change: Change) {
        self.store.keep_count(store::Bookkeeping(change)).await.unwrap();
    }

    pub(super) async fn make_resource(&self, name: &str) -> Value {
        let body =
            json!({ "projectId": self.project, "name": name, "connectionDetails": { "roleArn": BRIDGE } });
        self.ok(root(event("POST", "/api/v1/pam/resources/aws-iam").body(&body))).await["resource"].clone()
    }

    pub(super) async fn make_account(&self, resource: &Value, name: &str, role: &str) -> Value {
        let body = json!({
            "resourceId": resource["id"], "name": name,
            "credentials": { "targetRoleArn": role, "defaultSessionDuration": 900 },
        });
        self.ok(root(event("POST", "/api/v1/pam/accounts/aws-iam").body(&body))).await["account"].clone()
    }

    /// Sends an event at the usual moment.
    pub(super) async fn send(&self, event: Event) -> (u16, Value) {
        self.send_at(event, testkit::now()).await
    }

    pub(super) async fn send_at(&self, event: Event, now: Timestamp) -> (u16, Value) {
        self.cloud.state().now = now;
        read(web::answer(crate::routes(), self.ctx.clone(), event.request(), now).await).await
    }

    pub(super) async fn ok(&self, event: Event) -> Value {
        self.ok_at(event, testkit::now()).await
    }

    pub(super) async fn ok_at(&self, event: Event, now: Timestamp) -> Value {
        let (status, body) = self.send_at(event, now).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The sessions as an administrator sees them at `now`, newest first.
    pub(super) async fn sessions(&self, now: Timestamp) -> Vec<Value> {
        let path = format!("/api/v1/pam/sessions?projectId={}&limit=100", self.project);
        let body = self.ok_at(root(event("GET", &path)), now).await;
        body["sessions"].as_array().unwrap().clone()
    }
}

pub(super) fn root(event: Event) -> Event {
    event.person(ROOT, "admin")
}

pub(super) fn person(event: Event, email: &str) -> Event {
    event.person(email, "member")
}

/// A request for access of the first generation's form.
pub(super) fn access(email: &str, body: &Value) -> Event {
    person(event("POST", "/api/v1/pam/accounts/access").body(body), email)
}

pub(super) fn path(path: &str) -> Value {
    json!({ "path": path })
}

fn project(organization: OrganizationId, id: ProjectId, days: Option<u32>) -> model::project::Project {
    serde_json::from_value(json!({
        "id": id, "organization_id": organization, "name": "demo", "slug": id.to_string(), "description": null,
        "project_type": "pam", "auto_capitalization": false, "has_delete_protection": false,
        "audit_logs_retention_days": days, "environments": [], "connections": 0,
    }))
    .unwrap()
}
