//! Calls that fail on purpose: for showing what becomes of everything when a process dies between any two of them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::RetryConfig;

use crate::{Onward, between};

/// What happens at which call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing fails.
    #[default]
    None,
    /// This call, counted from 1, does not get through.
    Fail(u32),
    /// This call gets through, and its answer is lost.
    LoseAnswer(u32),
    /// The process dies before this call: neither it nor any later one gets through.
    Die(u32),
    /// The process dies after this call: it gets through unheard, and no later one does.
    DieAfter(u32),
}

/// Counts the calls of everything that goes through it, over all services, and breaks as it was told.
#[derive(Debug, Clone, Default)]
pub struct Fuse(Arc<Mutex<(Fault, u32)>>);

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It gets through.
    Pass,
    /// It does not.
    Blocked,
    /// It gets through, and nobody hears of it.
    Unheard,
}

impl Fuse {
    /// Breaks as `fault` says from now on, and counts from the start.
    pub fn arm(&self, fault: Fault) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (fault, 0);
    }

    /// How many calls were made since it was armed, whatever became of them.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Counts one call and tells its fate.
    #[must_use]
    pub fn next(&self) -> Fate {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        let (fault, number) = *state;
        match fault {
            Fault::Fail(n) if number == n => Fate::Blocked,
            Fault::LoseAnswer(n) if number == n => Fate::Unheard,
            Fault::Die(n) if number >= n => Fate::Blocked,
            Fault::DieAfter(n) if number == n => Fate::Unheard,
            Fault::DieAfter(n) if number > n => Fate::Blocked,
            Fault::None | Fault::Fail(_) | Fault::LoseAnswer(_) | Fault::Die(_) | Fault::DieAfter(_) => {
                Fate::Pass
            }
        }
    }

    /// The same configuration, whose clients' calls go through this fuse, one attempt each.
    #[must_use]
    pub fn through(&self, config: &SdkConfig) -> SdkConfig {
        let fuse = self.clone();
        let config = config.to_builder().retry_config(RetryConfig::disabled()).build();
        between(&config, move |onward, request| fuse.call(onward, request))
    }

    fn call(&self, onward: &Onward, request: HttpRequest) -> HttpConnectorFuture {
        let broken = || Err(ConnectorError::io("the fuse is blown".into()));
        match self.next() {
            Fate::Pass => onward.call(request),
            Fate::Blocked => HttpConnectorFuture::ready(broken()),
            Fate::Unheard => {
                let answer = onward.call(request);
                HttpConnectorFuture::new(async move {
                    let _ = answer.await;
                    Err(ConnectorError::io("the answer is lost".into()))
                })
            }
        }
    }
}
