//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Answered, NUMBER, Refusal, State, key_arn};

/// A secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secret {
    /// Its text; `None` when it is bytes.
    pub value: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The id of its key, when it is not the service's own.
    pub key: Option<String>,
    /// The version that is current.
    pub version: String,
    /// Every version so far, with its text.
    pub versions: BTreeMap<String, Option<String>>,
    /// Whether it is scheduled for deletion.
    pub deleted: bool,
    /// The recovery window that it was deleted with.
    pub recovery_window: Option<i64>,
    /// Whether reading its value is refused: a key of others, or its own policy.
    pub unreadable: bool,
}

impl Secret {
    /// A secret with a text and nothing else.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let version = "00000000-0000-4000-8000-000000000001".to_owned();
        let value = Some(value.to_owned());
        Self {
            versions: BTreeMap::from([(version.clone(), value.clone())]),
            value,
            version,
            ..Self::default()
        }
    }

    /// The same with a tag.
    #[must_use]
    pub fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }
}

const DELETED_AT: i64 = 1_767_225_600;

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_default()
}

fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:{NUMBER}:secret:{name}-AbCdEf")
}

pub(super) fn tags_of(list: &Value, target: &mut BTreeMap<String, String>) {
    for tag in list.as_array().into_iter().flatten() {
        target.insert(text(tag, "Key").to_owned(), text(tag, "Value").to_owned());
    }
}

fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn not_found() -> Refusal {
    Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned())
}

fn unmarked() -> Refusal {
    Refusal("InvalidRequestException", "Secret is not scheduled for deletion.".to_owned())
}

fn marked() -> Refusal {
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    Refusal("InvalidRequestException", message.to_owned())
}

impl State {
    pub(super) fn secrets_manager(&mut self, operation: &str, body: &Value) -> Answered {
        match operation {
            "ListSecrets" => Ok(self.list_secrets(body)),
            "BatchGetSecretValue" => self.batch(body),
            "GetSecretValue" => self.secret_value(text(body, "SecretId")),
            "DescribeSecret" => self.describe_secret(text(body, "SecretId")),
            "CreateSecret" => self.create_secret(body),
            "UpdateSecret" => self.update_secret(body),
            "RestoreSecret" => self.with_secret(body, |secret| {
                if !secret.deleted {
                    return Err(unmarked());
                }
                secret.deleted = false;
                Ok(())
            }),
            "DeleteSecret" => self.with_secret(body, |secret| {
                if body["ForceDeleteWithoutRecovery"] == json!(true) {
                    return Err(Refusal(
                        "InvalidParameterException",
                        "this account forces nothing".to_owned(),
                    ));
                }
                if secret.deleted {
                    return Err(marked());
                }
                secret.deleted = true;
                secret.recovery_window = body["RecoveryWindowInDays"].as_i64();
                Ok(())
            }),
            "TagResource" => self.with_secret(body, |secret| {
                let mut tags = secret.tags.clone();
                tags_of(&body["Tags"], &mut tags);
                if secret.deleted {
                    return Err(marked());
                }
                if tags.len() > 50 {
                    return Err(Refusal("LimitExceededException", "at most 50 tags".to_owned()));
                }
                secret.tags = tags;
                Ok(())
            }),
            "UntagResource" => self.with_secret(body, |secret| {
                for key in body["TagKeys"].as_array().into_iter().flatten() {
                    secret.tags.remove(key.as_str().unwrap_or_default());
                }
                Ok(())
            }),
            other => Err(Refusal("UnknownOperationException", other.to_owned())),
        }
    }

    fn with_secret(
        &mut self,
        body: &Value,
        change: impl FnOnce(&mut Secret) -> Result<(), Refusal>,
    ) -> Answered {
        let name = text(body, "SecretId");
        let secret = self.secrets.get_mut(name).ok_or_else(not_found)?;
        change(secret)?;
        Ok(json!({ "ARN": arn(name), "Name": name }))
    }

    /// A hundred a page. Filters are beginnings; `!` turns one round.
    fn list_secrets(&self, body: &Value) -> Value {
        let fits = |name: &str, secret: &Secret| {
            body["Filters"].as_array().into_iter().flatten().all(|filter| {
                let texts: Vec<&str> = match text(filter, "Key") {
                    "name" => vec![name],
                    "tag-key" => secret.tags.keys().map(String::as_str).collect(),
                    _ => secret.tags.values().map(String::as_str).collect(),
                };
                filter["Values"].as_array().into_iter().flatten().filter_map(Value::as_str).any(|value| {
                    match value.strip_prefix('!') {
                        Some(value) => !texts.iter().any(|text| text.starts_with(value)),
                        None => texts.iter().any(|text| text.starts_with(value)),
                    }
                })
            })
        };
        let all: Vec<_> =
            self.secrets.iter().filter(|(name, secret)| !secret.deleted && fits(name, secret)).collect();
        let start: usize = text(body, "NextToken").parse().unwrap_or(0);
        let size =
            body["MaxResults"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(100).min(100);
        let page: Vec<Value> = all
            .iter()
            .skip(start)
            .take(size)
            .map(|(name, secret)| {
                let mut entry = json!({
                    "ARN": arn(name), "Name": name, "Tags": tag_list(&secret.tags),
                    "SecretVersionsToStages": { secret.version.clone(): ["AWSCURRENT"] },
                });
                if let Some(key) = &secret.key {
                    entry["KmsKeyId"] = json!(key_arn(key));
                }
                entry
            })
            .collect();
        let mut answer = json!({ "SecretList": page });
        if start + size < all.len() {
            answer["NextToken"] = json!((start + size).to_string());
        }
        answer
    }

    fn batch(&self, body: &Value) -> Answered {
        let names: Vec<&str> =
            body["SecretIdList"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if names.len() > 20 {
            return Err(Refusal("InvalidParameterException", "at most 20 secrets".to_owned()));
        }
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        for name in names {
            match self
                .allowed("secretsmanager:GetSecretValue", &arn(name))
                .and_then(|()| self.secret_value(name))
            {
                Ok(value) => values.push(value),
                Err(Refusal(code, message)) => {
                    errors.push(json!({ "SecretId": name, "ErrorCode": code, "Message": message }));
                }
            }
        }
        Ok(json!({ "SecretValues": values, "Errors": errors }))
    }

    fn secret_value(&self, name: &str) -> Answered {
        let secret = self.secrets.get(name).ok_or_else(not_found)?;
        if secret.deleted {
            return Err(marked());
        }
        if secret.unreadable {
            return Err(Refusal("AccessDeniedException", "Access to KMS is not allowed".to_owned()));
        }
        let mut value = json!({
            "ARN": arn(name), "Name": name, "VersionId": secret.version, "VersionStages": ["AWSCURRENT"],
        });
        match &secret.value {
            Some(text) => value["SecretString"] = json!(text),
            None => value["SecretBinary"] = json!("AAEC"),
        }
        Ok(value)
    }

    fn describe_secret(&self, name: &str) -> Answered {
        let secret = self.secrets.get(name).ok_or_else(not_found)?;
        let mut answer = json!({
            "ARN": arn(name), "Name": name, "Tags": tag_list(&secret.tags),
            "VersionIdsToStages": { secret.version.clone(): ["AWSCURRENT"] },
        });
        if secret.deleted {
            answer["DeletedDate"] = json!(DELETED_AT);
        }
        if let Some(key) = &secret.key {
            answer["KmsKeyId"] = json!(key_arn(key));
        }
        Ok(answer)
    }

    fn create_secret(&mut self, body: &Value) -> Answered {
        let name = text(body, "Name");
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&b)) || name.is_empty() {
            let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
            return Err(Refusal("ValidationException", message.to_owned()));
        }
        if body["Tags"].as_array().is_some_and(|tags| !tags.is_empty()) {
            self.allowed("secretsmanager:TagResource", name)?;
        }
        let (value, token) = (text(body, "SecretString"), text(body, "ClientRequestToken"));
        if let Some(there) = self.secrets.get(name) {
            if there.deleted {
                let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
                return Err(Refusal("InvalidRequestException", message.to_owned()));
            }
            if there.versions.get(token).is_some_and(|made| made.as_deref() == Some(value)) {
                return Ok(json!({ "ARN": arn(name), "Name": name, "VersionId": token }));
            }
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(Refusal("ResourceExistsException", message));
        }
        sized(value)?;
        let key = self.encrypting(body)?;
        let mut secret = Secret { key, ..Secret::of(value) };
        tags_of(&body["Tags"], &mut secret.tags);
        secret.version = token.to_owned();
        secret.versions = BTreeMap::from([(token.to_owned(), Some(value.to_owned()))]);
        self.secrets.insert(name.to_owned(), secret);
        Ok(json!({ "ARN": arn(name), "Name": name, "VersionId": token }))
    }

    fn update_secret(&mut self, body: &Value) -> Answered {
        let (name, token) = (text(body, "SecretId").to_owned(), text(body, "ClientRequestToken").to_owned());
        let key = if body["KmsKeyId"].is_string() { Some(self.encrypting(body)?) } else { None };
        let secret = self.secrets.get_mut(&name).ok_or_else(not_found)?;
        if secret.deleted {
            return Err(marked());
        }
        let mut answer = json!({ "ARN": arn(&name), "Name": name });
        if let Some(value) = body["SecretString"].as_str() {
            sized(value)?;
            match secret.versions.get(&token) {
                // A version is made once: the same again does nothing, not even make it current.
                Some(made) if made.as_deref() == Some(value) => {}
                Some(_) => {
                    let message =
                        "You can't use ClientRequestToken because that value is already in use for a version";
                    return Err(Refusal("ResourceExistsException", message.to_owned()));
                }
                None => {
                    secret.versions.insert(token.clone(), Some(value.to_owned()));
                    secret.version.clone_from(&token);
                    secret.value = Some(value.to_owned());
                }
            }
            answer["VersionId"] = json!(token);
        }
        if let Some(key) = key {
            secret.key = key;
        }
        Ok(answer)
    }

    fn encrypting(&self, body: &Value) -> Result<Option<String>, Refusal> {
        self.usable_key(body["KmsKeyId"].as_str()).map_err(|why| match why {
            "is disabled" => Refusal(
                "EncryptionFailure",
                "Secrets Manager can't encrypt the protected secret text using the provided KMS key."
                    .to_owned(),
            ),
            _ => Refusal("AccessDeniedException", "Access to KMS is not allowed".to_owned()),
        })
    }
}

fn sized(value: &str) -> Result<(), Refusal> {
    if value.is_empty() || value.len() > 65_536 {
        // As AWS does it: with the value in its words.
        let message = format!(
            "1 validation error detected: Value '{value}' at 'secretString' failed to satisfy constraint: Member must have \
             length less than or equal to 65536"
        );
        return Err(Refusal("ValidationException", message));
    }
    Ok(())
}
