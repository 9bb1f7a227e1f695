//! Locking a login method after repeated wrong credentials.
//!
//! Guessing a 256-bit client secret is hopeless; the lock is there because the contract promises it, and
//! because it makes a misconfigured or hostile client visible.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::IdentityId;

/// When to lock, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutPolicy {
    /// Whether failures are counted at all.
    pub enabled: bool,
    /// The number of failures that locks, 1 to 30.
    pub threshold: u32,
    /// How long a lock lasts, 30 to 86,400 seconds.
    pub duration_seconds: u64,
    /// After this long without a failure counting starts again, 5 to 3,600 seconds.
    pub counter_reset_seconds: u64,
}

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self { enabled: true, threshold: 3, duration_seconds: 300, counter_reset_seconds: 30 }
    }
}

/// The failures counted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Failures since counting began.
    pub failures: u32,
    /// When the last of them happened.
    pub failed_at: Timestamp,
    /// Until when the method is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_until: Option<Timestamp>,
}

/// The failures of one identity's universal auth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutRecord {
    /// Whose they are.
    pub identity_id: IdentityId,
    /// The failures.
    pub state: Lockout,
    /// From when on they say nothing any more.
    pub forgotten_at: Timestamp,
}

impl Lockout {
    /// Whether logins are refused at `now`. The moment the lock ends is already free.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// From when on the record says nothing any more and may be forgotten.
    #[must_use]
    pub fn ends_at(&self, policy: &LockoutPolicy) -> Timestamp {
        self.locked_until
            .unwrap_or_else(|| self.failed_at.plus(Duration::from_secs(policy.counter_reset_seconds)))
    }
}

/// The record after one more failure at `now`; `None` when failures are not counted. A failure while locked
/// does not prolong the lock.
#[must_use]
pub fn after_failure(before: Option<Lockout>, policy: &LockoutPolicy, now: Timestamp) -> Option<Lockout> {
    if !policy.enabled {
        return None;
    }
    let counted = match before {
        Some(lockout) if lockout.is_locked(now) => return Some(lockout),
        Some(lockout) if now < lockout.ends_at(policy) => lockout.failures,
        Some(_) | None => 0,
    };
    let failures = counted.saturating_add(1);
    let locks = failures >= policy.threshold;
    let locked_until = locks.then(|| now.plus(Duration::from_secs(policy.duration_seconds)));
    Some(Lockout { failures, failed_at: now, locked_until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    fn fail_at(moments: &[i64], policy: &LockoutPolicy) -> Option<Lockout> {
        moments.iter().fold(None, |lockout, moment| after_failure(lockout, policy, at(*moment)))
    }

    #[test]
    fn the_third_failure_in_a_row_locks_for_five_minutes() {
        let policy = LockoutPolicy::default();
        assert!(!fail_at(&[0, 1], &policy).expect("counted").is_locked(at(1)));
        let locked = fail_at(&[0, 1, 2], &policy).expect("counted");
        assert!(locked.is_locked(at(2)));
        assert!(locked.is_locked(at(301)));
        assert!(!locked.is_locked(at(302)));
    }

    #[test]
    fn the_counter_starts_again_after_a_quiet_time() {
        let policy = LockoutPolicy::default();
        assert_eq!(fail_at(&[0, 1, 31], &policy).expect("counted").failures, 1);
        assert_eq!(fail_at(&[0, 1, 30], &policy).expect("counted").failures, 3);
        assert_eq!(fail_at(&[0, 29, 58], &policy).expect("counted").failures, 3);
    }

    #[test]
    fn a_failure_while_locked_does_not_prolong_the_lock() {
        let policy = LockoutPolicy::default();
        assert_eq!(fail_at(&[0, 1, 2, 200], &policy), fail_at(&[0, 1, 2], &policy));
        assert_eq!(fail_at(&[0, 1, 2, 302], &policy).expect("counted").failures, 1);
    }

    #[test]
    fn nothing_is_counted_when_lockout_is_off() {
        let policy = LockoutPolicy { enabled: false, ..LockoutPolicy::default() };
        assert_eq!(fail_at(&[0, 1, 2, 3], &policy), None);
    }

    proptest! {
        #[test]
        fn no_more_than_the_threshold_of_guesses_pass_between_two_locks(
            threshold in 1_u32..=30,
            gaps in proptest::collection::vec(0_i64..40, 1..200),
        ) {
            let policy = LockoutPolicy { threshold, ..LockoutPolicy::default() };
            let (mut lockout, mut now, mut guesses) = (None, 0, 0);
            for gap in gaps {
                now += gap;
                if lockout.is_some_and(|lockout: Lockout| lockout.is_locked(at(now))) {
                    guesses = 0;
                    continue;
                }
                if gap >= 30 {
                    guesses = 0;
                }
                lockout = after_failure(lockout, &policy, at(now));
                guesses += 1;
                prop_assert!(guesses <= threshold);
            }
        }
    }
}
