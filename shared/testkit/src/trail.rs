//! Reading the audit trail, to see that every mutation left its line.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// The audit table of one test.
#[derive(Debug)]
pub struct Trail {
    pub(crate) client: Client,
    pub(crate) table: String,
}

impl Trail {
    /// What was done so far, in no order: `<action> <name of the resource>`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn actions(&self) -> anyhow::Result<Vec<String>> {
        #[expect(clippy::disallowed_methods, reason = "all of a test's own small table")]
        let pages = self.client.scan().table_name(&self.table).into_paginator().items().send();
        let items: Vec<_> = pages.collect::<Result<_, _>>().await?;
        let text = |value: Option<&AttributeValue>| match value {
            Some(AttributeValue::S(text)) => text.clone(),
            Some(_) | None => String::new(),
        };
        let line = |item: &std::collections::HashMap<_, _>| {
            format!("{} {}", text(item.get("action")), text(item.get("resource_name")))
        };
        Ok(items.iter().map(line).collect())
    }
}
