//! The rest of a sync whose definition is gone.

use model::Timestamp;
use model::id::SecretSyncId;
use model::secret_sync::{Owned, SecretSyncDrift, SecretSyncRun, SecretSyncWatches};

use super::key;
use super::ledger::{GROUP, POSITION};
use crate::change::Bookkeeping;
use crate::entity::Stored;
use crate::error::CommitError;
use crate::read::From;
use crate::{Change, Store};

impl Store {
    /// Removes everything that is stored of a deleted sync: ledger, watch list, drift check, and last the run state, which
    /// keeps it due until then. Does nothing for a sync that was not deleted. Twice is once.
    ///
    /// The things at the destination stay as they are, and keep the tag of a sync that is no more.
    ///
    /// # Errors
    /// [`CommitError`] when the table cannot be read or written; it may be called again.
    pub async fn purge_secret_sync(&self, id: SecretSyncId, now: Timestamp) -> Result<(), CommitError> {
        let Some(run) = self.secret_sync_run(id).await?.filter(|run| run.deleted) else { return Ok(()) };
        let entries: Vec<Stored<Owned>> = self.list(From::Table, &key(id), POSITION).await?;
        for group in entries.chunks(GROUP) {
            let change = group.iter().fold(Change::new(now), |change, entry| change.discard(&entry.value));
            self.keep_count(Bookkeeping(change)).await?;
        }
        let rest = Change::new(now)
            .discard(&SecretSyncWatches { id, folders: Vec::new() })
            .discard(&SecretSyncDrift::new(id, run.project_id, 0, now))
            .discard::<SecretSyncRun>(&run.value);
        self.keep_count(Bookkeeping(rest)).await
    }
}
