//! What is taken away: off listeners first, then out of ACM.

use std::collections::BTreeSet;

use super::planner::Planner;
use super::rule::Rule;
use super::step::Action;
use super::view::{Role, pairs};
use crate::certificate_sync::ownership::{self, Owner};
use crate::id::CertificateSlotId;

impl Planner<'_> {
    /// Slots that go leave their listeners: those whose default another slot takes over (`replaced`) after it has, the others
    /// before anything else, which makes room.
    pub(super) fn go(&mut self, replaced: &BTreeSet<CertificateSlotId>, after_others: bool) {
        for index in 0..self.views.len() {
            let Some(view) = self.views.get(index) else { continue };
            let is_now = replaced.contains(&view.slot.id) == after_others && !view.is_in_doubt();
            if view.role != Role::Going || !is_now {
                continue;
            }
            for listener in &self.found.listeners {
                let Some(record) = self.record(index, &listener.arn) else { continue };
                let default = self.after.get(listener.arn.as_str()).and_then(|after| after.default.clone());
                let is_default = default
                    .as_deref()
                    .is_some_and(|arn| self.views.get(index).is_some_and(|view| view.has(arn)));
                if is_default {
                    self.give_back(index, listener);
                }
                for arn in record.added.iter().filter(|arn| listener.listed.contains(*arn)) {
                    self.check_and_remove(index, listener, arn.clone(), false);
                }
            }
        }
    }

    /// What nothing uses any more is deleted: of slots that go all, of others what something else took the place of.
    pub(super) fn delete(&mut self) {
        for index in 0..self.views.len() {
            let Some(view) = self.views.get(index) else { continue };
            let arns: Vec<String> = match view.role {
                Role::Going => view.placed.iter().chain(&view.old).cloned().collect(),
                Role::Present if view.is_able() => view.old.clone(),
                Role::Present | Role::Resting => continue,
            };
            if view.is_in_doubt() {
                continue;
            }
            let (is_going, failures) = (view.role == Role::Going, self.plan.failures.len());
            for arn in arns {
                self.delete_one(index, arn, is_going);
            }
            if is_going && self.plan.failures.len() == failures && !self.has_failed(index) {
                self.step(index, Action::Forget);
            }
        }
    }

    fn has_failed(&self, index: usize) -> bool {
        let slot = self.views.get(index).map(|view| view.slot.id);
        self.plan.failures.iter().any(|failure| Some(failure.slot) == slot)
    }

    fn delete_one(&mut self, index: usize, arn: String, is_going: bool) {
        // The list may be a moment behind. What it lacks is judged by what was answered, and left alone without an answer.
        let entry = self.found.listed.get(&arn);
        if entry.is_none() && !self.is_answered(&arn) {
            return;
        }
        let by = self.users(&arn);
        if entry.is_none_or(|entry| entry.in_use) && !by.is_empty() {
            return self
                .fail(index, if is_going { Rule::InUse { arn, by } } else { Rule::OldInUse { arn, by } });
        }
        if !is_going && !self.question.sync.options.can_remove_certificates {
            return;
        }
        match self.stranger(&arn) {
            Some(rule) => self.fail(index, rule),
            None => self.step(index, Action::Delete { arn }),
        }
    }

    /// Whether ACM has it by its own answer, whatever its list says.
    pub(super) fn is_answered(&self, arn: &str) -> bool {
        self.found.answers.get(arn).is_some_and(Option::is_some)
    }

    /// What uses a certificate when all steps so far are taken: load balancers with listeners that have it still, and
    /// everything else that AWS names. A load balancer that has it no more is named by ACM for a while.
    fn users(&self, arn: &str) -> Vec<String> {
        let answer = self.found.answers.get(arn).and_then(Option::as_ref);
        let mut by: Vec<String> = answer.and_then(|answer| answer.in_use_by.clone()).unwrap_or_default();
        let known: BTreeSet<&str> =
            self.found.listeners.iter().map(|listener| listener.load_balancer_arn.as_str()).collect();
        by.retain(|user| !known.contains(user.as_str()));
        let listeners = self.after.values().filter(|listener| listener.has(arn));
        by.extend(listeners.map(|listener| listener.arn.clone()));
        by
    }

    /// Why something may not be deleted although our record has it.
    fn stranger(&self, arn: &str) -> Option<Rule> {
        let tags =
            self.found.answers.get(arn).and_then(Option::as_ref).and_then(|answer| answer.tags.as_ref());
        let arn = arn.to_owned();
        if self.found.taken.contains(&arn) {
            return Some(Rule::NotOurs { arn, another: true });
        }
        let Some(tags) = tags else {
            // The policy of load balancers leaves our record alone.
            return self.question.is_acm().then_some(Rule::TagsUnknown(arn));
        };
        match ownership::owner(self.question.sync.id, pairs(tags)) {
            Owner::This(_) => None,
            Owner::Another(_) => Some(Rule::NotOurs { arn, another: true }),
            Owner::Nobody => self.question.is_acm().then_some(Rule::NotOurs { arn, another: false }),
        }
    }
}
