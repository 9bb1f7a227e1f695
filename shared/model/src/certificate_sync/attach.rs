//! Attaching certificates: which may be, and what that does to a sync's slots.

use super::attached::{CertificateSyncs, Role};
use super::slot::{Slot, Wanted};
use super::{CertificateSync, Held, MOST_SYNCS};
use crate::Timestamp;
use crate::certificate::{Certificate, CertificateStatus};
use crate::id::{CertificateId, CertificateSlotId};

/// Why a certificate may not be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAttachable {
    /// It is another project's.
    #[error("it belongs to another project")]
    AnotherProject,
    /// It was issued in another application.
    #[error("it belongs to another application")]
    AnotherApplication,
    /// It is over, or revoked.
    #[error("it is not active: it is {}", .0.name())]
    Inactive(CertificateStatus),
    /// Another one took its place.
    #[error("it was renewed; attach the certificate with ID \"{0}\" instead")]
    Renewed(CertificateId),
    /// Nobody could serve with it.
    #[error("its private key is not kept here")]
    NoKey,
}

/// Whether a certificate may be attached to a sync at `now`. One that was issued outside of any application, or imported, is
/// its whole project's.
///
/// # Errors
/// The first reason against it.
pub fn attachable(
    sync: &CertificateSync,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<(), NotAttachable> {
    if certificate.project_id != sync.project_id {
        return Err(NotAttachable::AnotherProject);
    }
    if certificate.application_id.is_some_and(|application| application != sync.application_id) {
        return Err(NotAttachable::AnotherApplication);
    }
    if let Some(newer) = certificate.renewed_by {
        return Err(NotAttachable::Renewed(newer));
    }
    match certificate.status(now) {
        CertificateStatus::Active => {}
        over @ (CertificateStatus::Expired | CertificateStatus::Revoked) => {
            return Err(NotAttachable::Inactive(over));
        }
    }
    if certificate.has_private_key { Ok(()) } else { Err(NotAttachable::NoKey) }
}

/// Why certificates that may be attached are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is in as many syncs as can follow its renewal at once.
    #[error("The certificate with ID \"{0}\" is attached to {MOST_SYNCS} syncs already, which is the most")]
    Everywhere(CertificateId),
    /// It is what an attached certificate goes back to.
    #[error(
        "The certificate with ID \"{0}\" is the previous one of a certificate that is attached to this sync: roll that one back instead"
    )]
    Previous(CertificateId),
}

/// The slot that `certificate` gets when it is attached to a sync with these slots: a new one, or the one that it, or the
/// certificate that it renewed, was detached from. `None` when it is attached already. `places` is where it is.
///
/// # Errors
/// [`Refused`].
pub fn attached<'s>(
    sync: &CertificateSync,
    slots: impl IntoIterator<Item = &'s Slot> + Clone,
    places: &CertificateSyncs,
    certificate: &Certificate,
    now: Timestamp,
) -> Result<Option<Slot>, Refused> {
    match places.place(sync.id).map(|place| place.role) {
        Some(Role::Present) => return Ok(None),
        Some(Role::Previous) => return Err(Refused::Previous(certificate.id)),
        None if places.places.len() >= MOST_SYNCS => return Err(Refused::Everywhere(certificate.id)),
        None => {}
    }
    let detached = |id: CertificateId| {
        let mut slots = slots.clone().into_iter();
        slots.find(|slot| !slot.wanted.is_attached() && slot.wanted.certificate_id == id)
    };
    let before = detached(certificate.id).or_else(|| detached(certificate.renewed_from?));
    Ok(Some(match before {
        Some(slot) => Slot { wanted: slot.wanted.attached_again(certificate.id, now), ..slot.clone() },
        None => Slot {
            id: CertificateSlotId::random(),
            certificate_sync_id: sync.id,
            wanted: Wanted::attached(certificate.id, now),
            held: Held::default(),
        },
    }))
}
