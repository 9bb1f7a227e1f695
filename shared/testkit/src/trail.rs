//! Reading the audit trail, to see that every mutation left its line.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};

use crate::books::Books;

type Item = HashMap<String, AttributeValue>;

fn text(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(text)) => text.clone(),
        Some(_) | None => String::new(),
    }
}

/// The audit table of one test.
#[derive(Debug)]
pub struct Trail {
    pub(crate) client: Client,
    pub(crate) table: String,
    /// The table beside it, with everything else.
    pub(crate) beside: String,
}

impl Trail {
    /// What was done so far, in no order: `<action> <name of the resource>`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn actions(&self) -> anyhow::Result<Vec<String>> {
        let line = |item: &Item| format!("{} {}", text(item, "action"), text(item, "resource_name"));
        Ok(self.items().await?.iter().map(line).collect())
    }

    /// Who did what to what so far, in no order: `<id of who> <action> <id of the resource>`.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn deeds(&self) -> anyhow::Result<Vec<String>> {
        let who = |item: &Item| match item.get("actor") {
            Some(AttributeValue::M(actor)) => text(actor, "id"),
            Some(_) | None => String::new(),
        };
        let line =
            |item: &Item| format!("{} {} {}", who(item), text(item, "action"), text(item, "resource_id"));
        Ok(self.items().await?.iter().map(line).collect())
    }

    /// What else the records say, in no order: the details of all of them.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn details(&self) -> anyhow::Result<Vec<String>> {
        let details = |item: &Item| match item.get("details") {
            Some(AttributeValue::L(details)) => {
                details.iter().filter_map(|one| one.as_s().ok().cloned()).collect()
            }
            Some(_) | None => Vec::new(),
        };
        Ok(self.items().await?.iter().flat_map(details).collect())
    }

    /// For how many seconds each record is kept, by its action.
    ///
    /// # Errors
    /// When the table cannot be read, or a record has no end.
    pub async fn seconds_kept(&self) -> anyhow::Result<HashMap<String, i64>> {
        let kept = |item: &Item| {
            let at: model::Timestamp = text(item, "at").parse()?;
            let Some(AttributeValue::N(end)) = item.get("expires_at") else { anyhow::bail!("no expires_at") };
            Ok((text(item, "action"), end.parse::<i64>()? - at.unix_seconds()))
        };
        self.items().await?.iter().map(kept).collect()
    }

    /// Everything in the table whose trail this is.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn books(&self) -> anyhow::Result<Books> {
        Books::read(&self.client, &self.beside).await
    }

    /// How many lines there are.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn count(&self) -> anyhow::Result<usize> {
        #[expect(clippy::disallowed_methods, reason = "all of a test's own small table")]
        let scan = self.client.scan().table_name(&self.table).select(Select::Count);
        let pages: Vec<_> = scan.into_paginator().send().collect::<Result<_, _>>().await?;
        Ok(pages.iter().map(|page| usize::try_from(page.count()).unwrap_or_default()).sum())
    }

    /// Puts the table whose trail this is back to what it was, but for things of the kinds to `keep`. The trail stays.
    ///
    /// # Errors
    /// When the table cannot be read or written.
    pub async fn restore(&self, before: &Books, keep: &[&str]) -> anyhow::Result<()> {
        let writes = self.books().await?.ways_back_to(before, keep)?;
        // As many as one BatchWriteItem takes.
        for group in writes.chunks(25) {
            #[expect(clippy::disallowed_methods, reason = "the table of a test, between two of its cases")]
            let request = self.client.batch_write_item();
            request.request_items(&self.beside, group.to_vec()).send().await?;
        }
        Ok(())
    }

    async fn items(&self) -> anyhow::Result<Vec<Item>> {
        #[expect(clippy::disallowed_methods, reason = "all of a test's own small table")]
        let pages = self.client.scan().table_name(&self.table).into_paginator().items().send();
        Ok(pages.collect::<Result<_, _>>().await?)
    }
}
