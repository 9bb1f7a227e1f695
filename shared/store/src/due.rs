//! What is due, and since when.

use std::ops::Deref;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;

use crate::Store;
use crate::entity::Item;
use crate::error::ReadError;
use crate::read::fetch;

/// A list of due work, longest due first. A slice of ids to whoever does not ask since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<T> {
    /// What is due.
    pub ids: Vec<T>,
    /// Since when the first of them has been; `None` when there is none.
    pub since: Option<Timestamp>,
}

impl<T> Deref for Due<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.ids
    }
}

impl<T> IntoIterator for Due<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.ids.into_iter()
    }
}

impl<T: PartialEq, const N: usize> PartialEq<[T; N]> for Due<T> {
    fn eq(&self, ids: &[T; N]) -> bool {
        self.ids == ids
    }
}

impl Store {
    /// Up to `limit` ids in a list of due work by now, longest due first. One eventually consistent Query of one page.
    pub(crate) async fn due<T: FromStr>(
        &self,
        list: &str,
        kind: &'static str,
        now: Timestamp,
        limit: u16,
    ) -> Result<Due<T>, ReadError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("GSI2")
            .key_condition_expression("gsi2pk = :pk AND gsi2sk < :after")
            .projection_expression("gsi2sk")
            .expression_attribute_values(":pk", AttributeValue::S(list.to_owned()))
            // Times have one length, and '$' comes after the '#' that follows them in the key.
            .expression_attribute_values(":after", AttributeValue::S(format!("{now}$")))
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(kind, error))?;
        let malformed =
            || ReadError::Decode { kind, reason: "its place in the due list names no id".to_owned() };
        let place = |item: Item| {
            let position = item.get("gsi2sk")?.as_s().ok()?;
            let (at, id) = position.rsplit_once('#')?;
            Some((at.parse().ok()?, id.parse().ok()?))
        };
        let mut due = Due { ids: Vec::new(), since: None };
        for item in page.items.unwrap_or_default() {
            let (at, id) = place(item).ok_or_else(malformed)?;
            due.since = due.since.or(Some(at));
            due.ids.push(id);
        }
        Ok(due)
    }
}
