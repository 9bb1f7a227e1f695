//! The defaults of listeners: taken, handed on, and given back.

use std::collections::BTreeSet;

use super::found::{FoundListener, State};
use super::planner::{Planner, placeholder};
use super::rule::Rule;
use super::step::{Action, Which};
use super::view::{Bringing, Role, View};
use crate::id::CertificateSlotId;

impl Planner<'_> {
    /// The slot whose certificate is to be a listener's default; with `false` one that cannot be now, and then nothing is
    /// given back either.
    fn heir(&self, listener: &FoundListener) -> Option<(usize, bool)> {
        let takes = self.defined(&listener.arn).is_some_and(super::super::Listener::takes_default);
        let wanted = self.question.default.filter(|_| takes)?;
        let index = self.views.iter().position(|view| view.slot.id == wanted)?;
        let is_able = self.is_able(index) && !self.is_unfit(index, &listener.arn);
        (self.views.get(index)?.role == Role::Present).then_some((index, is_able))
    }

    /// The slot whose certificate is a listener's default.
    fn holder(&self, listener: &FoundListener) -> Option<usize> {
        let default = listener.default.as_deref()?;
        self.views.iter().position(|view| view.has(default))
    }

    /// Whether a slot remembers a default of a listener.
    fn keeps_default(&self, index: usize, listener: &str) -> bool {
        self.record(index, listener).is_some_and(|one| one.default.is_some() || one.default_before.is_some())
    }

    /// What stood there before any of ours: remembered by whoever has the default now, or where others have it, gone.
    fn before(&self, listener: &FoundListener) -> Option<String> {
        let Some(holder) = self.holder(listener) else { return listener.default.clone() };
        let others = (0..self.views.len()).filter(|index| *index != holder);
        let keepers = std::iter::once(holder).chain(others);
        let mut records = keepers.filter_map(|index| self.record(index, &listener.arn));
        records.find_map(|record| record.default_before.clone())
    }

    /// What a slot puts into the list of a listener before it takes its place as the default, so that its names stay served:
    /// somebody else's, which the slot remembers, or that of another slot that is left as it is.
    pub(super) fn parked(&self, index: usize, listener: &FoundListener) -> Option<(String, bool)> {
        let (heir, is_able) = self.heir(listener)?;
        // As the list is then: a slot that had put it there may take it out before.
        let listed = &self.after.get(listener.arn.as_str())?.listed;
        let default = listener.default.as_ref().filter(|default| !listed.contains(*default))?;
        if heir != index || !is_able {
            return None;
        }
        let Some(holder) = self.holder(listener) else { return Some((default.clone(), true)) };
        let is_left = self.views.get(holder).is_some_and(|view| match view.role {
            Role::Present => !view.is_able(),
            Role::Resting => true,
            Role::Going => false,
        });
        is_left.then(|| (default.clone(), false))
    }

    /// The slots whose certificate is a default that another slot of the sync takes over.
    pub(super) fn defaults_to_be_taken(&self) -> BTreeSet<CertificateSlotId> {
        let taken = self.found.listeners.iter().filter_map(|listener| {
            let holder = self.holder(listener)?;
            let (heir, is_able) = self.heir(listener)?;
            (heir != holder && is_able).then(|| self.views.get(holder).map(|view| view.slot.id))?
        });
        taken.collect()
    }

    /// What is remembered of defaults goes where the default is: to the slot that has it, or away when others chose another.
    pub(super) fn defaults_on_record(&mut self) {
        for listener in &self.found.listeners {
            let holder = self.holder(listener);
            let keepers: Vec<usize> =
                (0..self.views.len()).filter(|index| self.keeps_default(*index, &listener.arn)).collect();
            let has_own = holder.is_some_and(|holder| keepers.contains(&holder));
            let mut inherited = has_own;
            for keeper in keepers {
                if Some(keeper) == holder {
                    continue;
                }
                match (holder, self.views.get(keeper).map(|view| view.slot.id)) {
                    (Some(holder), Some(from)) if !inherited => {
                        inherited = true;
                        self.step(holder, Action::Inherit { listener_arn: listener.arn.clone(), from });
                    }
                    (Some(_), Some(_)) => {
                        self.step(keeper, Action::Release { listener_arn: listener.arn.clone() });
                    }
                    (None, Some(_)) => self.let_go(keeper, listener),
                    (Some(_) | None, None) => {}
                }
            }
        }
    }

    /// Others have the default, maybe because the run that was to take it died.
    fn let_go(&mut self, keeper: usize, listener: &FoundListener) {
        let is_in_doubt = self.views.get(keeper).is_some_and(View::is_in_doubt);
        if is_in_doubt || self.heir(listener).is_some_and(|(heir, _)| heir == keeper) {
            return;
        }
        let record = self.record(keeper, &listener.arn);
        let parked =
            record.filter(|record| record.added_before).and_then(|record| record.default_before.clone());
        let is_back = parked.is_some() && parked == listener.default;
        if let Some(parked) = parked.filter(|parked| is_back && listener.listed.contains(parked)) {
            self.take_out(keeper, listener, parked);
        }
        self.step(keeper, Action::Release { listener_arn: listener.arn.clone() });
    }

    /// Takes what was the default before, and is it again, out of the list that a slot put it into.
    fn take_out(&mut self, index: usize, listener: &FoundListener, parked: String) {
        if let Some(after) = self.after.get_mut(listener.arn.as_str()) {
            after.listed.remove(&parked);
        }
        let listener_arn = listener.arn.clone();
        let default = Some(Which::Arn(parked.clone()));
        let check =
            Action::Check { listener_arn: listener_arn.clone(), serves: None, default, default_is_not: None };
        self.step(index, check);
        self.step(index, Action::Remove { listener_arn, arn: parked });
    }

    /// Defaults of slots that stay: taken by the one that is to have them, given back by one that is not any more, handed on
    /// from an old ARN to a new one.
    pub(super) fn defaults(&mut self) {
        for listener in &self.found.listeners {
            let holder = self.holder(listener);
            match self.heir(listener) {
                Some((heir, true)) => self.take_default(heir, listener),
                Some((_, false)) => {}
                None => {
                    let Some(holder) = holder.filter(|holder| self.is_able(*holder)) else { continue };
                    let is_left =
                        self.defined(&listener.arn).is_none() && !self.is_dropped(holder, &listener.arn);
                    let goes_back = self.has_default(holder, &listener.arn) && !is_left;
                    let is_old = listener.default.as_deref().is_some_and(|arn| self.is_old(holder, arn));
                    let way_back = self.before(listener).filter(|arn| self.can_be_default(arn));
                    if goes_back && (way_back.is_some() || !is_old) {
                        self.give_back(holder, listener);
                    } else if is_old {
                        self.take_default(holder, listener);
                    }
                }
            }
        }
    }

    /// Whether a slot made its certificate the default, or another slot did whose place it takes.
    fn has_default(&self, holder: usize, listener: &str) -> bool {
        (0..self.views.len()).any(|index| {
            let record = self.record(index, listener);
            record
                .is_some_and(|one| one.default.is_some() || (index == holder && one.default_before.is_some()))
        })
    }

    fn is_old(&self, index: usize, arn: &str) -> bool {
        self.views.get(index).is_some_and(|view| view.is_old(arn))
    }

    fn take_default(&mut self, heir: usize, listener: &FoundListener) {
        let Some(view) = self.views.get(heir) else { return };
        if view.known().is_some() && view.known() == listener.default.as_deref() {
            return;
        }
        let target = view.known().map_or_else(|| placeholder(view), str::to_owned);
        // A step of the import's made sure of it where the certificate was to be added, too.
        let is_sure = matches!(view.bringing, Bringing::New(_)) || !self.awaits(heir);
        let listener_arn = listener.arn.clone();
        let (before, is_ours) = (self.before(listener), self.is_ours(heir, &listener.arn));
        if let Some((parked, is_ours)) = self.parked(heir, listener) {
            if let Some(after) = self.after.get_mut(listener.arn.as_str()) {
                after.listed.insert(parked.clone());
            }
            let certificate = Which::Arn(parked);
            self.step(heir, Action::Add { listener_arn: listener_arn.clone(), certificate, is_ours });
        }
        if !is_sure || self.is_nowhere_added(heir) {
            self.step(heir, Action::AwaitIssued);
        }
        if let Some(after) = self.after.get_mut(listener.arn.as_str()) {
            after.default = Some(target);
        }
        let certificate = Which::Placed;
        self.step(
            heir,
            Action::SetDefault { listener_arn: listener_arn.clone(), certificate, before, is_ours },
        );
        let default = Some(Which::Placed);
        self.step(heir, Action::Check { listener_arn, serves: None, default, default_is_not: None });
    }

    /// Whether a new certificate is added to no listener, and so was never waited for.
    fn is_nowhere_added(&self, index: usize) -> bool {
        let Some(view) = self.views.get(index) else { return false };
        let mut steps = self.plan.steps_of(view.slot.id);
        matches!(view.bringing, Bringing::New(_)) && !steps.any(|step| step.action == Action::AwaitIssued)
    }

    /// Gives a listener the default back that stood there before ours.
    pub(super) fn give_back(&mut self, holder: usize, listener: &FoundListener) {
        let record = self.record(holder, &listener.arn);
        let before = self.before(listener);
        let Some(way_back) = before.clone().filter(|arn| self.can_be_default(arn)) else {
            let listener_arn = listener.arn.clone();
            return self.fail(holder, Rule::NoWayBack { listener_arn, before });
        };
        let is_parked = record.is_some_and(|record| record.added_before)
            || self.views.iter().enumerate().any(|(index, _)| {
                let other = self.record(index, &listener.arn);
                other.is_some_and(|one| one.added_before && one.default_before.as_ref() == Some(&way_back))
            });
        if let Some(after) = self.after.get_mut(listener.arn.as_str()) {
            after.default = Some(way_back.clone());
        }
        let listener_arn = listener.arn.clone();
        let certificate = Which::Arn(way_back.clone());
        let give = Action::SetDefault { listener_arn, certificate, before: None, is_ours: true };
        self.step(holder, give);
        if is_parked {
            self.take_out(holder, listener, way_back);
        } else {
            let listener_arn = listener.arn.clone();
            let default = Some(Which::Arn(way_back));
            self.step(holder, Action::Check { listener_arn, serves: None, default, default_is_not: None });
        }
    }

    /// Whether a listener can have this default, as far as ACM tells. Of certificates that IAM has it tells nothing.
    fn can_be_default(&self, arn: &str) -> bool {
        match self.found.listed.get(arn) {
            Some(entry) => {
                let is_over = entry.stamp.not_after.is_some_and(|end| end <= self.question.now);
                entry.state == State::Issued && !is_over
            }
            None => !arn.contains(":acm:"),
        }
    }
}
