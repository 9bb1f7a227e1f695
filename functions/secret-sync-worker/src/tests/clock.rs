//! The time of one test, which only the test moves, or which a simulation does.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use destination::Clock;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::Timestamp;
use testkit::clock::SimulatedClock;

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
    static SKEW: Cell<i64> = const { Cell::new(0) };
    static FOLLOWED: RefCell<Option<(Sim, Instant)>> = const { RefCell::new(None) };
}

pub(super) fn reset() {
    SECONDS.set(0);
    SKEW.set(0);
    FOLLOWED.set(None);
}

/// From now on time passes as `sim` says.
pub(super) fn follow(sim: &Sim) {
    SECONDS.set(0);
    FOLLOWED.set(Some((sim.clone(), sim.0.now())));
}

pub(super) fn now() -> Timestamp {
    let passed = FOLLOWED.with_borrow(|followed| {
        followed.as_ref().map_or(Duration::ZERO, |(sim, start)| sim.0.now().duration_since(*start))
    });
    let real = testkit::now().plus(Duration::from_secs(SECONDS.get())).plus(passed);
    let skew = Duration::from_secs(SKEW.get().unsigned_abs());
    if SKEW.get() < 0 { real.minus(skew) } else { real.plus(skew) }
}

/// From now on the clock of our own processes is wrong by so many seconds.
pub(super) fn set_skew(seconds: i64) {
    SKEW.set(seconds);
}

pub(super) fn advance(seconds: u64) {
    SECONDS.set(SECONDS.get() + seconds);
}

/// Simulated time beside a real table.
#[derive(Debug, Clone, Default)]
pub(super) struct Sim(pub(super) SimulatedClock);

impl Clock for Sim {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.0.clone().sleep_until(at).boxed()
    }
}

impl Sim {
    /// Does `work` to its end. Time passes whenever nothing else happened for a while.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let time = async {
            loop {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                let _ = self.0.advance();
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = time => unreachable!("time does not end"),
        }
    }
}
