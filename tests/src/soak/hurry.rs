//! A deployment in which nobody waits for the dead: for the soak's short form, which has a minute.
//!
//! What a worker held when it died, or when it could not say that it was done, is free again after some seconds instead of
//! after the five minutes of its lease and the six of its message. A worker that is merely slow meets a second one then.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use local::root::Root;
use local::standins::PLATFORM_ACCOUNT;
use serde_json::{Value, json};

use crate::system::System;

/// How long a message is hidden from others that somebody has taken, in seconds.
const HIDDEN_FOR: &str = "20";
/// A lease that has not moved between two looks is nobody's any more.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);
const WORKERS: [&str; 5] = [
    "SecretSyncWorkerFunction",
    "KeyRotationWorkerFunction",
    "CertificateWorkerFunction",
    "CertificateSyncWorkerFunction",
    "PamWorkerFunction",
];

/// Messages whose taker died come back soon.
pub(super) async fn hide_for_less(system: &System) -> Result<()> {
    let root = Root::new(&system.ready.aws_endpoint, PLATFORM_ACCOUNT);
    let listed = root.json("sqs", "AmazonSQS.ListQueues", &json!({})).await?;
    let urls = listed["QueueUrls"].as_array().context("a list of queues")?;
    for url in urls.iter().filter_map(Value::as_str).filter(|url| !url.contains("DeadLetters")) {
        let attributes = json!({ "QueueUrl": url, "Attributes": { "VisibilityTimeout": HIDDEN_FOR } });
        root.json("sqs", "AmazonSQS.SetQueueAttributes", &attributes).await?;
    }
    Ok(())
}

/// Ends leases of the dead, and has the schedules come by, again and again until this is dropped.
pub(super) async fn keep_going(system: &System) -> Result<()> {
    let mut held = BTreeMap::new();
    loop {
        let now = leases(system).await?;
        for ((pk, sk), version) in &now {
            // Who is alive after all has written meanwhile, and keeps it.
            if held.get(&(pk.clone(), sk.clone())) == Some(version) {
                system.state.end_lease(pk, sk, *version).await.ok();
            }
        }
        held = now;
        for worker in WORKERS {
            // One that is killed comes by again.
            system.invoke(worker, &json!({ "tick": true })).await.ok();
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The items that somebody holds, and their versions.
async fn leases(system: &System) -> Result<BTreeMap<(String, String), u64>> {
    let items = system.state.items().await?;
    let held = items.iter().filter(|item| item["lease"]["until"].is_string());
    let held = held.filter_map(|item| {
        let place = (item["pk"].as_str()?.to_owned(), item["sk"].as_str()?.to_owned());
        Some((place, item["version"].as_u64()?))
    });
    Ok(held.collect())
}
