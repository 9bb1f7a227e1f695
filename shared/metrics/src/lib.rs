//! What the functions count and measure, as lines of their logs.
//!
//! A line in the embedded metric format is a line of the log like any other, from which CloudWatch makes metrics by itself:
//! no call to AWS, no permission, and nothing to wait for.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Lambda hands lines that are JSON on as they are, in the JSON log format, too, and takes a line without a level for `INFO`:
//! a function's `ApplicationLogLevel` above that would swallow them, `LOG_LEVEL` does not.
//!
//! [`Metric`] and [`Capability`] are all there is: what alarms and the dashboard of `template.yaml` name is one of them. Every
//! text in a line is a literal of the program: no id, no path that somebody sent, no secret can come into one. Each
//! combination of a metric and the value of its dimension is paid for by the month, so that there is one dimension a metric,
//! and routes are in the line but not among the dimensions.
//!
//! Our own writer, because the format is thirty lines: the recorders that are in the registry keep state between requests for
//! the sake of aggregation, which a function of one request at a time has no use for, and whose values are any texts.
//!
//! Depends on `model` for the time alone.
//!
//! **Not here**: what Lambda, API Gateway, SQS and DynamoDB measure by themselves.

mod catalogue;
mod line;
mod log;

pub use catalogue::{Capability, Dimension, Metric};
pub use line::{Place, begin};
pub use log::{TARGET, layer};

use catalogue::Metric as M;
use line::write;

/// A request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The route's own spelling, with its parameters in braces; nothing for what is no route.
    pub route: Option<&'static str>,
    /// The status of the answer.
    pub status: u16,
    /// How long it took, without what the platform adds.
    pub milliseconds: u64,
}

impl Request {
    /// Writes the line of this request.
    pub fn write(self) {
        let mut values = vec![(M::Latency, self.milliseconds)];
        match self.status {
            400..500 => values.push((M::Refusals, 1)),
            500.. => values.push((M::ServerErrors, 1)),
            0..400 => {}
        }
        let class = match self.status {
            500.. => "5xx",
            400..500 => "4xx",
            300..400 => "3xx",
            0..300 => "2xx",
        };
        write(Dimension::Function, &values, &[("route", self.route.unwrap_or("none")), ("status", class)]);
        // 503 says that AWS is busy or away; 500 alone is a mistake of ours.
        if self.status == 500 {
            failed(Capability::Api);
        }
    }
}

/// A worker looked for what is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// How many things were due.
    pub due: usize,
    /// How many of them were brought forward or handed on to the queue.
    pub advanced: usize,
    /// How many could not be.
    pub failed: usize,
    /// For how many seconds the one that waits longest has been due.
    pub lag_seconds: u64,
    /// How long the look took.
    pub milliseconds: u64,
}

impl Tick {
    /// Writes the line of this tick.
    pub fn write(self) {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut values =
            vec![(M::Due, count(self.due)), (M::Lag, self.lag_seconds), (M::TickDuration, self.milliseconds)];
        if self.advanced > 0 {
            values.push((M::Advanced, count(self.advanced)));
        }
        if self.failed > 0 {
            values.push((M::TickFailures, count(self.failed)));
        }
        write(Dimension::Function, &values, &[]);
    }
}

/// A worker looked at one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// What came of it, in the worker's words; nothing when its state could not be read or written.
    pub outcome: Option<&'static str>,
    /// How long it took.
    pub milliseconds: u64,
}

impl Work {
    /// Writes the line of this message.
    pub fn write(self) {
        let mut values = vec![(M::WorkDuration, self.milliseconds)];
        if self.outcome.is_none() {
            values.push((M::WorkFailures, 1));
        }
        write(Dimension::Function, &values, &[("outcome", self.outcome.unwrap_or("not looked at"))]);
    }
}

/// Somebody got what a capability is there for.
pub fn done(capability: Capability) {
    write(Dimension::Capability(capability), &[(M::Done, 1)], &[]);
}

/// Something about a capability came to nothing, and waits for somebody to mend it.
pub fn failed(capability: Capability) {
    write(Dimension::Capability(capability), &[(M::Failures, 1)], &[]);
}

/// A certificate is about to end, and nothing takes its place.
pub fn ending() {
    write(Dimension::Capability(Capability::Certificate), &[(M::Ending, 1)], &[]);
}

#[cfg(test)]
mod tests;
