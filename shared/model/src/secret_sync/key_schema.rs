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
        // What stands between the placeholders: without one of them the text around it must not become another.
        let mut rest = text.split(SECRET_KEY).flat_map(|part| part.split(ENVIRONMENT)).flat_map(str::chars);
        if !rest.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')) {
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn affixes(schema: &str) -> Affixes {
        KeySchema::parse(schema).unwrap().affixes("prod")
    }

    #[test]
    fn a_schema_renders_the_key_and_the_environment_and_strips_both() {
        for (schema, name) in [
            ("", "KEY"),
            ("{{secretKey}}", "KEY"),
            ("app/{{environment}}/{{secretKey}}", "app/prod/KEY"),
            ("{{environment}}-{{secretKey}}_{{environment}}", "prod-KEY_prod"),
            ("/a/{{secretKey}}/b", "/a/KEY/b"),
        ] {
            let affixes = affixes(schema);
            assert_eq!(affixes.render("KEY"), name, "{schema}");
            assert_eq!(affixes.strip(name), Some("KEY"), "{schema}");
        }
    }

    #[test]
    fn a_name_that_is_not_of_the_form_is_not_the_sync_s() {
        let around = affixes("ab{{secretKey}}ba");
        for name in ["", "ab", "aba", "abba", "abKEY", "KEYba", "xabKEYba", "ABKEYba"] {
            assert!(!around.matches(name), "{name}");
        }
        assert!(around.matches("abXba"));
        assert!(affixes("").matches("anything/at all"));
        assert!(!affixes("").matches(""));
    }

    #[test]
    fn each_destination_has_its_rules_of_slashes() {
        let secrets = Destination::AwsSecretsManager;
        let parameters = Destination::AwsParameterStore;
        for (schema, faults) in [
            ("", vec![]),
            ("a/{{secretKey}}", vec![]),
            ("/a/{{secretKey}}", vec![KeySchemaFault::LeadingSlash]),
            ("{{secretKey}}/a", vec![KeySchemaFault::SlashAfterKey]),
            ("/{{secretKey}}/", vec![KeySchemaFault::LeadingSlash, KeySchemaFault::SlashAfterKey]),
        ] {
            let schema = KeySchema::parse(schema).unwrap();
            assert_eq!(schema.fits(secrets), Ok(()));
            assert_eq!(schema.fits(parameters).err().unwrap_or_default(), faults, "{schema:?}");
        }
    }

    #[test]
    fn what_is_no_schema_is_refused_with_every_reason() {
        use KeySchemaFault::{Character, KeyTwice, NoKey, TooLong};
        for (text, faults) in [
            ("KEY", vec![NoKey]),
            ("{{environment}}", vec![NoKey]),
            ("{{SecretKey}}", vec![NoKey, Character]),
            ("{{ secretKey }}", vec![NoKey, Character]),
            ("{{secretKey}}-{{secretKey}}", vec![KeyTwice]),
            ("{{{secretKey}}}", vec![Character]),
            ("a b{{secretKey}}", vec![Character]),
            ("ä{{secretKey}}", vec![Character]),
            ("{{secretKey}}{{other}}", vec![Character]),
            ("{{environ{{secretKey}}ment}}", vec![Character]),
            ("{{secret{{environment}}Key}}", vec![NoKey, Character]),
            ("{{secretKey}}{{environ{{environment}}ment}}", vec![Character]),
            ("{{secretKey}}\n", vec![Character]),
            (&format!("{{{{secretKey}}}}{}", "a".repeat(LONGEST)), vec![TooLong]),
        ] {
            assert_eq!(KeySchema::parse(text), Err(faults), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_stripped_to_the_same_key(
            before in "[a-zA-Z0-9_/-]{0,8}", after in "[a-zA-Z0-9_/-]{0,8}", key in "[^\\x00]{1,12}", environment in "[a-z0-9-]{1,8}",
        ) {
            let schema = KeySchema::parse(&format!("{before}{ENVIRONMENT}{SECRET_KEY}{after}")).unwrap();
            let affixes = schema.affixes(&environment);
            let name = affixes.render(&key);
            prop_assert_eq!(affixes.strip(&name), Some(key.as_str()));
        }
    }
}
