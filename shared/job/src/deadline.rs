//! Until when an invocation may work, and what time it is meanwhile.

use std::time::Duration;

use model::Timestamp;
use tokio::time::Instant;

/// The end of an invocation. Time passes by tokio's clock from the moment at which this was made, so that a test which
/// pauses that clock moves both.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    began: Timestamp,
    started: Instant,
    ends: Timestamp,
}

impl Deadline {
    /// It is `now`, and `ends` is when Lambda kills the process.
    #[must_use]
    pub fn new(now: Timestamp, ends: Timestamp) -> Self {
        Self { began: now, started: Instant::now(), ends }
    }

    /// An invocation that may last `span` from `now` on.
    #[must_use]
    pub fn within(now: Timestamp, span: Duration) -> Self {
        Self::new(now, now.plus(span))
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.began.plus(self.started.elapsed())
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
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_passes_by_tokios_clock() {
        let deadline = Deadline::within(testkit::now(), Duration::from_secs(100));
        tokio::time::advance(Duration::from_secs(69)).await;
        assert_eq!((deadline.now(), deadline.left()), (testkit::later(69), Duration::from_secs(31)));
        assert!(!deadline.is_near(Duration::from_secs(30)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(deadline.is_near(Duration::from_secs(30)));
        tokio::time::advance(Duration::from_secs(100)).await;
        assert_eq!(deadline.left(), Duration::ZERO);
    }
}
