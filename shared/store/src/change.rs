//! Writes: what a change does, and what it believes. [`Store::commit`](crate::Store::commit) makes it happen.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;

use crate::entity::{Entity, Item, NameGuard, Stored, item_of};
use crate::error::{CommitError, Conflict};

/// Several writes that happen together or not at all. Each says what it believes.
#[derive(Debug)]
pub struct Change {
    now: Timestamp,
    pub(crate) writes: Vec<Write>,
    /// Why it cannot be written down, if it cannot.
    pub(crate) fault: Option<CommitError>,
}

#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) request: Request,
    /// What it means when the condition of this write does not hold.
    pub(crate) otherwise: Conflict,
}

#[derive(Debug)]
pub(crate) enum Request {
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

pub(crate) const ABSENT: &str = "attribute_not_exists(pk)";
/// Of an item that is there, and of one that is not.
const ANY_VERSION: &str = "attribute_exists(pk) OR attribute_not_exists(pk)";
const AT_VERSION: &str = "version = :version";
/// `#` before an attribute says that it is one, whatever words DynamoDB keeps for itself: see `commit::named`.
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
        self.exchange_names(T::KIND, &read.value.names(), &next.names());
        self
    }

    /// The next version of a thing that was read, at another place: it must still be at the version that was read, and nothing
    /// may be at the new place. A name that finds it by its place finds it at the new one.
    #[must_use]
    pub fn relocate<T: Entity>(mut self, read: &Stored<T>, next: &T) -> Self {
        let values = HashMap::from([(":version".to_owned(), AttributeValue::N(read.version.to_string()))]);
        let keys = read.value.keys();
        self.push(
            Request::Delete { key: key(&keys.pk, &keys.sk), condition: AT_VERSION, values },
            Conflict::Stale { kind: T::KIND },
        );
        let version = read.version.saturating_add(1);
        self.put(next, version, read.created_at, ABSENT, HashMap::new(), Conflict::Exists { kind: T::KIND });
        self.exchange_names(T::KIND, &read.value.names(), &next.names());
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

    /// A thing goes with another one that it hangs on, at whatever version: who logs in all the time, or fails to, must not
    /// be able to keep what is to be removed. Only for things without names.
    #[must_use]
    pub fn discard<T: Entity>(mut self, entity: &T) -> Self {
        let keys = entity.keys();
        let request =
            Request::Delete { key: key(&keys.pk, &keys.sk), condition: ANY_VERSION, values: HashMap::new() };
        self.push(request, Conflict::Stale { kind: T::KIND });
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

    /// How many items it writes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.writes.len()
    }

    /// When it is made.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    fn exchange_names(&mut self, kind: &'static str, before: &[NameGuard], after: &[NameGuard]) {
        let owners = |names: &[NameGuard]| -> HashMap<String, String> {
            names.iter().map(|name| (name.key().to_owned(), name.owner().to_owned())).collect()
        };
        let (owners_before, owners_after) = (owners(before), owners(after));
        for name in before.iter().filter(|name| !owners_after.contains_key(name.key())) {
            self.give_up_name(kind, name);
        }
        for name in after {
            match owners_before.get(name.key()) {
                None => self.take_name(kind, name),
                Some(owner) if owner != name.owner() => self.hand_over_name(kind, name, owner),
                Some(_) => {}
            }
        }
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
        self.push(
            Request::Put { item: guard(name), condition: ABSENT, values: HashMap::new() },
            Conflict::NameTaken { kind },
        );
    }

    fn hand_over_name(&mut self, kind: &'static str, name: &NameGuard, before: &str) {
        let values = HashMap::from([(":owner".to_owned(), AttributeValue::S(before.to_owned()))]);
        self.push(Request::Put { item: guard(name), condition: OWNED, values }, Conflict::Stale { kind });
    }

    fn give_up_name(&mut self, kind: &'static str, name: &NameGuard) {
        let values = HashMap::from([(":owner".to_owned(), AttributeValue::S(name.owner().to_owned()))]);
        self.push(
            Request::Delete { key: key(name.key(), "NAME"), condition: OWNED, values },
            Conflict::Stale { kind },
        );
    }

    pub(crate) fn push(&mut self, request: Request, otherwise: Conflict) {
        self.writes.push(Write { request, otherwise });
    }
}

/// The bound of a [`Change::count`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The number must be below this before the step.
    Below(u64),
}

/// The item that guards a name.
fn guard(name: &NameGuard) -> Item {
    let mut item = key(name.key(), "NAME");
    item.insert("kind".to_owned(), AttributeValue::S("name".to_owned()));
    item.insert("owner".to_owned(), AttributeValue::S(name.owner().to_owned()));
    item
}

pub(crate) fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(pk.to_owned())),
        ("sk".to_owned(), AttributeValue::S(sk.to_owned())),
    ])
}
