//! Making a change happen: one transaction, with its line in the audit trail, whole or not at all.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use model::audit::AuditRecord;
use uuid::Uuid;

use crate::Store;
use crate::change::{ABSENT, Bookkeeping, Change, Request, key};
use crate::entity::Item;
use crate::error::{CommitError, Conflict};
use crate::read::retryable;

/// The most items one transaction of DynamoDB takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MAX_ITEMS: usize = 100;

/// Attempts against other transactions on the same items, before it is given up as [`Conflict::Contended`]: 2 s of waiting at
/// the most. Every change of a folder writes that folder's state, so that ten writers at once are usual.
const ATTEMPTS: u32 = 8;
/// The longest wait before the second attempt; each later one doubles, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

impl Store {
    /// Makes `change` happen, whole, together with its line in the audit trail. One TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when something that the change believed does not hold; nothing was written then.
    pub async fn commit(&self, change: Change, audit: &AuditRecord) -> Result<(), CommitError> {
        self.commit_kept(change, audit, None).await
    }

    /// As [`Store::commit`], where the line in the audit trail is kept for `days` when that is longer than the
    /// deployment keeps all: nobody shortens the trail of what they do.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit_kept(
        &self,
        change: Change,
        audit: &AuditRecord,
        days: Option<u32>,
    ) -> Result<(), CommitError> {
        let record = self.audit_item(audit, days)?;
        self.transact(change, Some(record)).await
    }

    /// As [`Store::commit_kept`], for as long as the project that the line is of says. One GetItem more.
    ///
    /// # Errors
    /// As [`Store::commit`], and [`CommitError::Read`].
    pub async fn commit_in_project(&self, change: Change, audit: &AuditRecord) -> Result<(), CommitError> {
        let days = match audit.project_id {
            Some(project) => self.audit_days(project).await?,
            None => None,
        };
        self.commit_kept(change, audit, days).await
    }

    /// Makes a change happen that only keeps count. One TransactWriteItems.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn keep_count(&self, Bookkeeping(change): Bookkeeping) -> Result<(), CommitError> {
        self.transact(change, None).await
    }

    async fn transact(&self, change: Change, audit: Option<Item>) -> Result<(), CommitError> {
        if let Some(fault) = change.fault {
            return Err(fault);
        }
        let meanings: Vec<Conflict> = change.writes.iter().map(|write| write.otherwise.clone()).collect();
        let mut items = Vec::with_capacity(change.writes.len().saturating_add(1));
        for write in change.writes {
            items.push(self.request_item(write.request)?);
        }
        if let Some(record) = audit {
            let put = Put::builder()
                .table_name(&self.audit_table)
                .set_item(Some(record))
                .condition_expression(ABSENT);
            items.push(TransactWriteItem::builder().put(put.build().map_err(encode)?).build());
        }
        if items.len() > MAX_ITEMS {
            let source = format!("{} items, and one transaction takes {MAX_ITEMS}", items.len());
            return Err(CommitError::Encode { kind: "transaction", source: source.into() });
        }
        // The token makes a repeat of this very request, after an answer that was lost, count as the first.
        let token = Uuid::new_v4().to_string();
        for attempt in 1..=ATTEMPTS {
            let request = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            match request.client_request_token(&token).send().await {
                Ok(_) => return Ok(()),
                Err(error) => match refusal(&error, &meanings) {
                    Some(Conflict::Contended) if attempt < ATTEMPTS => {
                        tracing::debug!(attempt, "transaction conflict, trying again");
                        tokio::time::sleep(pause(attempt)).await;
                    }
                    Some(conflict) => return Err(CommitError::Conflict(conflict)),
                    None => {
                        let retryable = retryable(&error);
                        return Err(CommitError::Write { source: error.into(), retryable });
                    }
                },
            }
        }
        Err(CommitError::Conflict(Conflict::Contended))
    }

    fn request_item(&self, request: Request) -> Result<TransactWriteItem, CommitError> {
        let item = TransactWriteItem::builder();
        let some = |values: HashMap<_, _>| (!values.is_empty()).then_some(values);
        let item = match request {
            Request::Put { item: fields, condition, values } => item.put(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(fields))
                    .set_expression_attribute_names(named(&[condition]))
                    .condition_expression(condition)
                    .set_expression_attribute_values(some(values))
                    .build()
                    .map_err(encode)?,
            ),
            Request::Delete { key, condition, values } => item.delete(
                Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(key))
                    .condition_expression(condition)
                    .set_expression_attribute_names(named(&[condition]))
                    .set_expression_attribute_values(some(values))
                    .build()
                    .map_err(encode)?,
            ),
            Request::Update { key, expression, condition, values } => item.update(
                Update::builder()
                    .table_name(&self.table)
                    .set_key(Some(key))
                    .set_expression_attribute_names(named(&[
                        &expression,
                        condition.as_deref().unwrap_or_default(),
                    ]))
                    .update_expression(expression)
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(some(values))
                    .build()
                    .map_err(encode)?,
            ),
            Request::Check { key, condition, values } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.table)
                    .set_key(Some(key))
                    .set_expression_attribute_names(named(&[condition]))
                    .condition_expression(condition)
                    .set_expression_attribute_values(some(values))
                    .build()
                    .map_err(encode)?,
            ),
        };
        Ok(item.build())
    }

    /// The audit trail's own keys: by scope and day, so that no partition grows for ever.
    fn audit_item(&self, audit: &AuditRecord, days: Option<u32>) -> Result<Item, CommitError> {
        let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(audit)
            .map_err(|error| CommitError::Encode { kind: "audit record", source: error.into() })?;
        let scope = audit.project_id.map_or_else(|| "ORG".to_owned(), |project| format!("PROJECT#{project}"));
        let days = days.unwrap_or_default().max(self.audit_retention_days);
        let lifetime = Duration::from_secs(u64::from(days) * 86_400);
        let expires_at = audit.at.plus(lifetime).unix_seconds();
        item.extend(key(
            &format!("AUDIT#{scope}#{}", audit.at.day()),
            &format!("{}#{}", audit.at, Uuid::new_v4()),
        ));
        item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
        Ok(item)
    }
}

/// What `#attribute` in these expressions stands for: the attribute of that name. Many short words are reserved
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html>), `owner` and `auto` among them.
fn named(expressions: &[&str]) -> Option<HashMap<String, String>> {
    let of_word = |character: char| !(character.is_ascii_alphanumeric() || character == '_');
    let words = expressions.iter().flat_map(|expression| expression.split('#').skip(1));
    let names: HashMap<String, String> = words
        .map(|rest| rest.split(of_word).next().unwrap_or_default())
        .map(|name| (format!("#{name}"), name.to_owned()))
        .collect();
    (!names.is_empty()).then_some(names)
}

/// How long to wait after attempt `attempt`: anything up to a bound that doubles, so that those who collided part
/// (<https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>).
fn pause(attempt: u32) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    let random = Uuid::new_v4().as_u64_pair().1 & u64::from(u32::MAX);
    bound.mul_f64(random as f64 / f64::from(u32::MAX))
}

fn encode(error: aws_sdk_dynamodb::error::BuildError) -> CommitError {
    CommitError::Encode { kind: "transaction", source: error.into() }
}

/// The belief that did not hold, told from the cancellation reasons, which come in the order of the writes.
fn refusal(error: &SdkError<TransactWriteItemsError>, meanings: &[Conflict]) -> Option<Conflict> {
    let service = error.as_service_error()?;
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = service else {
        let contended =
            matches!(service.code(), Some("TransactionConflictException" | "TransactionInProgressException"));
        return contended.then_some(Conflict::Contended);
    };
    let codes: Vec<&str> =
        cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default()).collect();
    let failed = codes.iter().position(|code| *code == "ConditionalCheckFailed");
    match failed.and_then(|position| meanings.get(position)) {
        Some(meaning) => Some(meaning.clone()),
        None if codes.contains(&"TransactionConflict") => Some(Conflict::Contended),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_that_is_marked_gets_its_name() {
        let names = named(&["SET #auto = :a, #due_at = if_not_exists(#due_at, :b) ADD #n :c", "#owner = :d"]);
        let mut names: Vec<String> = names.unwrap_or_default().into_values().collect();
        names.sort();
        assert_eq!(names, ["auto", "due_at", "n", "owner"]);
        assert_eq!(named(&["version = :version", ""]), None);
    }

    #[test]
    fn waits_differ_and_stay_within_two_seconds_in_all() {
        let waits: Vec<Duration> = (0..100).map(|_| pause(6)).collect();
        assert!(waits.iter().all(|wait| *wait <= LONGEST_WAIT));
        assert!(waits.iter().collect::<std::collections::HashSet<_>>().len() > 90, "{waits:?}");
        let longest: Duration = (1..ATTEMPTS)
            .map(|attempt| FIRST_WAIT.saturating_mul(1 << (attempt - 1)).min(LONGEST_WAIT))
            .sum();
        assert!(longest <= Duration::from_secs(2), "{longest:?}");
    }
}
