//! Tags: ours, the configured ones, and metadata where the sync says so. Others' are never touched.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::{Content, FoundItem, Place, Rule};
use crate::secret_sync::{Owned, Tag, ownership};

/// The most tags that a secret or parameter may have, without our own two
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>).
pub const MOST_TAGS: usize = 48;

const KEY: usize = 128;
const VALUE: usize = 256;

type Tags = BTreeMap<String, String>;

/// What becomes of a thing's tags.
pub(super) struct Retagged {
    /// To be set: they are not there, or have another value.
    pub set: Vec<Tag>,
    /// To be removed: this sync set them, and does not want them any more.
    pub remove: Vec<String>,
    /// The keys that this sync has set afterwards, besides our own two.
    pub keys: Vec<String>,
    /// Digest of what it has set afterwards.
    pub digest: Option<String>,
}

/// The tags that a thing should have besides our own two; `None` when the sync leaves tags alone. Configured tags win over
/// metadata of the same key.
fn wanted(place: &Place<'_>, content: Option<&Content>) -> Option<Tags> {
    let metadata = place.options.metadata_as_tags() && !place.config.is_many_to_one();
    if place.options.tags.is_none() && !metadata {
        return None;
    }
    let mut tags = Tags::new();
    if let Some(content) = content.filter(|_| metadata) {
        tags.extend(content.metadata.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    }
    tags.extend(place.options.tags.iter().flatten().map(|tag| (tag.key.clone(), tag.value.clone())));
    Some(tags)
}

/// Whether AWS takes the tags that a key would get.
pub(super) fn check(place: &Place<'_>, content: &Content) -> Result<(), Rule> {
    let tags = wanted(place, Some(content)).unwrap_or_default();
    if tags.len() > MOST_TAGS {
        return Err(Rule::TooManyTags);
    }
    let sound = |c: char| c.is_alphanumeric() || c == ' ' || "._:/=+-@".contains(c);
    for (key, value) in tags {
        let why = if key.is_empty() || key.chars().count() > KEY {
            "must have a key of 1 to 128 characters"
        } else if value.chars().count() > VALUE {
            "must have a value of at most 256 characters"
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            "begins with aws:, which AWS keeps for itself"
        } else if key.starts_with(ownership::RESERVED) {
            "begins with drawbridge:, by which things are told apart"
        } else if !key.chars().chain(value.chars()).all(sound) {
            "may have letters, digits, spaces and ._:/=+-@ only"
        } else {
            continue;
        };
        return Err(Rule::Tag { key, why });
    }
    Ok(())
}

/// Digest of tags: equal digests need no look. Keys and values cannot run into each other.
pub(super) fn digest(tags: &Tags) -> String {
    let mut hash = Sha256::new();
    for text in tags.iter().flat_map(|(key, value)| [key, value]) {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// What is to be done about the tags of `item` (`None`: it does not exist yet).
pub(super) fn retag(
    place: &Place<'_>,
    content: Option<&Content>,
    item: Option<&FoundItem>,
    entry: Option<&Owned>,
) -> Retagged {
    let ours: Tags = ownership::tags(place.sync).into_iter().map(|tag| (tag.key, tag.value)).collect();
    let wanted = wanted(place, content);
    let had: BTreeSet<&str> =
        entry.iter().flat_map(|entry| entry.tag_keys.iter().map(String::as_str)).collect();
    let there = item.and_then(|item| item.tags.as_ref());
    let vouched = item.is_some() && there.is_none();

    let (keys, new_digest) = match &wanted {
        Some(tags) => (tags.keys().cloned().collect(), Some(digest(tags))),
        None => {
            let keys = entry.map(|entry| entry.tag_keys.clone()).unwrap_or_default();
            (keys, entry.and_then(|entry| entry.tags_digest.clone()))
        }
    };
    let told = entry.and_then(|entry| entry.tags_digest.as_ref());
    if vouched && new_digest.as_ref().or(Some(&digest(&Tags::new()))) == told.or(Some(&digest(&Tags::new())))
    {
        return Retagged { set: Vec::new(), remove: Vec::new(), keys, digest: new_digest };
    }
    let mut target = wanted.clone().unwrap_or_default();
    if !vouched {
        target.extend(ours);
    }
    let differs =
        |key: &str, value: &str| there.and_then(|there| there.get(key)).is_none_or(|there| there != value);
    let set = target.iter().filter(|(key, value)| differs(key, value));
    let set = set.map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
    let obsolete =
        |key: &&str| !target.contains_key(*key) && there.is_none_or(|there| there.contains_key(*key));
    let remove = match wanted {
        Some(_) if item.is_some() => had.into_iter().filter(obsolete).map(str::to_owned).collect(),
        Some(_) | None => Vec::new(),
    };
    Retagged { set, remove, keys, digest: new_digest }
}
