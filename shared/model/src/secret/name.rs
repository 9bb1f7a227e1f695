//! How a secret is called, and what its value may be.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 255;
/// The longest name in bytes: with its folder and its owner it must fit into a sort key of 1,024 bytes.
const LONGEST_NAME_BYTES: usize = 512;

/// The name of a secret. Case counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// Why a text is no name of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretName {
    /// Nothing but white space.
    #[error("Secret name must not be empty")]
    Empty,
    /// `:` and `/` separate names elsewhere.
    #[error("Secret name must not contain ':' or '/'")]
    Separator,
    /// A control character, which no destination takes and nobody sees.
    #[error("Secret name must not contain control characters")]
    Control,
    /// More than [`LONGEST_NAME`] characters, or too many bytes of them.
    #[error("Secret name must have at most {LONGEST_NAME} characters (and {LONGEST_NAME_BYTES} bytes)")]
    TooLong,
}

impl SecretName {
    /// As the wire spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = InvalidSecretName;

    /// White space around the name is not part of it.
    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        let name = text.trim();
        if name.is_empty() {
            return Err(InvalidSecretName::Empty);
        }
        if name.contains([':', '/']) {
            return Err(InvalidSecretName::Separator);
        }
        if name.contains(char::is_control) {
            return Err(InvalidSecretName::Control);
        }
        if name.len() > LONGEST_NAME_BYTES || name.chars().count() > LONGEST_NAME {
            return Err(InvalidSecretName::TooLong);
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for SecretName {
    type Error = InvalidSecretName;

    fn try_from(text: String) -> Result<Self, InvalidSecretName> {
        text.parse()
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

impl AsRef<str> for SecretName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A value as it is kept: white space around it is not part of it, but one line break at its end is.
#[must_use]
pub fn trimmed_value(text: &str) -> String {
    let trimmed = text.trim();
    let mut value = String::with_capacity(trimmed.len() + 1);
    value.push_str(trimmed);
    if text.ends_with('\n') {
        value.push('\n');
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_keeps_its_case_and_its_spaces() {
        for (text, name) in [("DB_URL", "DB_URL"), ("  a b.c-d  ", "a b.c-d"), ("ключ", "ключ"), ("#1", "#1")]
        {
            assert_eq!(text.parse::<SecretName>().as_ref().map(SecretName::as_str), Ok(name));
        }
    }

    #[test]
    fn what_is_no_name_says_why() {
        for (text, reason) in [
            ("", InvalidSecretName::Empty),
            (" \n", InvalidSecretName::Empty),
            ("a:b", InvalidSecretName::Separator),
            ("/a", InvalidSecretName::Separator),
            ("a\nb", InvalidSecretName::Control),
            (&"x".repeat(256), InvalidSecretName::TooLong),
            (&"\u{1f511}".repeat(129), InvalidSecretName::TooLong),
        ] {
            assert_eq!(text.parse::<SecretName>(), Err(reason), "{text:?}");
        }
        assert!("x".repeat(255).parse::<SecretName>().is_ok());
    }

    #[test]
    fn a_value_loses_white_space_but_for_one_line_break_at_its_end() {
        for (text, value) in [
            ("", ""),
            ("  a b ", "a b"),
            ("a\n", "a\n"),
            ("a\n\n\n", "a\n"),
            ("\n a \r\n", "a\n"),
            ("a\n ", "a"),
            ("\n", "\n"),
        ] {
            assert_eq!(trimmed_value(text), value, "{text:?}");
        }
    }
}
