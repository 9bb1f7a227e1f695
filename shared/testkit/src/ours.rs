//! Our own side of a simulated AWS: KMS, queues and the event bus, beside whatever a customer's account holds.
#![expect(clippy::expect_used, clippy::panic, reason = "a mistake of the test's")]

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::aws::{Answer, Request};

/// 32 bytes, in base64.
const DATA_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// What our own account was told.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    queues: BTreeMap<String, VecDeque<String>>,
    pub(crate) events: Vec<(String, Value)>,
}

impl Ours {
    /// The next message of a queue whose address contains `name`: the id in it.
    pub(crate) fn receive(&mut self, name: &str) -> Option<String> {
        self.queues.iter_mut().find(|(url, _)| url.contains(name)).and_then(|(_, queue)| queue.pop_front())
    }

    /// The answer to a request of a service that speaks JSON.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let body: Value = serde_json::from_str(&request.body).expect("a JSON request");
        let ok = |body: Value| Answer { status: 200, body: body.to_string() };
        match request.target.as_str() {
            "TrentService.GenerateDataKey" => {
                ok(json!({ "Plaintext": DATA_KEY, "CiphertextBlob": "d3JhcHBlZA==" }))
            }
            "TrentService.Decrypt" => ok(json!({ "Plaintext": DATA_KEY })),
            "AmazonSQS.SendMessageBatch" => {
                let entries = body["Entries"].as_array().cloned().unwrap_or_default();
                let url = body["QueueUrl"].as_str().unwrap_or_default().to_owned();
                let queue = self.queues.entry(url).or_default();
                let group = |entry: &Value| entry["MessageGroupId"].as_str().unwrap_or_default().to_owned();
                queue.extend(entries.iter().map(group));
                let taken: Vec<Value> = entries
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" }))
                    .collect();
                ok(json!({ "Successful": taken, "Failed": [] }))
            }
            "AWSEvents.PutEvents" => {
                for entry in body["Entries"].as_array().into_iter().flatten() {
                    let detail = entry["Detail"].as_str().unwrap_or_default();
                    let detail = serde_json::from_str(detail).expect("a JSON detail");
                    self.events.push((entry["DetailType"].as_str().unwrap_or_default().to_owned(), detail));
                }
                ok(json!({ "FailedEntryCount": 0, "Entries": [{ "EventId": "e" }] }))
            }
            other => panic!("nobody expects {other}"),
        }
    }
}
