//! What must hold of the whole deployment after a soak.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use local::root::Root;
use local::standins::{PLATFORM_ACCOUNT, ROOT_SECRET};
use serde_json::{Value, json};
use testkit::books::Books;

use super::report::Tally;
use crate::LONGEST_WAIT;
use crate::canaries::Places;
use crate::system::System;

const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A tick's work is over by then.
const LOOKS_AT_THE_TABLE: u32 = 6;
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// No secret where none belongs, nobody's bug in the logs, and no message that was given up.
pub(super) async fn look(system: &'static System, stem: &str, tally: &Tally) -> Result<()> {
    no_secret_is_told(system, stem, tally).await?;
    queues_are_empty(system, tally).await?;
    the_table_is_sound(system, tally).await
}

/// Nothing in the table contradicts anything else in it. The schedule goes on, so that one look may fall between two writes;
/// what is wrong at every look is wrong.
async fn the_table_is_sound(system: &System, tally: &Tally) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the account's root, who may look at everything")]
    let root = Credentials::new(PLATFORM_ACCOUNT, ROOT_SECRET, None, None, "the root of the stand-in");
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&system.ready.aws_endpoint)
        .region(Region::new(system.ready.region.clone()))
        .credentials_provider(root)
        .load()
        .await;
    let (client, table) = (aws_sdk_dynamodb::Client::new(&config), system.state.main_table().await?);
    let mut faults = Vec::new();
    for _ in 0..LOOKS_AT_THE_TABLE {
        let books = Books::read(&client, &table).await?;
        let found = books.faults(testkit::now());
        if found.is_empty() {
            let count: i64 = books.kinds().values().sum();
            tally.verified(format!("the table is sound: {count} items of {} kinds", books.kinds().len()));
            return Ok(());
        }
        faults = found;
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    for fault in faults {
        tally.finding(format!("the table: {fault}"));
    }
    Ok(())
}

async fn no_secret_is_told(system: &System, stem: &str, tally: &Tally) -> Result<()> {
    let places = Places::read(system).await?;
    let mut secrets = system.secrets();
    // Each value begins so: looking for the stem finds any of them.
    secrets.retain(|secret| !secret.starts_with(stem));
    secrets.push(stem.to_owned());
    secrets.sort();
    secrets.dedup();
    if let Err(failure) = places.hold_none_of(&secrets) {
        tally.finding(format!("{failure:#}"));
    }
    let told = places.logs.iter().filter(|line| line.contains("answered")).count();
    if told == 0 {
        tally.finding("the logs are not there".to_owned());
    }
    tally.verified(format!(
        "none of {} secrets is in {} lines of logs, the refusals, the call log, the table or the audit trail",
        secrets.len(),
        places.logs.len()
    ));
    let is_bug = |line: &&String| line.contains("\"status\":500") || line.contains("panicked");
    let bugs: Vec<_> = places.logs.iter().filter(is_bug).collect();
    for bug in bugs.iter().take(10) {
        tally.finding(format!("a function's bug: {bug}"));
    }
    tally.verified(format!("{told} answers in the logs, {} of them a 500 or a panic", bugs.len()));
    Ok(())
}

/// Every queue runs dry, and nothing was given up.
async fn queues_are_empty(system: &System, tally: &Tally) -> Result<()> {
    let root = Root::new(&system.ready.aws_endpoint, PLATFORM_ACCOUNT);
    let listed = root.json("sqs", "AmazonSQS.ListQueues", &json!({})).await?;
    let urls = listed["QueueUrls"].as_array().context("a list of queues")?;
    let until = Instant::now() + LONGEST_WAIT;
    for url in urls.iter().filter_map(Value::as_str) {
        loop {
            let asked = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
            let told = root.json("sqs", "AmazonSQS.GetQueueAttributes", &asked).await?;
            let kinds =
                ["", "NotVisible", "Delayed"].map(|kind| format!("ApproximateNumberOfMessages{kind}"));
            let count =
                |kind: &String| told["Attributes"][kind].as_str().and_then(|count| count.parse::<u64>().ok());
            let left: u64 = kinds.iter().filter_map(count).sum();
            if left == 0 {
                break;
            }
            if url.contains("DeadLetters") || Instant::now() > until {
                let asked = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0 });
                let told = root.json("sqs", "AmazonSQS.ReceiveMessage", &asked).await?;
                tally.finding(format!("{left} messages are in {url}: {}", told["Messages"]));
                break;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    tally.verified(format!("{} queues are empty, those for dead letters too", urls.len()));
    Ok(())
}
