//! IAM policies: what a customer must trust, and what it must allow, printed exactly and as small as AWS lets it be.
//!
//! [`trust`] says who may assume a role, [`permission`] what that role may do for each [`Capability`],
//! [`session`] to what a single job of ours is confined, and [`cloudformation`] wraps the first two into a
//! template. All of it is pure text.

mod capability;
pub mod cloudformation;
pub mod permission;
mod resources;
pub mod session;
pub mod trust;

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

pub use capability::{Capability, Level};
pub use resources::Resources;
pub use session::SessionPolicy;
pub use trust::Trusted;

/// A policy document, serialised as IAM's JSON
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    statement: Vec<Statement>,
}

impl Document {
    /// A document of these statements.
    #[must_use]
    pub const fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }

    /// The document as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, lists and maps with string keys: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// One `Allow`, or the one `Deny` that ends a session of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    sid: String,
    effect: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    principal: BTreeMap<&'static str, String>,
    #[serde(serialize_with = "one_or_many")]
    action: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "one_or_many")]
    resource: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'static str, BTreeMap<&'static str, Values>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Values(#[serde(serialize_with = "one_or_many")] Vec<String>);

impl Statement {
    /// Allows the actions, `service` and name joined by a colon, on the resources.
    #[must_use]
    pub fn allow(sid: impl Into<String>, service: &str, actions: &[&str], resource: Vec<String>) -> Self {
        Self {
            sid: sid.into(),
            effect: "Allow",
            principal: BTreeMap::new(),
            action: actions.iter().map(|action| format!("{service}:{action}")).collect(),
            resource,
            condition: BTreeMap::new(),
        }
    }

    /// Denies everything everywhere, to be narrowed by conditions: who, and until when.
    #[must_use]
    pub(crate) fn deny_all(sid: impl Into<String>) -> Self {
        let action = vec!["*".to_owned()];
        Self {
            sid: sid.into(),
            effect: "Deny",
            principal: BTreeMap::new(),
            action,
            resource: anything(),
            condition: BTreeMap::new(),
        }
    }

    /// Denies the actions everywhere, to be narrowed by conditions.
    #[must_use]
    pub(crate) fn deny(sid: impl Into<String>, service: &str, actions: &[&str]) -> Self {
        Self { effect: "Deny", ..Self::allow(sid, service, actions, anything()) }
    }

    /// The same, only when `key` compares with one of the values.
    #[must_use]
    pub fn when(mut self, operator: &'static str, key: &'static str, values: Vec<String>) -> Self {
        self.condition.entry(operator).or_default().insert(key, Values(values));
        self
    }

    /// The same, for an AWS principal: for trust policies.
    #[must_use]
    pub(crate) fn by_principal(mut self, arn: String) -> Self {
        self.principal.insert("AWS", arn);
        self
    }

    /// The actions, `service:Action`.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        &self.action
    }
}

/// IAM takes one text or a list; one text is easier on the reader.
fn one_or_many<S: Serializer>(values: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match values {
        [one] => serializer.serialize_str(one),
        many => many.serialize(serializer),
    }
}

/// Every resource, for actions that AWS cannot narrow.
pub(crate) fn anything() -> Vec<String> {
    vec!["*".to_owned()]
}

impl Document {
    /// The statements in order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statement
    }
}
