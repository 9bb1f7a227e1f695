//! Pushing: the source is read whole, compared with the destination, and what differs is written.

use std::collections::HashSet;

use destination::{Question, Remote};
use model::secret_sync::plan::{self, Adoption, Failure, Found, Plan, Rule, Run, message};
use model::secret_sync::run::{KeyFailure, Outcome};
use model::secret_sync::{ImportBehavior, Owned};

use crate::apply::{Applied, Ledger, apply, subject};
use crate::import::Ours;
use crate::lease::Lease;
use crate::run::Ended;
use crate::session::{self, Intent};
use crate::target::Target;
use crate::worker::SecretSyncWorker;
use crate::{Fault, import, source};

/// The share of an invocation in which is asked whose things are, where there is something to write then.
const FIRST_LOOK: f64 = 0.3;
/// And where there is not.
const LONGEST_LOOK: f64 = 0.9;

pub(crate) async fn push(
    worker: &SecretSyncWorker,
    lease: &Lease<'_>,
    target: &Target,
) -> Result<Ended, Fault> {
    let (mut keys, ledger) = tokio::try_join!(source::read(worker, target), ledger(worker, lease))?;
    let left = ledger.keys().map(String::as_str);
    let mut remote = session::open(worker, target, Intent::Change, left, lease.deadline).await?;

    let entries: Vec<Owned> = ledger.values().map(|read| read.value.clone()).collect();
    let mut failures = Vec::new();
    let mut adopts =
        if lease.work.first { Adoption::All } else { Adoption::Only(lease.work.unadopted.as_slice()) };
    if let Some(behavior) = first_import(lease, target) {
        let ours = if lease.untouched { Ours::Taken } else { Ours::Left(&entries) };
        let taken = import::take_over(worker, target, &remote, behavior, ours).await?;
        // What of a document was not taken over would go with the first write of it: then it is not adopted.
        if target.sync.destination.is_many_to_one() && !taken.failures.is_empty() {
            adopts = Adoption::Nothing;
        }
        failures.extend(taken.failures);
        if taken.count > 0 {
            keys = source::read(worker, target).await?;
        }
    }

    let place = target.place();
    let wanted = plan::wanted(&place, keys);
    let names = plan::names_to_read(&place, &wanted);
    // Whoever died or was stopped may have left something that the ledger does not know.
    let question =
        Question { names: &names, ledger: &entries, discover: !lease.settled, ..Question::default() };
    let run = Run { adopts, is_settled: lease.work.settled, allows_deletions: lease.work.allow_deletions };
    let left_out: HashSet<&str> =
        lease.work.failures.iter().map(|failure| failure.secret_key.as_str()).collect();
    let (found, plan) = look(worker, lease, &remote, &question, |found| {
        let plan = plan::plan(&place, run, &wanted, found, &entries);
        let has_work = plan.steps.iter().any(|step| !left_out.contains(subject(step)));
        let is_enough = plan.unasked.is_empty() || has_work || !plan.relearned.is_empty();
        (plan, is_enough)
    })
    .await?;
    drop((wanted, entries));
    for action in &found.not_allowed {
        tracing::info!(secret_sync.id = %lease.id, action, "the role may not, and the run goes on without");
    }
    if plan.guard.stops() {
        return Ok(Ended::Over(Outcome::failed(plan.guard.to_string()), Vec::new()));
    }
    failures.extend(plan.failures.iter().cloned());
    let outside = plan.steps.iter().map(|step| step.name.as_str());
    if !plan.is_settled() {
        // Found by tag alone: a step may concern a name that neither the schema nor the ledger knew.
        let concerned = ledger.keys().map(String::as_str).chain(outside);
        remote = session::open(worker, target, Intent::Change, concerned, lease.deadline).await?;
    }
    let applied = apply(lease, &remote, &place, plan, &left_out, &ledger).await?;
    let unread: Vec<String> = failures.iter().map(|failure| failure.subject().to_owned()).collect();
    let mut ended = verdict(lease, failures, applied);
    // What is adopted later is not imported before: where the definition wants that, what could not be read stays a conflict.
    if let Some(outcome) = ended.outcome_mut().filter(|_| first_import(lease, target).is_some()) {
        outcome.refused.retain(|subject| !unread.contains(subject));
    }
    Ok(ended)
}

/// What is there, with the plan that follows from it. Whose everything is may take longer to ask than there is time: what is
/// known after a while is enough where there is something to do, and the next message, whose ledger knows more, gets further.
async fn look(
    worker: &SecretSyncWorker,
    lease: &Lease<'_>,
    remote: &Remote,
    question: &Question<'_>,
    plan: impl Fn(&Found) -> (Plan, bool),
) -> Result<(Found, Plan), Fault> {
    let (begun, left) = (worker.pace.now(), session::left(lease.deadline));
    let until = |share| Some((begun + left.mul_f64(share)).into());
    let found = remote.read(&Question { until: until(FIRST_LOOK), ..*question }).await?;
    let (planned, is_enough) = plan(&found);
    if is_enough {
        return Ok((found, planned));
    }
    let question = Question { until: until(LONGEST_LOOK), known: Some(&found), ..*question };
    let further = remote.read(&question).await?;
    let (planned, _) = plan(&further);
    Ok((further, planned))
}

/// The ledger, by name.
pub(crate) async fn ledger(worker: &SecretSyncWorker, lease: &Lease<'_>) -> Result<Ledger, Fault> {
    let entries = worker.store.secret_sync_ledger(lease.id).await?;
    Ok(entries.into_iter().map(|read| (read.name.clone(), read)).collect())
}

/// The import that comes before the first sync, where the definition says so.
fn first_import(lease: &Lease<'_>, target: &Target) -> Option<ImportBehavior> {
    target.sync.options.initial_sync_behavior.import().filter(|_| lease.work.first)
}

/// What follows from what was done. `failures` are those of before anything was done.
pub(crate) fn verdict(lease: &Lease<'_>, mut failures: Vec<Failure>, applied: Applied) -> Ended {
    let told: Vec<String> = Some(applied.to_string()).filter(|_| applied.progressed()).into_iter().collect();
    let earlier = lease.work.failures.iter().map(carried);
    let is_told_already = |failure: &Failure| {
        let same = |other: &Failure| other.subject() == failure.subject();
        failures.iter().any(same) || applied.failures.iter().any(same)
    };
    let earlier: Vec<Failure> = earlier.filter(|failure| !is_told_already(failure)).collect();
    let is_out_of_time = applied.unfinished && applied.progressed() && session::is_time_up(lease.deadline);
    if is_out_of_time || applied.looks_on && applied.is_further() {
        return paused(lease, &earlier, &applied);
    }
    let later = applied.unfinished || !applied.unlucky.is_empty();
    // A write that failed may have been done in part. One that AWS refused outright was not, however often it is: else a key that
    // never succeeds would let a copied tag speak for ever.
    let settled = !later && earlier.is_empty() && !applied.unclear;
    failures.extend(earlier.into_iter().chain(applied.failures).chain(applied.unlucky));
    let Some(text) = message(&failures) else {
        if applied.unfinished {
            let message = "AWS did nothing of it in the time of one run".to_owned();
            return Ended::Later { last: Outcome::failed(&message), message, told };
        }
        let remark = plan::remark(&applied.empty);
        return Ended::Over(Outcome { remark, settled, ..Outcome::succeeded() }, told);
    };
    let mut last = Outcome::failed_keys(&text, failures.iter().map(key_failure).collect());
    // The first sync is over when everything was tried once. What AWS kept us from, and that alone, may be adopted later.
    last.completed = !applied.unfinished;
    let refused = failures.iter().filter(|failure| is_of_aws(&failure.rule));
    last.refused = refused.map(|failure| failure.subject().to_owned()).collect();
    last.settled = settled;
    if later { Ended::Later { message: text, last, told } } else { Ended::Over(last, told) }
}

/// What failed for good is not tried again in this run, however many messages it takes; what was unlucky is.
fn paused(lease: &Lease<'_>, earlier: &[Failure], applied: &Applied) -> Ended {
    let failures = earlier.iter().chain(&applied.failures).map(key_failure).collect();
    Ended::Paused { failures, looks_on: applied.looks_on && !lease.settled }
}

fn key_failure(failure: &Failure) -> KeyFailure {
    KeyFailure { secret_key: failure.subject().to_owned(), error: failure.rule.to_string() }
}

/// A key that failed in an earlier message of this run.
fn carried(failure: &KeyFailure) -> Failure {
    Failure {
        key: Some(failure.secret_key.clone()),
        name: failure.secret_key.clone(),
        rule: Rule::Aws(failure.error.clone()),
    }
}

/// Whether another permission, or another day, would have let the key through.
const fn is_of_aws(rule: &Rule) -> bool {
    matches!(
        rule,
        Rule::Aws(_)
            | Rule::OwnerUnknown(_)
            | Rule::Unreadable(_)
            | Rule::NotRestored { .. }
            | Rule::ScheduledForDeletion { .. }
            | Rule::DocumentLost { .. }
    )
}
