//! Reads: by key, by name, by list. The access patterns of the nouns are made of these.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use crate::Store;
use crate::entity::{Entity, Item, NameGuard, Stored, stored_from};
use crate::error::ReadError;
use crate::keys::LONGEST_PK;

/// How many keys one BatchGetItem takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
pub(crate) const MAX_KEYS: usize = 100;

/// How often the keys that a busy table left are asked for again: 0.6 s of waiting in all.
const ROUNDS: u32 = 6;

/// Which index a list is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The table itself: strongly consistent.
    Table,
    /// GSI1: a moment behind.
    List,
}

impl Store {
    /// One thing by its key. One strongly consistent GetItem.
    pub(crate) async fn get<T: Entity>(&self, pk: &str, sk: &str) -> Result<Option<Stored<T>>, ReadError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(pk.to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fetch(T::KIND, error))?;
        answer.item.map(stored_from).transpose()
    }

    /// The id of the thing that has this name in this scope. One strongly consistent GetItem.
    pub(crate) async fn owner(
        &self,
        noun: &'static str,
        scope: &str,
        name: &str,
    ) -> Result<Option<String>, ReadError> {
        let guard = NameGuard::key_of(noun, scope, name);
        if guard.len() > LONGEST_PK {
            // Nothing can have such a name, and DynamoDB refuses to look.
            return Ok(None);
        }
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(guard))
            .key("sk", AttributeValue::S("NAME".to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fetch("name", error))?;
        match answer.item.and_then(|mut item| item.remove("owner")) {
            Some(AttributeValue::S(owner)) => Ok(Some(owner)),
            Some(_) => Err(ReadError::Decode { kind: "name", reason: "owner is not text".to_owned() }),
            None => Ok(None),
        }
    }

    /// The same where things of this noun are known by their ids.
    pub(crate) async fn owner_id<T: FromStr>(
        &self,
        noun: &'static str,
        scope: &str,
        name: &str,
    ) -> Result<Option<T>, ReadError> {
        let malformed = |_| ReadError::Decode { kind: noun, reason: "owner is no id".to_owned() };
        self.owner(noun, scope, name).await?.map(|owner| owner.parse().map_err(malformed)).transpose()
    }

    /// Everything of a partition whose position begins with `prefix`, in order. One Query for each MB.
    pub(crate) async fn query(
        &self,
        what: &'static str,
        from: From,
        pk: &str,
        prefix: &str,
    ) -> Result<Vec<Item>, ReadError> {
        let (index, condition) = match from {
            From::Table => (None, "pk = :pk AND begins_with(sk, :prefix)"),
            From::List => (Some("GSI1".to_owned()), "gsi1pk = :pk AND begins_with(gsi1sk, :prefix)"),
        };
        // An empty prefix is refused by DynamoDB as a key value.
        let (condition, prefix) = match (prefix, from) {
            ("", From::Table) => ("pk = :pk", None),
            ("", From::List) => ("gsi1pk = :pk", None),
            (prefix, From::Table | From::List) => (condition, Some(AttributeValue::S(prefix.to_owned()))),
        };
        let mut values = HashMap::from([(":pk".to_owned(), AttributeValue::S(pk.to_owned()))]);
        values.extend(prefix.map(|prefix| (":prefix".to_owned(), prefix)));
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(index.clone())
                .key_condition_expression(condition)
                .set_expression_attribute_values(Some(values.clone()))
                .consistent_read(from == From::Table)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| fetch(what, error))?;
            items.extend(page.items.unwrap_or_default());
            match page.last_evaluated_key.filter(|key| !key.is_empty()) {
                Some(next) => start = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// All things of one kind in a list. One Query for each MB.
    pub(crate) async fn list<T: Entity>(
        &self,
        from: From,
        pk: &str,
        prefix: &str,
    ) -> Result<Vec<Stored<T>>, ReadError> {
        self.query(T::KIND, from, pk, prefix).await?.into_iter().map(stored_from).collect()
    }

    /// The things that are alone in these partitions, in no order; absent ones are left out. One strongly consistent
    /// BatchGetItem for each hundred.
    pub(crate) async fn get_all<T: Entity>(
        &self,
        partitions: &[String],
    ) -> Result<Vec<Stored<T>>, ReadError> {
        let mut things = Vec::with_capacity(partitions.len());
        for partitions in partitions.chunks(MAX_KEYS) {
            let keys: Vec<_> = partitions.iter().map(|own| (own.clone(), own.clone())).collect();
            for item in self.batch_get(T::KIND, &keys).await? {
                things.push(stored_from(item)?);
            }
        }
        Ok(things)
    }

    /// Up to [`MAX_KEYS`] items by their keys, in no order; absent ones are left out. One strongly consistent BatchGetItem.
    pub(crate) async fn batch_get(
        &self,
        what: &'static str,
        keys: &[(String, String)],
    ) -> Result<Vec<Item>, ReadError> {
        let mut wanted: Vec<Item> = keys
            .iter()
            .map(|(pk, sk)| {
                HashMap::from([
                    ("pk".to_owned(), AttributeValue::S(pk.clone())),
                    ("sk".to_owned(), AttributeValue::S(sk.clone())),
                ])
            })
            .collect();
        let mut items = Vec::with_capacity(keys.len());
        // DynamoDB may leave keys for another round when a table is busy.
        for round in 0u32.. {
            if wanted.is_empty() {
                break;
            }
            if round >= ROUNDS {
                return Err(fetch_failed(what, "DynamoDB left keys unread in every round".into(), true));
            }
            if round > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10u64 << round)).await;
            }
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(|error| fetch_failed(what, error.into(), false))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, request)
                .send()
                .await
                .map_err(|error| fetch(what, error))?;
            items.extend(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
            wanted = answer
                .unprocessed_keys
                .unwrap_or_default()
                .remove(&self.table)
                .map(|left| left.keys)
                .unwrap_or_default();
        }
        Ok(items)
    }
}

pub(crate) fn fetch<E>(what: &'static str, error: SdkError<E>) -> ReadError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let retryable = retryable(&error);
    fetch_failed(what, error.into(), retryable)
}

fn fetch_failed(
    what: &'static str,
    source: Box<dyn std::error::Error + Send + Sync>,
    retryable: bool,
) -> ReadError {
    ReadError::Fetch { what, source, retryable }
}

/// Whether the same request may succeed later: DynamoDB was busy, failed, or could not be reached.
pub(crate) fn retryable<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(refused) => {
            refused.raw().status().is_server_error()
                || matches!(
                    refused.err().code(),
                    Some(
                        "ProvisionedThroughputExceededException"
                            | "RequestLimitExceeded"
                            | "ThrottlingException"
                            | "TransactionInProgressException"
                    )
                )
        }
        SdkError::ConstructionFailure(_) | _ => false,
    }
}
