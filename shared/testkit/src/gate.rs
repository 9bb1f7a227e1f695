//! One moment between two calls, at which a test does something: for showing what becomes of a deed that others overtake.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use tokio::sync::Semaphore;

use crate::between;

/// Counts the calls of everything that goes through it, and holds back one of them.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How many calls may still pass before the one that is held back.
    left: Mutex<Option<u32>>,
    reached: Semaphore,
    open: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        let inner = Inner { left: Mutex::new(None), reached: Semaphore::new(0), open: Semaphore::new(0) };
        Self(Arc::new(inner))
    }
}

impl Gate {
    /// Runs `deed` and, just before its call number `n` (from 1), `meanwhile`, whose own calls pass. Whether there was such a
    /// call; where there was none, `meanwhile` did not run.
    pub async fn at<T>(
        &self,
        n: u32,
        deed: impl Future<Output = T>,
        meanwhile: impl Future<Output = ()>,
    ) -> (T, bool) {
        *self.left() = Some(n.saturating_sub(1));
        let (mut deed, mut meanwhile) = (std::pin::pin!(deed), std::pin::pin!(meanwhile));
        tokio::select! {
            biased;
            outcome = &mut deed => {
                *self.left() = None;
                return (outcome, false);
            }
            reached = self.0.reached.acquire() => {
                if let Ok(reached) = reached {
                    reached.forget();
                }
            }
        }
        // Not polled meanwhile: whatever of it is under way stays where it is.
        meanwhile.as_mut().await;
        self.0.open.add_permits(1);
        (deed.as_mut().await, true)
    }

    /// The same configuration, whose clients' calls go through this gate.
    #[must_use]
    pub fn through(&self, config: &SdkConfig) -> SdkConfig {
        let gate = self.clone();
        between(config, move |onward, request| {
            let (onward, gate) = (onward.clone(), gate.clone());
            HttpConnectorFuture::new(async move {
                gate.pass().await;
                onward.call(request).await
            })
        })
    }

    fn left(&self) -> std::sync::MutexGuard<'_, Option<u32>> {
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, if it is this call's turn to.
    async fn pass(&self) {
        let is_held = {
            let mut left = self.left();
            match *left {
                Some(0) => {
                    *left = None;
                    true
                }
                Some(more) => {
                    *left = Some(more - 1);
                    false
                }
                None => false,
            }
        };
        if is_held {
            self.0.reached.add_permits(1);
            if let Ok(open) = self.0.open.acquire().await {
                open.forget();
            }
        }
    }
}
