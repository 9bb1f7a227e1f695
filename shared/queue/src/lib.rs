//! The sender's side of a worker's queue.
//!
//! What is wanted is written down in the table before a message is sent. The message only saves the wait for the
//! worker's next tick: one that is lost costs up to a minute, one that comes twice costs one conditional write.
//!
//! Depends on `model` and the SDK of SQS.
//!
//! **Not here**: what the messages say (`model::message`), the side that receives them (`job`).

#[cfg(test)]
mod tests;

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::future::join_all;
use model::Timestamp;
use model::message::Noun;

/// The most messages of one SendMessageBatch.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const BATCH: usize = 10;

/// Messages about one thing within so many seconds are one. It is the queue's delay as well: the one message arrives
/// when no other can be taken for it any more.
const BURST_SECONDS: i64 = 2;

/// Tells the time. `main` passes the system's, tests their own.
pub type Clock = fn() -> Timestamp;

/// The sender's side of a worker's FIFO queue. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    client: Client,
    url: String,
    noun: Noun,
    clock: Clock,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("url", &self.url).field("noun", &self.noun).finish_non_exhaustive()
    }
}

/// Messages that were not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// SQS refused, failed, or could not be reached.
    #[error("could not send messages to the queue")]
    SendMessageBatch(#[source] Box<aws_sdk_sqs::Error>),
    /// SQS took others of the same batch, but not these.
    #[error("the queue took all messages but {count}: {code}")]
    Left {
        /// How many.
        count: usize,
        /// SQS's code of the first of them.
        code: String,
    },
}

impl From<BuildError> for SendError {
    fn from(error: BuildError) -> Self {
        Self::SendMessageBatch(Box::new(error.into()))
    }
}

impl Queue {
    /// The queue at `url`, about `noun`. `clock` tells when a message leaves, which may be later than when the request
    /// came that wanted it.
    #[must_use]
    pub fn new(config: &SdkConfig, url: String, noun: Noun, clock: Clock) -> Self {
        Self { client: Client::new(config), url, noun, clock }
    }

    /// Tells the worker to look at these things, after the commit that wants it. A failure is logged, and nothing is
    /// lost by it: the worker's tick finds what is due. One SendMessageBatch for each ten, side by side; none for none.
    pub async fn wake<T: fmt::Display>(&self, ids: impl IntoIterator<Item = T>) {
        if let Err(error) = self.send(ids).await {
            let cause = model::error::chain(&error);
            tracing::warn!(noun = ?self.noun, cause, "not all were woken; the tick finds them");
        }
    }

    /// As [`Queue::wake`], for whoever wants to know.
    ///
    /// # Errors
    /// [`SendError`] of the first batch that failed; all batches are tried.
    pub async fn send<T: fmt::Display>(&self, ids: impl IntoIterator<Item = T>) -> Result<(), SendError> {
        let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        let sent = join_all(ids.chunks(BATCH).map(|ids| self.send_batch(ids))).await;
        sent.into_iter().collect()
    }

    async fn send_batch(&self, ids: &[String]) -> Result<(), SendError> {
        let now = (self.clock)();
        let entries = ids.iter().enumerate().map(|(index, id)| self.entry(index, id, now));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        match request.send().await {
            Ok(answer) => all_taken(&answer),
            Err(error) => Err(SendError::SendMessageBatch(Box::new(error.into()))),
        }
    }

    /// One thing is one message group, so that two messages about it are never worked on at once.
    fn entry(
        &self,
        index: usize,
        id: &str,
        now: Timestamp,
    ) -> Result<SendMessageBatchRequestEntry, BuildError> {
        let burst = now.unix_seconds().div_euclid(BURST_SECONDS);
        SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(self.noun.body(id))
            .message_group_id(id)
            .message_deduplication_id(format!("{id}#{burst}"))
            .build()
    }
}

fn all_taken(answer: &SendMessageBatchOutput) -> Result<(), SendError> {
    match answer.failed() {
        [] => Ok(()),
        left @ [first, ..] => Err(SendError::Left { count: left.len(), code: first.code().to_owned() }),
    }
}
