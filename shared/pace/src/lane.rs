//! One lane: calls that share a quota.

use std::time::{Duration, Instant};

/// Throttled calls never slow one another down below this share of the full rate.
const SLOWEST: f64 = 1.0 / 32.0;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    /// The full rate, in calls a second.
    full: f64,
    rate: f64,
    /// When the next call may leave.
    next: Instant,
    /// When the rate last changed.
    at: Instant,
    slowed_at: Option<Instant>,
}

impl Lane {
    pub(crate) const fn new(per_second: f64, now: Instant) -> Self {
        Self { full: per_second, rate: per_second, next: now, at: now, slowed_at: None }
    }

    pub(crate) fn grow(&mut self, growth: f64, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.rate = (self.rate + self.full * growth * seconds).min(self.full);
        self.at = now;
    }

    /// When the next call may leave, if it is asked for now.
    pub(crate) fn next(&self, now: Instant) -> Instant {
        self.next.max(now)
    }

    pub(crate) fn leave(&mut self, turn: Instant) {
        self.next = turn + self.gap();
    }

    pub(crate) fn tells_something(&self, asked: Instant) -> bool {
        self.slowed_at.is_none_or(|slowed| asked > slowed)
    }

    pub(crate) fn slow_down(&mut self, now: Instant) {
        self.rate = (self.rate / 2.0).max(self.full * SLOWEST);
        self.slowed_at = Some(now);
        self.next = self.next.max(now + self.gap());
    }

    /// Never too short: 37 gaps of a thirty-seventh, each rounded down, would leave room for a 38th call.
    fn gap(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate) + Duration::from_nanos(1)
    }
}
