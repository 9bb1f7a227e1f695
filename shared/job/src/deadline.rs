//! Until when an invocation may work, and what time it is meanwhile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use tokio::time::Instant;

/// The end of an invocation, with the clock that it is measured by. Cheap to clone.
#[derive(Clone)]
pub struct Deadline {
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ends: Timestamp,
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Deadline {
    /// Lambda kills the process when `clock` tells `ends`.
    #[must_use]
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static, ends: Timestamp) -> Self {
        Self { clock: Arc::new(clock), ends }
    }

    /// It is `now`, and there is `span` left. Time passes by the clock of tokio, which tests can stop.
    #[must_use]
    pub fn within(now: Timestamp, span: Duration) -> Self {
        let started = Instant::now();
        Self::new(move || now.plus(started.elapsed()), now.plus(span))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// When the process is killed.
    #[must_use]
    pub const fn ends(&self) -> Timestamp {
        self.ends
    }

    /// How long until then; zero when it is over.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.ends.since(self.now())
    }

    /// Whether no more than `margin` is left.
    #[must_use]
    pub fn is_near(&self, margin: Duration) -> bool {
        self.left() <= margin
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn what_is_left_shrinks_with_the_clock_and_ends_at_nothing() {
        let passed = Arc::new(AtomicU64::new(0));
        let seconds = Arc::clone(&passed);
        let deadline =
            Deadline::new(move || testkit::later(seconds.load(Ordering::Relaxed)), testkit::later(100));
        for (at, left) in [(0, 100), (69, 31), (70, 30), (100, 0), (200, 0)] {
            passed.store(at, Ordering::Relaxed);
            assert_eq!(
                (deadline.now(), deadline.left()),
                (testkit::later(at), Duration::from_secs(left)),
                "{at}"
            );
            assert_eq!(deadline.is_near(Duration::from_secs(30)), at >= 70, "{at}");
        }
    }
}
