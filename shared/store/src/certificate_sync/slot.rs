//! Slots: what is wanted of them and what AWS has of them are written apart, each without regard to the other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::certificate_sync::{CertificateSyncRun, Held, Slot, Wanted};
use model::id::{CertificateSlotId, CertificateSyncId};
use serde::Serialize;

use super::key;
use crate::change::{Bookkeeping, Request, key as item_key};
use crate::entity::{Entity, Stored};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

const LIST: &str = "SLOT#";

const AT_REVISION: &str = "#wanted.#revision = :revision";

impl Entity for Slot {
    const KIND: &'static str = "certificate of a sync";

    fn keys(&self) -> Keys {
        Keys::within(key(self.certificate_sync_id), position(self.id))
    }
}

fn position(id: CertificateSlotId) -> String {
    format!("{LIST}{id}")
}

impl Store {
    /// The slots of a sync, in no order that means anything. One strongly consistent Query for each MB, which is about 500
    /// slots.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn certificate_sync_slots(
        &self,
        id: CertificateSyncId,
    ) -> Result<Vec<Stored<Slot>>, ReadError> {
        self.list(From::Table, &key(id), LIST).await
    }

    /// These slots of these syncs, in no order; absent ones are left out. One strongly consistent BatchGetItem.
    pub(super) async fn slots_at(
        &self,
        slots: &[(CertificateSyncId, CertificateSlotId)],
    ) -> Result<Vec<Stored<Slot>>, ReadError> {
        let keys: Vec<_> = slots.iter().map(|(sync, slot)| (key(*sync), position(*slot))).collect();
        let items = self.batch_get(Slot::KIND, &keys).await?;
        items.into_iter().map(crate::entity::stored_from).collect()
    }

    /// Writes down what AWS has of a slot, for the holder of the sync's lease; what is wanted of it stays as it is by now. One
    /// TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`]; with [`Conflict::Stale`] of a [`CertificateSyncRun`] when the lease was lost, and of a [`Slot`] when
    /// the slot is gone.
    pub async fn keep_slot(
        &self,
        sync: CertificateSyncId,
        token: &str,
        now: Timestamp,
        slot: CertificateSlotId,
        held: &Held,
    ) -> Result<(), CommitError> {
        let change = Change::new(now).holding_certificate_sync(sync, token).hold_slot(sync, slot, held);
        self.keep_count(Bookkeeping(change)).await
    }

    /// A slot that is leaving and of which AWS has nothing any more goes, for the holder of the sync's lease, unless it was
    /// attached again meanwhile: then it answers `false`. One TransactWriteItems.
    ///
    /// # Errors
    /// [`CommitError`]; with [`Conflict::Stale`] of a [`CertificateSyncRun`] when the lease was lost.
    pub async fn forget_slot(
        &self,
        token: &str,
        now: Timestamp,
        read: &Stored<Slot>,
    ) -> Result<bool, CommitError> {
        let change = Change::new(now)
            .holding_certificate_sync(read.certificate_sync_id, token)
            .delete_slot_at_revision(read);
        match self.keep_count(Bookkeeping(change)).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(Conflict::Stale { kind })) if kind != CertificateSyncRun::KIND => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

impl Change {
    /// What is wanted of a slot that was read; its other half stays as it is by now.
    #[must_use]
    pub(super) fn want_slot(self, read: &Slot, next: &Wanted) -> Self {
        let revision = AttributeValue::N(read.wanted.revision.to_string());
        let condition = format!("attribute_exists(pk) AND {AT_REVISION}");
        self.set_half(
            (read.certificate_sync_id, read.id),
            ("wanted", next),
            condition,
            HashMap::from([(":revision".to_owned(), revision)]),
        )
    }

    fn hold_slot(self, sync: CertificateSyncId, slot: CertificateSlotId, held: &Held) -> Self {
        self.set_half((sync, slot), ("held", held), "attribute_exists(pk)".to_owned(), HashMap::new())
    }

    fn set_half<T: Serialize>(
        mut self,
        (sync, slot): (CertificateSyncId, CertificateSlotId),
        (name, half): (&str, &T),
        condition: String,
        mut values: HashMap<String, AttributeValue>,
    ) -> Self {
        match serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(half) {
            Ok(half) => values.insert(":half".to_owned(), half),
            Err(error) => {
                self.fault = Some(CommitError::Encode { kind: Slot::KIND, source: error.into() });
                return self;
            }
        };
        let now = self.now();
        values.insert(":now".to_owned(), AttributeValue::S(now.to_string()));
        values.insert(":one".to_owned(), AttributeValue::N("1".to_owned()));
        let request = Request::Update {
            key: item_key(&key(sync), &position(slot)),
            expression: format!("SET #{name} = :half, updated_at = :now ADD version :one"),
            condition: Some(condition),
            values,
        };
        self.push(request, Conflict::Stale { kind: Slot::KIND });
        self
    }

    /// Only where what is wanted of it is still what was read.
    fn delete_slot_at_revision(mut self, read: &Slot) -> Self {
        let revision = AttributeValue::N(read.wanted.revision.to_string());
        let request = Request::Delete {
            key: item_key(&key(read.certificate_sync_id), &position(read.id)),
            condition: AT_REVISION,
            values: HashMap::from([(":revision".to_owned(), revision)]),
        };
        self.push(request, Conflict::Stale { kind: Slot::KIND });
        self
    }
}
