//! How gently an old key goes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::schedule::Schedule;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// How long an old key stays, in whole hours; what is absent follows from the interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// How long the previous key goes on working after the new one is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_hours: Option<u32>,
    /// How long it must not have been used before it is deactivated, where AWS lets that be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<u32>,
    /// How long it stays inactive, which can be undone, before it is deleted, which cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_hours: Option<u32>,
}

impl Timings {
    /// The longest of each: ten years, as the longest interval.
    pub const LONGEST_HOURS: u32 = 87_600;

    /// The overlap: by default one interval, so that two keys work until the next rotation.
    #[must_use]
    pub fn overlap(&self, schedule: &Schedule) -> Duration {
        self.overlap_hours.map_or_else(|| schedule.interval(), hours)
    }

    /// The quiet time: by default six hours, or a quarter of a shorter interval.
    #[must_use]
    pub fn quiet(&self, schedule: &Schedule) -> Duration {
        self.quiet_hours.map_or_else(|| (6 * HOUR).min(schedule.interval() / 4), hours)
    }

    /// The grace: by default a day, or a quarter of a shorter interval.
    #[must_use]
    pub fn grace(&self, schedule: &Schedule) -> Duration {
        self.grace_hours.map_or_else(|| DAY.min(schedule.interval() / 4), hours)
    }

    /// How long before the next rotation the previous key must begin to go, so that its place is free in time. Never more
    /// than half an interval.
    #[must_use]
    pub fn lead(&self, schedule: &Schedule) -> Duration {
        (self.grace(schedule) + HOUR).min(schedule.interval() / 2)
    }
}

fn hours(hours: u32) -> Duration {
    HOUR.saturating_mul(hours)
}
