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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::FutureExt as _;
    use futures::future::BoxFuture;

    use super::*;

    /// Time that passes when somebody waits.
    #[derive(Debug, Default)]
    struct Waited(AtomicU64);

    impl Time for Waited {
        fn now(&self) -> Timestamp {
            testkit::now().plus(Duration::from_micros(self.0.load(Ordering::Relaxed)))
        }

        fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
            let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            self.0.fetch_add(micros, Ordering::Relaxed);
            async {}.boxed()
        }
    }

    #[tokio::test]
    async fn a_thousand_rotations_of_one_account_start_within_a_minute_and_within_the_budget() {
        let time = Arc::new(Waited::default());
        let pace = Pace::new(Arc::clone(&time) as Arc<dyn Time>);
        let account: AccountId = "123456789012".parse().expect("an account");
        let started = time.now();
        for _ in 0..1_000 {
            // Its keys are listed, and it gets a new one.
            pace.turn(&account, Call::Read).await;
            pace.turn(&account, Call::Write).await;
        }
        let took = time.now().since(started);
        assert!(took < Duration::from_secs(60), "{took:?}");
        assert!(took > Duration::from_secs(45), "faster than the budget: {took:?}");
    }

    #[tokio::test]
    async fn throttling_halves_the_pace_of_that_account_alone() {
        let time = Arc::new(Waited::default());
        let pace = Pace::new(Arc::clone(&time) as Arc<dyn Time>);
        let [slow, other]: [AccountId; 2] =
            ["123456789012", "210987654321"].map(|id| id.parse().expect("an account"));
        pace.throttled(&slow, Call::Write);
        let mut took = Vec::new();
        for account in [&slow, &other] {
            let started = time.now();
            for _ in 0..20 {
                pace.turn(account, Call::Write).await;
            }
            took.push(time.now().since(started));
        }
        assert!(took[0] > took[1] * 3 / 2, "{took:?}");
    }
}
