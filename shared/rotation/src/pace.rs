//! Pacing: calls to the IAM of one account leave evenly, so that a thousand rotations of one account do not take IAM away
//! from whoever else works there.
//!
//! AWS publishes no quota of IAM's calls. These are well below what it is known to take; throttling halves them, and they
//! grow back within a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Timestamp;
use model::arn::AccountId;

use crate::time::Time;

/// Reads a second in one account.
pub const READS: f64 = 40.0;
/// Writes a second in one account.
pub const WRITES: f64 = 20.0;

/// The share that comes back each second after throttling.
const GROWTH: f64 = 1.0 / 60.0;
const SLOWEST: f64 = 1.0 / 32.0;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// It looks.
    Read,
    /// It changes something.
    Write,
}

#[derive(Debug, Clone, Copy)]
struct Lane {
    /// The share of the usual rate.
    share: f64,
    /// When the next call may leave, in microseconds since the epoch.
    next: i64,
    at: i64,
}

/// The pace of all accounts. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    time: Arc<dyn Time>,
    lanes: Arc<Mutex<HashMap<(AccountId, Call), Lane>>>,
}

impl Pace {
    pub(crate) fn new(time: Arc<dyn Time>) -> Self {
        Self { time, lanes: Arc::default() }
    }

    /// Waits for a call's turn.
    pub(crate) async fn turn(&self, account: &AccountId, call: Call) {
        let now = micros(self.time.now());
        let wait = self.with(account, call, now, |lane| {
            let turn = lane.next.max(now);
            lane.next = turn.saturating_add(gap(call, lane.share));
            turn.saturating_sub(now)
        });
        if let Ok(wait @ 1_000..) = u64::try_from(wait) {
            self.time.sleep(Duration::from_micros(wait)).await;
        }
    }

    /// A call was throttled.
    pub(crate) fn throttled(&self, account: &AccountId, call: Call) {
        let now = micros(self.time.now());
        self.with(account, call, now, |lane| {
            lane.share = (lane.share / 2.0).max(SLOWEST);
            lane.next = lane.next.max(now.saturating_add(gap(call, lane.share)));
        });
    }

    fn with<T>(&self, account: &AccountId, call: Call, now: i64, using: impl FnOnce(&mut Lane) -> T) -> T {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry((account.clone(), call)).or_insert(Lane { share: 1.0, next: now, at: now });
        let passed = Duration::from_micros(u64::try_from(now.saturating_sub(lane.at)).unwrap_or_default());
        lane.share = (lane.share + GROWTH * passed.as_secs_f64()).min(1.0);
        lane.at = now;
        using(lane)
    }
}

fn micros(at: Timestamp) -> i64 {
    at.unix_milliseconds().saturating_mul(1_000)
}

/// The time between two calls, in microseconds.
#[expect(clippy::cast_possible_truncation, reason = "at most some seconds")]
fn gap(call: Call, share: f64) -> i64 {
    let rate = match call {
        Call::Read => READS,
        Call::Write => WRITES,
    };
    (1_000_000.0 / (rate * share)) as i64
}
