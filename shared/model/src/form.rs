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
pub mod rule;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use issue::{Fault, Issue, Issues, PathSegment};
pub use rule::{Rule, slugify};

/// Reads `body` with `reader`.
///
/// # Errors
/// Every issue that the reader noted, in the order of its fields.
pub fn read<T>(body: &Value, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Result<T, Issues> {
    let mut issues = Issues::default();
    let read = match body {
        Value::Object(fields) => reader(&mut Form { fields, path: Vec::new(), issues: &mut issues }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            issues.note(Vec::new(), vec![Fault::wrong_type("object", body)]);
            None
        }
    };
    match read {
        Some(read) if issues.is_empty() => Ok(read),
        Some(_) | None => Err(issues),
    }
}

/// One JSON object that is being read.
#[derive(Debug)]
pub struct Form<'a> {
    fields: &'a Map<String, Value>,
    path: Vec<PathSegment>,
    issues: &'a mut Issues,
}

impl Form<'_> {
    /// A field that must be there.
    pub fn required<R: Rule>(&mut self, name: &str, rule: R) -> Option<R::Output> {
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
        match self.fields.get(name) {
            Some(value) => self.apply(name, value, &rule).map(Some),
            None => Some(None),
        }
    }

    /// A field that may be absent or `null`.
    pub fn nullish<R: Rule>(&mut self, name: &str, rule: R) -> Option<Option<R::Output>> {
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
                Form { fields: self.fields, path, issues: &mut *self.issues }.read_object(item, &mut reader)
            })
            .collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Some)
    }

    /// A field that this server takes only as absent, `null` or `false`.
    pub fn absent(&mut self, name: &str, reason: &str) -> Option<()> {
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
        self.fields.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether the field is there, be it `null`.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
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
        Form { fields: self.fields, path, issues: &mut *self.issues }.read_object(value, reader)
    }

    fn read_object<T>(self, value: &Value, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        match value.as_object() {
            Some(fields) => reader(&mut Form { fields, path: self.path, issues: self.issues }),
            None => {
                self.issues.note(self.path, vec![Fault::wrong_type("object", value)]);
                None
            }
        }
    }

    fn note(&mut self, name: &str, faults: Vec<Fault>) {
        let mut path = self.path.clone();
        path.push(name.into());
        self.issues.note(path, faults);
    }
}
