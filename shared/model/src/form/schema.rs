//! What a reader takes, as JSON Schema: found out by running the reader, never written down a second time.
//!
//! A [`Form`](super::Form) that is run for its description notes every field that its reader names. A field's rule is
//! asked what it refuses (`probe`): whoever says `String must contain at most 64 character(s)` has told its schema.
//! [`explore`] runs a reader on `{}`, then on what it has learnt so far, with each word of each list and with and
//! without each field, until nothing new is named. A field that only some branches read is an optional one.
//!
//! Debug builds only: the document of the API is made from them, and release binaries carry none of this.

mod explore;
mod notes;
mod probe;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use explore::explore;
pub(super) use notes::{Leaves, Note, Notes};
pub(super) use probe::{ODD, probe};

/// Where a form's values come from, which decides what a text can mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A JSON body: a text is a text.
    Body,
    /// A query string: every value is a text, and one that must be a number is described as a number.
    Query,
}

/// What one field's rule takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    /// JSON Schema's keywords.
    keywords: Map<String, Value>,
    /// Values that the rule takes, every word of a list among them.
    samples: Vec<Value>,
}

/// The fields of an object, as all runs of its reader noted them.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// How often it was read, and how often without any issue.
    read: Count,
    fields: BTreeMap<String, Field>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    ever: usize,
    taken: usize,
}

impl Count {
    fn add(&mut self, taken: bool) {
        self.ever += 1;
        self.taken += usize::from(taken);
    }
}

/// One field, as all runs noted it.
#[derive(Debug, Clone, Default)]
struct Field {
    /// In how many runs the reader would not do without it.
    needed: Count,
    nullable: bool,
    /// Must be absent, `null` or `false`.
    absent: bool,
    leaves: Vec<Leaf>,
    object: Option<Object>,
    /// The least number of items, and their fields.
    list: Option<(usize, Object)>,
}

/// One named value of an object, for whoever lists them one by one.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its JSON Schema.
    pub schema: Value,
}

impl Object {
    /// The fields, by name.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let parameter = |(name, field): (&String, &Field)| Parameter {
            name: name.clone(),
            required: self.needs(field),
            schema: field.schema(),
        };
        self.fields.iter().map(parameter).collect()
    }

    /// The JSON Schema. Fields that it does not name are ignored by the reader, so it does not forbid any.
    #[must_use]
    pub fn schema(&self) -> Value {
        let parameters = self.parameters();
        let required: Vec<&str> =
            parameters.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if !parameters.is_empty() {
            let properties = parameters.into_iter().map(|field| (field.name, field.schema)).collect();
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        Value::Object(schema)
    }

    /// Whether the reader needs the field whenever it takes the object; without any taken object, whenever it reads.
    fn needs(&self, field: &Field) -> bool {
        if self.read.taken > 0 {
            field.needed.taken == self.read.taken
        } else {
            field.needed.ever == self.read.ever
        }
    }

    /// How much is known: grows with every field and every alternative.
    fn size(&self) -> usize {
        self.fields.values().map(Field::size).sum()
    }
}

impl Field {
    fn size(&self) -> usize {
        let object = self.object.as_ref().map_or(0, |object| 1 + object.size());
        let list = self.list.as_ref().map_or(0, |(_, object)| 1 + object.size());
        1 + self.leaves.len() + object + list
    }

    fn schema(&self) -> Value {
        let mut alternatives: Vec<Value> = Vec::new();
        if let Some(object) = &self.object {
            alternatives.push(object.schema());
        }
        if let Some((minimum, object)) = &self.list {
            let mut schema = json!({ "type": "array", "items": object.schema() });
            if *minimum > 0 {
                schema["minItems"] = json!(minimum);
            }
            alternatives.push(schema);
        }
        for leaf in &self.leaves {
            // A field that is first asked whether it is an object, and then read as one.
            let known = self.object.is_some() && leaf.keywords.get("type") == Some(&json!("object"));
            let schema = Value::Object(leaf.keywords.clone());
            if !known && !alternatives.contains(&schema) {
                alternatives.push(schema);
            }
        }
        if self.absent {
            alternatives.push(json!({ "enum": [false, null] }));
        }
        let plain = alternatives.len() < 2;
        let mut schema = if plain {
            alternatives.pop().unwrap_or_else(|| json!({}))
        } else {
            json!({ "anyOf": alternatives })
        };
        if self.nullable {
            allow_null(&mut schema);
        }
        schema
    }
}

/// Lets a schema take `null` as well.
fn allow_null(schema: &mut Value) {
    if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        alternatives.push(json!({ "type": "null" }));
        return;
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum")
        && !words.contains(&Value::Null)
    {
        words.push(Value::Null);
    }
    match schema.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
        Some(kind @ Value::String(_)) => *kind = json!([kind.clone(), "null"]),
        Some(_) | None => {}
    }
}
