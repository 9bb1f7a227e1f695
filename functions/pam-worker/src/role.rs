//! The Denies of one role: one way in, then one policy after the other.

use ::access::{ChainError, ConsoleChain, Door, Error, Session, Stay};
use aws_sdk_iam::config::{Builder, Region};
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use job::Deadline;
use model::audit::{Actor, AuditRecord, Origin};
use model::pam::{PamSession, Setback, removal_policy};
use model::permission::Scoped as _;
use store::{Change, CommitError, Conflict, Stored};

use crate::PamWorker;
use crate::tick::MARGIN;

/// What came of a role's Denies.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How many are gone.
    pub(crate) removed: usize,
    /// The others, a line each.
    pub(crate) failed: Vec<String>,
    /// Whether the time was up before all of them were tried.
    pub(crate) left: bool,
}

/// One role's work.
struct Role<'a> {
    worker: &'a PamWorker,
    chain: ConsoleChain,
    deadline: &'a Deadline,
    /// For how many days the project keeps its audit trail, when it says so.
    days: Option<u32>,
    outcome: Outcome,
}

/// Removes the Denies of one role that are due.
///
/// AWS: one to three AssumeRole for all of them, one DeleteRolePolicy each; the table: one read and one transaction each.
pub(crate) async fn remove(
    worker: &PamWorker,
    chain: ConsoleChain,
    found: Vec<Stored<PamSession>>,
    deadline: &Deadline,
) -> Outcome {
    let mut role = Role { worker, chain, deadline, days: None, outcome: Outcome::default() };
    let due = role.still_due(found).await;
    if let Some(first) = due.first() {
        match worker.store.project(first.project_id).await {
            Ok(project) => role.days = project.and_then(|project| project.value.audit_logs_retention_days),
            Err(error) => {
                // Without it the trail might be kept for too short a time: the next tick comes in a minute.
                role.outcome.failed.push(format!("project {} {error}", first.project_id));
                return role.outcome;
            }
        }
        role.try_managers(due).await;
    }
    role.outcome
}

/// What to do after one attempt.
enum Next {
    Gone,
    /// Somebody else may be allowed to.
    Refused(Error),
    /// Neither this Deny nor another one of the role can be removed at the moment.
    NotNow(Error),
}

impl Role<'_> {
    /// The index lags behind, and a Deny that was put anew must stay: what counts is the record itself.
    async fn still_due(&mut self, found: Vec<Stored<PamSession>>) -> Vec<Stored<PamSession>> {
        let mut due = Vec::with_capacity(found.len());
        for session in found {
            if self.deadline.is_near(MARGIN) {
                self.outcome.left = true;
                break;
            }
            match self.worker.store.pam_session(session.id).await {
                Ok(Some(read)) if read.deny_is_due(self.deadline.now()) => due.push(read),
                Ok(Some(_) | None) => {}
                Err(error) => self.failed(&session, &error.to_string()),
            }
        }
        due
    }

    /// Each of those who may change the role, until nothing is left to remove.
    async fn try_managers(&mut self, mut left: Vec<Stored<PamSession>>) {
        let mut refusal = None;
        for manager in self.chain.managers() {
            if self.deadline.is_near(MARGIN) {
                self.outcome.left = true;
                return;
            }
            match self.enter(*manager).await {
                Ok(entered) => left = self.remove_as(&entered, left, &mut refusal).await,
                Err(error) if error.is_passing() => return self.keep_all(left, &error).await,
                // What the first of them is refused is what somebody has to mend.
                Err(error) => drop(refusal.get_or_insert(error)),
            }
            if left.is_empty() {
                return;
            }
        }
        if let Some(refusal) = refusal {
            self.keep_all(left, &refusal).await;
        }
    }

    async fn enter(&self, manager: Door) -> Result<Session, Error> {
        let resource = self.chain.resource();
        let (name, policy) =
            (format!("drawbridge-remove-{resource}"), removal_policy(self.chain.target_role()));
        let stay = Stay::of_ours(&name, &policy);
        let entered = self.worker.access.enter_as(&self.chain, manager, stay, self.deadline.now()).await;
        entered.map_err(|ChainError { error, .. }| error)
    }

    /// One after the other as this session; answers those that it may not remove.
    async fn remove_as(
        &mut self,
        entered: &Session,
        denies: Vec<Stored<PamSession>>,
        refusal: &mut Option<Error>,
    ) -> Vec<Stored<PamSession>> {
        let (mut refused, mut denies) = (Vec::new(), denies.into_iter());
        while let Some(deny) = denies.next() {
            if self.deadline.is_near(MARGIN) {
                self.outcome.left = true;
                return Vec::new();
            }
            match self.delete(entered, &deny).await {
                Next::Gone => self.gone(deny).await,
                Next::Refused(error) => {
                    refusal.get_or_insert(error);
                    refused.push(deny);
                }
                Next::NotNow(error) => {
                    let rest = std::iter::once(deny).chain(denies).chain(refused).collect();
                    self.keep_all(rest, &error).await;
                    return Vec::new();
                }
            }
        }
        refused
    }

    /// Deletes exactly the policy of this session. One that is gone, or whose role is gone, is as good as deleted.
    async fn delete(&self, entered: &Session, deny: &PamSession) -> Next {
        let target = self.chain.target_role();
        let region = Region::new(target.partition().default_region().to_string());
        let iam = Builder::new().region(region).credentials_provider(entered.provider());
        let request = self
            .worker
            .iam
            .delete_role_policy()
            .role_name(target.name())
            .policy_name(deny.deny_policy_name());
        match request.customize().config_override(iam).send().await {
            Ok(_) => Next::Gone,
            Err(error) if error.code() == Some("NoSuchEntity") => Next::Gone,
            Err(error) => {
                let error = Error::of("DeleteRolePolicy", error);
                if error.is_passing() { Next::NotNow(error) } else { Next::Refused(error) }
            }
        }
    }

    async fn gone(&mut self, deny: Stored<PamSession>) {
        let (id, role) = (deny.id, self.chain.target_role());
        tracing::info!(session.id = %id, role = %role, "removed the deny of a session");
        self.outcome.removed += 1;
        let next = deny.without_deny();
        self.note("pam-session.remove-deny", deny, next, Vec::new()).await;
    }

    /// The Denies stay for now, and their records say why.
    async fn keep_all(&mut self, denies: Vec<Stored<PamSession>>, error: &Error) {
        let setback = if error.is_passing() { Setback::Passing } else { Setback::Lasting };
        for deny in denies {
            let (id, role) = (deny.id, self.chain.target_role());
            if setback == Setback::Lasting {
                metrics::failed(metrics::Capability::ConsoleAccess);
            }
            tracing::warn!(session.id = %id, role = %role, %error, "a deny could not be removed from its role");
            self.failed(&deny, error.code());
            let reason = error.to_string();
            let next = deny.with_deny_kept(self.deadline.now(), setback, &reason);
            self.note("pam-session.remove-deny-failed", deny, next, vec![reason]).await;
        }
    }

    /// Writes the outcome down, unless another tick has done so.
    async fn note(&mut self, action: &str, read: Stored<PamSession>, next: PamSession, details: Vec<String>) {
        let now = self.deadline.now();
        let audit = AuditRecord {
            at: now,
            actor: Actor::system("pam-worker"),
            origin: Origin::default(),
            action: action.into(),
            resource_id: read.id.to_string(),
            resource_name: format!("{}/{}", read.resource_name, read.account_name),
            project_id: read.scope().project(),
            details,
        };
        let change = Change::new(now).replace(&read, &next);
        match self.worker.store.commit_kept(change, &audit, self.days).await {
            Ok(()) => {}
            Err(CommitError::Conflict(Conflict::Stale { .. })) => {
                tracing::debug!(session.id = %read.id, "another tick has noted it");
            }
            // It is still due: the next tick does it again, which does no harm.
            Err(error) => self.failed(&read, &error.to_string()),
        }
    }

    fn failed(&mut self, session: &PamSession, why: &str) {
        self.outcome.failed.push(format!("{} {why}", session.id));
    }
}
