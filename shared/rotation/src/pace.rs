//! Pacing: calls to the IAM of one account leave evenly, so that a thousand rotations of one account do not take IAM away
//! from whoever else works there.
//!
//! AWS publishes no quota of IAM's calls. These are well below what it is known to take, and every process that may be at work
//! has its share of them; throttling halves them, and they grow back within a minute.

use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use model::Timestamp;
use model::arn::AccountId;
use pace::Clock;

use crate::time::Time;

/// Reads a second in one account, by all processes together.
pub const READS: f64 = 40.0;
/// Writes a second in one account, by all processes together.
pub const WRITES: f64 = 20.0;

/// The share that comes back each second after throttling.
const GROWTH: f64 = 1.0 / 60.0;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    /// It looks.
    Read,
    /// It changes something.
    Write,
}

impl Call {
    const fn per_second(self) -> f64 {
        match self {
            Self::Read => READS,
            Self::Write => WRITES,
        }
    }
}

/// The pace of all accounts. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    lanes: pace::Pace<(AccountId, Call)>,
    processes: f64,
}

impl Pace {
    /// The pace of one of so many processes.
    pub(crate) fn new(time: Arc<dyn Time>, processes: u32) -> Self {
        let clock = TimesClock { began: time.now(), at: Instant::now(), time };
        Self { lanes: pace::Pace::on(Arc::new(clock), GROWTH), processes: f64::from(processes.max(1)) }
    }

    fn rate(&self, call: Call) -> f64 {
        call.per_second() / self.processes
    }

    /// Waits for a call's turn.
    pub(crate) async fn turn(&self, account: &AccountId, call: Call) {
        // Nothing says until when it must be: it always has its turn.
        let _ = self.lanes.leave((account.clone(), call), self.rate(call), None).await;
    }

    /// A call was throttled.
    pub(crate) fn throttled(&self, account: &AccountId, call: Call) {
        self.lanes.slow_down((account.clone(), call), self.rate(call));
    }
}

/// A clock that shows how long ago the pace began.
#[derive(Debug)]
struct TimesClock {
    time: Arc<dyn Time>,
    began: Timestamp,
    at: Instant,
}

impl Clock for TimesClock {
    fn now(&self) -> Instant {
        self.at + self.time.now().since(self.began)
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.time.sleep(at.saturating_duration_since(self.now()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use futures::FutureExt as _;

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
        let pace = Pace::new(Arc::clone(&time) as Arc<dyn Time>, 1);
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
        let pace = Pace::new(Arc::clone(&time) as Arc<dyn Time>, 1);
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
