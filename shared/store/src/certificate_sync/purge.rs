//! The rest of a sync whose definition is gone.

use model::Timestamp;
use model::certificate_sync::{CertificateSyncRun, Slot, Wanted};
use model::id::CertificateSyncId;

use crate::change::Bookkeeping;
use crate::entity::Stored;
use crate::error::{CommitError, Conflict};
use crate::{Change, Store};

/// Slots of one transaction: each is an item, and two more where its certificates are.
const GROUP: usize = 30;

/// Attempts against renewals of the same certificates.
const ATTEMPTS: u32 = 8;

impl Store {
    /// Removes everything that is stored of a deleted sync: its slots, with their certificates' note of them, and last the
    /// run state, which keeps it due until then. Does nothing for a sync that was not deleted. Twice is once.
    ///
    /// What AWS has stays as it is, and keeps the tag of a sync that is no more.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written; it may be called again.
    pub async fn purge_certificate_sync(
        &self,
        id: CertificateSyncId,
        now: Timestamp,
    ) -> Result<(), CommitError> {
        let Some(run) = self.certificate_sync_run(id).await?.filter(|run| run.deleted) else { return Ok(()) };
        for attempt in 1.. {
            let slots = self.certificate_sync_slots(id).await?;
            let mut outcome = Ok(());
            for group in slots.chunks(GROUP) {
                outcome = self.purge_slots(group, now).await;
                if outcome.is_err() {
                    break;
                }
            }
            match outcome {
                Ok(()) => break,
                // A renewal moved one meanwhile.
                Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended))
                    if attempt < ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        let rest = Change::new(now).discard::<CertificateSyncRun>(&run.value);
        self.keep_count(Bookkeeping(rest)).await
    }

    async fn purge_slots(&self, slots: &[Stored<Slot>], now: Timestamp) -> Result<(), CommitError> {
        let certificates = slots.iter().flat_map(|slot| slot.wanted.places()).map(|(id, _)| id);
        let mut places = self.places_of(certificates).await?;
        let mut change = Change::new(now);
        for slot in slots {
            places.change(slot, Some(&slot.wanted), None::<&Wanted>);
            change = change.delete(slot);
        }
        self.keep_count(Bookkeeping(change.places(&places))).await
    }
}
