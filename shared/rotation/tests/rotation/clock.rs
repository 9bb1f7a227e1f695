//! The time of one test, which passes when somebody waits, or when the test says so.

use std::cell::Cell;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::Timestamp;
use rotation::Time;

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub(crate) fn reset() {
    PASSED.set(Duration::ZERO);
}

pub(crate) fn now() -> Timestamp {
    testkit::now().plus(PASSED.get())
}

pub(crate) fn advance(span: Duration) {
    PASSED.set(PASSED.get() + span);
}

pub(crate) fn advance_to(at: Timestamp) {
    advance(at.since(now()));
}

#[derive(Debug)]
pub(crate) struct TestTime;

impl Time for TestTime {
    fn now(&self) -> Timestamp {
        now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        advance(span);
        async {}.boxed()
    }
}
