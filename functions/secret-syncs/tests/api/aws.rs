//! The scripted AWS: SQS as far as the worker is woken, KMS as far as values are sealed, STS at the customer's door.

use serde_json::{Value, json};
use testkit::aws::{Answer, Calls, Request};

/// 32 bytes, in base64.
const DATA_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(crate) fn answer(request: &Request) -> Answer {
    match request.target.as_str() {
        "AmazonSQS.SendMessageBatch" => sent(request),
        "TrentService.GenerateDataKey" => {
            ok(&json!({ "Plaintext": DATA_KEY, "CiphertextBlob": "d3JhcHBlZA==" }))
        }
        "TrentService.Decrypt" => ok(&json!({ "Plaintext": DATA_KEY })),
        "" if request.parameter("Action").as_deref() == Some("AssumeRole") => assumed(),
        other => panic!("an unexpected call: {other} {}", request.body),
    }
}

/// A queue that takes nothing.
pub(crate) fn without_queue(_: &Request) -> Answer {
    refusal(400, "com.amazonaws.sqs#QueueDoesNotExist")
}

/// A KMS that has lost the data keys. What is sealed before is sealed by the process that still knows them.
pub(crate) fn without_keys(request: &Request) -> Answer {
    match request.target.as_str() {
        "TrentService.Decrypt" => refusal(400, "AccessDeniedException"),
        _ => answer(request),
    }
}

/// An STS that says this to everybody.
pub(crate) fn with_sts(
    status: u16,
    code: &'static str,
) -> impl Fn(&Request) -> Answer + Send + Sync + 'static {
    move |request| match request.target.as_str() {
        "" => {
            let message = "as the test wants it";
            let error =
                format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
            Answer { status, body: format!("<ErrorResponse>{error}</ErrorResponse>") }
        }
        _ => answer(request),
    }
}

fn ok(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

fn refusal(status: u16, code: &str) -> Answer {
    Answer { status, body: json!({ "__type": code, "message": "as the test wants it" }).to_string() }
}

fn assumed() -> Answer {
    let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
         <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    Answer { status: 200, body: body.to_owned() }
}

fn sent(request: &Request) -> Answer {
    let entries = entries(request);
    let taken = |entry: &Value| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" });
    let taken: Vec<Value> = entries.iter().map(taken).collect();
    ok(&json!({ "Successful": taken, "Failed": [] }))
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

/// The AssumeRole calls so far.
pub(crate) fn assumptions(calls: &Calls) -> Vec<Request> {
    calls.all().into_iter().filter(|call| call.target.is_empty()).collect()
}
