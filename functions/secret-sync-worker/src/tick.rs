//! The schedule: whatever is due by now goes to the queue. Costs one Query each of runs, drift checks and deleted folders,
//! and one call for ten that are due, whatever exists besides.

use job::{Deadline, Report};

use crate::worker::SecretSyncWorker;
use crate::{Fault, purge};

/// So many syncs of each kind in one tick. What is left comes a minute later.
const AT_ONCE: u16 = 500;

pub(crate) async fn tick(worker: &SecretSyncWorker, deadline: &Deadline) -> Result<Report, Fault> {
    let now = deadline.now();
    let (runs, drifts) = tokio::try_join!(
        worker.store.secret_syncs_due(now, AT_ONCE),
        worker.store.secret_sync_drifts_due(now, AT_ONCE)
    )?;
    let full = usize::from(AT_ONCE);
    let truncated = runs.len() >= full || drifts.len() >= full;
    let due_since = runs.since.into_iter().chain(drifts.since).min();
    let mut due = runs.ids;
    due.extend(drifts.ids);
    due.sort_unstable();
    due.dedup();
    let count = due.len();
    worker.queue.send(due).await?;
    let more = purge::folders(worker, now).await?;
    Ok(Report { due: count, advanced: count, failed: Vec::new(), truncated: truncated || more, due_since })
}
