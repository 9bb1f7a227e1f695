//! Attaching and detaching, renewals and rollbacks: what is wanted of slots, in the transaction that changes it.

use model::Timestamp;
use model::audit::AuditRecord;
use model::certificate::Certificate;
use model::certificate_sync::{CertificateSyncRun, CertificateSyncs, MOST_SLOTS, Slot, Wanted};
use model::id::{CertificateId, CertificateSlotId, CertificateSyncId};

use super::places::Places;
use super::run::Shift;
use crate::entity::Stored;
use crate::error::{CommitError, ReadError};
use crate::{Change, Store};

/// A certificate that is being attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The certificate, as it was read: it must still be so.
    pub certificate: Stored<Certificate>,
    /// The slot as it was read, when it is one that was there.
    pub before: Option<Stored<Slot>>,
    /// The slot as it is then.
    pub slot: Slot,
}

impl Attached {
    /// The most that are attached, or detached, in one transaction: each writes three items at the most.
    pub const AT_ONCE: usize = 30;
}

/// Where the certificates that follow one that is renewed or revoked are attached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Following {
    places: Places,
    /// The slots that have it, with what is wanted of them then; unchanged for a revocation.
    moved: Vec<(Stored<Slot>, Wanted)>,
    woken: Vec<CertificateSyncId>,
}

impl Store {
    /// Attaches certificates to a sync, with its run state and their `places` as they were read when it was decided what that
    /// does, in one transaction; at most [`Attached::AT_ONCE`]. `default` is
    /// the slot that is the default then. One GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`], with [`crate::Conflict::Stale`] when anything was changed since it was read: read again.
    pub async fn attach_certificates(
        &self,
        run: &CertificateSyncRun,
        attached: &[Attached],
        places: &Places,
        default: Option<CertificateSlotId>,
        now: Timestamp,
        audit: &AuditRecord,
    ) -> Result<(), CommitError> {
        let mut places = places.clone();
        let mut change = Change::new(now);
        for one in attached {
            change = change.unchanged(&one.certificate);
            let wanted = one.before.as_ref().map(|before| &before.wanted);
            places.change(&one.slot, wanted, Some(&one.slot.wanted));
            change = match &one.before {
                Some(before) => change.want_slot(before, &one.slot.wanted),
                None => change.create(&one.slot),
            };
        }
        let shift = Shift {
            slots: i64::try_from(attached.len()).unwrap_or(i64::MAX),
            most: Some(MOST_SLOTS),
            default: (run.default_slot, default.or(run.default_slot)),
        };
        self.commit_in_project(change.places(&places).shift_certificate_sync(run.id, shift), audit).await
    }

    /// Detaches slots of a sync, with its run state as it was read, in one transaction; at most [`Attached::AT_ONCE`]. What AWS has of them
    /// goes, or stays; a slot that AWS never had anything of goes itself. One BatchGetItem, one GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`], with [`crate::Conflict::Stale`] when anything was changed since it was read: read again.
    pub async fn detach_certificates(
        &self,
        run: &CertificateSyncRun,
        slots: &[Stored<Slot>],
        goes: bool,
        now: Timestamp,
        audit: &AuditRecord,
    ) -> Result<(), CommitError> {
        let certificates = slots.iter().flat_map(|slot| slot.wanted.places()).map(|(id, _)| id);
        let mut places = self.places_of(certificates).await?;
        let mut change = Change::new(now);
        for slot in slots {
            if slot.held == Default::default() {
                places.change(slot, Some(&slot.wanted), None);
                change = change.delete(slot);
            } else {
                let next = slot.wanted.detached(goes, now);
                places.change(slot, Some(&slot.wanted), Some(&next));
                change = change.want_slot(slot, &next);
            }
        }
        let kept = run.default_slot.filter(|default| slots.iter().all(|slot| slot.id != *default));
        let shift = Shift {
            slots: i64::try_from(slots.len()).unwrap_or_default().saturating_neg(),
            most: None,
            default: (run.default_slot, kept),
        };
        self.commit_in_project(change.places(&places).shift_certificate_sync(run.id, shift), audit).await
    }

    /// A slot goes back to its previous certificate, which must be as it was read. One BatchGetItem, one GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`], with [`crate::Conflict::Stale`] when anything was changed since it was read: read again.
    pub async fn roll_back_slot(
        &self,
        slot: &Stored<Slot>,
        next: &Wanted,
        previous: &Stored<Certificate>,
        now: Timestamp,
        audit: &AuditRecord,
    ) -> Result<(), CommitError> {
        let mut places = self.places_of(slot.wanted.places().map(|(id, _)| id)).await?;
        places.change(slot, Some(&slot.wanted), Some(next));
        let change = Change::new(now)
            .unchanged(previous)
            .want_slot(slot, next)
            .places(&places)
            .wake_certificate_sync(slot.certificate_sync_id);
        self.commit_in_project(change, audit).await
    }

    /// Makes a slot the default of a sync, or none, in place of the one that is, and wakes it. One GetItem and one TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`], with [`crate::Conflict::Stale`] when anything was changed since it was read: read again.
    pub async fn set_default_slot(
        &self,
        run: &CertificateSyncRun,
        (before, after): (Option<&Stored<Slot>>, Option<&Stored<Slot>>),
        now: Timestamp,
        audit: &AuditRecord,
    ) -> Result<(), CommitError> {
        // Both are to be carried out again, and a detachment at the same moment refuses one of the two.
        let touched = before.into_iter().chain(after);
        let change =
            touched.fold(Change::new(now), |change, slot| change.want_slot(slot, &slot.wanted.next(now)));
        let default = (run.default_slot, after.map(|slot| slot.id));
        let shift = Shift { slots: 0, most: None, default };
        self.commit_in_project(change.shift_certificate_sync(run.id, shift), audit).await
    }

    /// What follows when `old` is renewed by `new`: one BatchGetItem or three.
    pub(crate) async fn following_renewal(
        &self,
        old: CertificateId,
        new: CertificateId,
        now: Timestamp,
    ) -> Result<Following, ReadError> {
        let mut places = self.places_of([old]).await?;
        let slots = self.slots_of(&places.of(old)).await?;
        let mut following = Following::default();
        let referenced = slots.iter().flat_map(|slot| slot.wanted.places()).map(|(id, _)| id);
        self.more_places(&mut places, referenced.collect::<Vec<_>>()).await?;
        if !slots.is_empty() {
            self.more_places(&mut places, [new]).await?;
        }
        for slot in slots {
            let next = slot.wanted.moved(new, now);
            places.change(&slot, Some(&slot.wanted), Some(&next));
            following.woken.push(slot.certificate_sync_id);
            following.moved.push((slot, next));
        }
        following.places = places;
        Ok(following)
    }

    /// What follows when a certificate is revoked, or is not after all. One GetItem.
    pub(crate) async fn following_revocation(&self, id: CertificateId) -> Result<Following, ReadError> {
        let places = self.places_of([id]).await?;
        let woken = places.of(id).syncs();
        Ok(Following { places, moved: Vec::new(), woken })
    }

    /// The slots that have a certificate, as the present one or the previous one.
    async fn slots_of(&self, syncs: &CertificateSyncs) -> Result<Vec<Stored<Slot>>, ReadError> {
        let at: Vec<_> = syncs.places.iter().map(|place| (place.sync_id, place.slot_id)).collect();
        let mut slots = if at.is_empty() { Vec::new() } else { self.slots_at(&at).await? };
        slots.retain(|slot| slot.wanted.places().any(|(id, _)| id == syncs.certificate_id));
        Ok(slots)
    }
}

impl Change {
    /// What follows a renewal or a revocation, in its transaction. Writes three items for each sync at the most, and one for
    /// the certificate where there is none.
    pub(crate) fn follow(mut self, following: &Following) -> Self {
        for (slot, next) in &following.moved {
            self = self.want_slot(slot, next);
        }
        self = self.places(&following.places);
        following.woken.iter().fold(self, |change, sync| change.wake_certificate_sync(*sync))
    }
}
