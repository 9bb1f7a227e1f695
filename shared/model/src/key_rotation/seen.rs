//! What IAM shows of a user: the only things that a rotation believes about AWS.

use super::key::AccessKeyId;
use crate::Timestamp;

/// A user and its keys, as IAM shows them at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// IAM's own id of the user, which a user of the same name that is made later does not get; `None` when there is none.
    pub user_id: Option<String>,
    /// All keys of the user, whoever made them.
    pub keys: Vec<SeenKey>,
    /// The name that the user whom the rotation is about has now, where it is another one.
    pub renamed_to: Option<String>,
    /// The access key that this was asked with, where the connection has one of its own: without it, nothing can be asked any
    /// more.
    pub signed_by: Option<AccessKeyId>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Whether AWS takes it.
    pub is_active: bool,
    /// When it was made, in whole seconds.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_used: LastUsed,
}

/// When a key was used last, as far as can be known. AWS tells hours late: use is a veto, its absence is no proof.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUsed {
    /// The role may not ask.
    Unknown,
    /// Never, as far as AWS has told.
    Never,
    /// Then.
    At(Timestamp),
}

impl Seen {
    /// The key with this id.
    #[must_use]
    pub fn key(&self, id: &AccessKeyId) -> Option<&SeenKey> {
        self.keys.iter().find(|key| key.id == *id)
    }

    /// Whether the connection itself runs on the key with this id.
    #[must_use]
    pub fn is_signed_by(&self, id: &AccessKeyId) -> bool {
        self.signed_by.as_ref() == Some(id)
    }

    /// The same without a key that is known to be gone.
    #[must_use]
    pub fn without(&self, gone: Option<&AccessKeyId>) -> Self {
        let keys = self.keys.iter().filter(|key| Some(&key.id) != gone).cloned().collect();
        Self { keys, ..self.clone() }
    }
}

impl SeenKey {
    /// Until when its last use is a veto against deactivating it, if it is at `now`.
    #[must_use]
    pub fn vetoed_until(&self, now: Timestamp, quiet: std::time::Duration) -> Option<Timestamp> {
        match self.last_used {
            LastUsed::At(used_at) => Some(used_at.plus(quiet)).filter(|until| *until > now),
            LastUsed::Unknown | LastUsed::Never => None,
        }
    }

    /// In words, for the message about a key that is in the way: no secret, and not the whole id.
    #[must_use]
    pub fn in_words(&self, now: Timestamp) -> String {
        let days = now.since(self.created_at).as_secs() / 86_400;
        let used = match self.last_used {
            LastUsed::Unknown => "last use unknown (allow iam:GetAccessKeyLastUsed to know)".to_owned(),
            LastUsed::Never => "never used".to_owned(),
            LastUsed::At(at) => format!("last used {at}"),
        };
        let state = if self.is_active { "" } else { ", inactive" };
        format!("…{} ({days} days old, {used}{state})", self.id.last_four())
    }
}
