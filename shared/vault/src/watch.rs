//! Who watches which folders: written down before a source is read for good, so that no change of it is missed.

use std::collections::{BTreeSet, HashMap};

use model::Timestamp;
use model::folder::FolderTree;
use model::id::{EnvironmentId, SecretSyncId};
use model::secret_sync::{SecretSyncWatches, Watched};
use store::{Bookkeeping, Change, FolderState, MOST_WATCHERS, Stored};

use crate::{Error, Vault};

/// Folders of one transaction: with the trees of their environments they stay below a hundred items.
const AT_ONCE: usize = 45;
/// How often it is tried again on what others made of the folders meanwhile.
const ATTEMPTS: u32 = 16;

impl Vault {
    /// The sync watches exactly these folders from now on. Whether it did not watch one of them before: then it may have changed
    /// since it was read, and the source is to be read again. Folders that are gone meanwhile are left out.
    ///
    /// The list of the sync always names at least what the folders' states say, so that none is forgotten when this ends half way.
    ///
    /// One GetItem and one BatchGetItem for each hundred folders when nothing is new.
    ///
    /// # Errors
    /// [`Error::TooManyWatchers`], [`Error::Contended`], [`Error::Read`], [`Error::Commit`]; it may be called again.
    pub async fn watch(
        &self,
        sync: SecretSyncId,
        wanted: &BTreeSet<Watched>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut is_new = false;
        for _ in 0..ATTEMPTS {
            match self.watch_once(sync, wanted, now).await {
                Ok(Step::Done) => return Ok(is_new),
                Ok(Step::Added) => is_new = true,
                Err(Error::Commit(error)) if Error::is_stale(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Contended)
    }

    /// The sync watches nothing any more.
    ///
    /// # Errors
    /// As [`Vault::watch`].
    pub async fn unwatch(&self, sync: SecretSyncId, now: Timestamp) -> Result<(), Error> {
        self.watch(sync, &BTreeSet::new(), now).await.map(|_| ())
    }

    async fn watch_once(
        &self,
        sync: SecretSyncId,
        wanted: &BTreeSet<Watched>,
        now: Timestamp,
    ) -> Result<Step, Error> {
        let list = self.store.secret_sync_watches(sync).await?;
        let known: BTreeSet<Watched> = list.iter().flat_map(|list| list.folders.iter().copied()).collect();
        let all: BTreeSet<Watched> = known.union(wanted).copied().collect();
        let keys: Vec<_> = all.iter().map(|one| (one.environment_id, one.folder_id)).collect();
        let states = self.store.folder_states(&keys).await?;
        let state = |one: &Watched| {
            let new = || FolderState::new(one.environment_id, one.folder_id);
            states.get(&one.folder_id).cloned().unwrap_or_else(new)
        };
        let watches = |state: &FolderState| state.watchers.contains(&sync);
        let new: Vec<FolderState> =
            wanted.iter().map(state).filter(|state| !state.closed && !watches(state)).collect();
        let old: Vec<FolderState> = known.difference(wanted).map(state).filter(watches).collect();
        if !new.is_empty() {
            // The intent first: whoever takes the sync away later finds every folder that may name it.
            self.keep_list(sync, list.as_ref(), &all, now).await?;
            self.add(sync, &new, now).await?;
            return Ok(Step::Added);
        }
        for states in old.chunks(AT_ONCE) {
            let change = states.iter().fold(Change::new(now), |change, state| {
                let left: Vec<_> = state.watchers.iter().copied().filter(|one| *one != sync).collect();
                change.set_watchers(state, &left)
            });
            self.store.keep_count(Bookkeeping(change)).await?;
        }
        self.keep_list(sync, list.as_ref(), wanted, now).await?;
        Ok(Step::Done)
    }

    async fn keep_list(
        &self,
        sync: SecretSyncId,
        list: Option<&Stored<SecretSyncWatches>>,
        folders: &BTreeSet<Watched>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let next = SecretSyncWatches { id: sync, folders: folders.iter().copied().collect() };
        let change = match list {
            Some(list) if list.value == next => return Ok(()),
            None if next.folders.is_empty() => return Ok(()),
            Some(list) => Change::new(now).replace(list, &next),
            None => Change::new(now).create(&next),
        };
        Ok(self.store.keep_count(Bookkeeping(change)).await?)
    }

    async fn add(&self, sync: SecretSyncId, new: &[FolderState], now: Timestamp) -> Result<(), Error> {
        let full = new.iter().filter(|state| state.watchers.len() >= MOST_WATCHERS);
        let gone = self.gone(full).await?;
        let trees = self.trees(new).await?;
        for states in new.chunks(AT_ONCE) {
            let mut change = Change::new(now);
            let mut environments = BTreeSet::new();
            for state in states {
                let mut watchers = state.watchers.clone();
                watchers.retain(|one| !gone.contains(one));
                if watchers.len() >= MOST_WATCHERS {
                    return Err(Error::TooManyWatchers);
                }
                watchers.push(sync);
                change = change.set_watchers(state, &watchers);
                environments.insert(state.environment_id);
            }
            // Whoever renames or deletes a folder right now reads the states of all folders below it without saying so in its
            // transaction; it says which version of the tree it read.
            let trees = environments.iter().filter_map(|environment| trees.get(environment));
            change = trees.fold(change, Change::note_folders);
            self.store.keep_count(Bookkeeping(change)).await?;
        }
        Ok(())
    }

    /// The trees of the folders' environments, of those that have one.
    async fn trees(&self, states: &[FolderState]) -> Result<HashMap<EnvironmentId, FolderTree>, Error> {
        let environments: BTreeSet<EnvironmentId> = states.iter().map(|state| state.environment_id).collect();
        let mut trees = HashMap::new();
        for environment in environments {
            if let Some(tree) = self.store.folder_tree(environment).await? {
                trees.insert(environment, tree.value);
            }
        }
        Ok(trees)
    }
}

/// How far an attempt came.
enum Step {
    /// The sync watches what it is to watch.
    Done,
    /// It watches more than before; what it is not to watch any more is still to be taken away.
    Added,
}
