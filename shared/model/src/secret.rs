//! Secrets: names, values (always sealed here), what hangs on them, and their earlier versions.

mod expansion;
mod name;
mod path;
pub mod reference;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::audit::Actor;
use crate::id::{EnvironmentId, FolderId, KeyRotationId, ProjectId, SecretId, TagId};
use crate::membership::ActorKind;
use crate::permission::{Scope, Scoped};

pub use expansion::{Expanded, Graph, LONGEST_EXPANSION, Node, Unresolved};
pub use name::{InvalidSecretName, LONGEST_NAME, SecretName, trimmed_value};
pub use path::{InvalidSecretPath, LONGEST_PATH, SecretPath};

/// The longest value, in bytes.
pub const LONGEST_VALUE: usize = 128 * 1024;
/// The longest comment, in bytes.
pub const LONGEST_COMMENT: usize = 10_000;
/// The longest note of a reminder, in characters.
pub const LONGEST_REMINDER_NOTE: usize = 1_024;
/// The most entries of metadata of one secret.
pub const MOST_METADATA: usize = 50;
/// The longest key of metadata, in characters.
pub const LONGEST_METADATA_KEY: usize = 255;
/// The longest value of metadata, in characters.
pub const LONGEST_METADATA_VALUE: usize = 1_020;
/// The most tags of one secret.
pub const MOST_TAGS: usize = 50;
/// How many earlier versions of a secret are kept.
pub const KEPT_VERSIONS: u64 = 10;

/// Whose personal secret it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// People alone have personal secrets; the kind is kept all the same.
    #[serde(rename = "owner_kind")]
    pub kind: ActorKind,
    /// The e-mail in lower case.
    #[serde(rename = "owner_id")]
    pub id: String,
}

/// For whom a secret is.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum SecretKind {
    /// For everybody who may read the folder.
    #[default]
    Shared,
    /// For one person, in place of the shared secret of the same name.
    Personal(Owner),
}

impl SecretKind {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Personal(_) => "personal",
        }
    }

    /// Whose it is, when it is one person's.
    #[must_use]
    pub const fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Shared => None,
            Self::Personal(owner) => Some(owner),
        }
    }
}

/// One entry of what people say about a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretMetadata {
    /// What.
    pub key: String,
    /// The text itself, or the sealed text when it is encrypted.
    pub value: String,
    /// Whether it is sealed.
    pub is_encrypted: bool,
}

/// A secret as it is stored. What is secret of it is sealed for its place and its version: text that says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// The project that it belongs to, whose data key seals it.
    pub project_id: ProjectId,
    /// The environment that it is in.
    pub environment_id: EnvironmentId,
    /// The folder that it is in.
    pub folder_id: FolderId,
    /// Its name, unique in its folder (for each person anew, of personal ones).
    pub name: SecretName,
    /// For whom it is.
    #[serde(flatten)]
    pub kind: SecretKind,
    /// The sealed value. An empty value is sealed like any other.
    pub value: String,
    /// The sealed comment; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What people say about it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<SecretMetadata>,
    /// Its tags; one that was deleted since may still be here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagId>,
    /// What to remind people of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_note: Option<String>,
    /// How often, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_repeat_days: Option<u32>,
    /// Whether clients leave line breaks as they are.
    #[serde(default)]
    pub skip_multiline_encoding: bool,
    /// Who wrote this version.
    pub actor: Actor,
    /// The rotation that writes its value, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_id: Option<KeyRotationId>,
}

impl Scoped for Secret {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

/// An earlier version of a secret, sealed for its place in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretVersion {
    /// Which version it was, from 1.
    pub number: u64,
    /// When it was written.
    pub written_at: Timestamp,
    /// The secret as it was then.
    #[serde(flatten)]
    pub secret: Secret,
}

impl Scoped for SecretVersion {
    fn scope(&self) -> Scope {
        self.secret.scope()
    }
}

#[cfg(test)]
mod tests;
