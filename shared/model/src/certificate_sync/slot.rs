//! A certificate that is attached to a sync, through all its renewals: what people want of it, and what the worker has done.
//!
//! The two are stored in one item and written apart, each without regard to the other: [`Wanted`] by whoever attaches,
//! renews, rolls back or detaches, on the condition of its own `revision`; [`Held`] by whoever holds the sync's lease. So a
//! renewal never waits for a run, and a run never undoes a renewal.

mod held;
mod told;
mod wanted;

use serde::{Deserialize, Serialize};

use crate::id::{CertificateSlotId, CertificateSyncId};

pub use held::{Held, Intent, Listed, OnListener, Placed, Retired};
pub use told::{Answer, Served, SlotStatus, Told};
pub use wanted::{NotThere, Standing, Wanted};

/// A certificate that is attached to a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its id, which the wire calls the id of the sync's certificate.
    pub id: CertificateSlotId,
    /// The sync.
    pub certificate_sync_id: CertificateSyncId,
    /// What is wanted.
    pub wanted: Wanted,
    /// What AWS has of it, as far as is known.
    #[serde(default)]
    pub held: Held,
}

impl Slot {
    /// Whether what is wanted is still to be carried out: nothing was told of this revision yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.held.told.as_ref().is_none_or(|told| told.revision != self.wanted.revision)
    }

    /// How it stands, in the words of the wire.
    #[must_use]
    pub fn status(&self) -> SlotStatus {
        match &self.held.told {
            _begun if self.held.intent.is_some() => SlotStatus::Syncing,
            Some(told) if !self.is_open() => told.status,
            Some(_) | None => SlotStatus::Pending,
        }
    }

    /// Everything in ACM that is this slot's: in place, retired, or known from an intent.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        let placed = self.held.placed.iter().map(|placed| placed.arn.as_str());
        placed.chain(self.held.retired.iter().map(|retired| retired.arn.as_str()))
    }
}
