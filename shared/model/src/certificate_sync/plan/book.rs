//! What is written down around each step: its intent before, what came of it after.

use std::collections::BTreeMap;

use super::step::{Action, Step, Which};
use crate::Timestamp;
use crate::certificate::Certificate;
use crate::certificate_sync::slot::{Held, Intent, OnListener, Placed, Retired, Slot};
use crate::id::{CertificateId, CertificateSlotId};

/// The records of a sync's slots, as they change step by step. Whoever keeps one stores every slot that a method names, in
/// that order, before anything else is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Book {
    slots: BTreeMap<CertificateSlotId, Held>,
}

/// What came of a step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It is done, and this is the new certificate.
    Imported {
        /// Its ARN.
        arn: String,
        /// The name that its tags have; `None` when the role may not tag.
        tagged: Option<String>,
        /// Whether its root was to be imported with it.
        with_root: bool,
    },
    /// The role may not tag, and need not: whatever tags there are, they are not kept up any more.
    Untagged,
    /// It is surely not done: AWS refused it.
    Refused,
    /// It is not done, because these use it.
    InUse(Vec<String>),
}

impl Book {
    /// The records of these slots.
    #[must_use]
    pub fn of<'s>(slots: impl IntoIterator<Item = &'s Slot>) -> Self {
        Self { slots: slots.into_iter().map(|slot| (slot.id, slot.held.clone())).collect() }
    }

    /// What is held for a slot now.
    #[must_use]
    pub fn held(&self, slot: CertificateSlotId) -> Option<&Held> {
        self.slots.get(&slot)
    }

    /// The ARN that a step means.
    #[must_use]
    pub fn arn(&self, slot: CertificateSlotId, which: &Which) -> Option<String> {
        match which {
            Which::Arn(arn) => Some(arn.clone()),
            Which::Placed => Some(self.slots.get(&slot)?.placed.as_ref()?.arn.clone()),
        }
    }

    /// Changes what is held for a slot in another way.
    pub fn amend(&mut self, slot: CertificateSlotId, change: impl FnOnce(&mut Held)) {
        if let Some(held) = self.slots.get_mut(&slot) {
            change(held);
        }
    }

    /// A step is about to be taken; answers the slots whose records changed. Steps without an effect have no intent.
    pub fn intend(
        &mut self,
        step: &Step,
        certificates: &BTreeMap<CertificateId, Certificate>,
        now: Timestamp,
    ) -> Vec<CertificateSlotId> {
        let certificate =
            if let Action::Add { certificate, .. } | Action::SetDefault { certificate, .. } = &step.action {
                self.arn(step.slot, certificate)
            } else {
                None
            };
        let carried = self.carried(step);
        let Some(held) = self.slots.get_mut(&step.slot) else { return Vec::new() };
        let intent = match &step.action {
            Action::Import { certificate_id, .. } => import(certificates, *certificate_id, None, now),
            Action::ImportOver { certificate_id, arn } => {
                import(certificates, *certificate_id, Some(arn.clone()), now)
            }
            Action::Add { listener_arn, is_ours, .. } => certificate.map(|arn| {
                if *is_ours {
                    add(held, listener_arn, &arn);
                }
                Intent::Add { listener_arn: listener_arn.clone(), arn }
            }),
            Action::SetDefault { listener_arn, before, is_ours, .. } => certificate.map(|arn| {
                if *is_ours && held.owns(&arn) {
                    let record = on(held, listener_arn);
                    record.added_before = carried || record.added_before && record.default_before == *before;
                    record.default_before.clone_from(before);
                    record.default = Some(arn.clone());
                }
                Intent::SetDefault { listener_arn: listener_arn.clone(), arn, before: before.clone() }
            }),
            Action::Remove { listener_arn, arn } => {
                Some(Intent::Remove { listener_arn: listener_arn.clone(), arn: arn.clone() })
            }
            Action::Delete { arn } => Some(Intent::Delete { arn: arn.clone() }),
            Action::Adopt { .. }
            | Action::Settle { .. }
            | Action::Forgo
            | Action::Learn(_)
            | Action::Lose { .. }
            | Action::Inherit { .. }
            | Action::Release { .. }
            | Action::Tag { .. }
            | Action::AwaitIssued
            | Action::Check { .. }
            | Action::Forget => return Vec::new(),
        };
        held.intent = intent;
        vec![step.slot]
    }

    /// Whether another slot put into the list what a slot is about to take the place of.
    fn carried(&self, step: &Step) -> bool {
        let Action::SetDefault { listener_arn, before: Some(before), .. } = &step.action else {
            return false;
        };
        let others = self.slots.iter().filter(|(id, _)| **id != step.slot);
        others.flat_map(|(_, held)| &held.listeners).any(|record| {
            record.listener_arn == *listener_arn
                && record.added_before
                && record.default_before.as_ref() == Some(before)
        })
    }

    /// What came of a step; answers the slots whose records changed.
    pub fn conclude(&mut self, step: &Step, outcome: &Outcome, now: Timestamp) -> Vec<CertificateSlotId> {
        match (&step.action, outcome) {
            (Action::Inherit { listener_arn, from }, Outcome::Done) => {
                return self.hand_on(*from, step.slot, listener_arn);
            }
            (Action::SetDefault { listener_arn, certificate, .. }, Outcome::Done) => {
                return self.defaulted(step.slot, listener_arn, certificate);
            }
            _another => {}
        }
        let Some(held) = self.slots.get_mut(&step.slot) else { return Vec::new() };
        let before = held.clone();
        match outcome {
            Outcome::Refused => held.intent = None,
            Outcome::Untagged => {
                if let Some(placed) = &mut held.placed {
                    placed.tagged = None;
                }
            }
            Outcome::InUse(by) => {
                held.intent = None;
                if let Action::Delete { arn } = &step.action {
                    held.refuse(arn, by, now);
                }
            }
            Outcome::Imported { arn, tagged, with_root } => {
                held.imported(arn, tagged.clone(), *with_root, now);
                held.intent = None;
            }
            Outcome::Done => held.done(&step.action, now),
        }
        if *held == before { Vec::new() } else { vec![step.slot] }
    }

    /// What one slot remembers of a listener's default is another's now. The new one first: whoever dies between the two leaves
    /// it remembered twice, and not not at all.
    fn hand_on(
        &mut self,
        from: CertificateSlotId,
        to: CertificateSlotId,
        listener: &str,
    ) -> Vec<CertificateSlotId> {
        let Some(given) = self
            .slots
            .get(&from)
            .and_then(|held| held.listeners.iter().find(|record| record.listener_arn == listener).cloned())
        else {
            return Vec::new();
        };
        if let Some(held) = self.slots.get_mut(&to) {
            let placed = held.placed.as_ref().map(|placed| placed.arn.clone());
            let record = on(held, listener);
            record.default = given.default.is_some().then_some(placed).flatten();
            record.default_before = given.default_before;
            record.added_before = given.added_before;
        }
        if let Some(held) = self.slots.get_mut(&from) {
            release(held, listener);
        }
        vec![to, from]
    }

    fn defaulted(
        &mut self,
        slot: CertificateSlotId,
        listener: &str,
        certificate: &Which,
    ) -> Vec<CertificateSlotId> {
        let arn = self.arn(slot, certificate);
        let Some(held) = self.slots.get_mut(&slot) else { return Vec::new() };
        held.intent = None;
        let is_own = arn.as_deref().is_some_and(|arn| held.owns(arn));
        let mut changed = vec![slot];
        if !is_own {
            let record = on(held, listener);
            record.default = None;
            if !record.added_before {
                record.default_before = None;
            }
            tidy(held);
            return changed;
        }
        for (id, other) in self.slots.iter_mut().filter(|(id, _)| **id != slot) {
            if release(other, listener) {
                changed.push(*id);
            }
        }
        changed
    }
}

impl Held {
    /// Whether something may have been imported for it of which nobody has heard the end.
    #[must_use]
    pub const fn is_importing(&self) -> bool {
        matches!(self.intent, Some(Intent::Import { .. }))
    }

    /// Whether an ARN is this slot's.
    #[must_use]
    pub fn owns(&self, arn: &str) -> bool {
        self.placed.as_ref().is_some_and(|placed| placed.arn == arn)
            || self.retired.iter().any(|retired| retired.arn == arn)
    }

    fn done(&mut self, action: &Action, now: Timestamp) {
        match action {
            Action::Adopt { imported, with_root } => {
                let since = match &self.intent {
                    Some(Intent::Import { since, .. }) => *since,
                    Some(_) | None => now,
                };
                for (arn, tagged) in imported {
                    self.imported(arn, tagged.clone(), *with_root, since);
                }
                self.intent = None;
            }
            Action::Settle { with_root } => {
                let since = match &self.intent {
                    Some(Intent::Import { since, .. }) => *since,
                    Some(_) | None => now,
                };
                if let Some(arn) = self.placed.as_ref().map(|placed| placed.arn.clone()) {
                    self.imported(&arn, None, *with_root, since);
                }
                self.intent = None;
            }
            Action::Forgo => self.intent = None,
            Action::Learn(stamp) => {
                if let Some(placed) = &mut self.placed {
                    placed.listed = Some(*stamp);
                }
            }
            Action::Lose { arn } | Action::Delete { arn } => self.lose(arn),
            Action::Release { listener_arn } => {
                release(self, listener_arn);
            }
            Action::Tag { name } => {
                if let Some(placed) = &mut self.placed {
                    placed.tagged = Some(name.clone());
                }
            }
            Action::Add { .. } => self.intent = None,
            Action::Remove { listener_arn, arn } => {
                self.intent = None;
                let record = on(self, listener_arn);
                record.added.retain(|one| one != arn);
                if record.added_before && record.default_before.as_ref() == Some(arn) {
                    record.added_before = false;
                    record.default_before = None;
                }
                tidy(self);
            }
            Action::Forget => *self = Self { told: self.told.take(), ..Self::default() },
            // What was imported is told with its ARN.
            Action::Import { .. }
            | Action::ImportOver { .. }
            | Action::Inherit { .. }
            | Action::SetDefault { .. }
            | Action::AwaitIssued
            | Action::Check { .. } => {}
        }
    }

    /// A certificate is in place: another one under the same ARN, whose tags stay, or under a new one, and then what was in place
    /// before is to go.
    fn imported(&mut self, arn: &str, tagged: Option<String>, with_root: bool, now: Timestamp) {
        let Some(Intent::Import { certificate_id, fingerprint_sha256, serial_number, key_algorithm, .. }) =
            self.intent.clone()
        else {
            return;
        };
        let before = self.placed.take();
        let same = before.as_ref().filter(|before| before.arn == arn);
        self.placed = Some(Placed {
            arn: arn.to_owned(),
            certificate_id,
            fingerprint_sha256,
            serial_number,
            key_algorithm,
            listed: None,
            tagged: tagged.or_else(|| same?.tagged.clone()),
            with_root,
            imported_at: now,
        });
        if let Some(before) = before.filter(|before| before.arn != arn) {
            self.retire(before.arn, before.fingerprint_sha256, now);
        }
    }

    fn retire(&mut self, arn: String, fingerprint_sha256: String, since: Timestamp) {
        if self.retired.iter().all(|one| one.arn != arn) {
            let in_use_by = Vec::new();
            self.retired.push(Retired { arn, since, fingerprint_sha256, refused: 0, in_use_by });
        }
    }

    /// AWS does not delete what is in use.
    fn refuse(&mut self, arn: &str, by: &[String], now: Timestamp) {
        if let Some(placed) = self.placed.take_if(|placed| placed.arn == arn) {
            self.retire(placed.arn, placed.fingerprint_sha256, now);
        }
        if let Some(retired) = self.retired.iter_mut().find(|one| one.arn == arn) {
            retired.refused = retired.refused.saturating_add(1);
            retired.in_use_by = by.to_vec();
        }
    }

    /// ACM has none of that ARN any more, and so no listener has.
    fn lose(&mut self, arn: &str) {
        let is_it = |intent: &Intent| matches!(intent, Intent::Delete { arn: one } if one == arn);
        if self.intent.as_ref().is_some_and(is_it) {
            self.intent = None;
        }
        self.placed.take_if(|placed| placed.arn == arn);
        self.retired.retain(|retired| retired.arn != arn);
        for record in &mut self.listeners {
            record.added.retain(|one| one != arn);
        }
        tidy(self);
    }
}

fn import(
    certificates: &BTreeMap<CertificateId, Certificate>,
    certificate_id: CertificateId,
    into: Option<String>,
    since: Timestamp,
) -> Option<Intent> {
    let facts = &certificates.get(&certificate_id)?.facts;
    Some(Intent::Import {
        certificate_id,
        fingerprint_sha256: facts.fingerprint_sha256.clone(),
        serial_number: facts.serial_number.clone(),
        key_algorithm: facts.key_algorithm,
        into,
        since,
    })
}

/// An ARN goes into a listener's list: the slot's own, or the default that stood there before.
fn add(held: &mut Held, listener: &str, arn: &str) {
    let is_own = held.owns(arn);
    let record = on(held, listener);
    if !is_own {
        record.default_before = Some(arn.to_owned());
        record.added_before = true;
    } else if record.added.iter().all(|one| one != arn) {
        record.added.push(arn.to_owned());
    }
}

fn on<'h>(held: &'h mut Held, listener: &str) -> &'h mut OnListener {
    let at = held.listeners.iter().position(|record| record.listener_arn == listener);
    let at = at.unwrap_or_else(|| {
        held.listeners.push(OnListener::new(listener));
        held.listeners.len() - 1
    });
    &mut held.listeners[at]
}

/// Nothing is remembered of a listener's default any more; whether anything was.
fn release(held: &mut Held, listener: &str) -> bool {
    let before = held.listeners.clone();
    for record in held.listeners.iter_mut().filter(|record| record.listener_arn == listener) {
        record.default = None;
        record.default_before = None;
        record.added_before = false;
    }
    tidy(held);
    held.listeners != before
}

fn tidy(held: &mut Held) {
    held.listeners.retain(|record| {
        !record.added.is_empty() || record.default.is_some() || record.default_before.is_some()
    });
}
