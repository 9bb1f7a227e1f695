//! Simulated time beside a real table: it passes when nothing else can happen, which is never while the table is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use testkit::clock::SimulatedClock;

/// Somebody who was woken may need so many turns until it asks or waits for something.
const TURNS: u32 = 50;

#[derive(Debug, Clone, Default)]
pub(crate) struct Sim {
    pub(crate) clock: SimulatedClock,
    under_way: Arc<AtomicUsize>,
}

impl pace::Clock for Sim {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.clock.clone().sleep_until(at).boxed()
    }
}

impl Sim {
    /// Does `work` to its end.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let time = async {
            let mut turns = 0;
            loop {
                tokio::task::yield_now().await;
                turns = if self.under_way.load(Ordering::SeqCst) == 0 { turns + 1 } else { 0 };
                if turns > TURNS {
                    let _ = self.clock.advance();
                    turns = 0;
                }
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = time => unreachable!("time does not end"),
        }
    }

    /// The same configuration, whose clients' calls stop the time.
    pub(crate) fn through(&self, config: &SdkConfig) -> SdkConfig {
        let under_way = Arc::clone(&self.under_way);
        testkit::between(config, move |onward, request| {
            under_way.fetch_add(1, Ordering::SeqCst);
            let (answer, under_way) = (onward.call(request), Arc::clone(&under_way));
            HttpConnectorFuture::new(async move {
                let answer = answer.await;
                under_way.fetch_sub(1, Ordering::SeqCst);
                answer
            })
        })
    }
}
