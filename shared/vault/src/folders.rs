//! Changing folders and imports: one edit of the environment's tree, which works out itself whom it concerns.

use std::collections::{BTreeSet, HashMap};

use model::folder::{FolderRefused, FolderTree, SecretImport};
use model::id::{EnvironmentId, FolderId, SecretSyncId};
use model::project::Project;
use model::secret_sync::SecretSyncRun;
use store::{Change, CommitError, Conflict, Entity as _, FolderState, Touch};

use crate::{Author, Error, Vault};

/// The most items of one transaction, besides its line in the audit trail.
const MOST_ITEMS: usize = 99;
/// How often an edit is tried again on what others made of the tree meanwhile.
const ATTEMPTS: u32 = 16;
/// How many transactions a deletion spends on removing what the folders leave behind before it answers; what is left is removed by
/// the tick.
const PURGE_AT_ONCE: usize = 25;

/// What an edit did: what the audit trail says of it, and what its caller wants to know.
#[derive(Debug)]
pub struct Edit<T> {
    /// Noun and verb, `folder.create`.
    pub action: &'static str,
    /// The id of the thing that was changed.
    pub resource_id: String,
    /// Its name or path.
    pub resource_name: String,
    /// What else a reader of the trail needs.
    pub details: Vec<String>,
    /// For the caller.
    pub outcome: T,
}

/// A tree after an edit.
#[derive(Debug)]
pub struct Amended<T> {
    /// What the edit answered.
    pub outcome: T,
    /// The tree as it is now, but for what is purged by now.
    pub tree: FolderTree,
    /// The syncs that this wakes: their ids belong on the queue. They are due in the table already.
    pub syncs: Vec<SecretSyncId>,
}

/// What an edit concerns.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    /// Folders that are changed themselves: by a folder in them, or an import.
    touched: BTreeSet<FolderId>,
    /// Folders that are at another path now, or gone: whoever reads them is concerned.
    moved: BTreeSet<FolderId>,
    /// Imports that are new, or lead elsewhere.
    imports: Vec<SecretImport>,
}

impl Difference {
    fn of(before: &FolderTree, after: &FolderTree) -> Self {
        let mut difference = Self::default();
        for folder in after.folders() {
            match before.folder(folder.id) {
                None => difference.touch(after, before, folder.parent_id),
                Some(was) if was.name != folder.name => {
                    difference.touch(after, before, folder.parent_id);
                    difference.moved.insert(folder.id);
                    difference.moved.extend(before.descendants(folder.id).iter().map(|below| below.id));
                }
                Some(_) => {}
            }
        }
        for gone in before.folders().filter(|folder| after.folder(folder.id).is_none()) {
            difference.touch(after, before, gone.parent_id);
            difference.moved.insert(gone.id);
        }
        let folders = before.imports().chain(after.imports()).map(|import| import.folder_id);
        for folder in folders.collect::<BTreeSet<_>>() {
            let leads = |tree: &FolderTree| -> Vec<_> {
                let imports = tree.imports_of(folder);
                imports.map(|import| (import.id, import.environment_id, import.path.clone())).collect()
            };
            let (was, is) = (leads(before), leads(after));
            if was != is {
                difference.touch(after, before, folder);
                let new = after.imports_of(folder).zip(&is).filter(|(_, leads)| !was.contains(leads));
                difference.imports.extend(new.map(|(import, _)| import.clone()));
            }
        }
        difference
    }

    /// A folder that is new or gone needs no touch: nobody has read it, or nobody can any more.
    fn touch(&mut self, after: &FolderTree, before: &FolderTree, folder: FolderId) {
        if after.contains(folder) && before.contains(folder) {
            self.touched.insert(folder);
        }
    }
}

impl Vault {
    /// Edits the folders of an environment, anew on each version that others leave behind. Where nothing is different afterwards,
    /// nothing is written. Wakes whoever reads a folder that is changed, moved or gone; refuses imports that lead back to where
    /// they start; removes what deleted folders leave behind, as far as it can at once.
    ///
    /// One GetItem, one BatchGetItem for each hundred folders concerned, one TransactWriteItems; one GetItem for each other
    /// environment that new imports lead to.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::Folder`] with what the edit refused, [`Error::ImportCycle`], [`Error::TooMuchAtOnce`],
    /// [`Error::Contended`], [`Error::Read`], [`Error::Commit`]. Nothing was written then.
    pub async fn amend_folders<T>(
        &self,
        project: &Project,
        environment: EnvironmentId,
        author: &Author,
        edit: impl Fn(&mut FolderTree) -> Result<Edit<T>, FolderRefused>,
    ) -> Result<Amended<T>, Error> {
        if project.environments.find(environment).is_none() {
            return Err(Error::NoEnvironment);
        }
        let mut doubts_watchers = false;
        for _ in 0..ATTEMPTS {
            let read = self.store.folder_tree(environment).await?;
            let stored = read.as_ref().map(|read| read.value.clone());
            let before = FolderTree::or_new(stored, project.id, environment);
            if before.gone_at().is_some() {
                return Err(Error::NoEnvironment);
            }
            let mut tree = before.clone();
            let Edit { action, resource_id, resource_name, details, outcome } = edit(&mut tree)?;
            if tree == before {
                return Ok(Amended { outcome, tree, syncs: Vec::new() });
            }
            let difference = Difference::of(&before, &tree);
            self.refuse_import_cycles(project, &tree, &difference.imports).await?;
            let states = self.states_of(environment, &difference).await?;
            let gone = match doubts_watchers {
                true => self.gone(states.values()).await?,
                false => Vec::new(),
            };
            let syncs: BTreeSet<SecretSyncId> = states
                .values()
                .flat_map(|state| state.watchers.iter().copied())
                .filter(|sync| !gone.contains(sync))
                .collect();
            let change = Change::new(author.now);
            let change = match &read {
                Some(read) => change.replace(read, &tree),
                None => change.create(&tree),
            };
            let touched = difference.touched.iter().filter_map(|folder| states.get(folder));
            let change = touched
                .fold(change, |change, state| change.touch_folder(state, Touch::Structure, &gone))
                .wake_secret_syncs(&syncs);
            if change.size() > MOST_ITEMS {
                return Err(Error::TooMuchAtOnce);
            }
            let mut audit = author.audit(action, resource_id, resource_name, project.id);
            audit.details = details;
            match self.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
                Ok(()) => {
                    self.purge(&tree, author).await;
                    return Ok(Amended { outcome, tree, syncs: syncs.into_iter().collect() });
                }
                Err(error) if Error::is_stale(&error) => doubts_watchers |= is_about_a_sync(&error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// The states of all folders that are concerned. Those that are touched have one in any case; of the others nobody watches
    /// what has none.
    async fn states_of(
        &self,
        environment: EnvironmentId,
        difference: &Difference,
    ) -> Result<HashMap<FolderId, FolderState>, Error> {
        let folders = difference.touched.union(&difference.moved);
        let folders: Vec<_> = folders.map(|folder| (environment, *folder)).collect();
        let mut states = self.store.folder_states(&folders).await?;
        for folder in &difference.touched {
            states.entry(*folder).or_insert_with(|| FolderState::new(environment, *folder));
        }
        Ok(states)
    }

    /// Those of the watchers that are not there any more.
    pub(crate) async fn gone<'a>(
        &self,
        states: impl IntoIterator<Item = &'a FolderState>,
    ) -> Result<Vec<SecretSyncId>, Error> {
        let watchers = states.into_iter().flat_map(|state| state.watchers.iter().copied());
        let watchers: BTreeSet<SecretSyncId> = watchers.collect();
        let all: Vec<SecretSyncId> = watchers.iter().copied().collect();
        let living = self.store.living_secret_syncs(&all).await?;
        Ok(watchers.into_iter().filter(|watcher| !living.contains(watcher)).collect())
    }

    /// Removes what deleted folders leave behind. The deletion stands whatever comes of this: what is left is in the index of due
    /// work.
    async fn purge(&self, tree: &FolderTree, author: &Author) {
        if !tree.is_purging() {
            return;
        }
        let environment = tree.environment_id;
        if let Err(error) = self.store.purge_folders(environment, author.now, PURGE_AT_ONCE).await {
            let error = model::error::chain(&error);
            tracing::warn!(environment.id = %environment, error, "deleted folders are purged later");
        }
    }
}

/// Whether a watcher is not there any more.
pub(crate) fn is_about_a_sync(error: &CommitError) -> bool {
    matches!(error.conflict(), Some(Conflict::Stale { kind }) if *kind == SecretSyncRun::KIND)
}
