//! Carrying a plan out, and writing down what was done while the next steps are under way.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use destination::{Outcome as Became, Remote};
use futures::StreamExt as _;
use model::secret_sync::Owned;
use model::secret_sync::plan::{Action, Failure, Place, Plan, Step};
use store::{LedgerStep, Stored};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use crate::Fault;
use crate::lease::Lease;

/// The ledger as it was read, by name.
pub(crate) type Ledger = BTreeMap<String, Stored<Owned>>;

/// So many entries go into one transaction, with the check of the lease.
const GROUP: usize = 99;

/// Entries wait so long for others. Whoever dies before they are written costs the next run a look at those names.
const MOMENT: Duration = Duration::from_millis(500);

/// What became of a plan.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    done: BTreeMap<&'static str, usize>,
    /// What failed until somebody does something, and why.
    pub(crate) failures: Vec<Failure>,
    /// What failed and may go better without anybody's doing.
    pub(crate) unlucky: Vec<Failure>,
    /// Whether steps were not begun.
    pub(crate) unfinished: bool,
    /// Whether there are things that nobody looked at yet, for want of time.
    pub(crate) looks_on: bool,
    /// How many entries the ledger learned of things that were as they should be.
    learned: usize,
    /// Keys without a value, for which nothing was done.
    pub(crate) empty: Vec<String>,
    /// Whether there may be something of the sync's that the ledger does not know.
    pub(crate) unclear: bool,
}

impl Applied {
    /// Whether anything was done.
    pub(crate) fn progressed(&self) -> bool {
        !self.done.is_empty()
    }

    /// Whether the next message finds less to look at.
    pub(crate) fn is_further(&self) -> bool {
        self.progressed() || self.learned > 0
    }
}

/// In words, for the audit trail: `3 create, 1 delete`. Nothing when nothing was done.
impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> =
            self.done.iter().map(|(verb, count)| format!("{count} {verb}")).collect();
        if let Some(first) = self.empty.first() {
            parts.push(format!("{} left out as empty ({first})", self.empty.len()));
        }
        f.write_str(&parts.join(", "))
    }
}

/// Does the steps of `plan`, but those whose key or name is in `left_out`, and keeps the ledger. When the lease is lost, or
/// the table does not take what is written, no further step is begun and those under way are not waited for.
pub(crate) async fn apply(
    lease: &Lease<'_>,
    remote: &Remote,
    place: &Place<'_>,
    plan: Plan,
    left_out: &HashSet<&str>,
    ledger: &Ledger,
) -> Result<Applied, Fault> {
    let (learned, looks_on) = (plan.relearned.len(), !plan.unasked.is_empty());
    let (entries, written) = unbounded_channel();
    for owned in plan.relearned {
        enter(&entries, ledger, owned);
    }
    for name in &plan.forgotten {
        strike(&entries, ledger, name);
    }
    // What failed before anything was done may be ours from a run that died.
    let unlearned = !lease.work.settled && !plan.unlearned.is_empty();
    let steps: Vec<Step> = plan.steps.into_iter().filter(|step| !left_out.contains(subject(step))).collect();
    let (applied, ()) =
        tokio::try_join!(publish(remote, place, &steps, ledger, entries), write(lease, written))?;
    Ok(Applied {
        unclear: applied.unclear || unlearned,
        unfinished: applied.unfinished || looks_on,
        empty: plan.empty,
        learned,
        looks_on,
        ..applied
    })
}

async fn publish(
    remote: &Remote,
    place: &Place<'_>,
    steps: &[Step],
    ledger: &Ledger,
    entries: UnboundedSender<LedgerStep>,
) -> Result<Applied, Fault> {
    // What the ledger knows of a place that the sync has left says nothing of this one.
    let knows =
        |name: &str| ledger.get(name).is_some_and(|entry| entry.is_in(place.account, place.config.region()));
    let mut applied = Applied::default();
    let mut outcomes = pin!(remote.publish(steps));
    while let Some(done) = outcomes.next().await {
        match done.outcome {
            Became::Done { version } => {
                *applied.done.entry(done.step.verb()).or_default() += 1;
                match done.step.entry(version.as_deref().unwrap_or_default()) {
                    Some(owned) => enter(&entries, ledger, owned),
                    None => strike(&entries, ledger, &done.step.name),
                }
            }
            Became::Failed { rule, later, is_untouched } => {
                let (key, name) = (done.step.key.clone(), done.step.name.clone());
                let is_clear = knows(&name) || (is_untouched && takes(&done.step.action));
                applied.unclear |= !is_clear;
                let kind = if later { &mut applied.unlucky } else { &mut applied.failures };
                kind.push(Failure { key, name, rule });
            }
            Became::NotStarted => applied.unfinished = true,
            // The run that writes its key deletes it: the ledger knows it still.
            Became::Kept => {}
        }
    }
    Ok(applied)
}

/// Whether it makes something the sync's that was not: undone, there is nothing for the ledger to know.
const fn takes(action: &Action) -> bool {
    match action {
        Action::Create(_) | Action::Adopt(_) => true,
        Action::Restore(_) | Action::Update(_) | Action::Delete => false,
    }
}

/// Writes entries as they come, those of a moment together.
async fn write(lease: &Lease<'_>, mut written: UnboundedReceiver<LedgerStep>) -> Result<(), Fault> {
    let mut group = Vec::with_capacity(GROUP);
    while written.recv_many(&mut group, GROUP).await > 0 {
        let mut moment = pin!(sleep(MOMENT));
        while group.len() < GROUP {
            let room = GROUP - group.len();
            tokio::select! {
                more = written.recv_many(&mut group, room) => if more == 0 { break },
                () = &mut moment => break,
            }
        }
        lease.keep(&group).await?;
        group.clear();
    }
    Ok(())
}

fn enter(entries: &UnboundedSender<LedgerStep>, ledger: &Ledger, owned: Owned) {
    let step = match ledger.get(&owned.name) {
        Some(read) => LedgerStep::Amend(read.clone(), owned),
        None => LedgerStep::Enter(owned),
    };
    // The receiver ends first only when the whole of it is given up.
    let _ = entries.send(step);
}

fn strike(entries: &UnboundedSender<LedgerStep>, ledger: &Ledger, name: &str) {
    if let Some(read) = ledger.get(name) {
        let _ = entries.send(LedgerStep::Strike(read.clone()));
    }
}

/// What a failure of the step is called.
pub(crate) fn subject(step: &Step) -> &str {
    step.key.as_deref().unwrap_or(&step.name)
}
