//! What is left of syncs and folders that were deleted.

use model::Timestamp;
use model::id::SecretSyncId;
use store::Purged;

use crate::Fault;
use crate::worker::SecretSyncWorker;

/// So many environments in one tick, and so many transactions for each: a tick takes seconds, and comes again.
const ENVIRONMENTS: u16 = 20;
const TRANSACTIONS: usize = 50;

/// Removes what is stored of a deleted sync, and its id from the folders that it read. Twice is once.
pub(crate) async fn purge(worker: &SecretSyncWorker, id: SecretSyncId, now: Timestamp) -> Result<(), Fault> {
    worker.vault.unwatch(id, now).await?;
    Ok(worker.store.purge_secret_sync(id, now).await?)
}

/// Removes some of what deleted folders and environments left behind; answers whether there is more.
pub(crate) async fn folders(worker: &SecretSyncWorker, now: Timestamp) -> Result<bool, Fault> {
    let environments = worker.store.environments_to_purge(ENVIRONMENTS).await?;
    let mut more = environments.len() >= usize::from(ENVIRONMENTS);
    for environment in environments {
        more |= worker.store.purge_folders(environment, now, TRANSACTIONS).await? == Purged::Some;
    }
    Ok(more)
}
