//! What each outcome of a step makes of the record.

use super::KeyRotation;
use super::key::{AccessKeyId, Origin, OwnKey, Phase};
use super::progress::{Intent, Mend, Progress, Removed, RotationStatus, Suspect, Trigger, Wanted};
use super::seen::Seen;
use super::step::Blocked;
use crate::Timestamp;

impl Progress {
    /// Whether something is with AWS that nobody has: what an interrupted call may have made, or a key that is being proved
    /// and was never in the secrets.
    #[must_use]
    pub fn has_what_nobody_has(&self) -> bool {
        self.intent.is_some() || self.keys.iter().any(OwnKey::is_nobodys)
    }

    /// Only what nobody has is left to the rotation; the keys that somebody has are people's from now on.
    #[must_use]
    pub fn without_what_people_have(&self) -> Self {
        let (keys, theirs): (Vec<_>, Vec<_>) = self.keys.iter().cloned().partition(OwnKey::is_nobodys);
        let mut intent = self.intent.clone();
        if let Some(intent) = &mut intent {
            intent.before.extend(theirs.into_iter().map(|key| key.id));
        }
        Self { keys, intent, ..self.clone() }
    }

    /// Somebody wants something now, whatever went wrong before: how it went is not known yet.
    #[must_use]
    pub fn wanting(&self, wanted: Wanted) -> Self {
        let status = RotationStatus::Pending;
        Self { wanted: Some(wanted), status, message: None, retry_at: None, failures: 0, ..self.clone() }
    }

    /// The user's id, at the first look.
    #[must_use]
    pub fn pinned(&self, seen: &Seen) -> Self {
        Self { user_id: self.user_id.clone().or_else(|| seen.user_id.clone()), ..self.clone() }
    }

    /// The intent, to be stored before IAM is asked for a key.
    #[must_use]
    pub fn creating(&self, seen: &Seen, now: Timestamp) -> Self {
        let before = seen.keys.iter().map(|key| key.id.clone()).collect();
        let intent = Some(Intent { at: now, before, suspect: None });
        Self { intent, attempted_at: Some(now), ..self.pinned(seen) }
    }

    /// IAM made this key; its secret half is sealed and stored in the same transaction.
    #[must_use]
    pub fn created(&self, id: AccessKeyId, now: Timestamp) -> Self {
        let slot = u8::from(self.keys.iter().any(|key| key.slot == 0));
        let phase = Phase::Proving { since: now, proofs: 0, tried_at: None, returning: false };
        let mut next = Self { intent: None, ..self.clone() };
        next.keys.push(OwnKey { id, slot, origin: Origin::Made, since: now, phase });
        next
    }

    /// Nothing came of the intent.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self { intent: None, ..self.clone() }
    }

    /// A key that seems to have come of the intent is inactive: nobody knows it, or somebody will say so.
    #[must_use]
    pub fn suspended(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        let suspect = Some(Suspect { id: id.clone(), since: now });
        let message = format!(
            "the work was interrupted while a key was being made: key …{} seems to be that one and is inactive; it is deleted in an \
             hour, and left alone if somebody makes it active before",
            id.last_four()
        );
        let intent = self.intent.clone().map(|intent| Intent { suspect, ..intent });
        Self { intent, message: Some(message), ..self.clone() }
    }

    /// The key is somebody's, and active.
    #[must_use]
    pub fn spared(&self, id: &AccessKeyId) -> Self {
        let intent = self.intent.clone().map(|mut intent| {
            intent.before.push(id.clone());
            Intent { suspect: None, ..intent }
        });
        Self { intent, message: None, ..self.clone() }
    }

    /// What came of the intent is gone again.
    #[must_use]
    pub fn orphan_removed(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        self.settled().deleted(id, now)
    }

    /// The key was tried at `now`, and AWS took it or did not.
    #[must_use]
    pub fn tried(&self, id: &AccessKeyId, works: bool, now: Timestamp) -> Self {
        self.with_phase(id, |phase| match phase {
            Phase::Proving { since, proofs, returning, .. } => {
                let proofs = if works { proofs.saturating_add(1) } else { 0 };
                Phase::Proving { since, proofs, tried_at: Some(now), returning }
            }
            Phase::Published { .. } | Phase::Superseded { .. } | Phase::Deactivated { .. } => phase,
        })
    }

    /// The key is in the secrets, in one transaction with this record.
    #[must_use]
    pub fn published_key(&self, rotation: &KeyRotation, id: &AccessKeyId, now: Timestamp) -> Self {
        let trigger = match self.wanted {
            Some(Wanted::Rotation { trigger, .. }) => trigger,
            Some(Wanted::Rollback) => Trigger::Manual,
            None if self.rotated_at.is_none() => Trigger::Creation,
            None => Trigger::Schedule,
        };
        let (mut next, replaces) = (self.clone(), self.published().is_some());
        for key in &mut next.keys {
            key.phase = match key.phase {
                Phase::Proving { .. } | Phase::Superseded { .. } if key.id == *id => {
                    Phase::Published { since: now }
                }
                Phase::Published { .. } => Phase::Superseded { since: now },
                // One that was taken over: until now people had nothing else.
                Phase::Superseded { .. } if !replaces => Phase::Superseded { since: now },
                Phase::Proving { .. } | Phase::Superseded { .. } | Phase::Deactivated { .. } => key.phase,
            };
        }
        Self {
            wanted: None,
            status: RotationStatus::Success,
            message: None,
            failures: 0,
            retry_at: None,
            rotated_at: Some(now),
            last_trigger: Some(trigger),
            next_rotation_at: rotation.schedule.next_after(now, trigger),
            ..next
        }
    }

    /// Whether it could be known when the key was used last that goes now.
    #[must_use]
    pub fn knowing(&self, is_known: bool) -> Self {
        Self { is_blind: !is_known, ..self.clone() }
    }

    /// The key is inactive.
    #[must_use]
    pub fn deactivated(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        self.with_phase(id, |phase| match phase {
            Phase::Deactivated { .. } => phase,
            Phase::Proving { .. } | Phase::Published { .. } | Phase::Superseded { .. } => {
                Phase::Deactivated { since: now }
            }
        })
    }

    /// The key works again, or is about to be tried: it comes back.
    #[must_use]
    pub fn returning(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        let phase = Phase::Proving { since: now, proofs: 0, tried_at: None, returning: true };
        self.with_phase(id, |_| phase)
    }

    /// The key did not come back, and stays what it was. With [`Progress::failed`], it stays said until the next rotation:
    /// there is nothing to repeat.
    #[must_use]
    pub fn not_returned(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        let next = self.with_phase(id, |_| Phase::Superseded { since: now });
        Self { wanted: None, ..next }
    }

    /// The key was inactive, and somebody has made it work again: whoever needs it has a whole overlap once more.
    #[must_use]
    pub fn revived(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        self.with_phase(id, |_| Phase::Superseded { since: now })
    }

    /// The key is gone.
    #[must_use]
    pub fn deleted(&self, id: &AccessKeyId, now: Timestamp) -> Self {
        let mut next = Self { removed: Some(Removed { id: id.clone(), at: now }), ..self.clone() };
        next.keys.retain(|key| key.id != *id);
        next
    }

    /// Something went wrong at `now`, because of `message`, in public words. What is wanted stays wanted, and is tried again:
    /// soon, and when that did not help, the next day at the time of day, which is when the rotation is due then. Where no key
    /// works yet, or one is under way, nobody waits for the next day.
    #[must_use]
    pub fn failed(
        &self,
        rotation: &KeyRotation,
        mend: Mend,
        message: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        let failures = self.failures.saturating_add(1);
        let tomorrow = rotation.schedule.next_day(now);
        let is_due = self.next_rotation_at.is_some_and(|at| at <= now);
        let by_itself = Wanted::Rotation { trigger: Trigger::Schedule, ignores_use: false };
        let wanted = self.wanted.or(is_due.then_some(by_itself));
        let rotates =
            matches!(wanted, Some(Wanted::Rotation { .. })) && rotation.schedule.is_auto_rotation_enabled;
        let is_under_way =
            self.intent.is_some() || self.keys.iter().any(|key| matches!(key.phase, Phase::Proving { .. }));
        let has_time = self.published().is_some() && !is_under_way;
        let retry_at = match failures >= Mend::TRIES && has_time {
            true => tomorrow,
            false => now.plus(mend.pause(failures)),
        };
        Self {
            status: RotationStatus::Failed,
            message: Some(message.into()),
            failures,
            retry_at: Some(retry_at),
            wanted,
            next_rotation_at: if rotates { Some(tomorrow) } else { self.next_rotation_at },
            ..self.clone()
        }
    }

    /// A look that found nothing to do, after one that went wrong and was to be repeated: the key in the secrets is what the
    /// last rotation made of it. `None` when there is nothing to take back.
    #[must_use]
    pub fn recovered(&self) -> Option<Self> {
        let at_rest = self.wanted.is_none() && self.intent.is_none() && self.published().is_some();
        let is_over = self.status == RotationStatus::Failed && self.retry_at.is_some() && at_rest;
        is_over.then(|| self.at_rest())
    }

    /// The key in the secrets is what the last rotation made of it, and nothing is to be repeated.
    fn at_rest(&self) -> Self {
        let status = RotationStatus::Success;
        Self { status, message: None, failures: 0, retry_at: None, ..self.clone() }
    }

    /// Something is in the way at `now`.
    #[must_use]
    pub fn blocked(&self, rotation: &KeyRotation, blocked: &Blocked, now: Timestamp) -> Self {
        let next = self.failed(rotation, Mend::Owner, blocked.to_string(), now);
        match blocked {
            // There is nothing that could make it possible later.
            Blocked::NothingToReturnTo => Self { wanted: None, retry_at: None, ..next },
            Blocked::UserAbsent
            | Blocked::UserRenamed(_)
            | Blocked::UserRecreated
            | Blocked::NoRoom(_)
            | Blocked::InUse { .. }
            | Blocked::CurrentInactive(_)
            | Blocked::Ambiguous => next,
        }
    }

    /// The keys of another user are to be rotated from now on; those of the former one stay what they are, and are nobody's
    /// here any more.
    #[must_use]
    pub fn retargeted(&self) -> Self {
        let wanted = Some(Wanted::Rotation { trigger: Trigger::Manual, ignores_use: false });
        Self {
            user_id: None,
            keys: Vec::new(),
            removed: None,
            intent: None,
            wanted,
            status: RotationStatus::Pending,
            message: None,
            retry_at: None,
            failures: 0,
            ..self.clone()
        }
    }

    /// The schedule is another one from now on. Where nothing happens by itself any more, what the schedule wanted is not wanted
    /// either, whatever was in its way; a key that is under way is proved or removed all the same.
    #[must_use]
    pub fn rescheduled(&self, rotation: &KeyRotation) -> Self {
        let last = self.rotated_at.zip(self.last_trigger);
        let next_rotation_at = last.and_then(|(at, trigger)| rotation.schedule.next_after(at, trigger));
        let next = Self { next_rotation_at, ..self.clone() };
        let by_itself = matches!(self.wanted, Some(Wanted::Rotation { trigger: Trigger::Schedule, .. }));
        if rotation.schedule.is_auto_rotation_enabled || !by_itself || self.published().is_none() {
            return next;
        }
        let next = Self { wanted: None, ..next };
        match next.intent {
            // It stays said what may have come of the interrupted call.
            Some(_) => next,
            None => next.at_rest(),
        }
    }

    fn with_phase(&self, id: &AccessKeyId, change: impl Fn(Phase) -> Phase) -> Self {
        let mut next = self.clone();
        for key in next.keys.iter_mut().filter(|key| key.id == *id) {
            key.phase = change(key.phase);
        }
        next
    }
}
