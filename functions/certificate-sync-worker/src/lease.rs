//! The hold of one worker on one sync: taken before anything is done, checked by the table whenever something is stored,
//! and given back with what came of it.

use std::time::Duration;

use job::{Deadline, backoff, jitter};
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::certificate_sync::run::{Claim, Finished, Job, Outcome, Work};
use model::certificate_sync::{CertificateSync, CertificateSyncRun, Held};
use model::id::{CertificateSlotId, CertificateSyncId};
use model::lease::LeaseLost;
use store::{Bookkeeping, CertificateSyncAndRun, Change, CommitError, Conflict};
use uuid::Uuid;

use crate::worker::CertificateSyncWorker;
use crate::{Fault, Stop};

/// A lease ends so long after its invocation: by then the process that held it is no more.
const AFTER_THE_END: Duration = Duration::from_secs(10);

/// Attempts of a write against others that change the same state: wakes come at any time.
const ATTEMPTS: u32 = 8;

/// Work that this process has claimed.
#[derive(Debug)]
pub(crate) struct Lease<'w> {
    pub(crate) worker: &'w CertificateSyncWorker,
    pub(crate) id: CertificateSyncId,
    /// What this process calls itself; new for each claim.
    token: String,
    pub(crate) work: Work,
    pub(crate) deadline: &'w Deadline,
}

/// What comes of an attempt to claim.
#[derive(Debug)]
pub(crate) enum Claimed<'w> {
    /// There is work, and it is ours until the invocation ends.
    Work(Lease<'w>),
    /// There is none for us, for the reason that the word says.
    Not(&'static str),
    /// The sync was deleted: the rest of it is to go.
    Purge,
}

/// Takes what is to be done about a sync now. One GetItem and one write; no write when there is nothing to do.
pub(crate) async fn claim<'w>(
    worker: &'w CertificateSyncWorker,
    id: CertificateSyncId,
    deadline: &'w Deadline,
) -> Result<Claimed<'w>, Fault> {
    let (now, token) = (deadline.now(), Uuid::new_v4().to_string());
    let span = deadline.left().saturating_add(AFTER_THE_END);
    let claim = worker.store.amend_certificate_sync_run(id, now, |run| {
        let claim = run.claim(now, &token, span);
        let next = match &claim {
            Claim::Work { next, .. } | Claim::Nothing(Some(next)) | Claim::GivenUp(next) => {
                Some((**next).clone())
            }
            Claim::Busy(_) | Claim::NotBefore(_) | Claim::Nothing(None) | Claim::Purge => None,
        };
        (next, claim)
    });
    Ok(match claim.await? {
        Some(Claim::Work { work, .. }) => Claimed::Work(Lease { worker, id, token, work, deadline }),
        Some(Claim::Purge) => Claimed::Purge,
        Some(Claim::Busy(_)) => Claimed::Not("busy"),
        Some(Claim::NotBefore(_)) => Claimed::Not("not yet"),
        Some(Claim::Nothing(_)) => Claimed::Not("nothing to do"),
        Some(Claim::GivenUp(_)) => {
            metrics::failed(metrics::Capability::CertificateSync);
            tracing::error!(certificate_sync.id = %id, "certificate sync failed");
            Claimed::Not("given up")
        }
        None => Claimed::Not("no such sync"),
    })
}

impl Lease<'_> {
    pub(crate) fn now(&self) -> Timestamp {
        self.deadline.now()
    }

    /// Whether a failure is told as the end of the work.
    pub(crate) const fn is_last_attempt(&self) -> bool {
        self.work.attempt >= self.work.job.attempts()
    }

    /// Writes down what AWS has of a slot, as long as the lease is ours. One transaction.
    pub(crate) async fn keep(&self, slot: CertificateSlotId, held: &Held) -> Result<(), Fault> {
        Ok(self.worker.store.keep_slot(self.id, &self.token, self.now(), slot, held).await?)
    }

    /// A slot goes, of which AWS has nothing any more.
    pub(crate) async fn forget(
        &self,
        slot: &store::Stored<model::certificate_sync::Slot>,
    ) -> Result<bool, Fault> {
        Ok(self.worker.store.forget_slot(&self.token, self.now(), slot).await?)
    }

    /// The work is over. What is wanted by now is looked at soon.
    pub(crate) async fn finish(
        &self,
        outcome: &Outcome,
        told: Option<String>,
    ) -> Result<&'static str, Fault> {
        for _ in 0..ATTEMPTS {
            let Some(current) = self.worker.store.certificate_sync(self.id).await? else {
                return Err(Stop::SyncGone.into());
            };
            let now = self.now();
            let finished = current.run.finish(&self.token, now, outcome)?;
            match self.commit(&current, &finished, outcome, told.as_ref(), now).await {
                Ok(()) => {}
                Err(error) if error.is_outpaced() => continue,
                Err(error) => return Err(error.into()),
            }
            return match finished {
                Finished::Store(next) => {
                    if next.due_at.is_some_and(|at| at <= now) {
                        self.worker.queue.wake([self.id]).await;
                    }
                    Ok(if outcome.failure.is_some() {
                        "failed"
                    } else if next.current.is_some() {
                        "waits"
                    } else {
                        "succeeded"
                    })
                }
                Finished::Delete => {
                    self.worker.store.purge_certificate_sync(self.id, now).await?;
                    Ok("removed and deleted")
                }
            };
        }
        Err(CommitError::Conflict(Conflict::Contended).into())
    }

    async fn commit(
        &self,
        current: &CertificateSyncAndRun,
        finished: &Finished,
        outcome: &Outcome,
        told: Option<&String>,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let store = &self.worker.store;
        let details = outcome.failure.iter().chain(told).cloned().collect();
        match finished {
            // Nothing happened that anybody would look for in the trail.
            Finished::Store(next) if told.is_none() && outcome.failure.is_none() => {
                store.keep_count(Bookkeeping(Change::new(now).replace(&current.run, next))).await
            }
            Finished::Store(next) => {
                let change = Change::new(now).replace(&current.run, next);
                store.commit(change, &self.audit(&current.sync, now, details)).await
            }
            Finished::Delete => {
                let sync = &current.sync;
                let (connection, application) = tokio::try_join!(
                    store.connection(sync.connection_id),
                    store.application(sync.application_id)
                )?;
                let change = Change::new(now).delete_certificate_sync(
                    current,
                    connection.as_ref().map(|read| &read.value),
                    application.as_ref().map(|read| &read.value),
                );
                store.commit(change, &self.audit(sync, now, details)).await
            }
        }
    }

    /// The work goes on in the next message.
    pub(crate) async fn pause(&self) -> Result<&'static str, Fault> {
        let now = self.now();
        self.amend(now, |run| run.pause(&self.token, now)).await?;
        self.worker.queue.wake([self.id]).await;
        Ok("paused")
    }

    /// Time mends what went wrong: another attempt, later.
    pub(crate) async fn retry(&self, message: &str) -> Result<&'static str, Fault> {
        let (now, wait) = (self.now(), backoff(self.work.attempt, jitter()));
        self.amend(now, |run| run.retry(&self.token, now, wait, message)).await?;
        Ok("put off")
    }

    /// More is known at `until`: the same attempt, then.
    pub(crate) async fn wait(&self, until: Timestamp, message: &str) -> Result<&'static str, Fault> {
        let now = self.now();
        self.amend(now, |run| run.wait(&self.token, now, until, message)).await?;
        Ok("waits")
    }

    async fn amend(
        &self,
        now: Timestamp,
        step: impl Fn(&CertificateSyncRun) -> Result<CertificateSyncRun, LeaseLost>,
    ) -> Result<(), Fault> {
        let amended = self.worker.store.amend_certificate_sync_run(self.id, now, |run| match step(run) {
            Ok(next) => (Some(next), Ok(())),
            Err(lost) => (None, Err(lost)),
        });
        match amended.await? {
            Some(done) => Ok(done?),
            None => Err(Stop::SyncGone.into()),
        }
    }

    fn audit(&self, sync: &CertificateSync, at: Timestamp, details: Vec<String>) -> AuditRecord {
        let action = match self.work.job {
            Job::Sync | Job::Look => "certificate-sync.run",
            Job::Remove(_) => "certificate-sync.remove",
        };
        AuditRecord {
            at,
            actor: Actor::system("certificate-sync-worker"),
            origin: Origin::default(),
            action: action.into(),
            resource_id: sync.id.to_string(),
            resource_name: sync.name.clone(),
            project_id: Some(sync.project_id),
            details,
        }
    }
}
