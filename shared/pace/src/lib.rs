//! Pacing: calls that share a quota leave evenly, and slow down when they are throttled.
//!
//! A [`Pace`] has a lane for each quota, which whoever uses it names: an account, a region and an API, say. In a lane calls
//! leave one after the other, as far apart as the lane's rate says. Throttling halves the rate; it grows back by itself, and
//! never above what it was. The clock is a [`Clock`], which tests simulate.
//!
//! **Not here**: which call has which quota, and whether a call is made again: that is known by whoever makes it.

mod clock;
mod jitter;
mod lane;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub use clock::{Clock, TokioClock};
pub use jitter::jitter;
use lane::Lane;

/// Nobody is kept waiting for less.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The pace of everything that a process calls, in lanes that are told apart by `K`. Clones share it.
pub struct Pace<K> {
    clock: Arc<dyn Clock>,
    growth: f64,
    lanes: Arc<Mutex<HashMap<K, Lane>>>,
}

impl<K> Clone for Pace<K> {
    fn clone(&self) -> Self {
        Self { clock: Arc::clone(&self.clock), growth: self.growth, lanes: Arc::clone(&self.lanes) }
    }
}

impl<K> fmt::Debug for Pace<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace")
            .field("clock", &self.clock)
            .field("growth", &self.growth)
            .finish_non_exhaustive()
    }
}

impl<K: Eq + Hash> Pace<K> {
    /// A pace by this clock. After throttling, `growth` of a lane's full rate comes back each second.
    #[must_use]
    pub fn on(clock: Arc<dyn Clock>, growth: f64) -> Self {
        Self { clock, growth, lanes: Arc::default() }
    }

    /// What its clock shows: for deadlines.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Waits until its clock shows `at`.
    pub async fn sleep_until(&self, at: Instant) {
        self.clock.sleep_until(at).await;
    }

    /// Waits for a call's turn in a lane with room for `per_second`, and says when it was asked for; `None` when the turn is
    /// not before `until`, and then nobody's turn is taken: whoever comes next in this process must not wait behind calls
    /// that are never made. With `f64::INFINITY` there is nothing to wait for.
    pub async fn leave(&self, lane: K, per_second: f64, until: Option<Instant>) -> Option<Instant> {
        let asked = self.now();
        let turn = self.turn(lane, per_second, until)?;
        if turn.saturating_duration_since(self.now()) >= SHORTEST_WAIT {
            self.sleep_until(turn).await;
        }
        Some(asked)
    }

    fn turn(&self, lane: K, per_second: f64, until: Option<Instant>) -> Option<Instant> {
        let in_time = |turn: Instant| until.is_none_or(|until| turn < until);
        let in_lane = self.with(lane, per_second, |lane, now| {
            let turn = lane.next(now);
            if in_time(turn) {
                lane.leave(turn);
            }
            turn
        });
        in_lane.or_else(|| Some(self.now())).filter(|turn| in_time(*turn))
    }

    /// A call was throttled: its lane is half as fast from now on.
    pub fn slow_down(&self, lane: K, per_second: f64) {
        self.with(lane, per_second, Lane::slow_down);
    }

    /// A call was throttled whose turn was asked for at `asked`: its lane is half as fast, but once for the calls that were in
    /// the air together. One whose turn was settled before the lane was last slowed down tells nothing new.
    pub fn throttled(&self, lane: K, per_second: f64, asked: Instant) {
        self.with(lane, per_second, |lane, now| {
            if lane.tells_something(asked) {
                lane.slow_down(now);
            }
        });
    }

    fn with<T>(&self, lane: K, per_second: f64, using: impl FnOnce(&mut Lane, Instant) -> T) -> Option<T> {
        if per_second.is_infinite() {
            return None;
        }
        let now = self.now();
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(lane).or_insert_with(|| Lane::new(per_second, now));
        lane.grow(self.growth, now);
        Some(using(lane, now))
    }
}
