//! The scripted AWS: SQS, as far as the worker is woken.

use serde_json::{Value, json};
use testkit::aws::{Answer, Calls, Request};

pub(crate) fn answer(request: &Request) -> Answer {
    match request.target.as_str() {
        "AmazonSQS.SendMessageBatch" => sent(request),
        other => panic!("an unexpected call: {other} {}", request.body),
    }
}

/// A queue that takes nothing.
pub(crate) fn without_queue(_: &Request) -> Answer {
    let body = json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no queue" });
    Answer { status: 400, body: body.to_string() }
}

fn sent(request: &Request) -> Answer {
    let entries = entries(request);
    let taken = |entry: &Value| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" });
    let taken: Vec<Value> = entries.iter().map(taken).collect();
    Answer { status: 200, body: json!({ "Successful": taken, "Failed": [] }).to_string() }
}

fn entries(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    body["Entries"].as_array().unwrap().clone()
}

/// The syncs that the worker was told of so far, in order.
pub(crate) fn woken(calls: &Calls) -> Vec<String> {
    let batches = calls.all().into_iter().filter(|call| call.target == "AmazonSQS.SendMessageBatch");
    let named = batches.flat_map(|call| entries(&call)).map(|entry| {
        let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        body["secretSyncId"].as_str().unwrap().to_owned()
    });
    named.collect()
}
