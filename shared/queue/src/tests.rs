//! What SQS is sent.

use model::message::Noun;
use serde_json::{Value, json};
use testkit::aws::{Answer as Scripted, scripted};
use testkit::now;

use crate::Queue;

fn taken() -> Scripted {
    Scripted { status: 200, body: json!({ "Successful": [], "Failed": [] }).to_string() }
}

#[tokio::test]
async fn ids_are_sent_in_tens_each_in_its_own_group_and_once_for_a_burst() {
    let (config, calls) = scripted(|_| taken());
    let queue =
        Queue::new(&config, "https://sqs.us-east-1.amazonaws.com/1/q.fifo".into(), Noun::SecretSync, now);
    queue.send((0..23).map(|n| format!("sync-{n}"))).await.expect("sent");
    let bodies: Vec<Value> =
        calls.all().iter().map(|call| serde_json::from_str(&call.body).expect("JSON")).collect();
    let sizes: Vec<_> =
        bodies.iter().map(|body| body["Entries"].as_array().expect("entries").len()).collect();
    assert_eq!(sizes, [10, 10, 3]);
    // 1767323045 seconds are 883661522 bursts of two.
    assert_eq!(
        bodies[2]["Entries"][2],
        json!({
            "Id": "2", "MessageBody": r#"{"secretSyncId":"sync-22"}"#, "MessageGroupId": "sync-22",
            "MessageDeduplicationId": "sync-22#883661522",
        })
    );
}

#[tokio::test]
async fn nothing_to_wake_is_no_call() {
    let (config, calls) = scripted(|_| taken());
    let queue = Queue::new(&config, "https://q".into(), Noun::SecretSync, now);
    queue.wake(Vec::<String>::new()).await;
    assert_eq!(calls.count(), 0);
}

#[tokio::test]
async fn a_batch_that_fails_does_not_keep_the_others_back_and_a_wake_survives_it() {
    let (config, calls) = scripted(|request| {
        if request.body.contains("sync-0\\") {
            Scripted { status: 500, body: "{}".into() }
        } else if request.body.contains("sync-10\\") {
            let left = json!({ "Successful": [], "Failed": [{ "Id": "0", "SenderFault": false, "Code": "InternalError" }] });
            Scripted { status: 200, body: left.to_string() }
        } else {
            taken()
        }
    });
    let queue = Queue::new(&config, "https://q".into(), Noun::SecretSync, now);
    let ids = || (0..30).map(|n| format!("sync-{n}"));
    let error = queue.send(ids()).await.expect_err("one failed");
    assert_eq!(error.to_string(), "could not send messages to the queue");
    assert_eq!(calls.count(), 3);
    let error = queue.send(ids().skip(10)).await.expect_err("one was left");
    assert_eq!(error.to_string(), "the queue took all messages but 1: InternalError");
    queue.wake(ids()).await;
}
