//! Everything that the deployed functions have logged.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::root::Root;

/// Every log message of every log group of the account, oldest group first.
///
/// # Errors
///
/// When the endpoint cannot be reached or refuses.
pub async fn read_all(root: &Root) -> Result<Vec<String>> {
    let mut messages = Vec::new();
    for group in pages(root, "DescribeLogGroups", &json!({}), "logGroups").await? {
        let name = group["logGroupName"].as_str().context("read a log group's name")?;
        let events = pages(root, "FilterLogEvents", &json!({ "logGroupName": name }), "events").await?;
        messages.extend(events.iter().filter_map(|event| event["message"].as_str().map(str::to_owned)));
    }
    Ok(messages)
}

async fn pages(root: &Root, action: &str, request: &Value, list: &str) -> Result<Vec<Value>> {
    let mut request = request.clone();
    let mut found = Vec::new();
    loop {
        let mut page = root.json("logs", &format!("Logs_20140328.{action}"), &request).await?;
        if let Some(items) = page[list].as_array_mut() {
            found.append(items);
        }
        match page["nextToken"].as_str() {
            Some(next) => request["nextToken"] = json!(next),
            None => return Ok(found),
        }
    }
}
