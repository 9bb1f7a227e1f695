//! The time of one test, which passes when somebody waits, or when the test says so.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::Timestamp;

thread_local! {
    static STARTED: Cell<Option<Instant>> = const { Cell::new(None) };
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static SKEW: Cell<i64> = const { Cell::new(0) };
}

pub(crate) fn reset() {
    STARTED.set(Some(Instant::now()));
    PASSED.set(Duration::ZERO);
    SKEW.set(0);
}

/// From now on the clock of our own processes is wrong by so many seconds.
pub(crate) fn set_skew(seconds: i64) {
    SKEW.set(seconds);
}

/// What our own processes take for the time.
pub(crate) fn now() -> Timestamp {
    let skew = Duration::from_secs(SKEW.get().unsigned_abs());
    if SKEW.get() < 0 { real().minus(skew) } else { real().plus(skew) }
}

/// What time it is, at AWS.
pub(crate) fn real() -> Timestamp {
    testkit::now().plus(PASSED.get())
}

pub(crate) fn advance(span: Duration) {
    PASSED.set(PASSED.get() + span);
}

pub(crate) fn advance_to(at: Timestamp) {
    advance(at.since(now()));
}

/// The same time for whoever waits for a turn.
#[derive(Debug)]
pub(crate) struct TestClock;

impl pace::Clock for TestClock {
    fn now(&self) -> Instant {
        STARTED.get().unwrap() + PASSED.get()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        advance(at.saturating_duration_since(self.now()));
        async {}.boxed()
    }
}
