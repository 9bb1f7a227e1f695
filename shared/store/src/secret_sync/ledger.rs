//! The ledger of a sync: what it owns at the destination, written in groups by whoever holds the lease.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::id::SecretSyncId;
use model::secret_sync::{Owned, SecretSyncRun};

use super::{key, run};
use crate::change::{Bookkeeping, Request, key as item_key};
use crate::entity::{Entity, Stored};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

/// Where the entries begin in their partition.
pub(super) const POSITION: &str = "OWNED#";

/// Entries written in one transaction: DynamoDB takes a hundred items, and one is the lease.
pub(super) const GROUP: usize = 99;

/// DynamoDB fences whoever lost the lease: their entries would be about what another worker has changed since.
const HOLDS_THE_LEASE: &str = "#lease.#holder = :holder";

impl Entity for Owned {
    const KIND: &'static str = "secret sync ledger entry";

    fn keys(&self) -> Keys {
        Keys::within(key(self.secret_sync_id), format!("{POSITION}{}", self.name))
    }
}

/// One change of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a hundred of them live for one transaction, and most are the largest"
)]
pub enum LedgerStep {
    /// Something is owned that was not.
    Enter(Owned),
    /// What was read is as this now.
    Amend(Stored<Owned>, Owned),
    /// What was read is not owned any more.
    Strike(Stored<Owned>),
}

impl Store {
    /// Everything in the ledger of a sync, by name. One strongly consistent Query for each MB, which is about 3,000 entries.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_sync_ledger(&self, id: SecretSyncId) -> Result<Vec<Stored<Owned>>, ReadError> {
        self.list(From::Table, &key(id), POSITION).await
    }

    /// Writes into the ledger for the holder of the lease, in transactions of 99 entries, one after the other: when one
    /// fails, those before it stand. One TransactWriteItems for each.
    ///
    /// # Errors
    /// [`CommitError`]; with [`Conflict::Stale`] of a [`SecretSyncRun`] when the lease was lost.
    pub async fn keep_secret_sync_ledger(
        &self,
        id: SecretSyncId,
        token: &str,
        now: Timestamp,
        steps: &[LedgerStep],
    ) -> Result<(), CommitError> {
        for group in steps.chunks(GROUP) {
            let change = group.iter().fold(Change::new(now).holding_secret_sync(id, token), Change::ledger);
            self.keep_count(Bookkeeping(change)).await?;
        }
        Ok(())
    }
}

impl Change {
    /// Only while `token` holds the lease of the sync.
    #[must_use]
    pub fn holding_secret_sync(mut self, id: SecretSyncId, token: &str) -> Self {
        let request = Request::Check {
            key: item_key(&key(id), run::POSITION),
            condition: HOLDS_THE_LEASE,
            values: HashMap::from([(":holder".to_owned(), AttributeValue::S(token.to_owned()))]),
        };
        self.push(request, Conflict::Stale { kind: SecretSyncRun::KIND });
        self
    }

    fn ledger(self, step: &LedgerStep) -> Self {
        match step {
            LedgerStep::Enter(owned) => self.create(owned),
            LedgerStep::Amend(read, next) => self.replace(read, next),
            LedgerStep::Strike(read) => self.delete(read),
        }
    }
}
