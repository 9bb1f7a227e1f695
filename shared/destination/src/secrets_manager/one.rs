//! What AWS tells of one secret.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{SecretListEntry, SecretValueEntry, Tag};
use model::Timestamp;
use model::secret_sync::ownership::{self, Owner};
use model::secret_sync::plan::{FoundItem, FoundKey, FoundValue, Presence};
use secrecy::SecretString;

use super::SecretsManager;
use crate::Error;
use crate::api::Api;

const CURRENT: &str = "AWSCURRENT";
pub(super) const NOT_FOUND: &str = "ResourceNotFoundException";

/// A secret's value, as it was read.
pub(super) struct Value {
    pub value: FoundValue,
    pub version: Option<String>,
    /// Of which secret of its name: one that is made again has another ARN.
    pub arn: Option<String>,
}

impl Value {
    pub(super) fn of(text: Option<String>, has_bytes: bool, version: Option<String>) -> Self {
        let value = match text {
            Some(text) => FoundValue::Text(SecretString::from(text)),
            None if has_bytes => FoundValue::Binary,
            // A secret that was made without a value, in the console or by CloudFormation.
            None => FoundValue::Text(SecretString::default()),
        };
        Self { value, version, arn: None }
    }

    pub(super) fn of_entry(entry: SecretValueEntry) -> Self {
        let value = Self::of(entry.secret_string, entry.secret_binary.is_some(), entry.version_id);
        Self { arn: entry.arn, ..value }
    }
}

pub(super) fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect()
}

/// What is known of a secret besides its value.
pub(super) struct Description {
    pub tags: BTreeMap<String, String>,
    pub kms_key: Option<String>,
    pub presence: Presence,
    pub version: Option<String>,
    pub arn: Option<String>,
}

impl Description {
    pub(super) fn of(answer: DescribeSecretOutput) -> Self {
        let deleted = answer.deleted_date.map(|at| Timestamp::from_unix_seconds(at.secs()));
        let stages = answer.version_ids_to_stages.unwrap_or_default().into_iter();
        Self {
            arn: answer.arn,
            tags: tags(answer.tags),
            kms_key: answer.kms_key_id,
            presence: deleted.map_or(Presence::Live, |at| Presence::Deleted { at: Some(at) }),
            version: current(stages),
        }
    }

    pub(super) fn of_entry(entry: SecretListEntry) -> (String, Self) {
        let deleted = entry.deleted_date.map(|at| Timestamp::from_unix_seconds(at.secs()));
        let stages = entry.secret_versions_to_stages.unwrap_or_default().into_iter();
        let description = Self {
            arn: entry.arn,
            tags: tags(entry.tags),
            kms_key: entry.kms_key_id,
            presence: deleted.map_or(Presence::Live, |at| Presence::Deleted { at: Some(at) }),
            version: current(stages),
        };
        (entry.name.unwrap_or_default(), description)
    }

    /// Whether a value that was read by name may be another secret's of that name, made since this one was looked at. The
    /// ending of an ARN is new with each secret
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>).
    pub(super) fn is_another_than(&self, value: &Value) -> bool {
        matches!((&self.arn, &value.arn), (Some(mine), Some(read)) if mine != read)
    }

    pub(super) fn item(self, owner: Owner, value: Option<Value>) -> FoundItem {
        let Self { tags, kms_key, presence, version, arn: _ } = self;
        let (value, read) = value.map_or((FoundValue::NotRead, None), |value| (value.value, value.version));
        FoundItem {
            value,
            owner: Some(owner),
            owner_unknown: None,
            version: read.or(version),
            kms_key: FoundKey::Known(kms_key),
            tags: Some(tags),
            presence,
        }
    }
}

fn current(mut stages: impl Iterator<Item = (String, Vec<String>)>) -> Option<String> {
    stages.find(|(_, stages)| stages.iter().any(|stage| stage == CURRENT)).map(|(version, _)| version)
}

impl SecretsManager {
    pub(super) fn owner(&self, tags: &BTreeMap<String, String>) -> Owner {
        ownership::owner(self.site.sync, tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// What is known of a secret besides its value; `None` when there is none of this name.
    pub(super) async fn describe(&self, name: &str) -> Result<Option<Description>, Error> {
        let send = || self.client.describe_secret().secret_id(name).send();
        match self.caller.call(Api::DescribeSecret, name, send).await {
            Ok(answer) => Ok(Some(Description::of(answer))),
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A secret's value; `None` when there is none of this name.
    pub(super) async fn value(&self, name: &str) -> Result<Option<Value>, Error> {
        let send = || self.client.get_secret_value().secret_id(name).send();
        match self.caller.call(Api::GetSecretValue, name, send).await {
            Ok(answer) => {
                let has_bytes = answer.secret_binary.is_some();
                let value = Value::of(answer.secret_string, has_bytes, answer.version_id);
                Ok(Some(Value { arn: answer.arn, ..value }))
            }
            // A secret without any version yet answers the same as no secret at all: DescribeSecret tells them apart.
            Err(error) if error.code() == Some(NOT_FOUND) => Ok(None),
            Err(error @ Error::Refused { .. }) => {
                Ok(Some(Value { value: FoundValue::Unreadable(error.to_string()), version: None, arn: None }))
            }
            Err(error) => Err(error),
        }
    }
}
