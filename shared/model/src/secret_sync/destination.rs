//! Where a sync pushes to.

use serde::{Deserialize, Serialize};

use super::key_schema::Affixes;
use crate::region::Region;

/// The kind of a destination, which is part of a sync's address on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// AWS Secrets Manager.
    AwsSecretsManager,
    /// AWS Systems Manager Parameter Store.
    AwsParameterStore,
}

impl Destination {
    /// Each destination with its name on the wire.
    pub const NAMES: &[(&str, Self)] =
        &[("aws-secrets-manager", Self::AwsSecretsManager), ("aws-parameter-store", Self::AwsParameterStore)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsSecretsManager => "aws-secrets-manager",
            Self::AwsParameterStore => "aws-parameter-store",
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::AwsSecretsManager => "AWS Secrets Manager",
            Self::AwsParameterStore => "AWS Parameter Store",
        }
    }

    /// The destination with this name on the wire.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, destination)| *destination)
    }
}

/// A place at a destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "destination", rename_all = "kebab-case")]
pub enum DestinationConfig {
    /// Secrets of AWS Secrets Manager.
    AwsSecretsManager {
        /// In this region.
        region: Region,
        /// How keys become secrets.
        #[serde(flatten)]
        mapping: Mapping,
    },
    /// Parameters of Parameter Store.
    AwsParameterStore {
        /// In this region.
        region: Region,
        /// Below this path, which begins and ends with a slash.
        path: String,
    },
}

/// How keys become secrets of AWS Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mapping_behavior", rename_all = "kebab-case")]
pub enum Mapping {
    /// Each key is a secret.
    OneToOne,
    /// All keys are one secret, whose value is a JSON object.
    ManyToOne {
        /// The secret's name, before the key schema.
        secret_name: String,
    },
}

impl Mapping {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OneToOne => "one-to-one",
            Self::ManyToOne { .. } => "many-to-one",
        }
    }
}

impl DestinationConfig {
    /// Its kind.
    #[must_use]
    pub const fn destination(&self) -> Destination {
        match self {
            Self::AwsSecretsManager { .. } => Destination::AwsSecretsManager,
            Self::AwsParameterStore { .. } => Destination::AwsParameterStore,
        }
    }

    /// Its region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        match self {
            Self::AwsSecretsManager { region, .. } | Self::AwsParameterStore { region, .. } => region,
        }
    }

    /// Whether all keys go into one secret.
    #[must_use]
    pub const fn is_many_to_one(&self) -> bool {
        matches!(self, Self::AwsSecretsManager { mapping: Mapping::ManyToOne { .. }, .. })
    }

    /// The name that `key` has there: for Parameter Store with its path; for many-to-one the same for every key.
    #[must_use]
    pub fn name_of(&self, schema: &Affixes, key: &str) -> String {
        match self {
            Self::AwsSecretsManager { mapping: Mapping::OneToOne, .. } => schema.render(key),
            Self::AwsSecretsManager { mapping: Mapping::ManyToOne { secret_name }, .. } => {
                schema.render(secret_name)
            }
            Self::AwsParameterStore { path, .. } => format!("{path}{}", schema.render(key)),
        }
    }

    /// The key that a name there stands for, when each key has its own and the name is of this sync's form.
    #[must_use]
    pub fn key_of<'n>(&self, schema: &Affixes, name: &'n str) -> Option<&'n str> {
        match self {
            Self::AwsSecretsManager { mapping: Mapping::OneToOne, .. } => schema.strip(name),
            Self::AwsSecretsManager { mapping: Mapping::ManyToOne { .. }, .. } => None,
            // One level: a slash further on is another path.
            Self::AwsParameterStore { path, .. } => name
                .strip_prefix(path.as_str())
                .and_then(|rest| schema.strip(rest))
                .filter(|key| !key.contains('/')),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::secret_sync::KeySchema;

    fn configs() -> [(DestinationConfig, serde_json::Value); 3] {
        let region: Region = "eu-west-1".parse().unwrap();
        let mapping = Mapping::ManyToOne { secret_name: "app".into() };
        [
            (
                DestinationConfig::AwsSecretsManager { region: region.clone(), mapping: Mapping::OneToOne },
                json!({ "destination": "aws-secrets-manager", "region": "eu-west-1", "mapping_behavior": "one-to-one" }),
            ),
            (
                DestinationConfig::AwsSecretsManager { region: region.clone(), mapping },
                json!({ "destination": "aws-secrets-manager", "region": "eu-west-1", "mapping_behavior": "many-to-one",
                    "secret_name": "app" }),
            ),
            (
                DestinationConfig::AwsParameterStore { region, path: "/a/".into() },
                json!({ "destination": "aws-parameter-store", "region": "eu-west-1", "path": "/a/" }),
            ),
        ]
    }

    #[test]
    fn a_place_keeps_its_stored_form() {
        for (config, stored) in configs() {
            assert_eq!(serde_json::to_value(&config).unwrap(), stored);
            assert_eq!(serde_json::from_value::<DestinationConfig>(stored).unwrap(), config);
        }
    }

    #[test]
    fn a_key_has_one_name_there_and_a_name_one_key() {
        let affixes = KeySchema::parse("x-{{secretKey}}-{{environment}}").unwrap().affixes("dev");
        let names = configs().map(|(config, _)| config.name_of(&affixes, "KEY"));
        assert_eq!(names, ["x-KEY-dev", "x-app-dev", "/a/x-KEY-dev"]);
        let keys = configs()
            .map(|(config, _)| config.key_of(&affixes, &config.name_of(&affixes, "KEY")).map(str::to_owned));
        assert_eq!(keys, [Some("KEY".to_owned()), None, Some("KEY".to_owned())]);
        let [.., (parameters, _)] = configs();
        assert_eq!(
            parameters.key_of(&affixes, "/a/x-b/KEY-dev"),
            None,
            "a level further down is another path"
        );
        assert_eq!(parameters.key_of(&affixes, "/b/x-KEY-dev"), None);
    }

    #[test]
    fn every_destination_is_found_by_its_own_name() {
        for (name, destination) in Destination::NAMES {
            assert_eq!((destination.name(), Destination::named(name)), (*name, Some(*destination)));
        }
        assert_eq!(Destination::named("github"), None);
    }
}
