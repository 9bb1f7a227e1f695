//! A deployment in a test: the worker over a real engine and a customer's account with people in its roles.

use ::access::{Access, ConsoleChain, Stay};
use job::{Deadline, Report, Worker as _};
use model::Timestamp;
use model::id::{OrganizationId, PamAccountId, PamResourceId, PamSessionId, ProjectId};
use model::membership::ActorKind;
use model::pam::{
    AccessMethod, PamSession, SessionActor, SessionDuration, SessionName, SessionState, deny_policy,
};
use serde_json::json;
use store::{Bookkeeping, Change, Store, Stored};
use testkit::Trail;
use testkit::cloud::{BRIDGE, Cloud};
use testkit::fuse::Fuse;
use testkit::later;

use crate::PamWorker;

/// From the termination until its Deny may go.
pub(super) const KEPT: u64 = 3_900;

/// An invocation at which no time passes.
pub(super) fn within(seconds: u64, left: u64) -> Deadline {
    Deadline::new(move || later(seconds), later(seconds + left))
}

pub(super) struct World {
    pub(super) worker: PamWorker,
    pub(super) store: Store,
    pub(super) cloud: Cloud,
    pub(super) trail: Trail,
    pub(super) project: ProjectId,
    organization: OrganizationId,
    resource: PamResourceId,
    /// The way in of people, which no fault befalls.
    access: Access,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with_fuse(&Fuse::default()).await
    }

    /// Whose worker reaches AWS and the table through `fuse`.
    pub(super) async fn with_fuse(fuse: &Fuse) -> Self {
        let (store, trail) = testkit::tables_reached_by(|config| fuse.through(config)).await.unwrap();
        let project = ProjectId::random();
        let cloud = Cloud::new(project);
        let account = cloud.clone();
        let (config, _) = testkit::aws::scripted(move |request| account.answer(request));
        let region: model::region::Region = "us-east-1".parse().unwrap();
        let worker = PamWorker::new(&fuse.through(&config), store.clone(), region.clone());
        let (organization, resource) = (OrganizationId::random(), PamResourceId::random());
        let access = Access::new(&config, region);
        Self { worker, store, cloud, trail, project, organization, resource, access }
    }

    /// The same after a cold start, with another worker at the same time as the first.
    pub(super) fn cold(&self, config: impl FnOnce(&Cloud) -> aws_config::SdkConfig) -> PamWorker {
        PamWorker::new(&config(&self.cloud), self.store.clone(), "us-east-1".parse().unwrap())
    }

    /// Another process of the same function, through `fuse` as well.
    pub(super) fn another(&self, fuse: &Fuse) -> PamWorker {
        let cloud = self.cloud.clone();
        self.cold(|_| fuse.through(&testkit::aws::scripted(move |request| cloud.answer(request)).0))
    }

    /// A project that keeps its audit trail for `days`.
    pub(super) async fn make_project(&self, days: Option<u32>) {
        let project: model::project::Project = serde_json::from_value(json!({
            "id": self.project, "organization_id": self.organization, "name": "demo", "slug": "demo", "description": null,
            "project_type": "pam", "auto_capitalization": false, "has_delete_protection": false,
            "audit_logs_retention_days": days, "environments": [], "connections": 0,
        }))
        .unwrap();
        self.commit(Change::new(testkit::now()).create(&project)).await;
    }

    pub(super) async fn commit(&self, change: Change) {
        self.store.keep_count(Bookkeeping(change)).await.unwrap();
    }

    /// Somebody's session in a role, a record and nothing else yet.
    pub(super) fn session(&self, role: &str, email: &str, seconds: u64) -> PamSession {
        let opened = PamSession {
            id: PamSessionId::random(),
            organization_id: self.organization,
            project_id: self.project,
            resource_id: self.resource,
            resource_name: "production".into(),
            resource_role_arn: BRIDGE.parse().unwrap(),
            region: None,
            account_id: PamAccountId::random(),
            account_name: role.rsplit('/').next().unwrap().into(),
            target_role_arn: role.parse().unwrap(),
            actor: SessionActor {
                kind: ActorKind::User,
                id: email.into(),
                name: email.into(),
                email: Some(email.into()),
                source_ip: "203.0.113.7".into(),
                user_agent: "test".into(),
            },
            session_name: SessionName::of_person(email).unwrap(),
            duration: SessionDuration::LONGEST,
            access_method: AccessMethod::Web,
            reason: None,
            requested_at: later(seconds),
            kept_until: later(seconds + 86_400),
            state: SessionState::Opening,
            termination: None,
        };
        opened.activated(later(seconds), later(seconds + 3_600)).unwrap()
    }

    /// Somebody enters a role and is terminated at once: the Deny is on the role, and the record says so.
    pub(super) async fn terminated(&self, role: &str, email: &str, seconds: u64) -> PamSession {
        let session = self.session(role, email, seconds);
        self.cloud.state().now = later(seconds);
        let stay = Stay::of_person(&session.session_name, session.duration);
        let entered =
            self.access.enter(&ConsoleChain::of_session(&session), stay, later(seconds)).await.unwrap();
        let user = self.access.fetch_identity(&entered).await.unwrap().user_id.parse().unwrap();
        let deny = serde_json::to_value(deny_policy(&user, later(seconds))).unwrap();
        self.cloud.change(role, |role| drop(role.policies.insert(session.deny_policy_name(), deny)));
        let session = session.terminating(later(seconds), "Root").unwrap();
        let session = session.terminated(later(seconds), "Root").unwrap();
        self.commit(Change::new(later(seconds)).create(&session)).await;
        session
    }

    /// A tick, `seconds` after the usual moment.
    pub(super) async fn tick(&self, seconds: u64) -> Report {
        self.tick_of(&self.worker, seconds).await
    }

    pub(super) async fn tick_of(&self, worker: &PamWorker, seconds: u64) -> Report {
        self.cloud.state().now = later(seconds);
        worker.tick(within(seconds, 60)).await.unwrap()
    }

    pub(super) async fn stored(&self, session: &PamSession) -> Stored<PamSession> {
        self.store.pam_session(session.id).await.unwrap().unwrap()
    }

    /// The inline policies of a role, by name.
    pub(super) fn policies(&self, role: &str) -> Vec<String> {
        let mut names: Vec<_> = self.cloud.state().roles[role].policies.keys().cloned().collect();
        names.sort();
        names
    }

    /// How many Denies of records are due or will be.
    pub(super) async fn outstanding(&self) -> usize {
        let far: Timestamp = later(1_000 * 86_400);
        self.store.pam_denies_due(far, None, 500).await.unwrap().sessions.len()
    }

    pub(super) fn nobody_was_let_go_early(&self) {
        assert_eq!(self.cloud.state().removed_early, Vec::<String>::new());
    }
}
