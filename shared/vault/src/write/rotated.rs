//! The secrets of a rotation: written by it alone, in the same transaction as its own record.

use model::audit::AuditRecord;
use model::connection::Connection;
use model::id::KeyRotationId;
use model::key_rotation::{KeyRotation, RotationState};
use model::project::Project;
use model::secret::{SecretKind, SecretName};
use store::{Change, CommitError, Conflict, Entity as _};

use super::transact::Batch;
use super::{SecretChange, Write, Written};
use crate::{Author, Error, Place, Vault};

/// What a rotation writes beside its secrets: added to the one transaction, and asked again for each attempt.
pub type Beside<'a> = &'a (dyn Fn(Change) -> Change + Send + Sync);

/// The rotation that a batch is written for.
#[derive(Clone, Copy)]
pub(super) struct Rotating<'a> {
    pub(super) id: KeyRotationId,
    /// The line of the audit trail, which the secrets are added to.
    pub(super) line: &'a AuditRecord,
    pub(super) beside: Beside<'a>,
}

/// At most so many items are written beside the secrets.
pub(super) const ITEMS_BESIDE: usize = 10;

impl Vault {
    /// Writes secrets as their rotation, which nobody else may, in one transaction with what `beside` adds: all of it or
    /// nothing, with `line` in the audit trail. Secrets of the names that are not the rotation's are refused as
    /// [`Error::Exists`]; to delete one that is not there, or not the rotation's any more, is to do nothing. Of secrets that are
    /// deleted, more personal ones in their place than fit into that transaction go before it.
    ///
    /// The reads of [`Vault::write`], and one TransactWriteItems, also where the secrets stay as they are.
    ///
    /// # Errors
    /// As [`Vault::write`]; what `beside` believed and was not so is [`Error::Commit`].
    pub async fn write_rotated(
        &self,
        place: &Place<'_>,
        author: &Author,
        id: KeyRotationId,
        line: &AuditRecord,
        writes: Vec<Write>,
        beside: Beside<'_>,
    ) -> Result<Written, Error> {
        let rotating = Rotating { id, line, beside };
        Batch::new(self, place, &SecretKind::Shared, author, writes)?.rotating(rotating).run().await
    }
}

impl Rotating<'_> {
    /// Whether a commit was refused because of what was written beside the secrets.
    pub(super) fn is_refused(error: &CommitError) -> bool {
        match error.conflict() {
            Some(Conflict::Stale { kind } | Conflict::Exists { kind } | Conflict::NameTaken { kind }) => {
                [KeyRotation::KIND, RotationState::KIND, Connection::KIND, Project::KIND].contains(kind)
            }
            Some(Conflict::Contended | Conflict::Unmet(_)) | None => false,
        }
    }
}

/// What a write of somebody who is `writer` (`None`: no rotation) is to a secret that `owner` writes.
pub(super) enum Ownership {
    /// It may do what it wants.
    Free,
    /// The secret is a rotation's, and the writer is another one or none.
    Rotated(KeyRotationId),
    /// The writer is a rotation, and the secret is not its own.
    Foreign,
}

impl Ownership {
    pub(super) fn of(owner: Option<KeyRotationId>, writer: Option<KeyRotationId>) -> Self {
        match (owner, writer) {
            (owner, writer) if owner == writer => Self::Free,
            (_, Some(_)) => Self::Foreign,
            (Some(owner), None) => Self::Rotated(owner),
            (None, None) => Self::Free,
        }
    }
}

/// Whether a change touches what only the rotation may: the value, the name, and whose the secret is.
pub(super) fn touches_rotated(name: &SecretName, change: &SecretChange, same_value: bool) -> bool {
    change.new_name.as_ref().is_some_and(|new_name| new_name != name)
        || (change.value.is_some() && !same_value)
        || change.rotation_id.is_some()
}
