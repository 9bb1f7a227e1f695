//! The time of one test: it passes when somebody waits, and when the test says so.

use std::cell::Cell;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::Timestamp;
use rotation::Time;

thread_local! {
    // Each test has a thread of its own, and its runtime no other.
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// What it shows.
pub(crate) fn now() -> Timestamp {
    testkit::now().plus(PASSED.get())
}

/// Time passes.
pub(crate) fn pass(span: Duration) {
    PASSED.set(PASSED.get() + span);
}

/// Waits by letting time pass.
#[derive(Debug)]
pub(crate) struct TestTime;

impl Time for TestTime {
    fn now(&self) -> Timestamp {
        now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        pass(span);
        // Others go on meanwhile.
        tokio::task::yield_now().boxed()
    }
}
