//! What starts a worker: the schedule, or messages of its queue.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An invocation's event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// EventBridge Scheduler: either its own envelope or the template's input `{"tick": true}`.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html>
    Tick,
    /// Messages of the queue, in their order.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
    Batch(Vec<Message>),
}

/// One message, with what the answer needs of its envelope. Its body is an id.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// SQS's id of the message.
    pub id: String,
    /// The message group, whose messages are handled in order; the message's own id on a queue without groups.
    pub group: String,
    /// What it says.
    pub body: String,
    /// How often it was received, this time included.
    pub received: u32,
}

impl fmt::Debug for Message {
    /// Without the body, which anybody who may send can choose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("group", &self.group)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

/// The event is neither of the schedule nor of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event is neither a tick of the schedule nor a batch of the queue")]
pub struct Unreadable;

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "messageId")]
    id: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(rename = "eventSource")]
    source: String,
}

#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "MessageGroupId")]
    group: Option<String>,
    #[serde(rename = "ApproximateReceiveCount")]
    received: Option<String>,
}

impl TryFrom<Value> for Event {
    type Error = Unreadable;

    fn try_from(event: Value) -> Result<Self, Unreadable> {
        if let Some(records) = event.get("Records") {
            let records = Vec::<Record>::deserialize(records).map_err(|_| Unreadable)?;
            if records.is_empty() || records.iter().any(|record| record.source != "aws:sqs") {
                return Err(Unreadable);
            }
            return Ok(Self::Batch(records.into_iter().map(Message::from).collect()));
        }
        let from_the_schedule = event.get("source").and_then(Value::as_str) == Some("aws.scheduler");
        let is_a_tick = event.get("tick").and_then(Value::as_bool) == Some(true);
        if from_the_schedule || is_a_tick { Ok(Self::Tick) } else { Err(Unreadable) }
    }
}

impl From<Record> for Message {
    fn from(record: Record) -> Self {
        let received = record.attributes.received.and_then(|count| count.parse().ok()).unwrap_or(1);
        Self {
            group: record.attributes.group.unwrap_or_else(|| record.id.clone()),
            id: record.id,
            body: record.body,
            received,
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}
