//! The order of everything: what is new comes before what is old, over all slots.

use std::collections::{BTreeMap, BTreeSet};

use super::found::{Found, FoundListener, State};
use super::guard::Guard;
use super::room::Rooms;
use super::rule::{Failure, Rule};
use super::step::{Action, Step, Which};
use super::view::{Bringing, Role, View};
use super::{Plan, Question};
use crate::certificate_sync::Listener;
use crate::certificate_sync::slot::OnListener;

/// What a plan is made with.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    pub(super) question: &'a Question<'a>,
    pub(super) found: &'a Found,
    pub(super) views: Vec<View<'a>>,
    /// The listeners as they are when the steps so far are taken.
    pub(super) after: BTreeMap<&'a str, FoundListener>,
    pub(super) plan: Plan,
}

impl<'a> Planner<'a> {
    pub(super) fn new(question: &'a Question<'a>, found: &'a Found) -> Self {
        let mut views: Vec<_> = question.slots.iter().map(|slot| View::of(question, found, slot)).collect();
        views.sort_by_key(|view| view.slot.id);
        let after = found.listeners.iter().map(|one| (one.arn.as_str(), one.clone())).collect();
        Self { question, found, views, after, plan: Plan::default() }
    }

    pub(super) fn plan(mut self) -> Plan {
        self.look_at_listeners();
        self.records();
        self.defaults_on_record();
        let rooms = Rooms::of(&self.found.listeners);
        let replaced = self.defaults_to_be_taken();
        self.go(&replaced, false);
        self.bring(rooms);
        self.defaults();
        self.clear();
        self.go(&replaced, true);
        self.delete();
        self.sum_up();
        self.plan
    }

    pub(super) fn step(&mut self, view: usize, action: Action) {
        if let Some(view) = self.views.get(view) {
            self.plan.steps.push(Step { slot: view.slot.id, action });
        }
    }

    pub(super) fn fail(&mut self, view: usize, rule: Rule) {
        if let Some(view) = self.views.get(view) {
            self.plan.failures.push(Failure { slot: view.slot.id, rule });
        }
    }

    /// The sync's listener of this ARN, as people defined it.
    pub(super) fn defined(&self, arn: &str) -> Option<&'a Listener> {
        self.question.sync.destination.listeners().iter().find(|one| one.listener_arn == arn)
    }

    /// What a slot remembers of a listener.
    pub(super) fn record(&self, view: usize, listener: &str) -> Option<&'a OnListener> {
        let slot = self.views.get(view)?.slot;
        slot.held.listeners.iter().find(|one| one.listener_arn == listener)
    }

    /// A listener that the sync defines must be there, and have certificates: else nothing new is begun. What is in place
    /// already is renewed all the same, on the other listeners.
    fn look_at_listeners(&mut self) {
        let mut unfit = Vec::new();
        for defined in self.question.sync.destination.listeners() {
            match self.after.get(defined.listener_arn.as_str()) {
                None => unfit.push((&defined.listener_arn, Rule::NoListener(defined.listener_arn.clone()))),
                Some(found) if found.protocol != defined.protocol.name() => {
                    let arn = defined.listener_arn.clone();
                    unfit.push((&defined.listener_arn, Rule::PlainListener(arn, found.protocol.clone())));
                }
                Some(_) => {}
            }
        }
        let Some((_, first)) = unfit.first() else { return };
        for view in self.views.iter_mut().filter(|view| view.is_able()) {
            if view.placed.is_none() {
                view.rule = Some(first.clone());
            } else {
                view.unfit.extend(unfit.iter().map(|(arn, rule)| ((*arn).clone(), rule.clone())));
            }
        }
    }

    /// What has happened already is written down first.
    fn records(&mut self) {
        for index in 0..self.views.len() {
            let Some(view) = self.views.get_mut(index) else { continue };
            let note = view.note.take().map(|rule| Failure { slot: view.slot.id, rule });
            for action in std::mem::take(&mut view.records) {
                self.step(index, action);
            }
            self.plan.notes.extend(note);
        }
    }

    /// Imports, and names that are served: after this everything that is wanted is there.
    fn bring(&mut self, mut rooms: Rooms) {
        self.plan_room(&mut rooms);
        for index in 0..self.views.len() {
            let mut wanted = self.places(index);
            if self.is_able(index) {
                self.take_room(index, &wanted, &mut rooms);
            }
            if !self.is_able(index) {
                continue;
            }
            self.import(index);
            wanted.retain(|listener| !self.is_unfit(index, &listener.arn));
            let adds: Vec<String> = wanted.into_iter().map(|listener| listener.arn.clone()).collect();
            if !adds.is_empty() && self.awaits(index) {
                self.step(index, Action::AwaitIssued);
            }
            for listener_arn in adds {
                let is_ours = self.is_ours(index, &listener_arn);
                self.serve(index, &listener_arn);
                self.step(index, Action::Add { listener_arn, certificate: Which::Placed, is_ours });
            }
        }
    }

    /// What those that go leave free.
    fn plan_room(&self, rooms: &mut Rooms) {
        for (listener, after) in
            self.found.listeners.iter().map(|one| (one, self.after.get(one.arn.as_str())))
        {
            let Some(after) = after else { continue };
            for gone in listener.listed.difference(&after.listed) {
                rooms.remove(listener, gone);
            }
        }
    }

    /// Room for all that a slot adds. Without it nothing new is imported; what is imported under the ARN that is there needs
    /// none, and only the listeners that have no room go without.
    fn take_room(&mut self, index: usize, places: &[&'a FoundListener], rooms: &mut Rooms) {
        let keys = self.keys(index, places);
        let Err(rule) = rooms.take(&keys) else { return };
        let found = self.found;
        let Some(view) = self.views.get_mut(index) else { return };
        if view.known().is_none() {
            view.rule = Some(rule);
            return;
        }
        for listener in &found.listeners {
            let here: Vec<_> = keys.iter().filter(|(one, _)| one.arn == listener.arn).cloned().collect();
            if let Err(rule) = rooms.take(&here) {
                view.unfit.push((listener.arn.clone(), rule));
            }
        }
    }

    /// Whether nothing of a slot can be put on a listener.
    pub(super) fn is_unfit(&self, index: usize, listener: &str) -> bool {
        self.views.get(index).is_some_and(|view| view.unfit.iter().any(|(arn, _)| arn == listener))
    }

    pub(super) fn is_able(&self, index: usize) -> bool {
        self.views.get(index).is_some_and(View::is_able)
    }

    /// The listeners that do not serve a slot's certificate by name yet and are to: those of the sync, and those that serve
    /// what it takes the place of.
    fn places(&self, index: usize) -> Vec<&'a FoundListener> {
        let Some(view) = self.views.get(index).filter(|view| view.role == Role::Present) else {
            return Vec::new();
        };
        let lacks = |listener: &&FoundListener| {
            let has_old = listener.listed.iter().any(|arn| view.is_old(arn));
            let is_there = view.known().is_some_and(|arn| listener.listed.contains(arn));
            let is_wanted = has_old || self.defined(&listener.arn).is_some();
            !is_there && is_wanted && !self.is_unfit(index, &listener.arn)
        };
        self.found.listeners.iter().filter(lacks).collect()
    }

    /// What takes room for a slot: itself, and the foreign default that it puts into the list.
    fn keys<'l>(&self, index: usize, places: &[&'l FoundListener]) -> Vec<(&'l FoundListener, String)>
    where
        'a: 'l,
    {
        let Some(view) = self.views.get(index) else { return Vec::new() };
        let name = view.known().map_or_else(|| format!("new {}", view.slot.id), str::to_owned);
        let mut keys: Vec<(&FoundListener, String)> =
            places.iter().map(|listener| (*listener, name.clone())).collect();
        for listener in &self.found.listeners {
            if let Some((parked, _)) = self.parked(index, listener) {
                keys.push((listener, parked));
            }
        }
        keys
    }

    /// Whether a slot remembers what it does to a listener: not where it takes a place that others gave its predecessor.
    pub(super) fn is_ours(&self, index: usize, listener: &str) -> bool {
        self.defined(listener).is_some() || self.record(index, listener).is_some()
    }

    /// The listener serves it by name from here on.
    fn serve(&mut self, index: usize, listener: &str) {
        let Some(view) = self.views.get(index) else { return };
        let arn = view.known().map_or_else(|| placeholder(view), str::to_owned);
        if let Some(after) = self.after.get_mut(listener) {
            after.listed.insert(arn);
        }
    }

    fn import(&mut self, index: usize) {
        let Some(view) = self.views.get(index) else { return };
        let name = self.question.certificates.get(&view.slot.wanted.certificate_id);
        let name = name.map(|certificate| self.question.name(certificate)).unwrap_or_default();
        let (bringing, tag) = (view.bringing.clone(), view.tag.clone());
        match (bringing, view.placed.clone()) {
            (Bringing::New(certificate_id), _) => {
                return self.step(index, Action::Import { certificate_id, name });
            }
            (Bringing::Over(certificate_id), Some(arn)) => {
                self.step(index, Action::ImportOver { certificate_id, arn });
            }
            (Bringing::Over(_) | Bringing::Nothing, _) => {}
        }
        if let Some(name) = tag {
            self.step(index, Action::Tag { name });
        }
    }

    /// Whether it is not known that ACM calls it issued.
    pub(super) fn awaits(&self, index: usize) -> bool {
        let known = self.views.get(index).and_then(View::known);
        let entry = known.and_then(|arn| self.found.listed.get(arn));
        entry.is_none_or(|entry| entry.state != State::Issued)
    }

    /// What is old is removed from where it was served, once what is new is there.
    fn clear(&mut self) {
        for index in 0..self.views.len() {
            if !self.is_able(index) {
                continue;
            }
            for listener in &self.found.listeners {
                let Some(view) = self.views.get(index) else { continue };
                let mut old: Vec<String> =
                    listener.listed.iter().filter(|arn| view.is_old(arn)).cloned().collect();
                let placed = view.known().filter(|arn| listener.listed.contains(*arn)).map(str::to_owned);
                let after = self.after.get(listener.arn.as_str()).and_then(|after| after.default.as_deref());
                let is_default = after.is_some_and(|arn| view.has(arn) || arn == placeholder(view));
                let is_dropped = self.is_dropped(index, &listener.arn) && !is_default;
                if self.is_unfit(index, &listener.arn) && !is_dropped {
                    continue;
                }
                for arn in old.drain(..) {
                    self.check_and_remove(index, listener, arn, !is_dropped);
                }
                if let Some(arn) = placed.filter(|arn| is_dropped && self.added(index, &listener.arn, arn)) {
                    self.check_and_remove(index, listener, arn, false);
                }
            }
        }
    }

    /// Whether a listener was taken out of the sync's, and what the sync put there is to go.
    pub(super) fn is_dropped(&self, index: usize, listener: &str) -> bool {
        self.defined(listener).is_none()
            && self.record(index, listener).is_some()
            && self.question.sync.options.can_remove_certificates
    }

    /// Whether a slot put an ARN into a listener's list.
    pub(super) fn added(&self, index: usize, listener: &str, arn: &str) -> bool {
        self.record(index, listener).is_some_and(|record| record.added.iter().any(|one| one == arn))
    }

    pub(super) fn check_and_remove(
        &mut self,
        index: usize,
        listener: &FoundListener,
        arn: String,
        is_replaced: bool,
    ) {
        let after = self.after.get_mut(listener.arn.as_str());
        let Some(after) = after.filter(|after| after.default.as_ref() != Some(&arn)) else {
            // AWS removes no default. Why it stays one is told where that was decided.
            return;
        };
        after.listed.remove(&arn);
        let listener_arn = listener.arn.clone();
        let serves = is_replaced.then_some(Which::Placed);
        let default_is_not = Some(arn.clone());
        let check =
            Action::Check { listener_arn: listener_arn.clone(), serves, default: None, default_is_not };
        self.step(index, check);
        self.step(index, Action::Remove { listener_arn, arn });
    }

    fn sum_up(&mut self) {
        for view in &self.views {
            let mut rules: Vec<&Rule> = Vec::new();
            for rule in view.rule.iter().chain(view.unfit.iter().map(|(_, rule)| rule)) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
            let failures = rules.into_iter().map(|rule| Failure { slot: view.slot.id, rule: rule.clone() });
            self.plan.failures.extend(failures);
        }
        let busy: BTreeSet<_> = self.plan.steps.iter().map(|step| step.slot).collect();
        let failed: BTreeSet<_> = self.plan.failures.iter().map(|failure| failure.slot).collect();
        let present = self.views.iter().filter(|view| view.role == Role::Present).map(|view| view.slot.id);
        let unchanged = present.filter(|slot| !busy.contains(slot) && !failed.contains(slot));
        self.plan.unchanged = unchanged.collect();
        let owned = self.question.slots.iter().flat_map(|slot| slot.arns());
        let is_there = |arn: &&str| self.found.listed.contains_key(*arn) || self.is_answered(arn);
        let owned = owned.filter(is_there).count();
        let going: BTreeSet<_> =
            self.views.iter().filter(|view| view.role == Role::Going).map(|view| view.slot.id).collect();
        let deletions = self
            .plan
            .steps
            .iter()
            .filter(|step| going.contains(&step.slot) && matches!(step.action, Action::Delete { .. }));
        let options = &self.question.sync.options;
        let is_off = self.question.allows_deletions || self.question.removes || !options.guards_deletion();
        self.plan.guard = Guard::of(deletions.count(), owned, is_off);
    }
}

/// What stands for an ARN that is not known yet.
pub(super) fn placeholder(view: &View<'_>) -> String {
    format!("new {}", view.slot.id)
}
