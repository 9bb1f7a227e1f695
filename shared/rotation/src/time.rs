//! What time it is, and waiting.

use std::fmt;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use model::Timestamp;

/// A clock that can be waited on.
pub trait Time: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Waits so long.
    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()>;
}

/// The time of a clock, waited on by the runtime's timers.
#[derive(Debug, Clone, Copy)]
pub struct ClockTime(pub fn() -> Timestamp);

impl Time for ClockTime {
    fn now(&self) -> Timestamp {
        (self.0)()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(span).boxed()
    }
}
