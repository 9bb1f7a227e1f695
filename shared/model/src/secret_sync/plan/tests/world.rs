//! A destination in memory that does what a step says, and a ledger beside it.

use std::collections::BTreeMap;

use super::*;
use crate::secret_sync::Destination;
use crate::secret_sync::ownership::{self, Owner};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    pub value: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub key: Option<String>,
    pub version: u64,
    pub deleted: bool,
    pub unreadable: bool,
}

impl Thing {
    pub(super) fn of(value: &str) -> Self {
        let value = Some(value.to_owned());
        Self { value, tags: BTreeMap::new(), key: None, version: 1, deleted: false, unreadable: false }
    }

    pub(super) fn owned_by(mut self, sync: SecretSyncId) -> Self {
        self.tags.extend(ownership::tags(sync).into_iter().map(|tag| (tag.key, tag.value)));
        self
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub things: BTreeMap<String, Thing>,
    pub ledger: BTreeMap<String, Owned>,
}

impl World {
    pub(super) fn with(things: &[(&str, Thing)]) -> Self {
        let things = things.iter().map(|(name, thing)| ((*name).to_owned(), thing.clone())).collect();
        Self { things, ledger: BTreeMap::new() }
    }

    pub(super) fn ledger(&self) -> Vec<Owned> {
        self.ledger.values().cloned().collect()
    }

    /// As the adapters read it: what is ours by its tag, and what has a wanted name.
    pub(super) fn found(&self, case: &Case, names: &[String]) -> Found {
        let mut found = Found { keys: KmsKeys::of(case.config.destination()), ..Found::default() };
        for (name, thing) in &self.things {
            let tags = thing.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let owner = ownership::owner(case.sync, tags);
            let is_asked = names.contains(name);
            if !is_asked && owner != Owner::This {
                continue;
            }
            let is_vouched = case.config.destination() == Destination::AwsParameterStore
                && self.ledger.get(name).is_some_and(|entry| entry.left_version == thing.version.to_string());
            let value = match &thing.value {
                _ if !is_asked => FoundValue::NotRead,
                _ if thing.unreadable => FoundValue::Unreadable("AccessDenied".into()),
                Some(value) => FoundValue::Text(SecretString::from(value.clone())),
                None => FoundValue::Binary,
            };
            let item = FoundItem {
                value,
                owner: Some(owner),
                owner_unknown: None,
                version: Some(thing.version.to_string()),
                kms_key: if is_vouched { FoundKey::Unknown } else { FoundKey::Known(thing.key.clone()) },
                tags: (!is_vouched).then(|| thing.tags.clone()),
                presence: if thing.deleted { Presence::Deleted { at: None } } else { Presence::Live },
            };
            found.items.insert(name.clone(), item);
        }
        found
    }

    /// Does what a plan says, as far as the first `most` steps.
    pub(super) fn carry_out(&mut self, plan: &Plan, most: usize) {
        if plan.guard.stops() {
            return;
        }
        for entry in &plan.relearned {
            self.ledger.insert(entry.name.clone(), entry.clone());
        }
        for name in &plan.forgotten {
            self.ledger.remove(name);
        }
        for step in plan.steps.iter().take(most) {
            let version = self.apply(step);
            match step.entry(&version) {
                Some(entry) => self.ledger.insert(step.name.clone(), entry),
                None => self.ledger.remove(&step.name),
            };
        }
    }

    fn apply(&mut self, step: &Step) -> String {
        let Some(write) = step.write() else {
            let thing = self.things.get_mut(&step.name).unwrap();
            thing.deleted = true;
            return String::new();
        };
        let exists = self.things.contains_key(&step.name);
        assert_eq!(exists, !matches!(step.action, Action::Create(_)), "{} {}", step.verb(), step.name);
        let thing =
            self.things.entry(step.name.clone()).or_insert_with(|| Thing { version: 0, ..Thing::of("") });
        assert_eq!(thing.deleted, matches!(step.action, Action::Restore(_)));
        thing.deleted = false;
        if write.changes.value {
            thing.value = Some(write.value.expose_secret().to_owned());
        }
        if write.changes.kms_key || !exists {
            thing.key.clone_from(&write.key_id);
        }
        if write.changes.value || write.changes.kms_key {
            thing.version += 1;
        }
        thing.tags.extend(write.set_tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        for key in &write.remove_tags {
            thing.tags.remove(key);
        }
        thing.version.to_string()
    }
}
