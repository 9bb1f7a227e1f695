//! Where certificates are attached, kept with the certificates: read together, changed by what changes in slots, written in
//! the same transaction.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use model::certificate_sync::{CertificateSyncs, Place, Slot, Wanted};
use model::id::CertificateId;

use crate::certificate::{SYNCS, key};
use crate::change::{ABSENT, Request, key as item_key};
use crate::entity::{Entity, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::{Change, Store};

impl Entity for CertificateSyncs {
    const KIND: &'static str = "list of a certificate's syncs";

    fn keys(&self) -> Keys {
        Keys::within(key(self.certificate_id), SYNCS)
    }
}

/// Where some certificates are, as it was read and as it is to be.
#[derive(Debug, Clone, Default)]
pub struct Places {
    read: BTreeMap<CertificateId, Option<Stored<CertificateSyncs>>>,
    next: BTreeMap<CertificateId, CertificateSyncs>,
}

impl Store {
    /// Where a certificate is attached. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn syncs_of_certificate(&self, id: CertificateId) -> Result<CertificateSyncs, ReadError> {
        let read: Option<Stored<CertificateSyncs>> = self.get(&key(id), SYNCS).await?;
        Ok(read.map_or_else(|| CertificateSyncs::none(id), |read| read.value))
    }

    /// Where certificates are attached. One strongly consistent BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn places_of(
        &self,
        certificates: impl IntoIterator<Item = CertificateId>,
    ) -> Result<Places, ReadError> {
        let mut places = Places::default();
        self.more_places(&mut places, certificates).await?;
        Ok(places)
    }

    /// The same for some more.
    pub(super) async fn more_places(
        &self,
        places: &mut Places,
        certificates: impl IntoIterator<Item = CertificateId>,
    ) -> Result<(), ReadError> {
        let mut open: Vec<_> = certificates.into_iter().filter(|id| !places.read.contains_key(id)).collect();
        open.sort_unstable();
        open.dedup();
        for ids in open.chunks(100) {
            let keys: Vec<_> = ids.iter().map(|id| (key(*id), SYNCS.to_owned())).collect();
            places.read.extend(ids.iter().map(|id| (*id, None)));
            for item in self.batch_get(CertificateSyncs::KIND, &keys).await? {
                let read: Stored<CertificateSyncs> = stored_from(item)?;
                places.read.insert(read.certificate_id, Some(read));
            }
        }
        Ok(())
    }
}

impl Places {
    /// Where a certificate is by now.
    #[must_use]
    pub fn of(&self, id: CertificateId) -> CertificateSyncs {
        let read = || self.read.get(&id).and_then(Option::as_ref).map(|read| read.value.clone());
        self.next.get(&id).cloned().or_else(read).unwrap_or_else(|| CertificateSyncs::none(id))
    }

    /// Of these certificates alone.
    #[must_use]
    pub fn only(&self, certificates: &[CertificateId]) -> Self {
        let read = self.read.iter().filter(|(id, _)| certificates.contains(id));
        let next = self.next.iter().filter(|(id, _)| certificates.contains(id));
        Self {
            read: read.map(|(id, read)| (*id, read.clone())).collect(),
            next: next.map(|(id, next)| (*id, next.clone())).collect(),
        }
    }

    /// What is wanted of a slot becomes this; `None` where there was none, or will be none.
    pub(super) fn change(&mut self, slot: &Slot, before: Option<&Wanted>, after: Option<&Wanted>) {
        for (id, _) in before.into_iter().flat_map(Wanted::places) {
            let next = self.of(id).without(slot.certificate_sync_id);
            self.next.insert(id, next);
        }
        for (id, role) in after.into_iter().flat_map(Wanted::places) {
            let place = Place { sync_id: slot.certificate_sync_id, slot_id: slot.id, role };
            let next = self.of(id).with(place);
            self.next.insert(id, next);
        }
    }
}

impl Change {
    /// What has changed in these places; what has not must be as it was read. Writes an item for each certificate.
    #[must_use]
    pub(crate) fn places(mut self, places: &Places) -> Self {
        for (id, read) in &places.read {
            let next = places.of(*id);
            self = match read {
                Some(read) if read.value.places == next.places => self.unchanged(read),
                Some(read) if next.places.is_empty() => self.delete(read),
                Some(read) => self.replace(read, &next),
                None if next.places.is_empty() => self.nowhere(*id),
                None => self.create(&next),
            };
        }
        self
    }

    /// A certificate is attached nowhere, as it was read: whoever attaches it at the same moment, or this, is refused as
    /// [`Conflict::Stale`] of [`CertificateSyncs`].
    #[must_use]
    pub(crate) fn nowhere(mut self, id: CertificateId) -> Self {
        let request =
            Request::Check { key: item_key(&key(id), SYNCS), condition: ABSENT, values: HashMap::new() };
        self.push(request, Conflict::Stale { kind: CertificateSyncs::KIND });
        self
    }

    /// A thing that was read must still be at that version.
    pub(super) fn unchanged<T: Entity>(mut self, read: &Stored<T>) -> Self {
        let keys = read.value.keys();
        let request = Request::Check {
            key: item_key(&keys.pk, &keys.sk),
            condition: "version = :version",
            values: HashMap::from([(":version".to_owned(), AttributeValue::N(read.version.to_string()))]),
        };
        self.push(request, Conflict::Stale { kind: T::KIND });
        self
    }
}
