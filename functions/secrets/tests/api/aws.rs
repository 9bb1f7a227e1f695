//! The scripted AWS: KMS as far as values are sealed, SQS as far as syncs are woken.

use serde_json::{Value, json};
use testkit::aws::{Answer, Calls, Request};

/// 32 bytes, in base64.
const DATA_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(crate) fn answer(request: &Request) -> Answer {
    match request.target.as_str() {
        "TrentService.GenerateDataKey" => {
            ok(json!({ "Plaintext": DATA_KEY, "CiphertextBlob": "d3JhcHBlZA==" }))
        }
        "TrentService.Decrypt" => ok(json!({ "Plaintext": DATA_KEY })),
        "AmazonSQS.SendMessageBatch" => sent(request),
        other => panic!("an unexpected call: {other} {}", request.body),
    }
}

/// A KMS that works, and a queue that takes nothing.
pub(crate) fn without_queue(request: &Request) -> Answer {
    match request.target.as_str() {
        "AmazonSQS.SendMessageBatch" => {
            let body = json!({ "__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no queue" });
            Answer { status: 400, body: body.to_string() }
        }
        _ => answer(request),
    }
}

fn ok(body: Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

fn sent(request: &Request) -> Answer {
    let entries = entries(request);
    let taken: Vec<Value> = entries
        .iter()
        .map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" }))
        .collect();
    ok(json!({ "Successful": taken, "Failed": [] }))
}

fn entries(request: &Request) -> Vec<Value> {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    body["Entries"].as_array().unwrap().clone()
}

/// The messages that were sent so far, in order: each the sync that it names.
pub(crate) fn woken(calls: &Calls) -> Vec<String> {
    let batches = calls.all().into_iter().filter(|call| call.target == "AmazonSQS.SendMessageBatch");
    let bodies = batches.flat_map(|call| entries(&call)).map(|entry| {
        let body: Value = serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        let sync = body["secretSyncId"].as_str().unwrap().to_owned();
        assert_eq!(entry["MessageGroupId"], json!(sync), "one sync is one group");
        assert!(entry["MessageDeduplicationId"].as_str().unwrap().starts_with(&format!("{sync}#")));
        sync
    });
    bodies.collect()
}
