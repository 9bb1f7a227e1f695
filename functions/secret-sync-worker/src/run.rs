//! One look at one sync: what is wanted of it is claimed, done, and given back with what came of it.

use std::time::Duration;

use futures::FutureExt as _;
use job::Deadline;
use metrics::Capability;
use model::id::SecretSyncId;
use model::secret_sync::SecretSync;
use model::secret_sync::run::{Job, KeyFailure, Outcome};
use store::Stored;

use crate::fault::Disposition;
use crate::lease::{Claimed, Lease, claim};
use crate::target::Target;
use crate::worker::SecretSyncWorker;
use crate::{Fault, import, purge, push, remove};

/// With less time than this nothing is begun.
pub(crate) const LEAST: Duration = Duration::from_secs(60);

/// How work came to its end, or not.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It is over; what was done, in words for the audit trail.
    Over(Outcome, Vec<String>),
    /// There was no more time.
    Paused {
        /// These keys failed so far.
        failures: Vec<KeyFailure>,
        /// Whether something that carries the sync's tag, and is not in its ledger, may not have been looked at.
        looks_on: bool,
    },
    /// It may go better later.
    Later {
        /// What is told meanwhile, and if it does not.
        message: String,
        /// What is told when this was the last attempt.
        last: Outcome,
        /// What was done.
        told: Vec<String>,
    },
}

impl Ended {
    /// What is stored when this is the end.
    pub(crate) const fn outcome_mut(&mut self) -> Option<&mut Outcome> {
        match self {
            Self::Over(outcome, _) | Self::Later { last: outcome, .. } => Some(outcome),
            Self::Paused { .. } => None,
        }
    }
}

/// Does what is wanted of a sync, and says in a word what came of it.
pub(crate) async fn run(
    worker: &SecretSyncWorker,
    id: SecretSyncId,
    deadline: &Deadline,
) -> Result<&'static str, Fault> {
    if deadline.is_near(LEAST) {
        // It stays due, and the next tick sends it again.
        return Ok("no time");
    }
    let lease = match claim(worker, id, deadline).await? {
        Claimed::Work(lease) => lease,
        Claimed::Not(why) => return Ok(why),
        Claimed::Purge => {
            purge::purge(worker, id, deadline.now()).await?;
            return Ok("purged");
        }
    };
    // The definition is read after the claim: a change that it does not see finds the claim and queues another run.
    let Some(read) = worker.store.secret_sync(id).await? else { return Ok("no such sync") };
    let definition = read.sync.clone();
    let ended = match work(worker, &lease, definition.clone()).boxed().await {
        Ok(ended) => ended,
        Err(fault) => match settle(&lease, &fault) {
            Some(ended) => ended,
            None => {
                tracing::warn!(secret_sync.id = %id, cause = fault.causes(), "the lease is somebody else's");
                return Ok("lost");
            }
        },
    };
    store(&lease, &definition, ended).await
}

async fn work(
    worker: &SecretSyncWorker,
    lease: &Lease<'_>,
    sync: Stored<SecretSync>,
) -> Result<Ended, Fault> {
    let target = Target::find(worker, sync).await?;
    match lease.work.job {
        Job::Sync => push::push(worker, lease, &target).await,
        Job::Import(behavior) => import::import(worker, lease, &target, behavior).await,
        Job::Remove(_) => remove::remove(worker, lease, &target).await,
    }
}

/// What a fault means for the run; `None` when it is not ours any more.
fn settle(lease: &Lease<'_>, fault: &Fault) -> Option<Ended> {
    let (id, cause) = (lease.id, fault.causes());
    let (message, later) = match fault.disposition() {
        Disposition::Lost => return None,
        Disposition::Later => {
            tracing::warn!(secret_sync.id = %id, cause, "the run is put off");
            (fault.message(), true)
        }
        Disposition::NeedsOwner => {
            tracing::info!(secret_sync.id = %id, cause, "the run was stopped");
            (fault.message(), false)
        }
        Disposition::Bug => {
            tracing::error!(secret_sync.id = %id, cause, "the run failed");
            (fault.message(), false)
        }
    };
    let last = Outcome::failed(&message);
    let told = Vec::new();
    Some(if later { Ended::Later { message, last, told } } else { Ended::Over(last, told) })
}

/// Gives the work back, and sees to it that what is left is looked at soon.
async fn store(
    lease: &Lease<'_>,
    definition: &Stored<SecretSync>,
    ended: Ended,
) -> Result<&'static str, Fault> {
    let (id, job, attempt) = (lease.id, lease.work.job.name(), lease.work.attempt);
    let (done, failures) = match &ended {
        Ended::Over(outcome, told) | Ended::Later { last: outcome, told, .. } => {
            (told.join(", "), outcome.failures.len())
        }
        Ended::Paused { failures, .. } => (String::new(), failures.len()),
    };
    let failed = match &ended {
        Ended::Over(outcome, _) => Some(outcome.failure.is_some()),
        Ended::Later { .. } if lease.is_last_attempt() => Some(true),
        Ended::Later { .. } | Ended::Paused { .. } => None,
    };
    let stored = match ended {
        Ended::Over(outcome, told) => lease.finish(definition, outcome, told).await,
        Ended::Paused { failures, looks_on } => lease.pause(failures, looks_on).await,
        Ended::Later { message, last, told } => {
            if lease.is_last_attempt() {
                lease.finish(definition, last, told).await
            } else {
                lease.retry(&message).await
            }
        }
    };
    match stored {
        Ok(outcome) => {
            match failed {
                Some(true) => metrics::failed(Capability::SecretSync),
                Some(false) => metrics::done(Capability::SecretSync),
                None => {}
            }
            tracing::info!(secret_sync.id = %id, job, attempt, done, failures, outcome, "ran");
            Ok(outcome)
        }
        Err(fault) if fault.disposition() == Disposition::Lost => Ok("lost"),
        Err(fault) => Err(fault),
    }
}
