//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations_AWS_Systems_Manager.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::secrets_manager::tags_of;
use super::{Answered, Refusal, State, key_arn};

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its value.
    pub value: String,
    /// `SecureString`, `String`.
    pub kind: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The id of its key, when it is not the service's own.
    pub key: Option<String>,
    /// Counts its values, from 1.
    pub version: i64,
    /// `Standard`, `Advanced`.
    pub tier: String,
}

impl Parameter {
    /// A standard SecureString with nothing else.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let (kind, tier) = ("SecureString".to_owned(), "Standard".to_owned());
        Self { value: value.to_owned(), kind, tags: BTreeMap::new(), key: None, version: 1, tier }
    }

    /// The same with a tag.
    #[must_use]
    pub fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_default()
}

fn names(body: &Value) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> =
        body["Names"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    if names.is_empty() || names.len() > 10 {
        let message = "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10";
        return Err(Refusal("ValidationException", message.to_owned()));
    }
    Ok(names)
}

fn page<T>(all: Vec<T>, body: &Value, most: usize) -> (Vec<T>, Option<String>) {
    let start: usize = text(body, "NextToken").parse().unwrap_or(0);
    let next = (start + most < all.len()).then(|| (start + most).to_string());
    (all.into_iter().skip(start).take(most).collect(), next)
}

impl State {
    pub(super) fn parameter_store(&mut self, operation: &str, body: &Value) -> Answered {
        match operation {
            "GetParametersByPath" => Ok(self.by_path(body)),
            "GetParameters" => {
                let (there, gone): (Vec<_>, Vec<_>) =
                    names(body)?.into_iter().partition(|name| self.parameters.contains_key(name));
                let shown: Vec<Value> =
                    there.iter().map(|name| shown(name, &self.parameters[name])).collect();
                Ok(json!({ "Parameters": shown, "InvalidParameters": gone }))
            }
            "DescribeParameters" => self.describe_parameters(body),
            "ListTagsForResource" => {
                let parameter = self.parameters.get(text(body, "ResourceId")).ok_or_else(invalid)?;
                let tags = parameter.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
                Ok(json!({ "TagList": tags.collect::<Vec<_>>() }))
            }
            "AddTagsToResource" => {
                let parameter = self.parameters.get_mut(text(body, "ResourceId")).ok_or_else(invalid)?;
                tags_of(&body["Tags"], &mut parameter.tags);
                Ok(json!({}))
            }
            "RemoveTagsFromResource" => {
                let parameter = self.parameters.get_mut(text(body, "ResourceId")).ok_or_else(invalid)?;
                for key in body["TagKeys"].as_array().into_iter().flatten() {
                    parameter.tags.remove(key.as_str().unwrap_or_default());
                }
                Ok(json!({}))
            }
            "PutParameter" => self.put(body),
            "DeleteParameters" => {
                let (there, gone): (Vec<_>, Vec<_>) =
                    names(body)?.into_iter().partition(|name| self.parameters.contains_key(name));
                for name in &there {
                    self.parameters.remove(name);
                }
                Ok(json!({ "DeletedParameters": there, "InvalidParameters": gone }))
            }
            other => Err(Refusal("UnknownOperationException", other.to_owned())),
        }
    }

    fn by_path(&self, body: &Value) -> Value {
        let path = format!("{}/", text(body, "Path").trim_end_matches('/'));
        let in_path = |name: &str| name.strip_prefix(&path).is_some_and(|rest| !rest.contains('/'));
        let all: Vec<_> = self.parameters.iter().filter(|(name, _)| in_path(name)).collect();
        if self.empty_pages && body["NextToken"].is_null() {
            return json!({ "Parameters": [], "NextToken": "0" });
        }
        let (shown_now, next) = page(all, body, 10);
        let shown_now: Vec<Value> =
            shown_now.into_iter().map(|(name, parameter)| shown(name, parameter)).collect();
        json!({ "Parameters": shown_now, "NextToken": next })
    }

    fn describe_parameters(&self, body: &Value) -> Answered {
        let fits = |name: &str, parameter: &Parameter| {
            body["ParameterFilters"].as_array().into_iter().flatten().all(|filter| {
                let values: Vec<&str> =
                    filter["Values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                if text(filter, "Key") == "Path" {
                    return values.iter().any(|path| {
                        let path = format!("{}/", path.trim_end_matches('/'));
                        name.strip_prefix(&path).is_some_and(|rest| !rest.contains('/'))
                    });
                }
                match text(filter, "Key").strip_prefix("tag:") {
                    Some(key) => {
                        parameter.tags.get(key).is_some_and(|value| values.contains(&value.as_str()))
                    }
                    None => values.contains(&name),
                }
            })
        };
        let all: Vec<_> = self.parameters.iter().filter(|(name, parameter)| fits(name, parameter)).collect();
        let (described, next) = page(all, body, 50);
        let described: Vec<Value> = described
            .into_iter()
            .map(|(name, parameter)| {
                let key = parameter.key.as_deref().map_or_else(|| "alias/aws/ssm".to_owned(), key_arn);
                json!({ "Name": name, "Type": parameter.kind, "KeyId": key, "Version": parameter.version, "Tier": parameter.tier })
            })
            .collect();
        Ok(json!({ "Parameters": described, "NextToken": next }))
    }

    fn put(&mut self, body: &Value) -> Answered {
        let (name, value, kind) = (text(body, "Name"), text(body, "Value"), text(body, "Type"));
        let validation = |message: String| Err(Refusal("ValidationException", message));
        let tagged = body["Tags"].as_array().is_some_and(|tags| !tags.is_empty());
        if tagged {
            self.allowed("ssm:AddTagsToResource", name)?;
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_.-".contains(&b)) {
            return validation(
                "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). […]".to_owned(),
            );
        }
        if value.contains("{{") {
            return validation(format!(
                "Parameter value: ({value}) can't nest another parameter. Do not use \"{{{{}}}}\" in the value."
            ));
        }
        let overwrite = body["Overwrite"] == json!(true);
        if overwrite && tagged {
            return validation("Invalid request: tags and overwrite can't be used together. […]".to_owned());
        }
        let there = self.parameters.get(name);
        if there.is_some() && !overwrite {
            let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
            return Err(Refusal("ParameterAlreadyExists", message.to_owned()));
        }
        if there.is_some_and(|there| there.kind != kind) {
            return Err(Refusal(
                "HierarchyTypeMismatchException",
                "a parameter's type does not change".to_owned(),
            ));
        }
        let tier = match text(body, "Tier") {
            "" => "Standard",
            tier => tier,
        };
        if tier == "Standard" && there.is_some_and(|there| there.tier == "Advanced") {
            return validation(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
                 advanced-parameter tier to the standard-parameter tier."
                    .to_owned(),
            );
        }
        let longest = if tier == "Standard" { 4_096 } else { 8_192 };
        if value.is_empty() || value.len() > longest {
            return validation(format!(
                "{tier} tier parameters support a maximum parameter value of {longest} characters."
            ));
        }
        let key = self
            .usable_key(body["KeyId"].as_str())
            .map_err(|why| Refusal("InvalidKeyId", format!("{} {why}.", text(body, "KeyId"))))?;
        let mut next = there.cloned().unwrap_or_else(|| Parameter { version: 0, ..Parameter::of(value) });
        next.value = value.to_owned();
        next.kind = kind.to_owned();
        next.key = key;
        next.tier = tier.to_owned();
        next.version += 1;
        tags_of(&body["Tags"], &mut next.tags);
        let version = next.version;
        self.parameters.insert(name.to_owned(), next);
        Ok(json!({ "Version": version, "Tier": tier }))
    }
}

fn invalid() -> Refusal {
    let message = "The resource ID is not valid. Verify that you entered the correct ID and try again.";
    Refusal("InvalidResourceId", message.to_owned())
}

fn shown(name: &str, parameter: &Parameter) -> Value {
    json!({
        "Name": name, "Type": parameter.kind, "Value": parameter.value, "Version": parameter.version,
        "ARN": format!("arn:aws:ssm:us-east-1:{}:parameter{name}", super::NUMBER), "DataType": "text",
    })
}
