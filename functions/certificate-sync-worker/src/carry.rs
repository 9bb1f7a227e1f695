//! Carrying a plan out: one step after the other, each with its intent before and its outcome after.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::arn::Arn;
use model::certificate_sync::plan::{Action, Book, Outcome, Plan, Step};
use model::certificate_sync::{Slot, Standing};
use model::id::CertificateSlotId;

use crate::Fault;
use crate::effect::{Became, Taker};
use crate::hands::{Hands, Scope};
use crate::lease::Lease;
use crate::run::TO_PUT_AWAY;
use crate::slots::Slots;
use crate::target::Target;

/// What became of a plan.
#[derive(Debug)]
pub(crate) struct Carried<'r> {
    pub(crate) slots: Slots<'r>,
    pub(crate) hands: Hands<'r>,
    done: BTreeMap<&'static str, usize>,
    /// What failed until somebody does something, and why.
    pub(crate) failed: BTreeMap<CertificateSlotId, String>,
    /// What may go better without anybody's doing.
    pub(crate) unlucky: BTreeMap<CertificateSlotId, String>,
    /// Of what AWS said that it is in use still.
    pub(crate) in_use: BTreeSet<CertificateSlotId>,
    /// Slots for which something was changed in the account.
    pub(crate) touched: BTreeSet<CertificateSlotId>,
    /// Slots whose turn did not come.
    pub(crate) unfinished: BTreeSet<CertificateSlotId>,
    /// Slots that went.
    pub(crate) forgotten: BTreeSet<CertificateSlotId>,
    /// Whether the role may not tag.
    pub(crate) untagged: bool,
}

impl Carried<'_> {
    /// Whether anything was done in the account.
    pub(crate) fn progressed(&self) -> bool {
        !self.done.is_empty()
    }
}

/// In words, for the audit trail: `3 import, 1 delete`. Nothing when nothing was done.
impl fmt::Display for Carried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.done.iter().map(|(verb, count)| format!("{count} {verb}")).collect();
        f.write_str(&parts.join(", "))
    }
}

/// Whether a run may touch a slot: a look of a sync that does not follow by itself leaves alone what was changed since.
pub(crate) fn may_touch(lease: &Lease<'_>, slot: &Slot) -> bool {
    lease.work.follows() || !slot.is_open()
}

/// Takes the steps of `plan`. When the lease is lost, or the table does not take what is written, no further step is taken.
pub(crate) async fn carry<'r>(
    lease: &'r Lease<'r>,
    target: &'r Target,
    plan: &Plan,
) -> Result<Carried<'r>, Fault> {
    let slots = Slots::new(lease, Book::of(target.read.values().map(|read| &read.value)));
    let hands = Hands::new(lease, target, scope(target, plan));
    let mut taker = Taker { lease, target, hands, untagged: false };
    let mut carried = Carrying { slots, done: BTreeMap::new(), sums: Sums::default() };
    for step in &plan.steps {
        let Some(read) = target.read.get(&step.slot).filter(|read| may_touch(lease, read)) else { continue };
        if carried.sums.is_over(step.slot) || carried.slots.is_gone(step.slot) {
            continue;
        }
        if lease.deadline.is_near(TO_PUT_AWAY) {
            carried.sums.unfinished.insert(step.slot);
            continue;
        }
        carried.take(&mut taker, step).await?;
        if step.action == Action::Forget && read.wanted.standing != Standing::Attached {
            carried.forget(lease, target, step.slot).await?;
        }
    }
    carried.slots.keep().await?;
    let Carrying { slots, done, sums } = carried;
    let Sums { failed, unlucky, in_use, touched, unfinished, forgotten } = sums;
    let Taker { hands, untagged, .. } = taker;
    Ok(Carried { slots, hands, done, failed, unlucky, in_use, touched, unfinished, forgotten, untagged })
}

#[derive(Debug)]
struct Carrying<'r> {
    slots: Slots<'r>,
    done: BTreeMap<&'static str, usize>,
    sums: Sums,
}

#[derive(Debug, Default)]
struct Sums {
    failed: BTreeMap<CertificateSlotId, String>,
    unlucky: BTreeMap<CertificateSlotId, String>,
    in_use: BTreeSet<CertificateSlotId>,
    touched: BTreeSet<CertificateSlotId>,
    unfinished: BTreeSet<CertificateSlotId>,
    forgotten: BTreeSet<CertificateSlotId>,
}

impl Sums {
    /// Whether no further step of a slot is taken.
    fn is_over(&self, slot: CertificateSlotId) -> bool {
        self.failed.contains_key(&slot)
            || self.unlucky.contains_key(&slot)
            || self.in_use.contains(&slot)
            || self.unfinished.contains(&slot)
    }
}

impl Carrying<'_> {
    async fn take(&mut self, taker: &mut Taker<'_>, step: &Step) -> Result<(), Fault> {
        let (slot, now) = (step.slot, taker.lease.now());
        if step.action.is_effect() {
            let intended = self.slots.book.intend(step, &taker.target.certificates, now);
            self.slots.note(intended);
            self.slots.keep().await?;
            if self.slots.is_gone(slot) {
                return Ok(());
            }
        }
        let became = taker.take(&self.slots.book, step).await?;
        let outcome = match became {
            Became::Done(outcome) => outcome,
            Became::Failed(words) => {
                self.sums.failed.insert(slot, words);
                Outcome::Refused
            }
            Became::Unlucky(words) => {
                self.sums.unlucky.insert(slot, words);
                Outcome::Refused
            }
            Became::Unclear(words) => {
                // The intent stays: the next run looks for what may have come of it.
                self.sums.unlucky.insert(slot, words);
                return Ok(());
            }
        };
        match &outcome {
            Outcome::Done | Outcome::Imported { .. } if step.action.is_effect() => {
                *self.done.entry(step.action.verb()).or_default() += 1;
                self.sums.touched.insert(slot);
            }
            Outcome::InUse(_) => {
                self.sums.in_use.insert(slot);
            }
            Outcome::Done | Outcome::Imported { .. } | Outcome::Untagged | Outcome::Refused => {}
        }
        let concluded = self.slots.book.conclude(step, &outcome, taker.lease.now());
        self.slots.note(concluded);
        // What changed our record alone is found again by whoever comes after; an effect's outcome is written down at once.
        if step.action.is_effect() { self.slots.keep().await } else { Ok(()) }
    }

    async fn forget(
        &mut self,
        lease: &Lease<'_>,
        target: &Target,
        slot: CertificateSlotId,
    ) -> Result<(), Fault> {
        if self.sums.is_over(slot) {
            return Ok(());
        }
        let Some(read) = target.read.get(&slot) else { return Ok(()) };
        // One that was attached again meanwhile stays, and is imported by the run that this has made wanted.
        if lease.forget(read).await? {
            self.slots.drop(slot);
            self.sums.forgotten.insert(slot);
        }
        Ok(())
    }
}

/// What is changed, which sessions are narrowed to.
fn scope(target: &Target, plan: &Plan) -> Scope {
    let mut scope = Scope::default();
    let mut listeners = BTreeSet::new();
    for step in &plan.steps {
        let held = target.read.get(&step.slot).map(|read| &read.held);
        let placed = held.and_then(|held| held.placed.as_ref()).map(|placed| placed.arn.clone());
        match &step.action {
            Action::ImportOver { arn, .. } => scope.replaced.push(arn.clone()),
            Action::Tag { .. } => scope.replaced.extend(placed),
            Action::Adopt { imported, .. } => {
                scope.replaced.extend(imported.iter().map(|(arn, _)| arn.clone()))
            }
            Action::Delete { arn } => scope.deleted.push(arn.clone()),
            Action::Add { listener_arn, .. }
            | Action::SetDefault { listener_arn, .. }
            | Action::Remove { listener_arn, .. }
            | Action::Check { listener_arn, .. } => {
                listeners.insert(listener_arn.clone());
            }
            Action::Settle { .. }
            | Action::Forgo
            | Action::Learn(_)
            | Action::Lose { .. }
            | Action::Inherit { .. }
            | Action::Release { .. }
            | Action::Import { .. }
            | Action::AwaitIssued
            | Action::Forget => {}
        }
    }
    scope.replaced.sort_unstable();
    scope.replaced.dedup();
    scope.listeners = listeners.iter().filter_map(|arn| arn.parse::<Arn>().ok()).collect();
    scope
}
