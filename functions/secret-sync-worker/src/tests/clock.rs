//! The time of one test, which only the test moves.

use std::cell::Cell;
use std::time::Duration;

use model::Timestamp;

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(0) };
}

pub(super) fn reset() {
    SECONDS.set(0);
}

pub(super) fn now() -> Timestamp {
    testkit::now().plus(Duration::from_secs(SECONDS.get()))
}

pub(super) fn advance(seconds: u64) {
    SECONDS.set(SECONDS.get() + seconds);
}
