//! An audit of a whole table: everything in it is read, and whatever contradicts something else is told.
//!
//! What must hold in every table at every moment, whoever died in the middle of what:
//!
//! * every item is of a kind that `store` knows, lies where its content says, and is in the lists and in the index of due work
//!   where its content says, and nowhere else;
//! * every name guard names the thing that has the name, and every name has its guard;
//! * every counter says how many things count on it;
//! * nothing is left of what is gone: no item of a parent that is not there;
//! * who is at work is found by the index of due work when its lease runs out.
//!
//! ```no_run
//! # async fn look(config: &aws_config::SdkConfig) -> anyhow::Result<()> {
//! let client = aws_sdk_dynamodb::Client::new(config);
//! let books = testkit::books::Books::read(&client, "the-table").await?;
//! assert_eq!(books.faults(testkit::now()), Vec::<String>::new());
//! # Ok(())
//! # }
//! ```

mod certificates;
mod counts;
mod folders;
mod leases;
mod parents;
mod places;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use model::Timestamp;
use store::Entity;

type Item = HashMap<String, AttributeValue>;

/// Everything in a table at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Books {
    items: BTreeMap<(String, String), Item>,
}

impl Books {
    /// Reads a table whole. Where somebody writes meanwhile, it is no moment, and what it tells means nothing.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn read(client: &Client, table: &str) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "an audit of the whole table, by no function")]
        let scan = client.scan().table_name(table).consistent_read(true);
        let items: Vec<Item> = scan.into_paginator().items().send().collect::<Result<_, _>>().await?;
        Ok(Self::of(items))
    }

    /// These items.
    #[must_use]
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let place = |item: &Item| (text(item, "pk").to_owned(), text(item, "sk").to_owned());
        Self { items: items.into_iter().map(|item| (place(&item), item)).collect() }
    }

    /// Whatever contradicts something else at `now`, in words with kinds and ids. Empty when all is sound.
    #[must_use]
    pub fn faults(&self, now: Timestamp) -> Vec<String> {
        let mut faults = places::faults(self);
        faults.extend(counts::faults(self));
        faults.extend(parents::faults(self));
        faults.extend(folders::faults(self));
        faults.extend(certificates::faults(self));
        faults.extend(leases::faults(self, now));
        faults.sort();
        faults
    }

    /// How many items there are of each kind, name guards among them.
    #[must_use]
    pub fn kinds(&self) -> BTreeMap<String, i64> {
        let mut kinds = BTreeMap::new();
        for item in self.items.values() {
            *kinds.entry(text(item, "kind").to_owned()).or_insert(0) += 1;
        }
        kinds
    }

    /// The things that are new, gone or other than in `before`, each by its kind and place. When a thing was written again as
    /// it was is nothing to be told, nor is what only counts.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let places: BTreeSet<_> = self.items.keys().chain(before.items.keys()).collect();
        let mut changes = Vec::new();
        for place in places {
            let (now, then) = (self.items.get(place), before.items.get(place));
            if now.map(said) != then.map(said) {
                let kind = now.or(then).map(|item| text(item, "kind")).unwrap_or_default();
                changes.push(format!("{kind} at {} / {}", place.0, place.1));
            }
        }
        changes
    }

    /// Whether anything was written since, be it that it was written as it was.
    #[must_use]
    pub fn was_written_since(&self, before: &Self) -> bool {
        self.items != before.items
    }

    /// What to write so that everything is as in `before`, but for things of the kinds to `keep`.
    pub(crate) fn ways_back_to(&self, before: &Self, keep: &[&str]) -> anyhow::Result<Vec<WriteRequest>> {
        let mut writes = Vec::new();
        for (place, item) in &self.items {
            if !before.items.contains_key(place) && !keep.contains(&text(item, "kind")) {
                let key = [("pk", &place.0), ("sk", &place.1)];
                let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone())));
                let delete = DeleteRequest::builder().set_key(Some(key.into())).build()?;
                writes.push(WriteRequest::builder().delete_request(delete).build());
            }
        }
        for (place, item) in &before.items {
            if self.items.get(place) != Some(item) {
                let put = PutRequest::builder().set_item(Some(item.clone())).build()?;
                writes.push(WriteRequest::builder().put_request(put).build());
            }
        }
        Ok(writes)
    }

    /// All things of one kind that can be read; that others cannot, [`Self::faults`] tells.
    fn all<T: Entity>(&self) -> Vec<T> {
        let items = self.items.values().filter(|item| text(item, "kind") == T::KIND);
        items.filter_map(|item| decode(item).ok()).collect()
    }

    fn has(&self, pk: &str, sk: &str) -> bool {
        self.items.contains_key(&(pk.to_owned(), sk.to_owned()))
    }

    /// Whether the thing is there that is alone in this partition.
    fn has_own(&self, key: &str) -> bool {
        self.has(key, key)
    }
}

/// What counts, and says nothing of its own: what it counts is compared with it.
const COUNTING: &[&str] = &[
    "version",
    "updated_at",
    "expires_at",
    "looks",
    "revision",
    "uses",
    "accounts",
    "applications",
    "certificate_authorities",
    "certificate_objects",
    "certificate_syncs",
    "connections",
    "key_rotations",
    "pam_resources",
    "profiles",
    "recording_configs",
    "secret_syncs",
    "slots",
];

/// What an item says, but for what only counts.
fn said(item: &Item) -> BTreeMap<&str, &AttributeValue> {
    let says = item.iter().map(|(name, value)| (name.as_str(), value));
    says.filter(|(name, _)| !COUNTING.contains(name)).collect()
}

fn decode<T: Entity>(item: &Item) -> Result<T, serde_dynamo::Error> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item.clone())
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
