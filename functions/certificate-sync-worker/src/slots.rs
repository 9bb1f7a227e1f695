//! What is known of slots, and what of that is still to be stored.

use std::collections::BTreeSet;

use model::certificate_sync::plan::Book;
use model::id::CertificateSlotId;
use store::{CommitError, Conflict};

use crate::Fault;
use crate::lease::Lease;

/// The book of a run, stored as it changes.
#[derive(Debug)]
pub(crate) struct Slots<'r> {
    lease: &'r Lease<'r>,
    pub(crate) book: Book,
    /// In the order in which they are to be stored.
    changed: Vec<CertificateSlotId>,
    /// Slots that were deleted meanwhile.
    gone: BTreeSet<CertificateSlotId>,
}

impl<'r> Slots<'r> {
    pub(crate) const fn new(lease: &'r Lease<'r>, book: Book) -> Self {
        Self { lease, book, changed: Vec::new(), gone: BTreeSet::new() }
    }

    /// These changed, and are stored before anything is done.
    pub(crate) fn note(&mut self, changed: impl IntoIterator<Item = CertificateSlotId>) {
        for slot in changed {
            if !self.changed.contains(&slot) {
                self.changed.push(slot);
            }
        }
    }

    /// Nothing of it is stored any more.
    pub(crate) fn drop(&mut self, slot: CertificateSlotId) {
        self.changed.retain(|one| *one != slot);
        self.gone.insert(slot);
    }

    /// Whether a slot was deleted meanwhile.
    pub(crate) fn is_gone(&self, slot: CertificateSlotId) -> bool {
        self.gone.contains(&slot)
    }

    /// Stores what changed. One transaction for each slot.
    pub(crate) async fn keep(&mut self) -> Result<(), Fault> {
        for slot in std::mem::take(&mut self.changed) {
            let Some(held) = self.book.held(slot).filter(|_| !self.gone.contains(&slot)) else { continue };
            match self.lease.keep(slot, held).await {
                Ok(()) => {}
                // Whoever deletes a slot of which nothing is at AWS does not wait for a run.
                Err(Fault::Commit(CommitError::Conflict(Conflict::Stale { kind }))) if kind == SLOT => {
                    self.gone.insert(slot);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }
}

/// What the table calls a slot.
const SLOT: &str = "certificate of a sync";
