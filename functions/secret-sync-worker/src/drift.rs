//! Looking for drift: what somebody else changed at the destination since the sync left it. Nothing is written there, and
//! the session could not.

use destination::Question;
use futures::FutureExt as _;
use job::Deadline;
use model::Timestamp;
use model::id::SecretSyncId;
use model::lease::LeaseLost;
use model::secret_sync::plan::drift;
use model::secret_sync::{DriftReport, Owned, SecretSyncDrift};
use store::{Bookkeeping, Change, CommitError, Conflict, Stored};
use uuid::Uuid;

use crate::fault::Disposition;
use crate::lease::span;
use crate::run::LEAST;
use crate::session::{self, Intent};
use crate::target::Target;
use crate::worker::SecretSyncWorker;
use crate::{Fault, Stop};

/// Attempts of a write against others that change the same state.
const ATTEMPTS: u32 = 4;

/// Looks at the destination of a sync when that is due, and answers in a word what came of it; `None` when it is not due,
/// or a run is on its way, which would look at something that is being changed.
pub(crate) async fn look(
    worker: &SecretSyncWorker,
    id: SecretSyncId,
    deadline: &Deadline,
) -> Result<Option<&'static str>, Fault> {
    let Some(read) = worker.store.secret_sync_drift(id).await? else { return Ok(None) };
    let (now, token) = (deadline.now(), Uuid::new_v4().to_string());
    let Some(claimed) = read.claim(now, &token, span(deadline)).filter(|_| !deadline.is_near(LEAST)) else {
        return Ok(None);
    };
    let Some(stored) = worker.store.secret_sync(id).await? else { return Ok(None) };
    if stored.run.deleted || stored.run.current.is_some() || stored.run.wants_anything() {
        return Ok(None);
    }
    match replace(worker, &read, &claimed, now).await {
        Ok(()) => {}
        Err(CommitError::Conflict(_)) => return Ok(Some("somebody else looks for drift")),
        Err(error) => return Err(error.into()),
    }
    let looked = async { compare(worker, Target::find(worker, stored.sync).await?, deadline).await };
    let report = match looked.boxed().await {
        Ok(report) => report,
        Err(fault) => {
            let cause = fault.causes();
            match fault.disposition() {
                Disposition::Bug => tracing::error!(secret_sync.id = %id, cause, "drift was not looked for"),
                Disposition::Later | Disposition::NeedsOwner | Disposition::Lost => {
                    tracing::warn!(secret_sync.id = %id, cause, "drift was not looked for");
                }
            }
            let failure = Some(fault.message());
            DriftReport {
                checked_at: deadline.now(),
                failure,
                compared: 0,
                differing: 0,
                drifted: Vec::new(),
            }
        }
    };
    let word = match (&report.failure, report.differing) {
        (Some(_), _) => "drift not looked for",
        (None, 0) => "no drift",
        (None, _) => "drift",
    };
    keep(worker, id, &token, deadline.now(), report).await?;
    Ok(Some(word))
}

async fn compare(
    worker: &SecretSyncWorker,
    target: Target,
    deadline: &Deadline,
) -> Result<DriftReport, Fault> {
    let read = worker.store.secret_sync_ledger(target.sync.id).await?;
    let ledger: Vec<Owned> = read.into_iter().map(|read| read.value).collect();
    let place = target.place();
    let here = |entry: &&Owned| entry.is_in(place.account, place.config.region());
    let names: Vec<String> = ledger.iter().filter(here).map(|entry| entry.name.clone()).collect();
    let drifted = if names.is_empty() {
        Vec::new()
    } else {
        let concerned = names.iter().map(String::as_str);
        let remote = session::open(worker, &target, Intent::Look, concerned, deadline).await?;
        let found = remote
            .read(&Question { names: &names, ledger: &ledger, discover: false, ..Question::default() })
            .await?;
        drift(&place, &found, &ledger)
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(DriftReport {
        checked_at: deadline.now(),
        failure: None,
        compared: count(names.len()),
        differing: count(drifted.len()),
        drifted,
    })
}

/// Keeps the report, unless somebody else took over meanwhile.
async fn keep(
    worker: &SecretSyncWorker,
    id: SecretSyncId,
    token: &str,
    now: Timestamp,
    report: DriftReport,
) -> Result<(), Fault> {
    for _ in 0..ATTEMPTS {
        let Some(read) = worker.store.secret_sync_drift(id).await? else { return Err(Stop::SyncGone.into()) };
        let next = match read.finish(token, now, report.clone()) {
            Ok(next) => next,
            Err(LeaseLost) => return Ok(()),
        };
        match replace(worker, &read, &next, now).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommitError::Conflict(Conflict::Contended).into())
}

async fn replace(
    worker: &SecretSyncWorker,
    read: &Stored<SecretSyncDrift>,
    next: &SecretSyncDrift,
    now: Timestamp,
) -> Result<(), CommitError> {
    worker.store.keep_count(Bookkeeping(Change::new(now).replace(read, next))).await
}
