//! Writes: what a change believes, and the one way to make it happen.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update};
use model::Timestamp;
use model::audit::AuditRecord;
use uuid::Uuid;

use crate::Store;
use crate::entity::{Entity, Item, NameGuard, Stored, item_of};
use crate::error::{CommitError, Conflict};
use crate::read::retryable;

/// The most items one transaction of DynamoDB takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MAX_ITEMS: usize = 100;

/// Attempts against other transactions on the same items, before it is given up as [`Conflict::Contended`].
const ATTEMPTS: u32 = 4;

/// Several writes that happen together or not at all. Each says what it believes.
#[derive(Debug)]
pub struct Change {
    now: Timestamp,
    writes: Vec<Write>,
    fault: Option<CommitError>,
}

#[derive(Debug)]
struct Write {
    request: Request,
    /// What it means when the condition of this write does not hold.
    otherwise: Conflict,
}

#[derive(Debug)]
enum Request {
    Put {
        item: Item,
        condition: &'static str,
        values: HashMap<String, AttributeValue>,
    },
    Delete {
        key: Item,
        condition: &'static str,
        values: HashMap<String, AttributeValue>,
    },
    Update {
        key: Item,
        expression: String,
        condition: Option<String>,
        values: HashMap<String, AttributeValue>,
    },
    Check {
        key: Item,
        condition: &'static str,
        values: HashMap<String, AttributeValue>,
    },
}

const ABSENT: &str = "attribute_not_exists(pk)";
const AT_VERSION: &str = "version = :version";
const OWNED: &str = "#owner = :owner";

/// A write that keeps count and that nobody decides: uses of a token, failed logins. It is not audited on its own.
#[derive(Debug)]
pub struct Bookkeeping(pub Change);

impl Change {
    /// An empty change, made at `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now, writes: Vec::new(), fault: None }
    }

    /// A new thing, with its names: it must not exist, nor anything with one of its names.
    #[must_use]
    pub fn create<T: Entity>(mut self, entity: &T) -> Self {
        self.put(entity, 1, self.now, ABSENT, HashMap::new(), Conflict::Exists { kind: T::KIND });
        for name in entity.names() {
            self.take_name(T::KIND, &name);
        }
        self
    }

    /// The next version of a thing that was read, with its names: it must still be at the version that was read.
    #[must_use]
    pub fn replace<T: Entity>(mut self, read: &Stored<T>, next: &T) -> Self {
        let values = HashMap::from([(":version".to_owned(), AttributeValue::N(read.version.to_string()))]);
        let version = read.version.saturating_add(1);
        self.put(next, version, read.created_at, AT_VERSION, values, Conflict::Stale { kind: T::KIND });
        let (before, after) = (read.value.names(), next.names());
        for name in before.iter().filter(|name| !after.contains(name)) {
            self.give_up_name(T::KIND, name);
        }
        for name in after.iter().filter(|name| !before.contains(name)) {
            self.take_name(T::KIND, name);
        }
        self
    }

    /// A thing that was read goes, with its names: it must still be at the version that was read.
    #[must_use]
    pub fn delete<T: Entity>(mut self, read: &Stored<T>) -> Self {
        let values = HashMap::from([(":version".to_owned(), AttributeValue::N(read.version.to_string()))]);
        let keys = read.value.keys();
        self.push(
            Request::Delete { key: key(&keys.pk, &keys.sk), condition: AT_VERSION, values },
            Conflict::Stale { kind: T::KIND },
        );
        for name in read.value.names() {
            self.give_up_name(T::KIND, &name);
        }
        self
    }

    /// A thing that was read must still be there, at whatever version, when this happens.
    #[must_use]
    pub fn require<T: Entity>(mut self, entity: &T) -> Self {
        let keys = entity.keys();
        let request = Request::Check {
            key: key(&keys.pk, &keys.sk),
            condition: "attribute_exists(pk)",
            values: HashMap::new(),
        };
        self.push(request, Conflict::Stale { kind: T::KIND });
        self
    }

    /// Adds `step` to the number `attribute` of a stored thing and counts its version on; with `condition` (over the
    /// attribute, `:limit`), refused as `otherwise` where it does not hold. The thing must exist.
    ///
    /// For counters that several callers change at once, where a replace would make them wait for each other.
    #[must_use]
    pub fn count<T: Entity>(
        mut self,
        entity: &T,
        attribute: &'static str,
        step: i64,
        limit: Option<Limit>,
        otherwise: Conflict,
    ) -> Self {
        let keys = entity.keys();
        let mut values = HashMap::from([
            (":step".to_owned(), AttributeValue::N(step.to_string())),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
            (":now".to_owned(), AttributeValue::S(self.now.to_string())),
        ]);
        let mut condition = "attribute_exists(pk)".to_owned();
        if let Some(Limit::Below(limit)) = limit {
            values.insert(":limit".to_owned(), AttributeValue::N(limit.to_string()));
            condition.push_str(&format!(" AND (attribute_not_exists({attribute}) OR {attribute} < :limit)"));
        }
        let expression = format!("SET updated_at = :now ADD {attribute} :step, version :one");
        let request =
            Request::Update { key: key(&keys.pk, &keys.sk), expression, condition: Some(condition), values };
        self.push(request, otherwise);
        self
    }

    fn put<T: Entity>(
        &mut self,
        entity: &T,
        version: u64,
        created_at: Timestamp,
        condition: &'static str,
        values: HashMap<String, AttributeValue>,
        otherwise: Conflict,
    ) {
        match item_of(entity, version, created_at, self.now) {
            Ok(item) => self.push(Request::Put { item, condition, values }, otherwise),
            Err(error) => self.fault = Some(CommitError::Encode { kind: T::KIND, source: error.into() }),
        }
    }

    fn take_name(&mut self, kind: &'static str, name: &NameGuard) {
        let mut item = key(name.key(), "NAME");
        item.insert("kind".to_owned(), AttributeValue::S("name".to_owned()));
        item.insert("owner".to_owned(), AttributeValue::S(name.owner().to_owned()));
        self.push(
            Request::Put { item, condition: ABSENT, values: HashMap::new() },
            Conflict::NameTaken { kind },
        );
    }

    fn give_up_name(&mut self, kind: &'static str, name: &NameGuard) {
        let values = HashMap::from([(":owner".to_owned(), AttributeValue::S(name.owner().to_owned()))]);
        self.push(
            Request::Delete { key: key(name.key(), "NAME"), condition: OWNED, values },
            Conflict::Stale { kind },
        );
    }

    fn push(&mut self, request: Request, otherwise: Conflict) {
        self.writes.push(Write { request, otherwise });
    }
}

/// The bound of a [`Change::count`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The number must be below this before the step.
    Below(u64),
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}

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
                        tokio::time::sleep(std::time::Duration::from_millis(20u64 << attempt)).await;
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
                    // `owner` is a reserved word of DynamoDB's expressions.
                    .set_expression_attribute_names(
                        (condition == OWNED)
                            .then(|| HashMap::from([("#owner".to_owned(), "owner".to_owned())])),
                    )
                    .set_expression_attribute_values(some(values))
                    .build()
                    .map_err(encode)?,
            ),
            Request::Update { key, expression, condition, values } => item.update(
                Update::builder()
                    .table_name(&self.table)
                    .set_key(Some(key))
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
        let lifetime = std::time::Duration::from_secs(u64::from(days) * 86_400);
        let expires_at = audit.at.plus(lifetime).unix_seconds();
        item.extend(key(
            &format!("AUDIT#{scope}#{}", audit.at.day()),
            &format!("{}#{}", audit.at, Uuid::new_v4()),
        ));
        item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
        Ok(item)
    }
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
