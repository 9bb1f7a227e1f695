//! Events as Lambda sends them, and what it is told afterwards.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::message::Noun;
use serde_json::{Value, json};
use testkit::now;

use crate::{AT_ONCE, Deadline, Event, Report, Worker, handle};

/// Remembers what it looked at, in order; fails or panics where the id says so.
#[derive(Default)]
struct Witness {
    seen: Mutex<Vec<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Witness {
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the state could not be read")]
struct Unread;

impl Worker for Witness {
    type Error = Unread;
    const NOUNS: &'static [Noun] = &[Noun::SecretSync, Noun::Certificate];

    async fn tick(&self, deadline: Deadline) -> Result<Report, Unread> {
        if deadline.left() == Duration::ZERO {
            return Err(Unread);
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push("tick".to_owned());
        let failed = vec!["canary: AccessDenied".to_owned()];
        Ok(Report {
            due: 3,
            advanced: 2,
            failed,
            due_since: Some(now().minus(Duration::from_secs(90))),
            ..Report::default()
        })
    }

    async fn work(&self, noun: Noun, id: &str, _: Deadline) -> Result<&'static str, Unread> {
        let running = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(running, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let told = if noun == Noun::SecretSync { id.to_owned() } else { format!("{noun:?} {id}") };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        assert!(!id.starts_with("panics"), "as told");
        if id.starts_with("fails") { Err(Unread) } else { Ok("looked at") }
    }
}

fn message(id: &str, group: &str, thing: &str) -> Value {
    json!({
        "messageId": id, "receiptHandle": "handle", "body": json!({ "secretSyncId": thing }).to_string(),
        "attributes": { "MessageGroupId": group, "ApproximateReceiveCount": "1" },
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:111111111111:q.fifo",
    })
}

fn soon() -> Deadline {
    Deadline::within(now(), Duration::from_secs(60))
}

/// The answer to a batch, and what was looked at.
async fn batch(messages: &[Value]) -> (Vec<String>, Vec<String>) {
    let witness = Witness::default();
    let answer = handle(&witness, json!({ "Records": messages }), soon(), "i").await.expect("a batch");
    let answer = serde_json::to_value(answer).expect("JSON");
    let failures = answer["batchItemFailures"].as_array().expect("always there").iter();
    let ids = failures.map(|failure| failure["itemIdentifier"].as_str().expect("an id").to_owned());
    (ids.collect(), witness.seen())
}

#[tokio::test]
async fn the_schedules_event_is_a_tick_in_both_forms() {
    let envelope = json!({
        "version": "0", "id": "d4e9", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "111111111111",
        "time": "2026-01-02T03:04:00Z", "region": "us-east-1", "resources": ["arn:aws:scheduler:…"], "detail": "{}",
    });
    for event in [envelope, json!({ "tick": true })] {
        let witness = Witness::default();
        handle(&witness, event, soon(), "i").await.expect("a tick");
        assert_eq!(witness.seen(), ["tick"]);
    }
}

#[tokio::test]
async fn a_tick_that_fails_fails_the_invocation() {
    let over = Deadline::within(now(), Duration::ZERO);
    assert!(handle(&Witness::default(), json!({ "tick": true }), over, "i").await.is_err());
}

#[tokio::test]
async fn what_is_no_event_of_a_workers_is_refused_whole() {
    let foreign = json!({ "messageId": "1", "body": "{}", "eventSource": "aws:sns" });
    for event in [
        json!({}),
        json!([]),
        json!({ "tick": false }),
        json!({ "Records": [] }),
        json!({ "Records": [foreign] }),
        json!({ "Records": "many" }),
        json!({ "source": "aws.s3" }),
    ] {
        let witness = Witness::default();
        assert!(handle(&witness, event.clone(), soon(), "i").await.is_err(), "{event}");
        assert!(witness.seen().is_empty(), "{event}");
    }
}

#[tokio::test]
async fn messages_of_a_group_are_looked_at_in_order_and_a_failure_sends_back_the_rest_of_its_group_alone() {
    let (failures, seen) = batch(&[
        message("1", "a", "one"),
        message("2", "b", "other"),
        message("3", "a", "fails"),
        message("4", "a", "three"),
        message("5", "b", "another"),
    ])
    .await;
    assert_eq!(failures, ["3", "4"]);
    let of_a: Vec<_> = seen.iter().filter(|id| ["one", "fails", "three"].contains(&id.as_str())).collect();
    assert_eq!(of_a, ["one", "fails"]);
    assert!(seen.contains(&"another".to_owned()));
}

#[tokio::test]
async fn the_same_thing_twice_in_a_batch_is_looked_at_once() {
    let (failures, seen) =
        batch(&[message("1", "a", "a"), message("2", "a", "a"), message("3", "a", "a")]).await;
    assert_eq!((failures, seen), (vec![], vec!["a".to_owned()]));
}

#[tokio::test]
async fn a_queue_may_tell_of_things_of_several_kinds() {
    let mut other = message("2", "b", "other");
    other["body"] = json!(json!({ "certificateId": "other" }).to_string());
    let (failures, mut seen) = batch(&[message("1", "a", "one"), other]).await;
    seen.sort();
    assert_eq!((failures, seen), (vec![], vec!["Certificate other".to_owned(), "one".to_owned()]));
}

#[tokio::test]
async fn a_panic_costs_its_own_group_and_no_other() {
    let (failures, seen) = batch(&[message("1", "a", "panics"), message("2", "b", "other")]).await;
    assert_eq!(failures, ["1"]);
    assert!(seen.contains(&"other".to_owned()));
}

#[tokio::test]
async fn a_body_without_an_id_goes_to_the_dead_letters_in_the_end() {
    for body in ["", "{}", "[]", "null", r#"{"secretSyncId":1}"#, r#"{"keyRotationId":"a"}"#, "a"] {
        let mut strange = message("1", "a", "a");
        strange["body"] = json!(body);
        let (failures, seen) = batch(&[strange]).await;
        assert_eq!((failures, seen), (vec!["1".to_owned()], vec![]), "{body}");
    }
}

#[tokio::test]
async fn no_more_than_the_limit_are_worked_on_at_once() {
    let witness = Witness::default();
    let messages: Vec<_> =
        (0..50).map(|n| message(&n.to_string(), &format!("g{n}"), &format!("t{n}"))).collect();
    handle(&witness, json!({ "Records": messages }), soon(), "i").await.expect("a batch");
    assert_eq!(witness.seen().len(), 50);
    assert_eq!(witness.most_at_once.load(Ordering::SeqCst), AT_ONCE);
}

#[tokio::test]
async fn a_tick_and_a_message_are_measured_and_no_id_is_in_the_lines() {
    let heard = testkit::metrics();
    handle(&Witness::default(), json!({ "tick": true }), soon(), "canary").await.expect("a tick");
    let counted = ["Due", "Advanced", "TickFailures", "Lag"].map(|name| heard.sum(name));
    assert_eq!(counted, [3, 2, 1, 90]);
    batch(&[
        message("canary-1", "canary-a", "canary"),
        message("canary-2", "canary-b", "fails-canary"),
        message("canary-3", "canary-c", "panics-canary"),
    ])
    .await;
    assert_eq!(heard.sum("WorkFailures"), 2, "one failed, one panicked");
    let mut outcomes: Vec<_> =
        heard.lines().iter().filter_map(|line| line["outcome"].as_str().map(str::to_owned)).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["looked at", "not looked at", "not looked at"]);
    assert!(heard.lines()[1..].iter().all(|line| line["WorkDuration"].is_u64()));
    assert!(!heard.text().contains("canary"), "{}", heard.text());
}

#[tokio::test]
async fn a_message_without_a_group_is_a_group_of_its_own() {
    let mut plain = message("1", "", "fails");
    plain["attributes"] = json!({});
    let event = Event::try_from(json!({ "Records": [plain] })).expect("an event");
    let Event::Batch(messages) = event else { unreachable!("it has records") };
    assert_eq!((messages[0].group.as_str(), messages[0].received), ("1", 1));
    assert!(!format!("{messages:?}").contains("fails"), "a body is anybody's");
}
