//! The keys of a rotation: those that it made, and those that it was told to take over.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The public half of an access key: 16 to 128 letters, digits and underscores
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKey.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessKeyId(String);

/// The text is not an access key's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an access key, AKIA…")]
pub struct NotAnAccessKeyId;

impl AccessKeyId {
    /// As AWS writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough for its owner to know it by, and for nobody to use.
    #[must_use]
    pub fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }
}

impl FromStr for AccessKeyId {
    type Err = NotAnAccessKeyId;

    fn from_str(text: &str) -> Result<Self, NotAnAccessKeyId> {
        let sound =
            (16..=128).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAnAccessKeyId) }
    }
}

impl TryFrom<String> for AccessKeyId {
    type Error = NotAnAccessKeyId;

    fn try_from(text: String) -> Result<Self, NotAnAccessKeyId> {
        text.parse()
    }
}

impl From<AccessKeyId> for String {
    fn from(id: AccessKeyId) -> Self {
        id.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key that the rotation may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Which of the two places on the wire it has, 0 or 1: `activeIndex` is the published key's.
    pub slot: u8,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was made, or taken over.
    pub since: Timestamp,
    /// How far it got.
    pub phase: Phase,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The rotation made it, and has its secret half.
    Made,
    /// It was there, and somebody said that the rotation may have it. Nobody here knows its secret half.
    TakenOver,
}

/// How far a key got. Every phase but the first is one of a key that worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Phase {
    /// It must show that it works before anybody gets it.
    Proving {
        /// Since when.
        since: Timestamp,
        /// How often it has worked.
        proofs: u8,
        /// When it was tried last.
        tried_at: Option<Timestamp>,
        /// Whether it is an earlier key that comes back.
        returning: bool,
    },
    /// It is the one in the secrets.
    Published {
        /// Since when.
        since: Timestamp,
    },
    /// Another one is in the secrets; it still works, for those who have not read them since.
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// It is inactive, which can be undone.
    Deactivated {
        /// Since when.
        since: Timestamp,
    },
}

impl Phase {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proving { .. } => "proving",
            Self::Published { .. } => "published",
            Self::Superseded { .. } => "superseded",
            Self::Deactivated { .. } => "deactivated",
        }
    }
}

impl OwnKey {
    /// Whether the rotation made it and nobody ever had it: it was never in the secrets.
    #[must_use]
    pub fn is_nobodys(&self) -> bool {
        self.origin == Origin::Made && matches!(self.phase, Phase::Proving { returning: false, .. })
    }

    /// Whether it is the one in the secrets.
    #[must_use]
    pub const fn is_published(&self) -> bool {
        matches!(self.phase, Phase::Published { .. })
    }

    /// Whether it was in the secrets, or in use before the rotation, and is on its way out.
    #[must_use]
    pub const fn is_previous(&self) -> bool {
        matches!(self.phase, Phase::Superseded { .. } | Phase::Deactivated { .. })
    }
}
