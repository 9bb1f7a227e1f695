//! What is at the destination.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::KmsKeys;
use crate::Timestamp;
use crate::secret_sync::ownership::Owner;

/// What was found at the destination.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Each thing by its name: everything that is this sync's, and what has a wanted name, whoever's it is.
    pub items: BTreeMap<String, FoundItem>,
    /// The names of things of which nobody asked yet whose they are, for want of time; they have no owner. They wait for
    /// another look: until then they are neither written nor deleted, and nothing else is deleted either.
    pub unasked: BTreeSet<String>,
    /// What is known of the spellings of KMS keys.
    pub keys: KmsKeys,
    /// What the role did not allow and the run can do without, each once: `kms:DescribeKey`.
    pub not_allowed: Vec<String>,
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub struct FoundItem {
    /// Its value.
    pub value: FoundValue,
    /// Whose it is; `None` when that could not be found out, with the reason in [`FoundItem::owner_unknown`].
    pub owner: Option<Owner>,
    /// Why the owner is not known, in AWS's words.
    pub owner_unknown: Option<String>,
    /// Its version: a VersionId of Secrets Manager, a version number of Parameter Store.
    pub version: Option<String>,
    /// The KMS key that encrypts it.
    pub kms_key: FoundKey,
    /// Its tags; `None` when they were not read because the ledger vouches for them.
    pub tags: Option<BTreeMap<String, String>>,
    /// Whether it is there, or on its way out.
    pub presence: Presence,
}

/// The value of a thing.
#[derive(Debug, Clone)]
pub enum FoundValue {
    /// Text.
    Text(SecretString),
    /// Bytes that are no text (Secrets Manager).
    Binary,
    /// A parameter of a type whose values are no secrets, `String`: AWS does not change a parameter's type.
    OtherType(String),
    /// It exists and could not be read; why, in AWS's words.
    Unreadable(String),
    /// Nobody asked: it is not wanted.
    NotRead,
}

/// The KMS key of a thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FoundKey {
    /// As AWS spells it; `None` is the service's default key.
    Known(Option<String>),
    /// Not asked, or not told: the ledger decides.
    #[default]
    Unknown,
}

/// Whether a thing is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    #[default]
    Live,
    /// It is deleted and keeps its name until its recovery window ends (Secrets Manager).
    Deleted {
        /// The date that AWS gives for it.
        at: Option<Timestamp>,
    },
}

impl FoundItem {
    /// Whether it is this sync's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.owner == Some(Owner::This)
    }

    /// Whether it is there.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.presence == Presence::Live
    }

    /// Whether `version` is the one that is there.
    #[must_use]
    pub fn has_version(&self, version: &str) -> bool {
        !version.is_empty() && self.version.as_deref() == Some(version)
    }
}
