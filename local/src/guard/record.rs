//! The call log: what reached AWS, in order. The truth for least-privilege tests.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use http::Response;
use hyper::body::Bytes;
use serde::Serialize;
use uuid::Uuid;

use super::call::Call;
use super::faults::Effect;
use super::principals::Principal;
use super::wire;

/// Older calls are forgotten beyond this many.
const KEEP: usize = 50_000;

/// One call and its outcome.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// Counts up from 1, across deletions too.
    pub number: u64,
    /// CloudTrail's name for it.
    pub event_id: Uuid,
    /// Unix time in milliseconds of the answer.
    pub at: u64,
    /// What was asked.
    #[serde(flatten)]
    pub call: Call,
    /// Who asked.
    #[serde(flatten)]
    pub caller: Caller,
    /// The status that the caller got; null when the connection was closed instead.
    pub status: Option<u16>,
    /// The error code that the caller got.
    pub error: Option<String>,
    /// The text of that error.
    pub error_message: Option<String>,
    /// What was injected: `error`, `latency`, `lost`, `reset` or `silence`.
    pub fault: Option<&'static str>,
    /// Until the answer, injected latency included.
    pub duration_ms: u64,
}

/// Who asked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The public half of the credentials.
    pub access_key_id: String,
    /// Whose credentials they are; null when the guard never saw them being made.
    pub principal: Option<Principal>,
    /// The program, by its own account.
    pub user_agent: String,
}

/// The outcome of a call.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) fault: Option<&'static str>,
    pub(crate) duration: Duration,
}

impl Outcome {
    pub(crate) fn of(answer: Option<&Response<Bytes>>, effect: Option<&Effect>, duration: Duration) -> Self {
        Self {
            status: answer.map(|answer| answer.status().as_u16()),
            error: answer.and_then(wire::error_code),
            error_message: answer.and_then(wire::error_message),
            fault: effect.map(Effect::name),
            duration,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct CallLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    last: u64,
    calls: VecDeque<Recorded>,
}

impl CallLog {
    pub(crate) fn add(&self, call: Call, caller: Caller, outcome: Outcome) {
        let at = milliseconds(super::now());
        let Outcome { status, error, error_message, fault, duration } = outcome;
        let Ok(mut log) = self.0.lock() else { return };
        log.last += 1;
        let recorded = Recorded {
            number: log.last,
            event_id: Uuid::new_v4(),
            at,
            call,
            caller,
            status,
            error,
            error_message,
            fault,
            duration_ms: milliseconds(duration),
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

    /// The last call under an access key that was answered with what it asked for.
    pub(crate) fn last_by(&self, access_key_id: &str) -> Option<Recorded> {
        let log = self.0.lock().ok()?;
        let is_use = |recorded: &&Recorded| {
            recorded.caller.access_key_id == access_key_id
                && recorded.status.is_some_and(|status| status < 400)
        };
        log.calls.iter().rev().find(is_use).cloned()
    }

    pub(crate) fn clear(&self) {
        if let Ok(mut log) = self.0.lock() {
            log.calls.clear();
        }
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
