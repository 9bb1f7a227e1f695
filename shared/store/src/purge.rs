//! What folders and environments leave behind when they go. That they are gone is stored first, with the list of what is still
//! to be removed; then it is removed, piece by piece, by whoever comes by until nothing is left.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::id::{EnvironmentId, FolderId};
use model::secret::Secret;

use crate::change::Bookkeeping;
use crate::entity::Stored;
use crate::error::{CommitError, Conflict, ReadError};
use crate::folder::{DUE_PURGE, partition};
use crate::read::{From, fetch};
use crate::secret::groups_of_deletion;
use crate::{Change, Store};

/// The most items of one transaction.
const MOST_ITEMS: usize = 100;
/// Folders that are taken off the list in one transaction, each with the guard of its id.
const FOLDERS: usize = 40;
/// Imports whose ids are given up in the same transaction.
const IMPORTS: usize = 40;
/// Attempts of a step against others who do the same.
const ATTEMPTS: u32 = 8;

/// How far a purge came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// Nothing is left.
    All,
    /// There is more; somebody must go on.
    Some,
}

/// How many transactions may still be made.
struct Budget(usize);

impl Budget {
    fn take(&mut self) -> bool {
        let any = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        any
    }
}

impl Store {
    /// Environments in which something is still to be purged, up to `limit`. One eventually consistent Query, which costs what
    /// is due, not what exists.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn environments_to_purge(&self, limit: u16) -> Result<Vec<EnvironmentId>, ReadError> {
        let what = "folder tree";
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("GSI2")
            .key_condition_expression("gsi2pk = :pk")
            .projection_expression("gsi2sk")
            .expression_attribute_values(":pk", AttributeValue::S(DUE_PURGE.to_owned()))
            .limit(i32::from(limit.max(1)))
            .send()
            .await
            .map_err(|error| fetch(what, error))?;
        let ids = page.items.unwrap_or_default().into_iter().map(|item| {
            let id = item.get("gsi2sk").and_then(|position| position.as_s().ok()?.parse().ok());
            let reason = || "its place in the due list is no id".to_owned();
            id.ok_or_else(|| ReadError::Decode { kind: what, reason: reason() })
        });
        ids.collect()
    }

    /// Removes what the deleted folders of an environment left behind, or a deleted environment as a whole: secrets with their
    /// versions and ids, and last the folders' ids; their watchers are woken. At most about `transactions` transactions, one
    /// Query for each folder. It may be called at any time by anybody: twice is once.
    ///
    /// Not in the audit trail: the deletion itself is.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written; what is left is still on the list.
    pub async fn purge_folders(
        &self,
        environment: EnvironmentId,
        now: Timestamp,
        transactions: usize,
    ) -> Result<Purged, CommitError> {
        let mut budget = Budget(transactions);
        loop {
            let Some(tree) = self.folder_tree(environment).await? else { return Ok(Purged::All) };
            if !tree.is_purging() {
                return Ok(Purged::All);
            }
            let mut done = Vec::new();
            for folder in tree.purging().iter().take(FOLDERS) {
                if !self.purge_folder(environment, *folder, now, &mut budget).await? {
                    break;
                }
                done.push(*folder);
            }
            if (done.is_empty() && tree.leaving().is_empty()) || !budget.take() {
                return Ok(Purged::Some);
            }
            let mut next = tree.value.clone();
            next.purged(&done);
            next.left(IMPORTS);
            match self.keep_count(Bookkeeping(Change::new(now).replace(&tree, &next))).await {
                // Somebody else changed the tree meanwhile; what it says now is read again.
                Ok(()) | Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether nothing is left in the folder.
    async fn purge_folder(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<bool, CommitError> {
        if !self.close(environment, folder, now, budget).await? {
            return Ok(false);
        }
        for _ in 0..ATTEMPTS {
            let prefix = format!("FOLDER#{folder}#");
            let secrets: Vec<Stored<Secret>> =
                self.list(From::Table, &partition(environment), &prefix).await?;
            let mut stale = false;
            for group in groups_of_deletion(&secrets, MOST_ITEMS) {
                if !budget.take() {
                    return Ok(false);
                }
                let change =
                    group.iter().fold(Change::new(now), |change, secret| change.delete_secret(secret));
                match self.keep_count(Bookkeeping(change)).await {
                    Ok(()) => {}
                    // Another purge was faster, or a write came in before the folder was closed.
                    Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended)) => stale = true,
                    Err(error) => return Err(error),
                }
            }
            if !stale {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets nobody write into the folder any more. Whether it is so.
    async fn close(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
        now: Timestamp,
        budget: &mut Budget,
    ) -> Result<bool, CommitError> {
        for _ in 0..ATTEMPTS {
            let state = self.folder_state(environment, folder).await?;
            if state.closed {
                return Ok(true);
            }
            if !budget.take() {
                return Ok(false);
            }
            let living: BTreeSet<_> = self.living_secret_syncs(&state.watchers).await?.into_iter().collect();
            let change = Change::new(now).close_folder(&state).wake_secret_syncs(&living);
            match self.keep_count(Bookkeeping(change)).await {
                Ok(()) => return Ok(true),
                Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Contended)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}
