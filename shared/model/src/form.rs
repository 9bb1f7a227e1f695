//! Reading a request's fields: every rule that is broken is reported, all at once.
//!
//! A reader names each field once, with its rule:
//!
//! ```
//! use model::form::{self, rule};
//!
//! struct Create { name: String, description: Option<String> }
//!
//! let body = serde_json::json!({ "name": "production" });
//! let create = form::read(&body, |form| {
//!     let name = form.required("name", rule::slug(1, 64));
//!     let description = form.nullish("description", rule::string(0, 256));
//!     Some(Create { name: name?, description: description? })
//! })?;
//! assert_eq!(create.name, "production");
//! # Ok::<(), form::Issues>(())
//! ```
//!
//! A field's reader answers `None` once it has noted an issue, so that the closing `?`s can only fail after
//! every field was read. Unknown fields are ignored: the clients send stray ones.

mod issue;
mod noting;
mod read;
pub mod rule;
#[cfg(debug_assertions)]
pub mod schema;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use noting::Shape;

pub use issue::{Fault, Issue, Issues, PathSegment};
pub use read::{Read, ReadWith};
pub use rule::{Rule, slugify};

/// Reads `body` with `reader`.
///
/// # Errors
/// Every issue that the reader noted, in the order of its fields.
pub fn read<T>(body: &Value, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Result<T, Issues> {
    let mut record = Record::default();
    let read = record.run(body, reader);
    match read {
        Some(read) if record.issues.is_empty() => Ok(read),
        Some(_) | None => Err(record.issues),
    }
}

/// What the reader names when it reads `body`, and whether it takes it.
#[cfg(debug_assertions)]
fn describe<T>(
    body: &Value,
    source: schema::Source,
    leaves: &schema::Leaves,
    reader: impl FnOnce(&mut Form<'_>) -> Option<T>,
) -> (schema::Notes, bool) {
    let none = || schema::Notes::new(source, schema::Leaves::clone(leaves));
    let notes = Some(std::cell::RefCell::new(none()));
    let mut record = Record { issues: Issues::default(), notes };
    let taken = record.run(body, reader).is_some() && record.issues.is_empty();
    let notes = record.notes.map_or_else(none, std::cell::RefCell::into_inner);
    (notes, taken)
}

/// What comes of one reading.
#[derive(Debug, Default)]
struct Record {
    issues: Issues,
    /// Only where the reader is run for its description.
    #[cfg(debug_assertions)]
    notes: Option<std::cell::RefCell<schema::Notes>>,
}

impl Record {
    fn run<T>(&mut self, body: &Value, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        match body {
            Value::Object(fields) => {
                let mut form = Form { fields, path: Vec::new(), record: self };
                form.enter();
                reader(&mut form)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                self.issues.note(Vec::new(), vec![Fault::wrong_type("object", body)]);
                None
            }
        }
    }
}

/// One JSON object that is being read.
#[derive(Debug)]
pub struct Form<'a> {
    fields: &'a Map<String, Value>,
    path: Vec<PathSegment>,
    record: &'a mut Record,
}

impl Form<'_> {
    /// A field that must be there.
    pub fn required<R: Rule>(&mut self, name: &str, rule: R) -> Option<R::Output> {
        self.note_value(name, true, false, &rule);
        match self.fields.get(name) {
            Some(value) => self.apply(name, value, &rule),
            None => {
                self.note(name, vec![Fault::missing(rule.expects())]);
                None
            }
        }
    }

    /// A field that may be absent; `null` is not allowed.
    pub fn optional<R: Rule>(&mut self, name: &str, rule: R) -> Option<Option<R::Output>> {
        self.note_value(name, false, false, &rule);
        match self.fields.get(name) {
            Some(value) => self.apply(name, value, &rule).map(Some),
            None => Some(None),
        }
    }

    /// A field that may be absent or `null`.
    pub fn nullish<R: Rule>(&mut self, name: &str, rule: R) -> Option<Option<R::Output>> {
        self.note_value(name, false, true, &rule);
        match self.fields.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.apply(name, value, &rule).map(Some),
        }
    }

    /// A field that may be absent, and then has this value.
    pub fn or<R: Rule>(&mut self, name: &str, rule: R, default: R::Output) -> Option<R::Output> {
        self.optional(name, rule).map(|given| given.unwrap_or(default))
    }

    /// A nested object that must be there.
    pub fn object<T>(&mut self, name: &str, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        self.note_shape(name, true, false, Shape::Object);
        match self.fields.get(name) {
            Some(value) => self.nested(name, value, reader),
            None => {
                self.note(name, vec![Fault::missing("object")]);
                None
            }
        }
    }

    /// A nested object that may be absent or `null`.
    pub fn nullish_object<T>(
        &mut self,
        name: &str,
        reader: impl FnOnce(&mut Form<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.note_shape(name, false, true, Shape::Object);
        match self.fields.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self.nested(name, value, reader).map(Some),
        }
    }

    /// An array of objects that may be absent.
    pub fn optional_objects<T>(
        &mut self,
        name: &str,
        minimum: usize,
        mut reader: impl FnMut(&mut Form<'_>) -> Option<T>,
    ) -> Option<Option<Vec<T>>> {
        self.note_shape(name, false, false, Shape::Objects(minimum));
        let items = match self.fields.get(name) {
            None => return Some(None),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.note(name, vec![Fault::wrong_type("array", other)]);
                return None;
            }
        };
        if items.len() < minimum {
            self.note(
                name,
                vec![Fault::too_small(
                    "array",
                    minimum,
                    format!("Array must contain at least {minimum} element(s)"),
                )],
            );
            return None;
        }
        let mut path = self.path.clone();
        path.push(name.into());
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let mut path = path.clone();
                path.push(PathSegment::Index(index));
                Form { fields: self.fields, path, record: &mut *self.record }.read_object(item, &mut reader)
            })
            .collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Some)
    }

    /// A field that this server takes only as absent, `null` or `false`.
    pub fn absent(&mut self, name: &str, reason: &str) -> Option<()> {
        self.note_shape(name, false, false, Shape::Absent);
        match self.fields.get(name) {
            None | Some(Value::Null | Value::Bool(false)) => Some(()),
            Some(
                Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            ) => {
                self.note(name, vec![Fault::custom(reason)]);
                None
            }
        }
    }

    /// Notes an issue that concerns `name` together with other fields.
    pub fn refuse<T>(&mut self, name: &str, reason: impl Into<String>) -> Option<T> {
        self.note(name, vec![Fault::custom(reason)]);
        None
    }

    /// Whether the field is there and not `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.note_shape(name, false, false, Shape::Presence);
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether the field is there, be it `null`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        self.note_shape(name, false, false, Shape::Presence);
        self.fields.contains_key(name)
    }

    fn apply<R: Rule>(&mut self, name: &str, value: &Value, rule: &R) -> Option<R::Output> {
        match rule.read(value) {
            Ok(read) => Some(read),
            Err(faults) => {
                self.note(name, faults);
                None
            }
        }
    }

    fn nested<T>(
        &mut self,
        name: &str,
        value: &Value,
        reader: impl FnOnce(&mut Form<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut path = self.path.clone();
        path.push(name.into());
        Form { fields: self.fields, path, record: &mut *self.record }.read_object(value, reader)
    }

    fn read_object<T>(self, value: &Value, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        match value.as_object() {
            Some(fields) => {
                let mut form = Form { fields, path: self.path, record: self.record };
                form.enter();
                reader(&mut form)
            }
            None => {
                self.record.issues.note(self.path, vec![Fault::wrong_type("object", value)]);
                None
            }
        }
    }

    fn note(&mut self, name: &str, faults: Vec<Fault>) {
        let mut path = self.path.clone();
        path.push(name.into());
        self.record.issues.note(path, faults);
    }
}
