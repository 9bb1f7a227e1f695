//! When a rotation is due: every so many days, at a time of day.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::progress::Trigger;
use crate::Timestamp;

const DAY_SECONDS: i64 = 86_400;

/// When keys are rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Whether it happens by itself.
    pub is_auto_rotation_enabled: bool,
    /// Every so many days, at least one.
    pub interval_days: u32,
    /// At this time of day.
    pub rotate_at_utc: UtcTime,
}

/// A time of day, in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtcTime {
    /// 0 to 23.
    pub hours: u8,
    /// 0 to 59.
    pub minutes: u8,
}

impl Schedule {
    /// The longest interval: ten years.
    pub const LONGEST_DAYS: u32 = 3_650;

    /// The interval itself.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.interval_days.max(1)) * 86_400)
    }

    /// The time of day, on the day after `now`: when a rotation that went wrong is due.
    #[must_use]
    pub fn next_day(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_unix_seconds(self.on_the_day_of(now) + DAY_SECONDS)
    }

    /// The time of day, on the day of `at`, in seconds since the epoch.
    fn on_the_day_of(&self, at: Timestamp) -> i64 {
        let midnight = at.unix_seconds().div_euclid(DAY_SECONDS) * DAY_SECONDS;
        midnight + i64::from(self.rotate_at_utc.hours) * 3_600 + i64::from(self.rotate_at_utc.minutes) * 60
    }

    /// The rotation after one at `last`: on its day at the time of day, and the interval later; a day more where somebody
    /// asked for that one when the time of day was past already. `None` when nothing happens by itself.
    ///
    /// A rotation that is late counts from the day on which it took place, so that missed times run once.
    #[must_use]
    pub fn next_after(&self, last: Timestamp, trigger: Trigger) -> Option<Timestamp> {
        if !self.is_auto_rotation_enabled {
            return None;
        }
        let at = self.on_the_day_of(last);
        let extra = match trigger {
            Trigger::Manual | Trigger::Creation if last > Timestamp::from_unix_seconds(at) => DAY_SECONDS,
            Trigger::Manual | Trigger::Creation | Trigger::Schedule => 0,
        };
        let days = i64::from(self.interval_days.max(1)) * DAY_SECONDS;
        Some(Timestamp::from_unix_seconds(at + days + extra))
    }
}
