//! When the Deny of a terminated session may go from its role, and what becomes of one that could not be removed.

use std::time::Duration;

use super::session::{PamSession, Termination};
use crate::Timestamp;

/// AWS was busy or away: it is asked again at the next minute, and later and later up to this.
const LONGEST_PASSING: Duration = Duration::from_secs(900);
const FIRST_PASSING: Duration = Duration::from_secs(60);

/// The role does not let us: somebody must change it first, so it is asked again later and later, up to once a day.
const LONGEST_LASTING: Duration = Duration::from_secs(86_400);
const FIRST_LASTING: Duration = Duration::from_secs(900);

/// The record of a session is kept this long for the sake of its Deny, where it would be forgotten before.
const KEPT_FOR_DENY: Duration = Duration::from_secs(30 * 86_400);

/// The longest reason that is kept, in bytes: AWS's refusals name a caller, an action and a resource.
const LONGEST_REASON: usize = 1_000;

/// Why a Deny could not be removed, as far as it says when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setback {
    /// Time mends it: AWS throttled, failed or gave no answer.
    Passing,
    /// Somebody must mend it: the role refuses.
    Lasting,
}

impl Setback {
    /// How long to wait after the `failures`th failure in a row, counted from 1.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        let (first, longest) = match self {
            Self::Passing => (FIRST_PASSING, LONGEST_PASSING),
            Self::Lasting => (FIRST_LASTING, LONGEST_LASTING),
        };
        let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        first.saturating_mul(factor).min(longest)
    }
}

impl PamSession {
    /// Whether a Deny of it may be on the role: one was wanted, and nobody has seen it gone.
    #[must_use]
    pub fn may_have_deny(&self) -> bool {
        self.termination.as_ref().is_some_and(|deny| !deny.removed)
    }

    /// Whether its Deny is on the role and has nothing left to end at `now`.
    ///
    /// Not while its own credentials work, whatever the record says of the Deny: until then it can be terminated again,
    /// which puts the Deny anew.
    #[must_use]
    pub fn deny_is_due(&self, now: Timestamp) -> bool {
        let over = self.credentials().is_none_or(|(_, expires_at)| expires_at <= now);
        over && self.termination.as_ref().is_some_and(|deny| !deny.removed && deny.remove_after <= now)
    }

    /// The same, with its Deny gone from the role.
    #[must_use]
    pub fn without_deny(&self) -> Self {
        let gone = |deny| Termination { removed: true, last_failure: None, ..deny };
        Self { termination: self.termination.clone().map(gone), ..self.clone() }
    }

    /// The same, with its Deny still on the role: at `now` it could not be removed because of `reason`, in public words.
    #[must_use]
    pub fn with_deny_kept(&self, now: Timestamp, setback: Setback, reason: &str) -> Self {
        let kept = |deny: Termination| {
            let failures = deny.failures.saturating_add(1);
            let reason = reason.get(..reason.floor_char_boundary(LONGEST_REASON)).unwrap_or_default();
            Termination {
                remove_after: now.plus(setback.pause(failures)),
                failures,
                last_failure: Some(reason.to_owned()),
                ..deny
            }
        };
        Self { termination: self.termination.clone().map(kept), ..self.clone() }
    }

    /// When the record may be forgotten: not while a Deny is on a role that only this record tells of, for thirty days.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        let deny = self.termination.as_ref().filter(|deny| !deny.removed);
        deny.map_or(self.kept_until, |deny| self.kept_until.max(deny.requested_at.plus(KEPT_FOR_DENY)))
    }
}

#[cfg(test)]
mod tests;
