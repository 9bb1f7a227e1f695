//! From the Lambda runtime to a worker and back: one place for order, panics, answers and the log.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{FutureExt as _, StreamExt as _};
use lambda_runtime::{LambdaEvent, service_fn};
use model::Timestamp;
use model::message::Noun;
use serde::Serialize;
use serde_json::Value;

use crate::Deadline;
use crate::event::{Event, Message};

/// So many message groups of one batch are worked on side by side. Workers wait for AWS most of the time.
pub const AT_ONCE: usize = 10;

/// An invocation whose context tells no deadline (there is none outside Lambda) gets as long as the template gives.
const USUAL: Duration = Duration::from_secs(300);

/// Tells the time. `main` passes the system's, tests their own.
pub type Clock = fn() -> Timestamp;

/// What does the work.
pub trait Worker: Send + Sync + 'static {
    /// Why something could not even be tried: its state could be neither read nor written. What went wrong while trying
    /// belongs into the state instead, with the moment of the next attempt.
    type Error: Error + Send + Sync + 'static;

    /// What its queue's messages are about; nothing for a worker that has only a schedule.
    const NOUNS: &'static [Noun];

    /// Looks for what is due.
    ///
    /// # Errors
    /// When that could not be found out; the schedule comes again.
    fn tick(&self, deadline: Deadline) -> impl Future<Output = Result<Report, Self::Error>> + Send;

    /// Looks at the thing `id`, which is a `noun`, and answers in a word or two, for the log, what came of it.
    ///
    /// # Errors
    /// When its state could not be read or written: the message goes back to the queue, and to the dead letters in the
    /// end.
    fn work(
        &self,
        noun: Noun,
        id: &str,
        deadline: Deadline,
    ) -> impl Future<Output = Result<&'static str, Self::Error>> + Send {
        // Of a worker without a queue.
        let _ = (noun, id, deadline);
        std::future::ready(Ok("nothing"))
    }
}

/// What came of a tick.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many things were due.
    pub due: usize,
    /// How many of them were brought forward, or handed on to the queue.
    pub advanced: usize,
    /// What went wrong with the others, one line each: an id and a code, and no secret.
    pub failed: Vec<String>,
    /// Whether more is due than one tick takes.
    pub truncated: bool,
    /// Since when the one that waits longest has been due; `None` when nothing is.
    pub due_since: Option<Timestamp>,
}

/// What Lambda is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Messages that go back to the queue; all others are done.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A message that goes back to the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// SQS's id of it.
    pub item_identifier: String,
}

/// Hands Lambda's events to `worker` until the process ends.
///
/// # Errors
/// When the Lambda runtime's API fails.
pub async fn serve<W: Worker>(worker: W, clock: Clock) -> Result<(), lambda_runtime::Error> {
    let worker = Arc::new(worker);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let worker = Arc::clone(&worker);
        async move {
            let now = clock();
            let ends = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
            let ends = if ends == 0 { now.plus(USUAL) } else { Timestamp::from_unix_milliseconds(ends) };
            let invocation = event.context.request_id;
            handle(&*worker, event.payload, Deadline::new(clock, ends), &invocation).await
        }
    }))
    .await
}

/// Hands one event to `worker`, as [`serve`] does.
///
/// # Errors
/// When the event is none that a worker has, or a tick failed. A message that failed is in the answer instead.
pub async fn handle<W: Worker>(
    worker: &W,
    event: Value,
    deadline: Deadline,
    invocation: &str,
) -> Result<Answer, lambda_runtime::Error> {
    match Event::try_from(event) {
        Ok(Event::Tick) => tick(worker, deadline, invocation).await,
        Ok(Event::Batch(messages)) => Ok(batch(worker, messages, &deadline, invocation).await),
        Err(error) => {
            tracing::error!(invocation.id = %invocation, %error, "event not understood");
            Err(error.into())
        }
    }
}

async fn tick<W: Worker>(
    worker: &W,
    deadline: Deadline,
    invocation: &str,
) -> Result<Answer, lambda_runtime::Error> {
    let started = Instant::now();
    let now = deadline.now();
    let done = worker.tick(deadline).await;
    let duration_ms = milliseconds(started);
    match done {
        Ok(Report { due, advanced, failed, truncated, due_since }) => {
            let failures = failed.len();
            let failed = failed.join(", ");
            let lag_seconds = due_since.map_or(0, |since| now.since(since).as_secs());
            metrics::Tick { due, advanced, failed: failures, lag_seconds, milliseconds: duration_ms }.write();
            tracing::info!(invocation.id = %invocation, due, advanced, failures, failed, truncated, duration_ms, "ticked");
            Ok(Answer::default())
        }
        Err(error) => {
            let cause = model::error::chain(&error);
            tracing::error!(invocation.id = %invocation, cause, duration_ms, "tick failed");
            Err(error.into())
        }
    }
}

/// The groups side by side, the messages of each in order. After a failure the rest of its group goes back unseen: a
/// FIFO queue would otherwise deliver out of order.
async fn batch<W: Worker>(
    worker: &W,
    messages: Vec<Message>,
    deadline: &Deadline,
    invocation: &str,
) -> Answer {
    let mut groups: Vec<(String, Vec<Message>)> = Vec::new();
    for message in messages {
        match groups.iter_mut().find(|(group, _)| *group == message.group) {
            Some((_, members)) => members.push(message),
            None => groups.push((message.group.clone(), vec![message])),
        }
    }
    let groups = groups.into_iter().map(|(_, members)| group(worker, members, deadline, invocation));
    let failed: Vec<Vec<String>> = futures::stream::iter(groups).buffer_unordered(AT_ONCE).collect().await;
    let failures = failed.into_iter().flatten();
    Answer {
        batch_item_failures: failures.map(|item_identifier| BatchItemFailure { item_identifier }).collect(),
    }
}

/// The messages of one group that go back to the queue.
async fn group<W: Worker>(
    worker: &W,
    members: Vec<Message>,
    deadline: &Deadline,
    invocation: &str,
) -> Vec<String> {
    let mut looked_at = Vec::new();
    for (index, message) in members.iter().enumerate() {
        // All of these were sent before the first one's turn came: one look is enough for the same id.
        if looked_at.contains(&&message.body) {
            continue;
        }
        if !look(worker, message, deadline, invocation).await {
            return members[index..].iter().map(|left| left.id.clone()).collect();
        }
        looked_at.push(&message.body);
    }
    Vec::new()
}

/// Whether the message is done with. A panic is a failure of this message alone.
async fn look<W: Worker>(worker: &W, message: &Message, deadline: &Deadline, invocation: &str) -> bool {
    let started = Instant::now();
    let told = W::NOUNS.iter().find_map(|noun| Some((*noun, noun.id(&message.body)?)));
    let Some((noun, id)) = told else {
        tracing::error!(invocation.id = %invocation, message.id = %message.id, "message not understood");
        return false;
    };
    let done = AssertUnwindSafe(worker.work(noun, &id, deadline.clone())).catch_unwind().await;
    let duration_ms = milliseconds(started);
    let received = message.received;
    let outcome = done.as_ref().ok().and_then(|done| done.as_ref().ok().copied());
    metrics::Work { outcome, milliseconds: duration_ms }.write();
    match done {
        Ok(Ok(outcome)) => {
            tracing::info!(invocation.id = %invocation, message.id = %message.id, id, received, outcome, duration_ms, "worked");
            true
        }
        Ok(Err(error)) => {
            let cause = model::error::chain(&error);
            tracing::error!(invocation.id = %invocation, message.id = %message.id, id, received, cause, duration_ms, "work failed");
            false
        }
        Err(_) => {
            // The panic hook has said where; its payload could hold anything.
            tracing::error!(invocation.id = %invocation, message.id = %message.id, id, received, duration_ms, "work panicked");
            false
        }
    }
}

fn milliseconds(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
