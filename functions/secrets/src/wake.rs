//! Waking secret syncs: a message for each sync that a change concerns.
//!
//! The change itself wrote down that they are wanted. The message only saves them the wait for the worker's next tick,
//! so one that is lost costs up to a minute and nothing else.

use std::fmt::Display;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use futures::future::join_all;
use model::Timestamp;
use serde_json::json;

/// The most messages of one SendMessageBatch.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const BATCH: usize = 10;

/// Changes of this many seconds wake a sync once.
const BURST_SECONDS: i64 = 2;

/// The way to the queue of the secret-sync worker. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Wake {
    client: Client,
    queue_url: String,
}

impl Wake {
    /// To the FIFO queue `queue_url`, whose messages arrive after [`BURST_SECONDS`].
    pub(crate) const fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Tells the worker to look at these syncs, after a commit at `now` that wants them. One SendMessageBatch for each
    /// ten, side by side; none for no sync. A failure is logged: nothing is lost by it.
    pub(crate) async fn wake<T: Display>(&self, syncs: impl IntoIterator<Item = T>, now: Timestamp) {
        let ids: Vec<String> = syncs.into_iter().map(|id| id.to_string()).collect();
        join_all(ids.chunks(BATCH).map(|ids| self.send(ids, now))).await;
    }

    async fn send(&self, ids: &[String], now: Timestamp) {
        let entries: Result<Vec<_>, _> =
            ids.iter().enumerate().map(|(index, id)| entry(index, id, now)).collect();
        let sent = match entries {
            Ok(entries) => {
                let request = self.client.send_message_batch().queue_url(&self.queue_url);
                request.set_entries(Some(entries)).send().await.map_err(aws_sdk_sqs::Error::from)
            }
            Err(error) => Err(error.into()),
        };
        match sent {
            Ok(answer) => {
                for failed in answer.failed() {
                    let index = failed.id().parse::<usize>().unwrap_or(usize::MAX);
                    let id = ids.get(index).map_or("", String::as_str);
                    tracing::warn!(
                        secret_sync.id = id,
                        code = failed.code(),
                        "sync not woken; the tick finds it"
                    );
                }
            }
            Err(error) => {
                let cause = model::error::chain(&error);
                tracing::warn!(count = ids.len(), cause, "syncs not woken; the tick finds them");
            }
        }
    }
}

/// One sync is one message group, so it is never looked at twice at once; and all messages of one burst are one.
fn entry(
    index: usize,
    id: &str,
    now: Timestamp,
) -> Result<SendMessageBatchRequestEntry, aws_sdk_sqs::error::BuildError> {
    let burst = now.unix_seconds().div_euclid(BURST_SECONDS);
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(json!({ "secretSyncId": id }).to_string())
        .message_group_id(id)
        .message_deduplication_id(format!("{id}#{burst}"))
        .build()
}
