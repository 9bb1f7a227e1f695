//! What is wanted of a slot.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::certificate_sync::Role;
use crate::id::CertificateId;

/// What is wanted of a slot. Each change counts `revision` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The certificate that is to be at the destination.
    pub certificate_id: CertificateId,
    /// The one before, which a rollback goes back to; after a rollback, the one that was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<CertificateId>,
    /// Whether it is to be there at all.
    pub standing: Standing,
    /// Counts the changes, from 1.
    pub revision: u64,
    /// When it was changed last.
    pub changed_at: Timestamp,
}

/// Whether a certificate is to be at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is.
    Attached,
    /// It was detached, and what AWS has of it goes: the slot is deleted when all is gone.
    Leaving,
    /// It was detached, and AWS keeps what it has: the slot remembers, so that attaching again finds it.
    Left,
}

/// There is nothing to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate has no previous one in this sync")]
pub struct NotThere;

impl Wanted {
    /// A certificate is attached.
    #[must_use]
    pub const fn attached(certificate_id: CertificateId, now: Timestamp) -> Self {
        Self { certificate_id, previous: None, standing: Standing::Attached, revision: 1, changed_at: now }
    }

    /// Whether it is to be at the destination.
    #[must_use]
    pub const fn is_attached(&self) -> bool {
        matches!(self.standing, Standing::Attached)
    }

    /// The certificates that it needs, and as what: while it is attached, none of them is deleted.
    pub fn places(&self) -> impl Iterator<Item = (CertificateId, Role)> + use<> {
        let present = self.is_attached().then_some((self.certificate_id, Role::Present));
        let previous = self.previous.filter(|_| self.is_attached()).map(|id| (id, Role::Previous));
        present.into_iter().chain(previous)
    }

    /// A renewal took the place of the certificate, or of the one that this was rolled back from: the one that is there now
    /// is the previous one.
    #[must_use]
    pub const fn moved(&self, to: CertificateId, now: Timestamp) -> Self {
        Self { certificate_id: to, previous: Some(self.certificate_id), ..self.next(now) }
    }

    /// Back to the previous certificate; the one that is left is the previous one then, so that twice is as before.
    ///
    /// # Errors
    /// [`NotThere`] when there is none.
    pub const fn rolled_back(&self, now: Timestamp) -> Result<Self, NotThere> {
        match self.previous {
            Some(previous) => Ok(self.moved(previous, now)),
            None => Err(NotThere),
        }
    }

    /// It is detached: what AWS has goes, or stays.
    #[must_use]
    pub const fn detached(&self, goes: bool, now: Timestamp) -> Self {
        let standing = if goes { Standing::Leaving } else { Standing::Left };
        Self { standing, previous: None, ..self.next(now) }
    }

    /// It is attached again, with this certificate.
    #[must_use]
    pub const fn attached_again(&self, certificate_id: CertificateId, now: Timestamp) -> Self {
        Self { certificate_id, previous: None, standing: Standing::Attached, ..self.next(now) }
    }

    /// It is to be carried out again, as it is.
    #[must_use]
    pub const fn next(&self, now: Timestamp) -> Self {
        Self {
            certificate_id: self.certificate_id,
            previous: self.previous,
            standing: self.standing,
            revision: self.revision.saturating_add(1),
            changed_at: now,
        }
    }
}
