//! One look at one sync: what is wanted of it is claimed, done, and given back with what came of it.

use std::time::Duration;

use futures::FutureExt as _;
use job::Deadline;
use metrics::Capability;
use model::Timestamp;
use model::certificate_sync::plan::plan;
use model::certificate_sync::run::Outcome;
use model::id::CertificateSyncId;
use placement::survey;
use store::CertificateSyncAndRun;

use crate::carry::carry;
use crate::fault::Disposition;
use crate::hands;
use crate::lease::{Claimed, Lease, claim};
use crate::target::Target;
use crate::tell::{Verdict, tell};
use crate::worker::CertificateSyncWorker;
use crate::{Fault, serving};

/// With less time than this nothing is begun.
const LEAST: Duration = Duration::from_secs(60);

/// No call to AWS begins in the last moments of an invocation: what is under way ends, and is written down.
pub(crate) const TO_PUT_AWAY: Duration = Duration::from_secs(30);

/// How work came to its end, or not.
#[derive(Debug)]
enum Ended {
    /// It is over; what was done, in words for the audit trail.
    Over(Outcome, Option<String>),
    /// There was no more time.
    Paused,
    /// It may go better later.
    Later {
        /// What is told meanwhile.
        message: String,
        /// What is told when this was the last attempt.
        last: Outcome,
        /// What was done.
        told: Option<String>,
    },
    /// More is known then, and until then nothing can be done.
    Waits(Timestamp, String),
}

/// Does what is wanted of a sync, and says in a word what came of it.
pub(crate) async fn run(
    worker: &CertificateSyncWorker,
    id: CertificateSyncId,
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
            worker.store.purge_certificate_sync(id, deadline.now()).await?;
            return Ok("purged");
        }
    };
    // Everything is read after the claim: a change that it does not see finds the claim and makes another run wanted.
    let Some(current) = worker.store.certificate_sync(id).await? else { return Ok("no such sync") };
    let ended = match work(&lease, current).boxed().await {
        Ok(ended) => ended,
        Err(fault) => match settle(&lease, &fault) {
            Some(ended) => ended,
            None => {
                tracing::warn!(certificate_sync.id = %id, cause = fault.causes(), "the lease is somebody else's");
                return Ok("lost");
            }
        },
    };
    store(&lease, ended).await
}

async fn work(lease: &Lease<'_>, current: CertificateSyncAndRun) -> Result<Ended, Fault> {
    let worker = lease.worker;
    let target = Target::find(worker, current).boxed().await?;
    let taken = target.taken(worker).boxed().await?;
    let question = target.question(lease, lease.now());
    let looked = survey(&worker.placements, &target.connection, &question, taken, hands::at(lease));
    let looked = looked.boxed().await?;
    let plan = plan(&question, &looked.found);
    for action in &looked.denied {
        tracing::info!(certificate_sync.id = %lease.id, action, "the role may not, and the run goes on without");
    }
    if plan.guard.stops() {
        return Ok(Ended::Over(Outcome::failed(plan.guard.to_string()), None));
    }
    let mut carried = carry(lease, &target, &plan).boxed().await?;
    let again = serving::look(lease, &target, &mut carried).boxed().await;
    let verdict = tell(lease, &target, &plan, &looked.denied, &again, &mut carried);
    carried.slots.keep().boxed().await?;
    let told = Some(carried.to_string()).filter(|_| carried.progressed());
    let is_time_up = lease.deadline.is_near(TO_PUT_AWAY * 2);
    let Verdict { outcome, later, waits_until } = verdict;
    if carried.progressed() && is_time_up && (later.is_some() || !carried.unfinished.is_empty()) {
        return Ok(Ended::Paused);
    }
    if let (Some(until), Some(message)) = (waits_until, &later) {
        return Ok(Ended::Waits(until, message.clone()));
    }
    Ok(match later {
        None if carried.unfinished.is_empty() => Ended::Over(outcome, told),
        None => {
            let message = "AWS did nothing of it in the time of one run".to_owned();
            Ended::Later { last: Outcome::failed(&message), message, told }
        }
        Some(message) => {
            let failure =
                outcome.failure.iter().chain(Some(&message)).cloned().collect::<Vec<_>>().join("; ");
            Ended::Later { last: Outcome { failure: Some(failure), ..outcome }, message, told }
        }
    })
}

/// What a fault means for the run; `None` when it is not ours any more.
fn settle(lease: &Lease<'_>, fault: &Fault) -> Option<Ended> {
    let (id, cause, message) = (lease.id, fault.causes(), fault.message());
    let is_later = match fault.disposition() {
        Disposition::Lost => return None,
        Disposition::Later => {
            tracing::warn!(certificate_sync.id = %id, cause, "the run is put off");
            true
        }
        Disposition::NeedsOwner => {
            tracing::info!(certificate_sync.id = %id, cause, "the run was stopped");
            false
        }
        Disposition::Bug => {
            tracing::error!(certificate_sync.id = %id, cause, "the run met a mistake of ours");
            false
        }
    };
    let last = Outcome::failed(&message);
    Some(if is_later { Ended::Later { message, last, told: None } } else { Ended::Over(last, None) })
}

/// Gives the work back, and sees to it that what is left is looked at soon.
async fn store(lease: &Lease<'_>, ended: Ended) -> Result<&'static str, Fault> {
    let (id, job, attempt) = (lease.id, lease.work.job.name(), lease.work.attempt);
    let is_over = matches!(ended, Ended::Over(..));
    let (stored, failure) = match ended {
        Ended::Over(outcome, told) => (lease.finish(&outcome, told).await, outcome.failure),
        Ended::Paused => (lease.pause().await, None),
        Ended::Later { last, told, .. } if lease.is_last_attempt() => {
            (lease.finish(&last, told).await, last.failure)
        }
        Ended::Later { message, .. } => (lease.retry(&message).await, None),
        Ended::Waits(until, message) => (lease.wait(until, &message).await, None),
    };
    match stored {
        Ok(outcome) => {
            if let Some(reason) = failure {
                metrics::failed(Capability::CertificateSync);
                tracing::error!(certificate_sync.id = %id, job, attempt, reason, "certificate sync failed");
            } else if is_over {
                metrics::done(Capability::CertificateSync);
            }
            tracing::info!(certificate_sync.id = %id, job, attempt, outcome, "ran");
            Ok(outcome)
        }
        Err(fault) if fault.disposition() == Disposition::Lost => Ok("lost"),
        Err(fault) => Err(fault),
    }
}
