//! The sections of a policy. A section keeps its lists as they were given: clients compare.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::certificate::{
    AltNameKind, Attribute, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm,
};

/// What certificates may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// About whom; one rule for each attribute of a subject.
    pub subject: Option<Vec<SubjectRule>>,
    /// For which names; one rule for each kind.
    pub sans: Option<Vec<SanRule>>,
    /// For which uses of the key.
    pub key_usages: Option<Lists<KeyUsage>>,
    /// For which uses of the certificate.
    pub extended_key_usages: Option<Lists<ExtendedKeyUsage>>,
    /// With which algorithms.
    pub algorithms: Option<Algorithms>,
    /// For how long.
    pub validity: Option<ValidityRule>,
    /// Whether they may be authorities.
    pub basic_constraints: Option<ConstraintsRule>,
}

/// What is allowed, what is required and what is denied. A value that is required is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists<T> {
    /// What may be there; absent or empty with something required: that alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<T>>,
    /// What must be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<Vec<T>>,
    /// What must not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied: Option<Vec<T>>,
}

impl<T> Lists<T> {
    /// What may be there.
    #[must_use]
    pub fn allowed(&self) -> &[T] {
        self.allowed.as_deref().unwrap_or_default()
    }

    /// What must be there.
    #[must_use]
    pub fn required(&self) -> &[T] {
        self.required.as_deref().unwrap_or_default()
    }

    /// What must not be there.
    #[must_use]
    pub fn denied(&self) -> &[T] {
        self.denied.as_deref().unwrap_or_default()
    }
}

/// What an attribute of a subject may say: patterns, in which `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRule {
    /// The attribute.
    pub r#type: Attribute,
    /// The patterns.
    #[serde(flatten)]
    pub patterns: Lists<String>,
}

/// What alternative names of a kind may say: patterns, in which `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanRule {
    /// The kind.
    pub r#type: AltNameKind,
    /// The patterns.
    #[serde(flatten)]
    pub patterns: Lists<String>,
}

/// The algorithms that are allowed; an absent list allows all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Algorithms {
    /// Of the authority's signature.
    pub signature: Option<Vec<SignatureAlgorithm>>,
    /// Of the certificate's key.
    pub key_algorithm: Option<Vec<KeyAlgorithm>>,
}

/// How long certificates may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidityRule {
    /// At the most; absent: as long as the authority gives them.
    pub max: Option<LongestValidity>,
}

/// How long a certificate may hold at the most: a number with `h`ours, `d`ays, `m`onths of 30 days or `y`ears of 365.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LongestValidity {
    text: String,
    span: Duration,
}

/// The text is no such span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Max validity must be in format like '365d', '12m', '1y', or '24h'")]
pub struct NotAValidity;

impl LongestValidity {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How long.
    #[must_use]
    pub const fn span(&self) -> Duration {
        self.span
    }
}

impl FromStr for LongestValidity {
    type Err = NotAValidity;

    fn from_str(text: &str) -> Result<Self, NotAValidity> {
        let text = text.trim();
        let unit = text.find(|character: char| !character.is_ascii_digit()).ok_or(NotAValidity)?;
        let (number, unit) = text.split_at(unit);
        let hours = match unit {
            "h" => 1,
            "d" => 24,
            "m" => 30 * 24,
            "y" => 365 * 24,
            _ => return Err(NotAValidity),
        };
        let number: u32 = number.parse().map_err(|_| NotAValidity)?;
        if number == 0 {
            return Err(NotAValidity);
        }
        let span = Duration::from_secs(u64::from(number) * hours * 3_600);
        Ok(Self { text: text.to_owned(), span })
    }
}

impl TryFrom<String> for LongestValidity {
    type Error = NotAValidity;

    fn try_from(text: String) -> Result<Self, NotAValidity> {
        text.parse()
    }
}

impl From<LongestValidity> for String {
    fn from(validity: LongestValidity) -> Self {
        validity.text
    }
}

/// Whether certificates may be authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstraintsRule {
    /// Whether they may; absent: they may not.
    pub is_ca: Option<AuthorityRule>,
    /// How many authorities there may be below them: -1 for any number; absent: any number as well.
    pub max_path_length: Option<i16>,
}

/// Whether a certificate may be an authority's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityRule {
    /// It may or may not.
    Allowed,
    /// It must.
    Required,
    /// It must not.
    Denied,
}

impl AuthorityRule {
    /// Each with its name on the wire.
    pub const NAMES: &[(&str, Self)] =
        &[("allowed", Self::Allowed), ("required", Self::Required), ("denied", Self::Denied)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Required => "required",
            Self::Denied => "denied",
        }
    }
}
