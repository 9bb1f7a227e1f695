//! Where a certificate is attached: kept beside the certificate, so that whoever renews, revokes or deletes it knows.

use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, CertificateSlotId, CertificateSyncId};

/// The syncs that have a certificate, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSyncs {
    /// The certificate.
    pub certificate_id: CertificateId,
    /// Where it is.
    pub places: Vec<Place>,
}

/// A certificate's place in a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The sync.
    pub sync_id: CertificateSyncId,
    /// The slot.
    pub slot_id: CertificateSlotId,
    /// What it is there.
    pub role: Role,
}

/// What a certificate is to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The one that is meant to be at the destination.
    Present,
    /// The one that a rollback goes back to.
    Previous,
}

impl CertificateSyncs {
    /// A certificate that is nowhere.
    #[must_use]
    pub const fn none(certificate_id: CertificateId) -> Self {
        Self { certificate_id, places: Vec::new() }
    }

    /// Its place in a sync.
    #[must_use]
    pub fn place(&self, sync: CertificateSyncId) -> Option<&Place> {
        self.places.iter().find(|place| place.sync_id == sync)
    }

    /// The same, with the certificate in this place of a sync and no other one there.
    #[must_use]
    pub fn with(&self, place: Place) -> Self {
        let mut next = self.without(place.sync_id);
        next.places.push(place);
        next
    }

    /// The same, without a sync.
    #[must_use]
    pub fn without(&self, sync: CertificateSyncId) -> Self {
        let places = self.places.iter().filter(|place| place.sync_id != sync).copied().collect();
        Self { certificate_id: self.certificate_id, places }
    }

    /// The syncs, each once.
    #[must_use]
    pub fn syncs(&self) -> Vec<CertificateSyncId> {
        self.places.iter().map(|place| place.sync_id).collect()
    }
}
