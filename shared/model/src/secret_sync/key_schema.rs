//! Key schemas: how a key is called at the destination, `app/{{environment}}/{{secretKey}}`.

use serde::{Deserialize, Serialize};

use super::Destination;

/// Stands for the key; exactly once in a schema.
pub const SECRET_KEY: &str = "{{secretKey}}";
/// Stands for the environment's slug.
pub const ENVIRONMENT: &str = "{{environment}}";

/// A key schema that keeps the rules, or the empty text, which is none: Terraform sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeySchema(String);

/// Why a text is no key schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySchemaFault {
    /// The key is not in it.
    #[error("Key schema must contain {{{{secretKey}}}}")]
    NoKey,
    /// The key is in it more than once: a name could not be read back.
    #[error("Key schema must contain {{{{secretKey}}}} only once")]
    KeyTwice,
    /// There is something else in it.
    #[error(
        "Key schema may only contain {{{{secretKey}}}}, {{{{environment}}}}, letters, digits, underscores, hyphens and slashes"
    )]
    Character,
    /// For Parameter Store it would begin with a slash, after the path's.
    #[error("Key schema must not begin with a slash")]
    LeadingSlash,
    /// For Parameter Store a key would be a path.
    #[error("Key schema must not contain a slash after {{{{secretKey}}}}")]
    SlashAfterKey,
    /// Longer than any name.
    #[error("Key schema must contain at most {LONGEST} characters")]
    TooLong,
}

/// The longest schema: a name of Secrets Manager has at most 512 characters.
pub const LONGEST: usize = 512;

impl KeySchema {
    /// A schema of any destination; [`KeySchema::fits`] knows the rest.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Vec<KeySchemaFault>> {
        if text.is_empty() {
            return Ok(Self(String::new()));
        }
        let mut faults = Vec::new();
        match text.matches(SECRET_KEY).count() {
            0 => faults.push(KeySchemaFault::NoKey),
            1 => {}
            _more => faults.push(KeySchemaFault::KeyTwice),
        }
        let rest = text.replace(SECRET_KEY, "").replace(ENVIRONMENT, "");
        if !rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')) {
            faults.push(KeySchemaFault::Character);
        }
        if text.chars().count() > LONGEST {
            faults.push(KeySchemaFault::TooLong);
        }
        if faults.is_empty() { Ok(Self(text.to_owned())) } else { Err(faults) }
    }

    /// Whether it may be used at this destination.
    ///
    /// # Errors
    /// Every rule that it breaks there.
    pub fn fits(&self, destination: Destination) -> Result<(), Vec<KeySchemaFault>> {
        let mut faults = Vec::new();
        match destination {
            Destination::AwsSecretsManager => {}
            Destination::AwsParameterStore => {
                if self.0.starts_with('/') {
                    faults.push(KeySchemaFault::LeadingSlash);
                }
                if self.0.split_once(SECRET_KEY).is_some_and(|(_, after)| after.contains('/')) {
                    faults.push(KeySchemaFault::SlashAfterKey);
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands around a key in an environment.
    #[must_use]
    pub fn affixes(&self, environment: &str) -> Affixes {
        let (prefix, suffix) = self.0.split_once(SECRET_KEY).unwrap_or_default();
        let render = |text: &str| text.replace(ENVIRONMENT, environment);
        Affixes { prefix: render(prefix), suffix: render(suffix) }
    }
}

/// What stands around a key at the destination. The default is nothing: the key is the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affixes {
    /// Before the key.
    pub prefix: String,
    /// After the key.
    pub suffix: String,
}

impl Affixes {
    /// The name of a key.
    #[must_use]
    pub fn render(&self, key: &str) -> String {
        format!("{}{key}{}", self.prefix, self.suffix)
    }

    /// Whether a name is of this form, with some key.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.strip(name).is_some()
    }

    /// The key of a name of this form. Prefix and suffix may not overlap, and a key is never empty.
    #[must_use]
    pub fn strip<'n>(&self, name: &'n str) -> Option<&'n str> {
        let rest = name.strip_prefix(self.prefix.as_str())?;
        rest.strip_suffix(self.suffix.as_str()).filter(|key| !key.is_empty())
    }
}
