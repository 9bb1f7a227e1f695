//! What the account's default event bus tells, as a queue behind a rule hears it.

use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::account::Account;
use tests::stage::eventually;
use tests::system::{System, text, unique};

/// A queue of its own that hears what Drawbridge tells.
pub(super) struct Heard {
    account: Account,
    queue: String,
    so_far: Mutex<Vec<Value>>,
}

impl Heard {
    /// Whatever is told from now on.
    pub(super) async fn from_now_on(system: &System) -> Result<Self> {
        let ready = &system.ready;
        let account = Account::numbered(&ready.aws_endpoint, &ready.platform_account_id);
        let name = unique("heard");
        // Each message is taken once: nobody else must see it, and nobody deletes it.
        let request = json!({ "QueueName": name, "Attributes": { "VisibilityTimeout": "43200" } });
        let queue = account.json("sqs", "AmazonSQS.CreateQueue", &request).await?;
        let pattern = json!({ "source": ["drawbridge"] }).to_string();
        let rule = json!({ "Name": name, "EventPattern": pattern });
        account.json("events", "AWSEvents.PutRule", &rule).await?;
        let arn = format!("arn:aws:sqs:{}:{}:{name}", ready.region, account.number);
        let targets = json!({ "Rule": name, "Targets": [{ "Id": "queue", "Arn": arn }] });
        account.json("events", "AWSEvents.PutTargets", &targets).await?;
        Ok(Self { account, queue: text(&queue["QueueUrl"])?, so_far: Mutex::default() })
    }

    /// What happened to a rotation was told like this, in this order, and with nothing but ids.
    pub(super) async fn told(&self, rotation: &str, expected: &[&str]) -> Result<()> {
        let is_all = || async { Ok(self.of(rotation).await?.len() >= expected.len()) };
        eventually("the events are heard", is_all).await?;
        let events = self.of(rotation).await?;
        let kinds: Vec<_> =
            events.iter().map(|event| event["detail-type"].as_str().unwrap_or_default()).collect();
        ensure!(kinds == expected, "{kinds:?} instead of {expected:?}");
        for event in &events {
            ensure!(event["source"] == "drawbridge", "{event}");
            let fields: Vec<_> = event["detail"].as_object().into_iter().flatten().collect();
            let are_ids = fields.iter().all(|(_, value)| value.as_str().is_some_and(|id| id.len() == 36));
            ensure!(fields.len() == 5 && are_ids, "more than ids: {event}");
        }
        Ok(())
    }

    async fn of(&self, rotation: &str) -> Result<Vec<Value>> {
        let request = json!({ "QueueUrl": self.queue, "MaxNumberOfMessages": 10 });
        loop {
            let mut answer = self.account.json("sqs", "AmazonSQS.ReceiveMessage", &request).await?;
            let messages = answer["Messages"].take();
            let bodies =
                messages.as_array().into_iter().flatten().filter_map(|message| message["Body"].as_str());
            let events = bodies.map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
            let events = events.context("read an event")?;
            let Ok(mut so_far) = self.so_far.lock() else { return Ok(Vec::new()) };
            if events.is_empty() {
                let is_its = |event: &&Value| event["detail"]["keyRotationId"] == rotation;
                return Ok(so_far.iter().filter(is_its).cloned().collect());
            }
            so_far.extend(events);
        }
    }
}
