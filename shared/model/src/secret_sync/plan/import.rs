//! What an import would take over from the destination.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::document::object;
use super::rule::Failure;
use super::{Found, FoundItem, FoundValue, Place, Rule};
use crate::secret_sync::ImportBehavior;

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
/// `is_name` says why a text cannot be the name of a secret. What is at the destination and not of the key schema's form
/// is no key.
#[must_use]
pub fn plan(
    place: &Place<'_>,
    behavior: ImportBehavior,
    own: &BTreeMap<String, SecretString>,
    found: &Found,
    is_name: impl Fn(&str) -> Result<(), String>,
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
            let has_value = !value.expose_secret().is_empty();
            match own.get(&key) {
                None => match is_name(&key) {
                    Ok(()) => import.creates.push((key, value)),
                    Err(why) => {
                        let rule = Rule::ImportName(why);
                        import.failures.push(Failure { key: Some(key), name: name.clone(), rule });
                    }
                },
                Some(mine) if has_value && mine.expose_secret() != value.expose_secret() => match behavior {
                    ImportBehavior::PrioritizeDestination => import.updates.push((key, value)),
                    ImportBehavior::PrioritizeSource => import.left.push(key),
                },
                Some(_) => import.left.push(key),
            }
        }
    }
    import
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
