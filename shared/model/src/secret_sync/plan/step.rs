//! One thing that a run does at the destination.

use secrecy::{ExposeSecret as _, SecretString};

use super::{Place, STANDARD_PARAMETER_BYTES};
use crate::secret_sync::{Owned, Tag};

/// One thing that a run does to one name.
#[derive(Debug, Clone)]
pub struct Step {
    /// The name at the destination.
    pub name: String,
    /// The key that it stands for; `None` for a secret of all keys, and for what no key wants.
    pub key: Option<String>,
    /// What is done.
    pub action: Action,
    /// Whether it mends what somebody changed at the destination since this sync was there.
    pub mends_drift: bool,
}

/// What is done to a name.
#[derive(Debug, Clone)]
pub enum Action {
    /// It is made, with its tags.
    Create(Write),
    /// It is brought back from its recovery window, and then written (Secrets Manager).
    Restore(Write),
    /// It is ours and differs.
    Update(Write),
    /// It is nobody's: it is tagged as ours first, and then written where it differs.
    Adopt(Write),
    /// It is ours and nobody wants it any more.
    Delete,
}

/// What shall be there afterwards.
#[derive(Debug, Clone)]
pub struct Write {
    /// The value.
    pub value: SecretString,
    /// The KMS key it shall have; `None` is the service's default key.
    pub key_id: Option<String>,
    /// The tags to set: those that are not there as they should be. Of a thing that is made, all, our own two included.
    pub set_tags: Vec<Tag>,
    /// The keys of the tags to remove.
    pub remove_tags: Vec<String>,
    /// What differs.
    pub changes: Changes,
    /// Whether the ledger alone says that it is ours: then its tags are asked for before it is written.
    pub is_vouched: bool,
    /// The version that was read: it stays when neither value nor key differ.
    pub there: Option<String>,
    /// The ClientRequestToken of Secrets Manager: the same for the same write, another after anything changed there.
    pub token: String,
    /// The ledger's entry afterwards, but for the version that the write makes.
    pub entry: Owned,
}

/// What differs between what is wanted and what is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// The value.
    pub value: bool,
    /// The KMS key.
    pub kms_key: bool,
    /// Tags.
    pub tags: bool,
}

impl Changes {
    /// Whether anything does.
    #[must_use]
    pub const fn any(self) -> bool {
        self.value || self.kms_key || self.tags
    }
}

/// The tier of a parameter, which its size decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Up to 4,096 bytes; free.
    Standard,
    /// Up to 8,192 bytes; charged, and never standard again.
    Advanced,
}

impl Tier {
    /// The tier that a value needs.
    #[must_use]
    pub fn of(value: &SecretString) -> Self {
        if value.expose_secret().len() > STANDARD_PARAMETER_BYTES { Self::Advanced } else { Self::Standard }
    }
}

impl Step {
    /// The word for what is done, as `create`.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self.action {
            Action::Create(_) => "create",
            Action::Restore(_) => "restore",
            Action::Update(_) => "update",
            Action::Adopt(_) => "adopt",
            Action::Delete => "delete",
        }
    }

    /// What it writes; `None` when it deletes.
    #[must_use]
    pub const fn write(&self) -> Option<&Write> {
        match &self.action {
            Action::Create(write) | Action::Restore(write) | Action::Update(write) | Action::Adopt(write) => {
                Some(write)
            }
            Action::Delete => None,
        }
    }

    /// The ledger's entry once it is done and `version` is there; `None` when it deleted, and the entry is to go.
    #[must_use]
    pub fn entry(&self, version: &str) -> Option<Owned> {
        self.write().map(|write| Owned { left_version: version.to_owned(), ..write.entry.clone() })
    }
}

/// The ledger's entry of a name without a version.
pub(super) fn entry(
    place: &Place<'_>,
    name: &str,
    key: Option<&str>,
    key_id: Option<&str>,
    (tag_keys, tags_digest): (Vec<String>, Option<String>),
) -> Owned {
    Owned {
        secret_sync_id: place.sync,
        account_id: place.account.clone(),
        region: place.config.region().clone(),
        name: name.to_owned(),
        secret_key: key.map(str::to_owned),
        left_version: String::new(),
        key_id: key_id.map(str::to_owned),
        tag_keys,
        tags_digest,
    }
}
