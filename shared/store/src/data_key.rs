//! Data keys: what secret values of a scope are sealed with, wrapped by KMS.

use model::Timestamp;
use model::permission::Scope;
use serde::{Deserialize, Serialize};

use crate::entity::{Entity, Stored, stored_from};
use crate::error::{CommitError, Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Bookkeeping, Change, Store};

/// One version of a scope's data key. Never changed once it is there, and useless without KMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataKey {
    /// Whose values it seals.
    #[serde(flatten)]
    pub scope: Scope,
    /// Counts the scope's data keys, from 1.
    pub key_version: u32,
    /// The key as KMS wrapped it, in base64.
    pub wrapped: String,
}

impl Entity for DataKey {
    const KIND: &'static str = "data key";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.scope), position(self.key_version))
    }
}

/// What became of a data key that was to be the first of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is the one.
    First,
    /// Another process stored that version a moment earlier; its key is the one.
    AnotherWasFirst,
}

fn partition(scope: Scope) -> String {
    match scope {
        Scope::Organization => "DATA_KEY#ORG".to_owned(),
        Scope::Project(project) => format!("DATA_KEY#PROJECT#{project}"),
    }
}

/// Ten digits, so that the order of text is the order of numbers.
fn position(key_version: u32) -> String {
    format!("DATA_KEY#{key_version:010}")
}

impl Store {
    /// One version of a scope's data key. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table does not answer.
    pub async fn data_key(&self, scope: Scope, key_version: u32) -> Result<Option<DataKey>, ReadError> {
        let found = self.get(&partition(scope), &position(key_version)).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// The newest version of a scope's data key. One strongly consistent Query over as many items as there are versions.
    ///
    /// # Errors
    /// [`ReadError`] when the table does not answer.
    pub async fn newest_data_key(&self, scope: Scope) -> Result<Option<Stored<DataKey>>, ReadError> {
        let mut versions = self.query(DataKey::KIND, From::Table, &partition(scope), "DATA_KEY#").await?;
        versions.pop().map(stored_from).transpose()
    }

    /// Stores a version of a data key unless there is one: of two processes one is first. One TransactWriteItems.
    ///
    /// Not in the audit trail: nobody decides it, and KMS writes each data key it makes into CloudTrail.
    ///
    /// # Errors
    /// [`CommitError`] when the table does not answer.
    pub async fn create_data_key(&self, key: &DataKey, now: Timestamp) -> Result<Created, CommitError> {
        match self.keep_count(Bookkeeping(Change::new(now).create(key))).await {
            Ok(()) => Ok(Created::First),
            Err(CommitError::Conflict(Conflict::Exists { .. })) => Ok(Created::AnotherWasFirst),
            Err(error) => Err(error),
        }
    }
}
