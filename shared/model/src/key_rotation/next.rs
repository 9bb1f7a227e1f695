//! The one step to take next.

use std::time::Duration;

use super::KeyRotation;
use super::key::{Origin, OwnKey, Phase};
use super::progress::{Intent, Progress, Suspect, Trigger, Wanted};
use super::seen::{LastUsed, Seen, SeenKey};
use super::step::{Blocked, KEYS_OF_A_USER, Step};
use crate::Timestamp;

/// Two proofs lie this far apart: a new key reaches one of AWS's servers before another.
const BETWEEN_PROOFS: Duration = Duration::from_secs(10);

/// A key that AWS does not take by then never will.
const PATIENCE: Duration = Duration::from_secs(600);

/// A call to IAM that was under way when its process died is over by then: it leaves when its intent is stored, and nobody
/// waits longer than ten seconds for its answer.
const CALL: Duration = Duration::from_secs(30);

/// IAM shows a key that was made, and stops to show one that is gone, after seconds; by then for certain.
const LAG: Duration = Duration::from_secs(120);

/// AWS's clock and ours may differ by this.
const CLOCKS: Duration = Duration::from_secs(5);

/// What speaks for a key being the one that an interrupted call made is when it was made and that nobody has used it; so could
/// be one that a person made in the same seconds. It is inactive for so long, which can be undone, before it is deleted: who
/// has just made a key for something notices.
const DOUBT: Duration = Duration::from_secs(3_600);

/// A key whose time is over but which the connection runs on is looked at again after this.
const STILL_RUNS: Duration = Duration::from_secs(3_600);

impl Progress {
    /// The one step to take at `now`, as IAM shows the user.
    #[must_use]
    pub fn next(&self, rotation: &KeyRotation, seen: &Seen, now: Timestamp) -> Step {
        if let Some(at) = self.retry_at.filter(|at| *at > now) {
            return Step::WaitUntil(at);
        }
        let removed = self.removed.as_ref().filter(|removed| now < removed.at.plus(LAG));
        let seen = &seen.without(removed.map(|removed| &removed.id));
        if let Some(name) = &seen.renamed_to {
            return Step::Stop(Blocked::UserRenamed(name.clone()));
        }
        let Some(user_id) = &seen.user_id else { return Step::Stop(Blocked::UserAbsent) };
        if self.user_id.as_ref().is_some_and(|pinned| pinned != user_id) {
            return Step::Stop(Blocked::UserRecreated);
        }
        if let Some(intent) = &self.intent {
            return self.after_interruption(intent, seen, now);
        }
        let gone = |key: &&OwnKey| seen.key(&key.id).is_none() && key.since.plus(LAG) <= now;
        if let Some(key) = self.keys.iter().find(gone) {
            return Step::Forget(key.id.clone());
        }
        if let Some(step) = self.keys.iter().find_map(|key| self.proving(key, now)) {
            return step;
        }
        match self.wanted_at(now) {
            Some(Wanted::Rollback) => self.roll_back(),
            Some(Wanted::Rotation { trigger, ignores_use }) => {
                self.make_room(rotation, seen, trigger, ignores_use, now)
            }
            None => self.retire_in_time(rotation, seen, now),
        }
    }

    /// The one step to take at `now` for a rotation that was deleted, and whose keys are to go: every key that it made, and
    /// no other. [`Step::Idle`] when all are gone.
    #[must_use]
    pub fn ending(&self, seen: &Seen, now: Timestamp) -> Step {
        if let Some(at) = self.retry_at.filter(|at| *at > now) {
            return Step::WaitUntil(at);
        }
        if let Some(name) = &seen.renamed_to {
            return Step::Stop(Blocked::UserRenamed(name.clone()));
        }
        let is_the_user = |id| self.user_id.as_ref().is_none_or(|pinned| pinned == id);
        if !seen.user_id.as_ref().is_some_and(is_the_user) {
            // With the user, all its keys are gone.
            return Step::Idle;
        }
        let removed = self.removed.as_ref().filter(|removed| now < removed.at.plus(LAG));
        let seen = &seen.without(removed.map(|removed| &removed.id));
        if let Some(intent) = &self.intent {
            return self.after_interruption(intent, seen, now);
        }
        let made = self.keys.iter().find(|key| key.origin == Origin::Made);
        made.map_or(Step::Idle, |key| Step::Delete(key.id.clone()))
    }

    /// What somebody wants, or the schedule; or a key, where the one in the secrets is gone.
    fn wanted_at(&self, now: Timestamp) -> Option<Wanted> {
        let due = self.next_rotation_at.is_some_and(|at| at <= now);
        let trigger = if self.rotated_at.is_some() { Trigger::Schedule } else { Trigger::Creation };
        let by_itself = Wanted::Rotation { trigger, ignores_use: false };
        self.wanted.or((due || self.published().is_none()).then_some(by_itself))
    }

    /// A process died between the intent and its outcome: what it made is unknown to us, was not there before, was made
    /// since, and was never used, because nobody has its secret half.
    fn after_interruption(&self, intent: &Intent, seen: &Seen, now: Timestamp) -> Step {
        if let Some(suspect) = &intent.suspect {
            return in_doubt(suspect, seen, now);
        }
        let (from, until) = (intent.at.minus(CLOCKS), intent.at.plus(CALL));
        let is_orphan = |key: &&SeenKey| {
            !intent.before.contains(&key.id)
                && !self.keys.iter().any(|own| own.id == key.id)
                && (from..=until).contains(&key.created_at)
                && !matches!(key.last_used, LastUsed::At(_))
        };
        let mut orphans = seen.keys.iter().filter(is_orphan);
        match (orphans.next(), orphans.next()) {
            (Some(orphan), None) => Step::Suspend(orphan.id.clone()),
            (Some(_), Some(_)) => Step::Stop(Blocked::Ambiguous),
            (None, _) if now < until.plus(LAG) => Step::WaitUntil(until.plus(LAG)),
            (None, _) => Step::Settle,
        }
    }

    /// The next proof of a key that is being proved, or what follows from those that it gave.
    fn proving(&self, key: &OwnKey, now: Timestamp) -> Option<Step> {
        let Phase::Proving { since, proofs, tried_at, returning } = key.phase else { return None };
        let id = key.id.clone();
        let next_try = tried_at.map(|at| at.plus(BETWEEN_PROOFS)).filter(|at| *at > now);
        Some(if proofs >= self.proofs_wanted() {
            Step::Publish(id)
        } else if since.plus(PATIENCE) <= now {
            if returning { Step::LeaveOut(id) } else { Step::Discard(id) }
        } else if let Some(at) = next_try {
            Step::WaitUntil(at)
        } else {
            Step::Prove(id)
        })
    }

    fn roll_back(&self) -> Step {
        let previous = self.keys.iter().find(|key| key.is_previous() && key.origin == Origin::Made);
        match previous {
            Some(key) if self.published().is_some() => Step::Reactivate(key.id.clone()),
            Some(_) | None => Step::Stop(Blocked::NothingToReturnTo),
        }
    }

    /// A key is wanted: there is room for it, or a previous key of ours makes some.
    fn make_room(
        &self,
        rotation: &KeyRotation,
        seen: &Seen,
        trigger: Trigger,
        ignores_use: bool,
        now: Timestamp,
    ) -> Step {
        if let Some(unseen) = self.keys.iter().find(|key| seen.key(&key.id).is_none()) {
            return Step::WaitUntil(unseen.since.plus(LAG));
        }
        if seen.keys.len() < KEYS_OF_A_USER {
            return Step::Create;
        }
        if let Some(step) = self.current_is_inactive(seen, now) {
            return step;
        }
        // The one that is on its way out already; else the one that has been out of use for longest. Never the one that the
        // connection runs on: AWS would do it, and nothing after it.
        let previous = self
            .keys
            .iter()
            .filter(|key| key.is_previous() && !seen.is_signed_by(&key.id))
            .filter_map(|own| Some((own, seen.key(&own.id)?)));
        let order = |(own, shown): &(&OwnKey, &SeenKey)| {
            let used_at = match shown.last_used {
                LastUsed::At(at) => Some(at),
                LastUsed::Never | LastUsed::Unknown => None,
            };
            (!matches!(own.phase, Phase::Deactivated { .. }), used_at, shown.created_at)
        };
        let Some((own, shown)) = previous.min_by_key(order) else {
            return Step::Stop(self.no_room(seen, now));
        };
        let quiet = if ignores_use { Duration::ZERO } else { rotation.timings.quiet(&rotation.schedule) };
        // Somebody waits for it.
        let grace = match trigger {
            Trigger::Manual => Duration::ZERO,
            Trigger::Schedule | Trigger::Creation => rotation.timings.grace(&rotation.schedule),
        };
        match retire(own, shown, quiet, grace, now) {
            Retired::By(step) => step,
            Retired::Vetoed(until) => Step::Stop(Blocked::InUse { key: shown.in_words(now), until }),
        }
    }

    /// The keys that take all places: others', and the one that the connection runs on where another one is in the secrets, or
    /// none yet.
    fn no_room(&self, seen: &Seen, now: Timestamp) -> Blocked {
        let stays = |shown: &&SeenKey| match self.keys.iter().find(|own| own.id == shown.id) {
            Some(own) => own.is_previous() && seen.is_signed_by(&own.id),
            None => true,
        };
        let in_words = |shown: &SeenKey| match seen.is_signed_by(&shown.id) {
            true => format!(
                "{} is the connection's own and stays until the connection has another",
                shown.in_words(now)
            ),
            false => shown.in_words(now),
        };
        Blocked::NoRoom(seen.keys.iter().filter(stays).map(in_words).collect())
    }

    /// Nothing is wanted: previous keys go when their time has come.
    fn retire_in_time(&self, rotation: &KeyRotation, seen: &Seen, now: Timestamp) -> Step {
        let mut waits: Vec<Timestamp> = self.next_rotation_at.into_iter().collect();
        if self.published().is_some() && self.current_is_inactive(seen, now).is_none() {
            for own in self.keys.iter().filter(|key| key.is_previous()) {
                let Some(shown) = seen.key(&own.id) else { continue };
                if let Some(at) = self.retired_from(own, rotation).filter(|at| *at > now) {
                    waits.push(at);
                    continue;
                }
                if seen.is_signed_by(&own.id) {
                    waits.push(now.plus(STILL_RUNS));
                    continue;
                }
                let (quiet, grace) =
                    (rotation.timings.quiet(&rotation.schedule), rotation.timings.grace(&rotation.schedule));
                match retire(own, shown, quiet, grace, now) {
                    Retired::By(Step::WaitUntil(at)) | Retired::Vetoed(at) => waits.push(at),
                    Retired::By(step) => return step,
                }
            }
        }
        waits.into_iter().min().map_or(Step::Idle, Step::WaitUntil)
    }

    /// When a previous key begins to go: after the overlap, and early enough that its place is free for the next rotation.
    fn retired_from(&self, own: &OwnKey, rotation: &KeyRotation) -> Option<Timestamp> {
        let Phase::Superseded { since } = own.phase else { return None };
        let overlap = since.plus(rotation.timings.overlap(&rotation.schedule));
        let in_time = self.next_rotation_at.map(|at| at.minus(rotation.timings.lead(&rotation.schedule)));
        Some(in_time.map_or(overlap, |in_time| in_time.min(overlap)))
    }

    /// Whether the key in the secrets does not work, so that an earlier one may be all that people have.
    fn current_is_inactive(&self, seen: &Seen, now: Timestamp) -> Option<Step> {
        let current = self.published()?;
        let shown = seen.key(&current.id)?;
        // One that has come back may be shown as it was.
        let settled = matches!(current.phase, Phase::Published { since } if since.plus(LAG) <= now);
        (settled && !shown.is_active)
            .then(|| Step::Stop(Blocked::CurrentInactive(format!("…{}", shown.id.last_four()))))
    }
}

/// What becomes of a key that seems to be an orphan, and is inactive since.
fn in_doubt(suspect: &Suspect, seen: &Seen, now: Timestamp) -> Step {
    let id = suspect.id.clone();
    let is_shown_as_it_is = suspect.since.plus(LAG) <= now;
    match seen.key(&suspect.id) {
        // Somebody has deleted it.
        None if is_shown_as_it_is => Step::Settle,
        Some(shown) if matches!(shown.last_used, LastUsed::At(_)) => Step::Spare(id),
        Some(shown) if shown.is_active && is_shown_as_it_is => Step::Spare(id),
        Some(_) if suspect.since.plus(DOUBT) <= now => Step::RemoveOrphan(id),
        None => Step::WaitUntil(suspect.since.plus(LAG)),
        Some(_) => Step::WaitUntil(suspect.since.plus(DOUBT)),
    }
}

enum Retired {
    By(Step),
    Vetoed(Timestamp),
}

/// The next step of a previous key on its way out.
fn retire(own: &OwnKey, shown: &SeenKey, quiet: Duration, grace: Duration, now: Timestamp) -> Retired {
    let id = own.id.clone();
    match own.phase {
        Phase::Deactivated { since } if shown.is_active && since.plus(LAG) <= now => {
            Retired::By(Step::Revive(id))
        }
        Phase::Deactivated { since } if since.plus(grace) <= now => Retired::By(Step::Delete(id)),
        Phase::Deactivated { since } => Retired::By(Step::WaitUntil(since.plus(grace))),
        Phase::Superseded { .. } | Phase::Published { .. } | Phase::Proving { .. } => {
            match shown.vetoed_until(now, quiet).filter(|_| shown.is_active) {
                Some(until) => Retired::Vetoed(until),
                None => Retired::By(Step::Deactivate(id)),
            }
        }
    }
}
