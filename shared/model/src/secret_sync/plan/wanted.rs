//! What the source wants to be at the destination.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::rule::{Failure, Rule, name_rule};
use super::{Place, tags, value_rule};
use crate::secret_sync::Tag;

/// One key of the source.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The key.
    pub key: String,
    /// Its name at the destination ([`DestinationConfig::name_of`](crate::secret_sync::DestinationConfig::name_of)).
    pub name: String,
    /// What it should hold, or why that is not known, in public words: `the reference ${DB_PASSWORD} cannot be resolved`.
    pub content: Result<Content, String>,
}

/// What a key holds.
#[derive(Debug, Clone)]
pub struct Content {
    /// The value, with its references expanded.
    pub value: SecretString,
    /// Its metadata, which become tags when the sync's options say so.
    pub metadata: Vec<Tag>,
    /// The version of the secret, which makes a repeated write recognisable. Says nothing about the value.
    pub version: u64,
}

/// The keys with the names that they have at this place.
#[must_use]
pub fn wanted(
    place: &Place<'_>,
    keys: impl IntoIterator<Item = (String, Result<Content, String>)>,
) -> Vec<Wanted> {
    let name = |key: &str| place.config.name_of(place.affixes, key);
    keys.into_iter().map(|(key, content)| Wanted { name: name(&key), key, content }).collect()
}

/// The names that the destination has to be asked for, each once and sorted: AWS refuses a question with an impossible name.
#[must_use]
pub fn names_to_read(place: &Place<'_>, wanted: &[Wanted]) -> Vec<String> {
    if place.config.is_many_to_one() {
        let name = place.config.name_of(place.affixes, "");
        return name_rule(place, "", &name).map(|()| vec![name]).unwrap_or_default();
    }
    let sound = wanted.iter().filter(|wanted| name_rule(place, &wanted.key, &wanted.name).is_ok());
    let mut names: Vec<String> = sound.map(|wanted| wanted.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What becomes of a wanted key before the destination is looked at.
pub(super) enum Sorted<'a> {
    /// It can be written.
    Writable(&'a Wanted, &'a Content),
    /// Its value is empty.
    Empty(&'a Wanted),
    /// It cannot be written.
    Unwritable(Failure),
}

/// Each key with what becomes of it. Two keys of one name fail both: either could be the one that was meant.
pub(super) fn sorted<'a>(place: &Place<'_>, wanted: &'a [Wanted]) -> Vec<Sorted<'a>> {
    // Of a secret of all keys, it is the key within that two would share.
    let is_one = place.config.is_many_to_one();
    let place_of = |wanted: &'a Wanted| if is_one { wanted.key.as_str() } else { wanted.name.as_str() };
    let mut keys_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for wanted in wanted {
        keys_of.entry(place_of(wanted)).or_default().push(&wanted.key);
    }
    let shared = |wanted: &'a Wanted| {
        let keys = keys_of.get(place_of(wanted)).filter(|keys| keys.len() > 1)?;
        Some(Rule::SameName {
            others: keys.iter().filter(|key| **key != wanted.key).map(ToString::to_string).collect(),
        })
    };
    let sort = |wanted: &'a Wanted| {
        let fail = |rule| Sorted::Unwritable(Failure::of(wanted, rule));
        if let Some(rule) = shared(wanted) {
            return fail(rule);
        }
        if let Err(rule) = name_rule(place, &wanted.key, &wanted.name) {
            return fail(rule);
        }
        let content = match &wanted.content {
            Err(why) => return fail(Rule::Source(why.clone())),
            Ok(content) if content.value.expose_secret().is_empty() => return Sorted::Empty(wanted),
            Ok(content) => content,
        };
        match value_rule(place, content.value.expose_secret()).and_then(|()| tags::check(place, content)) {
            Ok(()) => Sorted::Writable(wanted, content),
            Err(rule) => fail(rule),
        }
    };
    wanted.iter().map(sort).collect()
}
