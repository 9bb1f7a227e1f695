//! Runs a reader until it names nothing new.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::{ReadWith, describe};
use super::{Field, Leaf, Leaves, Object, Source};

/// Rounds of learning: as deep as any form is nested, and a few more.
const ROUNDS: usize = 8;

/// What the reader of `T` takes.
#[must_use]
pub fn explore<T: ReadWith>(source: Source) -> Object {
    let mut known = Object::default();
    let leaves = Leaves::default();
    let mut seen = BTreeSet::new();
    let mut next = vec![json!({})];
    for _ in 0..ROUNDS {
        let before = known.size();
        for request in next.drain(..) {
            if seen.insert(request.to_string()) {
                T::each_known(|with| {
                    let (notes, taken) = describe(&request, source, &leaves, |form| T::read_with(form, with));
                    notes.tell(&mut known, taken);
                });
            }
        }
        // The first round knows what `{}` tells; there may be more behind it even where nothing was named.
        if known.size() == before {
            break;
        }
        next = requests(&known);
    }
    known
}

/// Pairs of changes that are tried: more than any form has use for, and few enough to be tried in a moment.
const PAIRS: usize = 2_000;

/// One thing done differently in a request: the way to a field, and its value there, or `None` to leave it out.
struct Change {
    way: Vec<String>,
    value: Option<Value>,
    /// Whether readers are likely to look at it before they go on: a word of a list, a flag, or a mere presence.
    decides: bool,
}

/// Requests that say all that is known, and as little as possible; and each with one thing done differently, or two of
/// those on which readers decide.
fn requests(known: &Object) -> Vec<Value> {
    let mut changes = Vec::new();
    known.changes(&mut Vec::new(), &mut changes);
    let deciding = || changes.iter().filter(|change| change.decides && change.value.is_some());
    let pairs = deciding().flat_map(|one| deciding().map(move |other| vec![one, other]));
    let sets: Vec<Vec<&Change>> = std::iter::once(Vec::new())
        .chain(changes.iter().map(|change| vec![change]))
        .chain(pairs.filter(|pair| pair[0].way < pair[1].way).take(PAIRS))
        .collect();
    [false, true]
        .into_iter()
        .flat_map(|full| sets.iter().map(move |set| known.request(full, &mut Vec::new(), set)))
        .collect()
}

impl Object {
    fn changes(&self, way: &mut Vec<String>, changes: &mut Vec<Change>) {
        for (name, field) in &self.fields {
            way.push(name.clone());
            let decides = field.decides();
            changes.push(Change { way: way.clone(), value: None, decides });
            let change = |value| Change { way: way.clone(), value: Some(value), decides };
            changes.extend(field.values().into_iter().map(change));
            if let Some(object) = &field.object {
                object.changes(way, changes);
            }
            if let Some((_, object)) = &field.list {
                object.changes(way, changes);
            }
            way.pop();
        }
    }

    fn request(&self, full: bool, way: &mut Vec<String>, changes: &[&Change]) -> Value {
        let mut request = Map::new();
        for (name, field) in &self.fields {
            way.push(name.clone());
            let changed = changes.iter().find(|change| change.way == *way);
            // A field on the way to what is done differently must be there.
            let leads = changes.iter().any(|change| change.way.starts_with(way));
            let value = match changed {
                Some(change) => change.value.clone(),
                None if full || leads || self.needs(field) => field.value(full, way, changes),
                None => None,
            };
            way.pop();
            if let Some(value) = value {
                request.insert(name.clone(), value);
            }
        }
        Value::Object(request)
    }
}

impl Field {
    /// One value that the field takes, if any is known.
    fn value(&self, full: bool, way: &mut Vec<String>, changes: &[&Change]) -> Option<Value> {
        if let Some(object) = &self.object {
            return Some(object.request(full, way, changes));
        }
        if let Some((minimum, object)) = &self.list {
            let item = object.request(full, way, changes);
            return Some(json!(vec![item; (*minimum).max(1)]));
        }
        self.leaves.iter().find_map(|leaf| leaf.samples.first().cloned())
    }

    /// Whether readers are likely to look at it before they go on.
    fn decides(&self) -> bool {
        let presence = self.leaves.is_empty() && self.object.is_none() && self.list.is_none() && !self.absent;
        let word = |leaf: &Leaf| {
            leaf.keywords.contains_key("enum") || leaf.keywords.get("type") == Some(&json!("boolean"))
        };
        presence || self.leaves.iter().any(word)
    }

    /// All values that are worth a try.
    fn values(&self) -> Vec<Value> {
        let mut values: Vec<Value> = self.leaves.iter().flat_map(|leaf| leaf.samples.clone()).collect();
        if self.leaves.is_empty() && !self.absent {
            values.extend([json!("a"), json!(true), json!({})]);
        }
        if self.nullable {
            values.push(Value::Null);
        }
        values
    }
}
