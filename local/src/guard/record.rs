//! The call log: what reached AWS, in order. The truth for least-privilege tests.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;

use super::call::Call;
use super::principals::Principal;

/// Older calls are forgotten beyond this many.
const KEEP: usize = 50_000;

/// One call and its outcome.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Counts up from 1, across deletions too.
    pub number: u64,
    /// Unix time in milliseconds of the answer.
    pub at: u128,
    /// What was asked.
    #[serde(flatten)]
    pub call: Call,
    /// The public half of the credentials.
    pub access_key_id: String,
    /// Whose credentials they are; null when the guard never saw them being made.
    pub principal: Option<Principal>,
    /// The status that the caller got; null when the connection was closed instead.
    pub status: Option<u16>,
    /// The error code that the caller got.
    pub error: Option<String>,
    /// What was injected: `error`, `latency`, `lost` or `reset`.
    pub fault: Option<&'static str>,
    /// Until the answer, injected latency included.
    pub duration_ms: u128,
}

/// The outcome of a call.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) fault: Option<&'static str>,
    pub(crate) duration: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct CallLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    last: u64,
    calls: VecDeque<Recorded>,
}

impl CallLog {
    pub(crate) fn add(
        &self,
        call: Call,
        access_key_id: String,
        principal: Option<Principal>,
        outcome: Outcome,
    ) {
        let at = super::now().as_millis();
        let Outcome { status, error, fault, duration } = outcome;
        let Ok(mut log) = self.0.lock() else { return };
        log.last += 1;
        let recorded = Recorded {
            number: log.last,
            at,
            call,
            access_key_id,
            principal,
            status,
            error,
            fault,
            duration_ms: duration.as_millis(),
        };
        log.calls.push_back(recorded);
        if log.calls.len() > KEEP {
            log.calls.pop_front();
        }
    }

    /// The calls after a number, oldest first, that a service and an action narrow down.
    pub(crate) fn list(&self, after: u64, service: Option<&str>, action: Option<&str>) -> Vec<Recorded> {
        let Ok(log) = self.0.lock() else { return Vec::new() };
        log.calls
            .iter()
            .filter(|recorded| recorded.number > after)
            .filter(|recorded| service.is_none_or(|service| recorded.call.service == service))
            .filter(|recorded| action.is_none_or(|action| recorded.call.action == action))
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&self) {
        if let Ok(mut log) = self.0.lock() {
            log.calls.clear();
        }
    }
}
