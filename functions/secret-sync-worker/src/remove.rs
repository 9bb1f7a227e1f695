//! Removing: everything that the sync owns at the destination, and nothing else. The source is not asked, and may be gone.

use std::collections::HashSet;

use destination::Question;
use model::secret_sync::Owned;
use model::secret_sync::plan::names_to_read;
use model::secret_sync::plan::remove::plan;

use crate::Fault;
use crate::apply::apply;
use crate::lease::Lease;
use crate::push::{ledger, verdict};
use crate::run::Ended;
use crate::session::{self, Intent};
use crate::target::Target;
use crate::worker::SecretSyncWorker;

pub(crate) async fn remove(
    worker: &SecretSyncWorker,
    lease: &Lease<'_>,
    target: &Target,
) -> Result<Ended, Fault> {
    let ledger = ledger(worker, lease).await?;
    let left = ledger.keys().map(String::as_str);
    let mut remote = session::open(worker, target, Intent::Change, left, lease.deadline).await?;
    let entries: Vec<Owned> = ledger.values().map(|read| read.value.clone()).collect();
    let place = target.place();
    let mut names = Vec::new();
    if place.config.is_many_to_one() {
        // One secret, by its name of today and by those that it had.
        names = names_to_read(&place, &[]);
        names.extend(ledger.keys().cloned());
        names.sort_unstable();
        names.dedup();
    }
    // A removal is the last chance to find what no ledger knows.
    let found = remote
        .read(&Question { names: &names, ledger: &entries, discover: true, ..Question::default() })
        .await?;
    let plan = plan(&place, &found, &entries);
    if !plan.is_settled() {
        let steps = plan.steps.iter().map(|step| step.name.as_str());
        let concerned = ledger.keys().map(String::as_str).chain(steps);
        remote = session::open(worker, target, Intent::Change, concerned, lease.deadline).await?;
    }
    let failures = plan.failures.clone();
    let left_out: HashSet<&str> =
        lease.work.failures.iter().map(|failure| failure.secret_key.as_str()).collect();
    let applied = apply(lease, &remote, &place, plan, &left_out, &ledger).await?;
    Ok(verdict(lease, failures, applied))
}
