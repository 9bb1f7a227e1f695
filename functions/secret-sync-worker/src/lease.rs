//! The hold of one worker on one sync: taken before anything is done, checked by the table whenever something is stored,
//! and given back with what came of it.

use std::time::Duration;

use job::{Deadline, backoff, jitter};
use model::Timestamp;
use model::audit::{Actor, AuditRecord, Origin};
use model::id::SecretSyncId;
use model::lease::LeaseLost;
use model::secret_sync::run::{Claim, Finished, Job, JobStatus, KeyFailure, Outcome, Work};
use model::secret_sync::{SecretSync, SecretSyncRun};
use store::{Bookkeeping, Change, CommitError, Conflict, LedgerStep, Stored, SyncAndRun};
use uuid::Uuid;

use crate::purge::purge;
use crate::worker::SecretSyncWorker;
use crate::{Fault, Stop};

/// Who works when nobody asks.
pub(crate) const WORKER: &str = "secret-sync-worker";

/// A lease ends so long after its invocation: by then the process that held it is no more.
const AFTER_THE_END: Duration = Duration::from_secs(10);

/// Attempts of a write against others that change the same state: wakes come at any time.
const ATTEMPTS: u32 = 8;

/// Work that this process has claimed.
#[derive(Debug)]
pub(crate) struct Lease<'w> {
    worker: &'w SecretSyncWorker,
    pub(crate) id: SecretSyncId,
    /// What this process calls itself; new for each claim.
    pub(crate) token: String,
    pub(crate) work: Work,
    /// Whether the run before this one, or the look of its last message, came to its end: then the ledger knows everything
    /// that the sync owns.
    pub(crate) settled: bool,
    /// Whether nothing was ever begun before.
    pub(crate) untouched: bool,
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

/// How long a lease taken now lasts.
pub(crate) fn span(deadline: &Deadline) -> Duration {
    deadline.left().saturating_add(AFTER_THE_END)
}

/// Takes what is to be done about a sync now. One GetItem and one write; no write when there is nothing to do.
pub(crate) async fn claim<'w>(
    worker: &'w SecretSyncWorker,
    id: SecretSyncId,
    deadline: &'w Deadline,
) -> Result<Claimed<'w>, Fault> {
    let (now, token) = (deadline.now(), Uuid::new_v4().to_string());
    let claim = worker.store.amend_secret_sync_run(id, now, |run| {
        let claim = run.claim(now, &token, span(deadline));
        let ended_well = run.sync.status == Some(JobStatus::Succeeded);
        let settled = run.current.as_ref().map_or(ended_well, |current| current.paused && !current.looks_on);
        let untouched = run.sync.at.is_none() && run.sync.job_id.is_none();
        let next = match &claim {
            Claim::Work { next, .. } | Claim::Nothing(Some(next)) | Claim::GivenUp(next) => {
                Some((**next).clone())
            }
            Claim::Busy(_) | Claim::NotBefore(_) | Claim::Nothing(None) | Claim::Purge => None,
        };
        (next, (claim, settled, untouched))
    });
    Ok(match claim.await? {
        Some((Claim::Work { work, .. }, settled, untouched)) => {
            Claimed::Work(Lease { worker, id, token, work, settled, untouched, deadline })
        }
        Some((Claim::Purge, ..)) => Claimed::Purge,
        Some((Claim::Busy(_), ..)) => Claimed::Not("busy"),
        Some((Claim::NotBefore(_), ..)) => Claimed::Not("not yet"),
        Some((Claim::Nothing(_), ..)) => Claimed::Not("nothing to do"),
        Some((Claim::GivenUp(_), ..)) => {
            metrics::failed(metrics::Capability::SecretSync);
            tracing::error!(secret_sync.id = %id, "the run was given up");
            Claimed::Not("given up")
        }
        None => Claimed::Not("no such sync"),
    })
}

impl Lease<'_> {
    /// Whether a failure is told as the end of the work.
    pub(crate) const fn is_last_attempt(&self) -> bool {
        self.work.attempt >= self.work.job.attempts()
    }

    /// The work is over. `read` is the definition that it was done for: a first sync for a place that people have
    /// changed meanwhile was none. What is wanted by now is looked at soon.
    pub(crate) async fn finish(
        &self,
        read: &Stored<SecretSync>,
        mut outcome: Outcome,
        told: Vec<String>,
    ) -> Result<&'static str, Fault> {
        for _ in 0..ATTEMPTS {
            let Some(current) = self.worker.store.secret_sync(self.id).await? else {
                return Err(Stop::SyncGone.into());
            };
            let is_same = current.sync.version == read.version;
            outcome.completed &= is_same;
            outcome.settled &= is_same;
            let now = self.deadline.now();
            let finished = current.run.finish(&self.token, now, &outcome)?;
            match self.commit(&current, &finished, &outcome, &told, now).await {
                Ok(()) => {}
                Err(error) if error.is_outpaced() => continue,
                Err(error) => return Err(error.into()),
            }
            return match finished {
                Finished::Store(next) => {
                    if next.due_at.is_some() {
                        self.worker.queue.wake([self.id]).await;
                    }
                    Ok(if outcome.failure.is_none() { "succeeded" } else { "failed" })
                }
                Finished::Delete => {
                    purge(self.worker, self.id, now).await?;
                    Ok("removed and deleted")
                }
            };
        }
        Err(CommitError::Conflict(Conflict::Contended).into())
    }

    async fn commit(
        &self,
        current: &SyncAndRun,
        finished: &Finished,
        outcome: &Outcome,
        told: &[String],
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let store = &self.worker.store;
        let details = outcome.failure.iter().chain(told).cloned().collect();
        match finished {
            // Nothing happened that anybody would look for in the trail.
            Finished::Store(next) if told.is_empty() && outcome.failure.is_none() => {
                store.keep_count(Bookkeeping(Change::new(now).replace(&current.run, next))).await
            }
            Finished::Store(next) => {
                let change = Change::new(now).replace(&current.run, next);
                store.commit(change, &self.audit(&current.sync, now, details)).await
            }
            Finished::Delete => {
                let sync = &current.sync;
                let (connection, project) =
                    tokio::try_join!(store.connection(sync.connection_id), store.project(sync.project_id))?;
                let change = Change::new(now).delete_secret_sync(
                    current,
                    connection.as_ref().map(|read| &read.value),
                    project.as_ref().map(|read| &read.value),
                );
                store.commit(change, &self.audit(sync, now, details)).await
            }
        }
    }

    /// Writes into the ledger, as long as the lease is ours. One transaction.
    pub(crate) async fn keep(&self, steps: &[LedgerStep]) -> Result<(), Fault> {
        let now = self.deadline.now();
        Ok(self.worker.store.keep_secret_sync_ledger(self.id, &self.token, now, steps).await?)
    }

    /// The work goes on in the next message.
    pub(crate) async fn pause(
        &self,
        failures: Vec<KeyFailure>,
        looks_on: bool,
    ) -> Result<&'static str, Fault> {
        let now = self.deadline.now();
        let pause = |run: &SecretSyncRun| match looks_on {
            true => run.pause_looking(&self.token, now, failures.clone()),
            false => run.pause(&self.token, now, failures.clone()),
        };
        self.amend(now, pause).await?;
        self.worker.queue.wake([self.id]).await;
        Ok("paused")
    }

    /// Time mends what went wrong: another attempt, later.
    pub(crate) async fn retry(&self, message: &str) -> Result<&'static str, Fault> {
        let (now, wait) = (self.deadline.now(), backoff(self.work.attempt, jitter()));
        self.amend(now, |run| run.retry(&self.token, now, wait, message)).await?;
        Ok("put off")
    }

    async fn amend(
        &self,
        now: Timestamp,
        step: impl Fn(&SecretSyncRun) -> Result<SecretSyncRun, LeaseLost>,
    ) -> Result<(), Fault> {
        let amended = self.worker.store.amend_secret_sync_run(self.id, now, |run| match step(run) {
            Ok(next) => (Some(next), Ok(())),
            Err(lost) => (None, Err(lost)),
        });
        match amended.await? {
            Some(done) => Ok(done?),
            None => Err(Stop::SyncGone.into()),
        }
    }

    fn audit(&self, sync: &SecretSync, at: Timestamp, details: Vec<String>) -> AuditRecord {
        let action = match self.work.job {
            Job::Sync => "secret-sync.run",
            Job::Import(_) => "secret-sync.import",
            Job::Remove(_) => "secret-sync.remove",
        };
        AuditRecord {
            at,
            actor: Actor::system(WORKER),
            origin: Origin::default(),
            action: action.into(),
            resource_id: sync.id.to_string(),
            resource_name: sync.name.clone(),
            project_id: Some(sync.project_id),
            details,
        }
    }
}
