//! What an import would take over from the destination.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::document::object;
use super::rule::Failure;
use super::{Found, FoundItem, FoundValue, Place, Rule};
use crate::id::KeyRotationId;
use crate::secret::SecretName;
use crate::secret::reference::references;
use crate::secret_sync::ImportBehavior;

/// A secret that the folder has already.
#[derive(Debug, Clone)]
pub struct Own {
    /// Its value as it is written, references and all.
    pub value: SecretString,
    /// The key rotation that writes it, if one does.
    pub rotation: Option<KeyRotationId>,
}

/// What an import does to the source's own folder; nothing is ever removed from it, and the destination not touched.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Keys that the folder does not have.
    pub creates: Vec<(String, SecretString)>,
    /// Keys whose value the destination has otherwise, when its values win.
    pub updates: Vec<(String, SecretString)>,
    /// Keys that stay as they are: equal, empty there, or the source wins.
    pub left: Vec<String>,
    /// What cannot be taken over. One of them does not stop the others.
    pub failures: Vec<Failure>,
}

/// The difference between what is there and the folder's own secrets (`own`; neither imports nor sub-folders).
///
/// A value that would be read as a reference here is not taken over: the next sync would put what it refers to in its place.
/// Nor is one over a secret that a key rotation writes.
/// What is at the destination and not of the key schema's form is no key.
#[must_use]
pub fn plan(
    place: &Place<'_>,
    behavior: ImportBehavior,
    own: &BTreeMap<String, Own>,
    found: &Found,
) -> Import {
    let mut import = Import::default();
    for (name, item) in found.items.iter().filter(|(_, item)| item.is_live()) {
        let keys = match keys(place, name, item) {
            Ok(keys) => keys,
            Err(rule) => {
                let key = place.config.key_of(place.affixes, name).map(str::to_owned);
                import.failures.push(Failure { key, name: name.clone(), rule });
                continue;
            }
        };
        for (key, value) in keys {
            let fate = match own.get(&key) {
                None => match key.parse::<SecretName>() {
                    // White space around a name is not part of it.
                    Ok(name) if name.as_str() == key => Ok(Fate::Create),
                    Ok(_) => Err(Rule::ImportName("white space is around it".to_owned())),
                    Err(why) => Err(Rule::ImportName(why.to_string())),
                },
                Some(mine) => mine.fate(behavior, &value),
            };
            let fate = fate.and_then(|fate| fate.unless_reference(&value));
            match fate {
                Ok(Fate::Create) => import.creates.push((key, value)),
                Ok(Fate::Update) => import.updates.push((key, value)),
                Ok(Fate::Leave) => import.left.push(key),
                Err(rule) => import.failures.push(Failure::new(key, name, rule)),
            }
        }
    }
    import
}

/// What becomes of a key that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Create,
    Update,
    Leave,
}

impl Fate {
    fn unless_reference(self, value: &SecretString) -> Result<Self, Rule> {
        match self {
            Self::Create | Self::Update if references(value.expose_secret()).next().is_some() => {
                Err(Rule::ImportReference)
            }
            Self::Create | Self::Update | Self::Leave => Ok(self),
        }
    }
}

impl Own {
    /// What becomes of it when `theirs` is there.
    fn fate(&self, behavior: ImportBehavior, theirs: &SecretString) -> Result<Fate, Rule> {
        let theirs = theirs.expose_secret();
        let differs = !theirs.is_empty() && self.value.expose_secret() != theirs;
        match (behavior, self.rotation) {
            (ImportBehavior::PrioritizeDestination, Some(rotation)) if differs => {
                Err(Rule::ImportRotated(rotation))
            }
            (ImportBehavior::PrioritizeDestination, None) if differs => Ok(Fate::Update),
            (ImportBehavior::PrioritizeDestination | ImportBehavior::PrioritizeSource, _) => Ok(Fate::Leave),
        }
    }
}

/// The keys and values of one thing.
fn keys(place: &Place<'_>, name: &str, item: &FoundItem) -> Result<Vec<(String, SecretString)>, Rule> {
    if place.config.is_many_to_one() {
        if name != place.config.name_of(place.affixes, "") {
            return Ok(Vec::new());
        }
        return match &item.value {
            FoundValue::Text(_) => object(item)
                .map(|object| object.into_iter().map(|(key, value)| (key, text(value).into())).collect())
                .ok_or(Rule::ImportNoObject),
            FoundValue::Binary => Err(Rule::ImportBinary),
            FoundValue::Unreadable(why) => Err(Rule::Unreadable(why.clone())),
            FoundValue::OtherType(_) | FoundValue::NotRead => Ok(Vec::new()),
        };
    }
    let Some(key) = place.config.key_of(place.affixes, name) else { return Ok(Vec::new()) };
    match &item.value {
        FoundValue::Text(value) => Ok(vec![(key.to_owned(), value.clone())]),
        FoundValue::Binary => Err(Rule::ImportBinary),
        FoundValue::Unreadable(why) => Err(Rule::Unreadable(why.clone())),
        FoundValue::OtherType(kind) => Err(Rule::ImportOtherType(kind.clone())),
        FoundValue::NotRead => Ok(Vec::new()),
    }
}

/// A value of a JSON object as a secret's text: a text is itself, everything else its JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    }
}
