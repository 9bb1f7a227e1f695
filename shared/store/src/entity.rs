//! What a stored noun must say of itself, and what comes back when it is read.

use std::collections::HashMap;
use std::ops::Deref;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ReadError;
use crate::keys::Keys;

/// A noun with a place in the table. Its serde form is its stored form.
pub trait Entity: Serialize + DeserializeOwned {
    /// The noun in the field's terms, in lower case: for the item's `kind`, and for people in errors.
    const KIND: &'static str;

    /// Where it lives and in which lists it appears.
    fn keys(&self) -> Keys;

    /// The names that no other thing of its scope may have at the same time. A name also finds its owner.
    fn names(&self) -> Vec<NameGuard> {
        Vec::new()
    }

    /// When it stops to mean anything, and DynamoDB may remove it. Readers must still compare: removal takes days.
    fn expires_at(&self) -> Option<Timestamp> {
        None
    }
}

/// A name that is unique in its scope, and the id of the thing that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGuard {
    key: String,
    owner: String,
}

impl NameGuard {
    /// The name `name` (compared in lower case) of a `noun` within `scope`, had by `owner`.
    #[must_use]
    pub fn new(noun: &str, scope: &str, name: &str, owner: impl ToString) -> Self {
        Self { key: Self::key_of(noun, scope, name), owner: owner.to_string() }
    }

    /// The key of the guard for this name.
    pub(crate) fn key_of(noun: &str, scope: &str, name: &str) -> String {
        format!("NAME#{noun}#{scope}#{}", name.to_lowercase())
    }

    /// The key of the item that guards it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What that item says of who has it: an id, where nothing else is said.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }
}

/// A thing as it was read: what it says, and the version that a change of it must still find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The thing.
    pub value: T,
    /// Counts its changes, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl<T> Stored<T> {
    /// What a commit at `now` leaves behind that created `value`.
    #[must_use]
    pub const fn created(value: T, now: Timestamp) -> Self {
        Self { value, version: 1, created_at: now, updated_at: now }
    }

    /// What a commit at `now` leaves behind that replaced this read by `value`.
    #[must_use]
    pub fn replaced(self, value: T, now: Timestamp) -> Self {
        Self { value, version: self.version.saturating_add(1), created_at: self.created_at, updated_at: now }
    }

    /// The same read, with the thing replaced by what `change` makes of it.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stored<U> {
        let Self { value, version, created_at, updated_at } = self;
        Stored { value: change(value), version, created_at, updated_at }
    }
}

impl<T> Deref for Stored<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A raw item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The stored form of `entity` at `version`.
pub(crate) fn item_of<T: Entity>(
    entity: &T,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
) -> Result<Item, serde_dynamo::Error> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(entity)?;
    let Keys { pk, sk, list, due } = entity.keys();
    let mut set = |name: &str, value: String| item.insert(name.to_owned(), AttributeValue::S(value));
    set("pk", pk);
    set("sk", sk);
    set("kind", T::KIND.to_owned());
    set("created_at", created_at.to_string());
    set("updated_at", updated_at.to_string());
    if let Some(list) = list {
        set("gsi1pk", list.pk);
        set("gsi1sk", list.sk);
    }
    if let Some(due) = due {
        set("gsi2pk", due.pk);
        set("gsi2sk", due.sk);
    }
    item.insert("version".to_owned(), AttributeValue::N(version.to_string()));
    if let Some(at) = entity.expires_at() {
        // The table's TTL attribute: whole seconds, rounded up so that nothing is removed early.
        let seconds = at.unix_milliseconds().div_euclid(1_000).saturating_add(1);
        item.insert("expires_at".to_owned(), AttributeValue::N(seconds.to_string()));
    }
    Ok(item)
}

/// What an item says, if it is of this kind.
pub(crate) fn stored_from<T: Entity>(item: Item) -> Result<Stored<T>, ReadError> {
    let decode = |reason: String| ReadError::Decode { kind: T::KIND, reason };
    let text = |name: &'static str| match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.as_str()),
        Some(_) | None => Err(decode(format!("no text attribute {name}"))),
    };
    let kind = text("kind")?;
    if kind != T::KIND {
        return Err(decode(format!("the item is a {kind}")));
    }
    let time = |name| text(name)?.parse().map_err(|_| decode(format!("{name} is not a time")));
    let (created_at, updated_at) = (time("created_at")?, time("updated_at")?);
    let version = match item.get("version") {
        Some(AttributeValue::N(number)) => {
            number.parse().map_err(|_| decode("version is not a number".to_owned()))?
        }
        Some(_) | None => return Err(decode("no version".to_owned())),
    };
    // serde_dynamo's messages name fields and types, never values.
    let value =
        serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(|error| decode(error.to_string()))?;
    Ok(Stored { value, version, created_at, updated_at })
}
