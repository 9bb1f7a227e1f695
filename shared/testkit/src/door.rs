//! What stands between a request and its service: permissions, throttling, refusals and lost answers, as a test wants them;
//! and what went through.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::Timestamp;
use serde_json::Value;

use crate::account::NUMBER;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// `acm-pca:IssueCertificate`.
    pub action: String,
    /// What it names: a CA's or a certificate's ARN, a zone's id; `*` when it names nothing.
    pub resource: String,
    /// The request of a service that speaks JSON; null of another.
    pub body: Value,
    /// When.
    pub at: Timestamp,
}

/// An error of AWS's.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(pub(crate) u16, pub(crate) String, pub(crate) String);

impl Refusal {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self(400, code.to_owned(), message.into())
    }
}

/// What stands between a request and its service, and what went through.
#[derive(Debug, Default)]
pub(crate) struct Door {
    pub(crate) denied: BTreeSet<String>,
    pub(crate) throttled: BTreeMap<String, usize>,
    pub(crate) broken: BTreeMap<String, usize>,
    pub(crate) refused: BTreeMap<String, (usize, &'static str, &'static str)>,
    pub(crate) calls: Vec<Asked>,
    pub(crate) policies: Vec<String>,
}

impl Door {
    /// Whether a request reaches its service.
    pub(crate) fn pass(&mut self, action: &str, resource: &str) -> Result<(), Refusal> {
        if let Some(left) = self.throttled.get_mut(action).filter(|left| **left > 0) {
            *left -= 1;
            return Err(Refusal::new(throttling(action), "Rate exceeded"));
        }
        if let Some((left, code, message)) = self.refused.get_mut(action).filter(|(left, ..)| *left > 0) {
            *left -= 1;
            return Err(Refusal::new(code, *message));
        }
        self.pass_silently(action, resource)
    }

    /// Whether the role may do this.
    pub(crate) fn pass_silently(&self, action: &str, resource: &str) -> Result<(), Refusal> {
        if !self.denied.contains(action) {
            return Ok(());
        }
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
        let message = format!(
            "User: arn:aws:sts::{NUMBER}:assumed-role/customer/drawbridge is not authorized to perform: {action} on \
             resource: {resource} because no identity-based policy allows the {action} action"
        );
        let json = action.starts_with("acm");
        Err(match json {
            true => Refusal::new("AccessDeniedException", message),
            false => Refusal(403, "AccessDenied".into(), message),
        })
    }

    /// Whether the answer to this call is lost.
    pub(crate) fn loses(&mut self, action: &str) -> bool {
        self.broken.get_mut(action).filter(|left| **left > 0).map(|left| *left -= 1).is_some()
    }

    pub(crate) fn count(&self, action: &str) -> usize {
        self.calls.iter().filter(|call| call.action == action).count()
    }

    /// How often an action was called within one second, at most.
    pub(crate) fn most_in_a_second(&self, action: &str) -> usize {
        let times: Vec<_> =
            self.calls.iter().filter(|call| call.action == action).map(|call| call.at).collect();
        let within = |from: &Timestamp| {
            times.iter().filter(|at| *at >= from && at.since(*from) < Duration::from_secs(1)).count()
        };
        times.iter().map(within).max().unwrap_or_default()
    }
}

fn throttling(action: &str) -> &'static str {
    if action.starts_with("acm") { "ThrottlingException" } else { "Throttling" }
}
