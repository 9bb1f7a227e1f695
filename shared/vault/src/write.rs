//! Writing secrets: a batch for one folder, judged as a whole before anything is written.
//!
//! What fits into one transaction is written in one, with the earlier versions, the folder's state and the syncs that watch it;
//! a larger batch is several, one after the other. Where a shared secret goes, and with it more personal ones than fit beside it,
//! those go before it.

mod decide;
mod personal;
mod rollback;
mod rotated;
mod scene;
mod transact;
mod weight;

use model::id::{KeyRotationId, SecretSyncId, TagId};
use model::secret::{SecretKind, SecretName};
use secrecy::SecretString;

use crate::{Author, Error, OpenSecret, Place, Vault};

pub use rotated::Beside;

/// One thing to be done to a secret.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new one.
    Create(NewSecret),
    /// Another version of one.
    Update {
        /// Its name.
        name: SecretName,
        /// What is to be different.
        change: SecretChange,
        /// What if there is none.
        absent: Absent,
    },
    /// It goes, with its versions; a shared one also with the personal ones that stand in its place.
    Delete {
        /// Its name.
        name: SecretName,
    },
}

/// What becomes of an update of a secret that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// The whole batch is refused.
    Refuse,
    /// It is left out.
    Ignore,
    /// It is made.
    Create,
}

/// A secret to be made.
#[derive(Debug, Clone)]
pub struct NewSecret {
    /// Its name.
    pub name: SecretName,
    /// Its value, which may be empty.
    pub value: SecretString,
    /// Its comment, which may be empty.
    pub comment: SecretString,
    /// What people say about it.
    pub metadata: Vec<NewMetadata>,
    /// Its tags, each of them the project's.
    pub tags: Vec<TagId>,
    /// What to remind people of.
    pub reminder_note: Option<String>,
    /// How often, in days.
    pub reminder_repeat_days: Option<u32>,
    /// Whether clients leave line breaks as they are.
    pub skip_multiline_encoding: bool,
    /// The rotation that writes its value, if one does.
    pub rotation_id: Option<KeyRotationId>,
}

impl NewSecret {
    /// A secret that has a value and nothing else.
    #[must_use]
    pub fn new(name: SecretName, value: SecretString) -> Self {
        Self {
            name,
            value,
            comment: SecretString::default(),
            metadata: Vec::new(),
            tags: Vec::new(),
            reminder_note: None,
            reminder_repeat_days: None,
            skip_multiline_encoding: false,
            rotation_id: None,
        }
    }
}

/// One entry of what people say about a secret.
#[derive(Debug, Clone)]
pub struct NewMetadata {
    /// What.
    pub key: String,
    /// The text.
    pub value: SecretString,
    /// Whether it is to be sealed.
    pub is_encrypted: bool,
}

/// What is to be different of a secret; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct SecretChange {
    /// The new name.
    pub new_name: Option<SecretName>,
    /// The new value.
    pub value: Option<SecretString>,
    /// The new comment; the empty one removes it.
    pub comment: Option<SecretString>,
    /// All that people say about it from now on.
    pub metadata: Option<Vec<NewMetadata>>,
    /// All its tags from now on, each of them the project's.
    pub tags: Option<Vec<TagId>>,
    /// Tags that it has from now on beside its others, whichever those are then.
    pub attach: Vec<TagId>,
    /// Tags that it has no more.
    pub detach: Vec<TagId>,
    /// What to remind people of; `Some(None)` of nothing.
    pub reminder_note: Option<Option<String>>,
    /// How often, in days; `Some(None)` never.
    pub reminder_repeat_days: Option<Option<u32>>,
    /// Whether clients leave line breaks as they are.
    pub skip_multiline_encoding: Option<bool>,
    /// The rotation that writes its value; `Some(None)` none does any more.
    pub rotation_id: Option<Option<KeyRotationId>>,
}

impl SecretChange {
    /// The tags that a secret has with this change that had `before`.
    pub(crate) fn tags_after(&self, before: &[TagId]) -> Vec<TagId> {
        let mut tags = self.tags.clone().unwrap_or_else(|| before.to_vec());
        tags.retain(|tag| !self.detach.contains(tag));
        for tag in &self.attach {
            if !tags.contains(tag) {
                tags.push(*tag);
            }
        }
        tags
    }
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// The secrets as they are now, in the request's order; of a deletion as it was, without values when they could not be opened;
    /// `None` where an absent one was ignored.
    pub secrets: Vec<Option<OpenSecret>>,
    /// The syncs that this wakes: their ids belong on the queue. They are due in the table already.
    pub syncs: Vec<SecretSyncId>,
}

impl Vault {
    /// Writes a batch into a folder. Where nothing is different, nothing is written.
    ///
    /// Three GetItems and one BatchGetItem for each hundred names, and one TransactWriteItems for as many secrets as fit: about 30
    /// that are made or changed. One Query more where shared secrets are renamed or deleted, and the reads of [`Vault::list`]
    /// where values have references.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::NoFolder`], [`Error::NoSecret`], [`Error::NoShared`], [`Error::Exists`],
    /// [`Error::Rotated`], [`Error::Twice`], [`Error::Cycle`], [`Error::TooLong`], [`Error::TooManyPersonal`],
    /// [`Error::TooMuchAtOnce`]: nothing was written.
    /// [`Error::Interrupted`] when only the first secrets of several were; of one that is to be deleted, personal ones in its place
    /// may be gone after any other error, and the same call goes on from there. [`Error::Unreadable`] when a secret that is to be
    /// changed cannot be opened; it can still be deleted. [`Error::Contended`], [`Error::Seal`], [`Error::Read`],
    /// [`Error::Commit`].
    pub async fn write(
        &self,
        place: &Place<'_>,
        kind: &SecretKind,
        author: &Author,
        writes: Vec<Write>,
    ) -> Result<Written, Error> {
        transact::Batch::new(self, place, kind, author, writes)?.run().await
    }
}
