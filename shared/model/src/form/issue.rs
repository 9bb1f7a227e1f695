//! What is wrong with a request, in the shape the peer's clients print: a list of issues as zod writes them.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// One step of the way to a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// A key of an object.
    Key(String),
    /// A position in an array.
    Index(usize),
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

/// A broken rule, before it is known which field broke it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    code: &'static str,
    message: String,
    facts: Map<String, Value>,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>, facts: Value) -> Self {
        let facts = match facts {
            Value::Object(facts) => facts,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Map::new()
            }
        };
        Self { code, message: message.into(), facts }
    }

    /// The kind of rule.
    #[cfg(debug_assertions)]
    pub(super) const fn code(&self) -> &'static str {
        self.code
    }

    /// What else it tells under a name.
    #[cfg(debug_assertions)]
    pub(super) fn fact(&self, name: &str) -> Option<&Value> {
        self.facts.get(name)
    }

    /// A rule of our own, in words.
    #[must_use]
    pub fn custom(message: impl Into<String>) -> Self {
        Self::new("custom", message, Value::Null)
    }

    /// The field is not there.
    #[must_use]
    pub fn missing(expected: &str) -> Self {
        Self::new("invalid_type", "Required", json!({ "expected": expected, "received": "undefined" }))
    }

    /// The field has another JSON type.
    #[must_use]
    pub fn wrong_type(expected: &str, received: &Value) -> Self {
        let received = match received {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let message = format!("Expected {expected}, received {received}");
        Self::new("invalid_type", message, json!({ "expected": expected, "received": received }))
    }

    /// The text or number is not of the form it must have.
    #[must_use]
    pub fn invalid(validation: &str, message: impl Into<String>) -> Self {
        Self::new("invalid_string", message, json!({ "validation": validation }))
    }

    /// Below the least length or number.
    #[must_use]
    pub fn too_small(kind: &str, minimum: impl Into<Value>, message: impl Into<String>) -> Self {
        let facts = json!({ "type": kind, "minimum": minimum.into(), "inclusive": true, "exact": false });
        Self::new("too_small", message, facts)
    }

    /// Above the greatest length or number.
    #[must_use]
    pub fn too_big(kind: &str, maximum: impl Into<Value>, message: impl Into<String>) -> Self {
        let facts = json!({ "type": kind, "maximum": maximum.into(), "inclusive": true, "exact": false });
        Self::new("too_big", message, facts)
    }

    /// Not one of the words allowed here. The word received is not repeated: it may be a misplaced secret.
    #[must_use]
    pub fn not_an_option(options: &[&str]) -> Self {
        let listed = options.iter().map(|option| format!("'{option}'")).collect::<Vec<_>>().join(" | ");
        Self::new(
            "invalid_enum_value",
            format!("Invalid enum value. Expected {listed}"),
            json!({ "options": options }),
        )
    }
}

/// A broken rule and the field that broke it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Issue {
    /// The kind of rule, in zod's words: `invalid_type`, `too_small`, `too_big`, `invalid_string`,
    /// `invalid_enum_value`, `custom`.
    pub code: &'static str,
    /// The way to the field from the outermost object.
    pub path: Vec<PathSegment>,
    /// What is wrong, for people.
    pub message: String,
    /// What else the kind of rule tells: `expected`, `received`, `minimum`, `options`, …
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// Every rule that one request broke, in the order in which its fields were read.
///
/// At most `MOST`: a body of 1 MB can break half a million rules, and their answer would not fit into this machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Issues(Vec<Issue>);

/// More issues than anybody reads.
const MOST: usize = 100;

impl Issues {
    /// One issue of our own about one field.
    #[must_use]
    pub fn custom(field: &str, message: impl Into<String>) -> Self {
        let mut issues = Self::default();
        issues.note(vec![field.into()], vec![Fault::custom(message)]);
        issues
    }

    /// One broken rule about one field.
    #[must_use]
    pub fn one(field: &str, fault: Fault) -> Self {
        let mut issues = Self::default();
        issues.note(vec![field.into()], vec![fault]);
        issues
    }

    /// Whether no rule was broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The issues in order.
    pub fn iter(&self) -> impl Iterator<Item = &Issue> {
        self.0.iter()
    }

    pub(super) fn note(&mut self, path: Vec<PathSegment>, faults: Vec<Fault>) {
        let room = MOST.saturating_sub(self.0.len());
        self.0.extend(faults.into_iter().take(room).map(|Fault { code, message, facts }| Issue {
            code,
            path: path.clone(),
            message,
            facts,
        }));
    }
}

impl fmt::Display for Issues {
    /// `name: Required; credentials.roleArn: …`, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, issue) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            let path: Vec<String> = issue
                .path
                .iter()
                .map(|segment| match segment {
                    PathSegment::Key(key) => key.clone(),
                    PathSegment::Index(index) => index.to_string(),
                })
                .collect();
            write!(f, "{separator}{}: {}", path.join("."), issue.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Issues {}
