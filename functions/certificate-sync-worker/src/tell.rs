//! What is told of slots and of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::Timestamp;
use model::certificate_sync::plan::{Plan, Rule};
use model::certificate_sync::run::Outcome;
use model::certificate_sync::slot::{Held, SlotStatus, Told};
use model::certificate_sync::{Slot, Standing};
use model::id::CertificateSlotId;

use crate::carry::{Carried, may_touch};
use crate::lease::Lease;
use crate::run::TO_PUT_AWAY;
use crate::target::Target;

/// The first wait for what time mends; each further one is twice as long.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// After so many looks what is in use still is a failure.
const LOOKS: u32 = 8;

/// So many certificates are named in a sync's message. The others say it themselves.
const NAMED: usize = 5;

/// What is told of a run.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    /// What may go better in another attempt.
    pub(crate) later: Option<String>,
    /// Until when there is nothing to be done but to wait for ACM's list.
    pub(crate) waits_until: Option<Timestamp>,
}

/// Tells each slot what came of it, and sums up. `again`: slots whose endpoint is to be looked at again, and whether it has
/// served an earlier certificate for too long.
pub(crate) fn tell(
    lease: &Lease<'_>,
    target: &Target,
    plan: &Plan,
    denied: &BTreeSet<String>,
    again: &BTreeMap<CertificateSlotId, bool>,
    carried: &mut Carried<'_>,
) -> Verdict {
    let mut failures: Vec<(CertificateSlotId, String)> = Vec::new();
    let is_patient = lease.work.looks < LOOKS;
    let mut look_again = false;
    let seen_by = not_seen_yet(lease, target, plan, carried);
    let is_all = carried.unlucky.is_empty() && carried.unfinished.is_empty();
    let waits_until = seen_by.values().map(|(until, _)| *until).max().filter(|_| is_all);
    carried.unlucky.extend(seen_by.into_iter().map(|(slot, (_, words))| (slot, words)));
    let gives_up = waits_until.is_none() && is_over(lease);
    for read in target.read.values() {
        let slot = &read.value;
        let is_left = slot.wanted.standing == Standing::Left && !removes(lease);
        if is_left || !may_touch(lease, slot) || carried.forgotten.contains(&slot.id) {
            continue;
        }
        let mut words: Vec<String> = Vec::new();
        let unlucky = carried.unlucky.get(&slot.id);
        for failure in plan.failures.iter().filter(|failure| failure.slot == slot.id) {
            look_again |= waits(&failure.rule);
            if !matches!(failure.rule, Rule::NotSeenYet(_)) {
                words.push(rule_words(&failure.rule, denied));
            }
        }
        words.extend(carried.failed.get(&slot.id).or(unlucky).cloned());
        // What may have been imported is looked for until it is found, or surely is not there.
        look_again |= lease.is_last_attempt() && is_importing(carried, slot.id);
        if carried.in_use.contains(&slot.id) {
            look_again = true;
            if !is_patient {
                words.push("what is to be deleted from ACM is still in use".to_owned());
            }
        }
        if let Some(is_too_long) = again.get(&slot.id) {
            look_again = true;
            if *is_too_long {
                words.push(
                    "the load balancer has the certificate, and its endpoint still serves an earlier one"
                        .to_owned(),
                );
            }
        }
        if (unlucky.is_some() && !gives_up) || carried.unfinished.contains(&slot.id) {
            continue;
        }
        let note = plan.notes.iter().find(|note| note.slot == slot.id).map(|note| note.rule.to_string());
        let (status, message) = if words.is_empty() {
            (SlotStatus::Succeeded, note)
        } else {
            (SlotStatus::Failed, Some(words.join("; ")))
        };
        if let Some(message) = message.as_ref().filter(|_| status == SlotStatus::Failed) {
            failures.push((slot.id, message.clone()));
        }
        told(lease, slot, (status, message), carried);
    }
    let unlucky: Vec<_> = carried.unlucky.iter().map(|(slot, words)| (*slot, words.clone())).collect();
    let later = sum(target, &unlucky).filter(|_| !gives_up);
    let outcome = Outcome {
        failure: sum(target, &failures),
        remark: remark(denied, carried.untagged),
        look_again: look_again.then(|| FIRST_LOOK * 2u32.saturating_pow(lease.work.looks.min(LOOKS))),
    };
    Verdict { outcome, later, waits_until }
}

/// What an interrupted run may have imported and ACM does not list yet: until when it is looked for, in words too.
fn not_seen_yet(
    lease: &Lease<'_>,
    target: &Target,
    plan: &Plan,
    carried: &Carried<'_>,
) -> BTreeMap<CertificateSlotId, (Timestamp, String)> {
    let mut slots = BTreeMap::new();
    for failure in &plan.failures {
        if let Rule::NotSeenYet(until) = failure.rule
            && !carried.unlucky.contains_key(&failure.slot)
            && target.read.get(&failure.slot).is_some_and(|slot| may_touch(lease, slot))
        {
            slots.insert(failure.slot, (until, failure.rule.to_string()));
        }
    }
    slots
}

/// Whether what goes wrong now is told as the end. What is only out of time goes on in the next message.
fn is_over(lease: &Lease<'_>) -> bool {
    lease.is_last_attempt() && !lease.deadline.is_near(TO_PUT_AWAY * 2)
}

/// Whether nobody knows what came of an import.
fn is_importing(carried: &Carried<'_>, slot: CertificateSlotId) -> bool {
    let held = carried.slots.book.held(slot);
    held.is_some_and(Held::is_importing)
}

fn removes(lease: &Lease<'_>) -> bool {
    matches!(lease.work.job, model::certificate_sync::run::Job::Remove(_))
}

fn told(
    lease: &Lease<'_>,
    slot: &Slot,
    (status, message): (SlotStatus, Option<String>),
    carried: &mut Carried<'_>,
) {
    let (now, is_touched) = (lease.now(), carried.touched.contains(&slot.id));
    let revision = slot.wanted.revision;
    let before = carried.slots.book.held(slot.id).and_then(|held| held.told.clone());
    let is_same = before.as_ref().is_some_and(|before| {
        before.revision == revision && before.status == status && before.message == message
    });
    if is_same && !is_touched {
        return;
    }
    let synced_at = match status {
        SlotStatus::Succeeded => Some(now),
        SlotStatus::Pending | SlotStatus::Syncing | SlotStatus::Failed => {
            before.and_then(|before| before.synced_at)
        }
    };
    let told = Told { revision, status, message, at: now, synced_at };
    carried.slots.book.amend(slot.id, |held| held.told = Some(told));
    carried.slots.note([slot.id]);
}

/// Whether time may mend it, when somebody else does something in the account.
const fn waits(rule: &Rule) -> bool {
    matches!(rule, Rule::InUse { .. } | Rule::OldInUse { .. })
}

fn rule_words(rule: &Rule, denied: &BTreeSet<String>) -> String {
    let mends = denied.iter().filter(|action| action.starts_with("elasticloadbalancing:"));
    let mends: Vec<&str> = mends.map(String::as_str).collect();
    if matches!(rule, Rule::OldInUse { .. }) && !mends.is_empty() {
        format!("{rule} (with {} Drawbridge would do it)", mends.join(", "))
    } else {
        rule.to_string()
    }
}

/// What the role may not, and the run went on without.
fn remark(denied: &BTreeSet<String>, untagged: bool) -> Option<String> {
    let tags = untagged.then_some("acm:AddTagsToCertificate");
    let actions: Vec<&str> = denied.iter().map(String::as_str).chain(tags).collect();
    let all = actions.join(", ");
    (!actions.is_empty()).then(|| format!("The role may not {all}; the run went on without"))
}

/// The first failures, by the names of their certificates.
fn sum(target: &Target, failures: &[(CertificateSlotId, String)]) -> Option<String> {
    let named = failures.iter().take(NAMED).map(|(slot, words)| format!("{}: {words}", name(target, *slot)));
    let mut text = named.collect::<Vec<_>>().join("; ");
    if let Some(more) = failures.len().checked_sub(NAMED).filter(|more| *more > 0) {
        text = format!("{text}; and {more} more");
    }
    (!failures.is_empty()).then_some(text)
}

fn name(target: &Target, slot: CertificateSlotId) -> String {
    let wanted = target.read.get(&slot).map(|read| read.wanted.certificate_id);
    let certificate = wanted.and_then(|id| target.certificates.get(&id));
    let name = certificate.and_then(|certificate| certificate.facts.subject.common_name.clone());
    name.or_else(|| wanted.map(|id| id.to_string())).unwrap_or_else(|| slot.to_string())
}
