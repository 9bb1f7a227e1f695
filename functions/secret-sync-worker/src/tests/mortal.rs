//! A process that dies: from the call at which the fuse blows, nothing of it goes on, not even what would try again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use futures::FutureExt as _;
use testkit::between;
use testkit::fuse::{Fault, Fuse};
use testkit::gate::Gate;
use tokio::sync::Notify;

#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub(super) fuse: Fuse,
    /// A moment between two calls.
    pub(super) gate: Gate,
    is_mortal: Arc<AtomicBool>,
    death: Arc<Notify>,
}

impl Life {
    /// Breaks as `fault` says from now on.
    pub(super) fn arm(&self, fault: Fault) {
        let is_mortal = matches!(fault, Fault::Die(_) | Fault::DieAfter(_));
        self.is_mortal.store(is_mortal, Ordering::SeqCst);
        // Of calls side by side each tells of the death, and the next process dies its own.
        let _ = self.death.notified().now_or_never();
        self.fuse.arm(fault);
    }

    pub(super) fn through(&self, config: &SdkConfig) -> SdkConfig {
        let config = self.fuse.through(config);
        let life = self.clone();
        let mortal = between(&config, move |onward, request| {
            let (answer, life) = (onward.call(request), life.clone());
            HttpConnectorFuture::new(async move {
                match answer.await {
                    Err(_) if life.is_mortal.load(Ordering::SeqCst) => {
                        life.death.notify_one();
                        std::future::pending().await
                    }
                    answered => answered,
                }
            })
        });
        self.gate.through(&mortal)
    }

    /// What a process does until it ends or dies; `None` when it died.
    pub(super) async fn live<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.death.notified() => None,
            done = process => Some(done),
        }
    }
}
