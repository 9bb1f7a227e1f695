//! Folders: all of an environment in one item, and beside it a small state for each folder, which every change of the folder
//! writes, and which says who watches it.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use model::Timestamp;
use model::folder::FolderTree;
use model::id::{EnvironmentId, FolderId, ProjectId, SecretImportId, SecretSyncId};
use serde::{Deserialize, Serialize};

use crate::change::{Request, key};
use crate::entity::{Entity, NameGuard, Stored, stored_from};
use crate::error::{Conflict, ReadError};
use crate::keys::{Index, Keys};
use crate::{Change, Store};

/// The noun of the guard that finds the environment of a folder.
const FOLDER: &str = "folder";
/// The noun of the guard that finds the environment of an import.
const IMPORT: &str = "secret import";
/// Ids are unique everywhere.
const EVERYWHERE: &str = "ALL";

/// Where the index of due work lists trees with folders that are still to be purged. One partition: a folder with secrets is
/// deleted rarely.
pub(crate) const DUE_PURGE: &str = "DUE#PURGE";

/// How long what is gone is remembered, so that nobody who read it before can write into it: longer than any function runs.
pub(crate) const REMEMBERED_DAYS: u64 = 1;

/// The most syncs that may watch one folder: their runs are woken in the transaction that changes it.
pub const MOST_WATCHERS: usize = 40;

/// The state of one folder, written by every change of its secrets, its imports and the folders directly in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderState {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The folder; the root's is the environment's.
    pub folder_id: FolderId,
    /// The syncs that read this folder and follow its changes. One that is gone may still be here.
    #[serde(default)]
    pub watchers: Vec<SecretSyncId>,
    /// Counts the changes of `watchers`: whoever changes the folder wakes exactly those of the version that it read.
    #[serde(default)]
    pub watchers_version: u64,
    /// Counts the changes of personal secrets: whoever takes away a shared one takes along exactly those in its place that it
    /// read.
    #[serde(default)]
    pub personal_version: u64,
    /// Counts the changes of the folder.
    #[serde(default)]
    pub revision: u64,
    /// When a secret in it was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets_changed_at: Option<Timestamp>,
    /// The folder is gone, and nothing can be written into it any more.
    #[serde(default)]
    pub closed: bool,
}

impl FolderState {
    /// The state of a folder in which nothing was changed yet.
    #[must_use]
    pub const fn new(environment: EnvironmentId, folder: FolderId) -> Self {
        Self {
            environment_id: environment,
            folder_id: folder,
            watchers: Vec::new(),
            watchers_version: 0,
            personal_version: 0,
            revision: 0,
            secrets_changed_at: None,
            closed: false,
        }
    }
}

/// What of a folder is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Its shared secrets.
    Secrets,
    /// Its shared secrets, with the personal ones in their place: refused when a personal one was changed since the state was
    /// read. The state must be read before they are.
    SecretsWithPersonal,
    /// Its personal secrets.
    Personal,
    /// Its name, the folders in it, its imports.
    Structure,
}

impl Entity for FolderTree {
    const KIND: &'static str = "folder tree";

    fn keys(&self) -> Keys {
        let due = Index { pk: DUE_PURGE.to_owned(), sk: self.environment_id.to_string() };
        let due = self.is_purging().then_some(due);
        Keys { due, ..Keys::within(partition(self.environment_id), TREE) }
    }

    /// The ids of folders and imports, also of those that are still to be purged: by them the environment is found.
    fn names(&self) -> Vec<NameGuard> {
        let guard = |noun, id: String| NameGuard::new(noun, EVERYWHERE, &id, self.environment_id);
        let folders = self.folders().map(|folder| folder.id).chain(self.purging().iter().copied());
        let folders = folders.filter(|id| *id != self.root()).map(|id| guard(FOLDER, id.to_string()));
        let imports = self.imports().map(|import| import.id).chain(self.leaving().iter().copied());
        folders.chain(imports.map(|id| guard(IMPORT, id.to_string()))).collect()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let gone = self.gone_at().filter(|_| !self.is_purging());
        gone.map(|at| at.plus(remembered()))
    }
}

impl Entity for FolderState {
    const KIND: &'static str = "folder state";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.environment_id), position(self.folder_id))
    }
}

const TREE: &str = "FOLDERS";

pub(crate) fn partition(environment: EnvironmentId) -> String {
    format!("ENV#{environment}")
}

fn position(folder: FolderId) -> String {
    format!("FOLDER#{folder}")
}

fn remembered() -> std::time::Duration {
    std::time::Duration::from_secs(REMEMBERED_DAYS * 86_400)
}

impl Store {
    /// All folders and imports of an environment; `None` when it has only its root and no import. One strongly consistent
    /// GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn folder_tree(
        &self,
        environment: EnvironmentId,
    ) -> Result<Option<Stored<FolderTree>>, ReadError> {
        self.get(&partition(environment), TREE).await
    }

    /// The folders of an environment, also of one that has only its root. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn folders_of(
        &self,
        project: ProjectId,
        environment: EnvironmentId,
    ) -> Result<FolderTree, ReadError> {
        let stored = self.folder_tree(environment).await?.map(|stored| stored.value);
        Ok(FolderTree::or_new(stored, project, environment))
    }

    /// The same of several environments of a project, side by side.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn folders_of_each(
        &self,
        project: ProjectId,
        environments: &[EnvironmentId],
    ) -> Result<HashMap<EnvironmentId, FolderTree>, ReadError> {
        let trees = environments
            .iter()
            .map(async |id| Ok::<_, ReadError>((*id, self.folders_of(project, *id).await?)));
        Ok(futures::future::try_join_all(trees).await?.into_iter().collect())
    }

    /// The state of a folder; that of one in which nothing was changed yet when there is none. One strongly consistent
    /// GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn folder_state(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
    ) -> Result<FolderState, ReadError> {
        let found = self.get(&partition(environment), &position(folder)).await?;
        Ok(found
            .map_or_else(|| FolderState::new(environment, folder), |state: Stored<FolderState>| state.value))
    }

    /// The states of folders of any environments, by folder; a folder in which nothing was changed yet is left out. One strongly
    /// consistent BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn folder_states(
        &self,
        folders: &[(EnvironmentId, FolderId)],
    ) -> Result<HashMap<FolderId, FolderState>, ReadError> {
        let mut states = HashMap::with_capacity(folders.len());
        for folders in folders.chunks(100) {
            let keys: Vec<_> = folders
                .iter()
                .map(|(environment, folder)| (partition(*environment), position(*folder)))
                .collect();
            for item in self.batch_get(FolderState::KIND, &keys).await? {
                let state: Stored<FolderState> = stored_from(item)?;
                states.insert(state.folder_id, state.value);
            }
        }
        Ok(states)
    }

    /// The environment of a folder other than a root, also of one that was deleted a moment ago. One strongly consistent
    /// GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn environment_of_folder(&self, id: FolderId) -> Result<Option<EnvironmentId>, ReadError> {
        self.owner_id(FOLDER, EVERYWHERE, &id.to_string()).await
    }

    /// The environment of an import. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn environment_of_import(
        &self,
        id: SecretImportId,
    ) -> Result<Option<EnvironmentId>, ReadError> {
        self.owner_id(IMPORT, EVERYWHERE, &id.to_string()).await
    }
}

/// The names of a state's attributes that are the same in every one, for an update that may make the item.
const SET: &str = "SET #kind = if_not_exists(#kind, :kind), #environment_id = if_not_exists(#environment_id, :environment), \
    #folder_id = if_not_exists(#folder_id, :folder), #created_at = if_not_exists(#created_at, :now), #updated_at = :now";
/// That nobody came to watch or stopped to since it was read; closing counts as such.
const WATCHED_AS_READ: &str = "#watchers_version = :read";
const WATCHED_AS_READ_OR_NEW: &str = "(attribute_not_exists(#watchers_version) OR #watchers_version = :read)";
/// That no personal secret was changed since it was read.
const PERSONAL_AS_READ: &str = "#personal_version = :personal";
const PERSONAL_AS_READ_OR_NEW: &str =
    "(attribute_not_exists(#personal_version) OR #personal_version = :personal)";

impl Change {
    /// An environment goes, and its folders with it, the root included: what they leave behind is purged from now on, see
    /// [`Store::purge_folders`](crate::Store::purge_folders). `read` is its tree, if it has one.
    #[must_use]
    pub fn end_folders(
        self,
        read: Option<&Stored<FolderTree>>,
        project: ProjectId,
        environment: EnvironmentId,
    ) -> Self {
        let mut next = FolderTree::or_new(read.map(|read| read.value.clone()), project, environment);
        next.end(self.now());
        match read {
            Some(read) => self.replace(read, &next),
            None => self.create(&next),
        }
    }

    /// The folders of this environment are looked at: whoever changes them meanwhile has to look again. The tree must be there.
    #[must_use]
    pub fn note_folders(self, tree: &FolderTree) -> Self {
        self.count(tree, "looks", 1, None, Conflict::Stale { kind: FolderTree::KIND })
    }

    /// The folder is changed: belongs into every change of its secrets, its imports or the folders in it, together with
    /// [`Change::wake_secret_syncs`] of those who watch it. Refused when that changed since `read` was read, when the folder is
    /// gone, and for what else [`Touch`] says. Watchers among `gone` are dropped.
    #[must_use]
    pub fn touch_folder(self, read: &FolderState, what: Touch, gone: &[SecretSyncId]) -> Self {
        let living: Vec<_> =
            read.watchers.iter().copied().filter(|watcher| !gone.contains(watcher)).collect();
        self.touch(read, what, &living, false)
    }

    /// The folder is gone: nobody writes into it or watches it from now on. Those who did are to be woken.
    #[must_use]
    pub fn close_folder(self, read: &FolderState) -> Self {
        self.touch(read, Touch::Structure, &[], true)
    }

    /// Wakes each of these syncs once.
    #[must_use]
    pub fn wake_secret_syncs(self, syncs: &BTreeSet<SecretSyncId>) -> Self {
        syncs.iter().copied().fold(self, Self::wake_secret_sync)
    }

    /// These syncs watch the folder from now on. Refused when that changed since `read` was read.
    #[must_use]
    pub fn set_watchers(mut self, read: &FolderState, watchers: &[SecretSyncId]) -> Self {
        let mut values = self.values(read);
        let expression = format!(
            "{SET}{} ADD #version :one",
            Self::watchers_clause(read, watchers, &mut values).unwrap_or_default()
        );
        self.write_state(read, expression, watched_as(read).to_owned(), values);
        self
    }

    fn touch(mut self, read: &FolderState, what: Touch, watchers: &[SecretSyncId], close: bool) -> Self {
        let mut values = self.values(read);
        let mut expression = SET.to_owned();
        match what {
            Touch::Secrets | Touch::SecretsWithPersonal => {
                expression.push_str(", #secrets_changed_at = :now");
            }
            Touch::Personal | Touch::Structure => {}
        }
        if close {
            let until = self.now().plus(remembered()).unix_seconds();
            values.insert(":closed".to_owned(), AttributeValue::Bool(true));
            values.insert(":until".to_owned(), AttributeValue::N(until.to_string()));
            expression.push_str(", #closed = :closed, #expires_at = :until");
        }
        if let Some(clause) = Self::watchers_clause(read, watchers, &mut values) {
            expression.push_str(&clause);
        } else if close {
            values.insert(":next".to_owned(), number(read.watchers_version.saturating_add(1)));
            expression.push_str(", #watchers_version = :next");
        } else {
            expression.push_str(", #watchers_version = if_not_exists(#watchers_version, :read)");
        }
        expression.push_str(" ADD #version :one, #revision :one");
        let mut condition = watched_as(read).to_owned();
        match what {
            Touch::Personal => expression.push_str(", #personal_version :one"),
            Touch::SecretsWithPersonal => {
                values.insert(":personal".to_owned(), number(read.personal_version));
                condition = format!("{condition} AND {}", personal_as(read));
            }
            Touch::Secrets | Touch::Structure => {}
        }
        self.write_state(read, expression, condition, values);
        self
    }

    /// Sets the watchers and counts on, when they are others than were read.
    fn watchers_clause(
        read: &FolderState,
        watchers: &[SecretSyncId],
        values: &mut HashMap<String, AttributeValue>,
    ) -> Option<String> {
        if read.watchers == watchers {
            return None;
        }
        let list = watchers.iter().map(|id| AttributeValue::S(id.to_string())).collect();
        values.insert(":watchers".to_owned(), AttributeValue::L(list));
        values.insert(":next".to_owned(), number(read.watchers_version.saturating_add(1)));
        Some(", #watchers = :watchers, #watchers_version = :next".to_owned())
    }

    fn values(&self, read: &FolderState) -> HashMap<String, AttributeValue> {
        let text = |text: String| AttributeValue::S(text);
        HashMap::from([
            (":kind".to_owned(), text(FolderState::KIND.to_owned())),
            (":environment".to_owned(), text(read.environment_id.to_string())),
            (":folder".to_owned(), text(read.folder_id.to_string())),
            (":now".to_owned(), text(self.now().to_string())),
            (":read".to_owned(), number(read.watchers_version)),
            (":one".to_owned(), number(1)),
        ])
    }

    fn write_state(
        &mut self,
        read: &FolderState,
        expression: String,
        condition: String,
        values: HashMap<String, AttributeValue>,
    ) {
        let Keys { pk, sk, .. } = read.keys();
        self.push(
            Request::Update { key: key(&pk, &sk), expression, condition: Some(condition), values },
            Conflict::Stale { kind: FolderState::KIND },
        );
    }
}

const fn watched_as(read: &FolderState) -> &'static str {
    if read.watchers_version == 0 { WATCHED_AS_READ_OR_NEW } else { WATCHED_AS_READ }
}

const fn personal_as(read: &FolderState) -> &'static str {
    if read.personal_version == 0 { PERSONAL_AS_READ_OR_NEW } else { PERSONAL_AS_READ }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use model::secret::SecretPath;

    use super::*;
    use crate::entity::item_of;

    /// DynamoDB's size of a value
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
    fn size(value: &AttributeValue) -> usize {
        let list = |list: &Vec<AttributeValue>| 3 + list.iter().map(|one| 1 + size(one)).sum::<usize>();
        let map = |map: &HashMap<String, AttributeValue>| {
            3 + map.iter().map(|(name, one)| 1 + name.len() + size(one)).sum::<usize>()
        };
        let text = value.as_s().map(String::len);
        // Numbers, true, false and null need at most 21 bytes.
        text.or_else(|_| value.as_l().map(list)).or_else(|_| value.as_m().map(map)).unwrap_or(21)
    }

    #[test]
    fn the_largest_tree_that_the_rules_allow_fits_into_an_item() {
        let now = Timestamp::from_unix_seconds(1_767_323_045);
        let mut tree = FolderTree::new(ProjectId::random(), EnvironmentId::random());
        for number in 0.. {
            let parent: SecretPath =
                ["a", "b", "c"].map(|level| format!("/{level}{number:0>250}")).concat().parse().unwrap();
            let name = "n".repeat(255).parse().unwrap();
            if tree.create(&parent, name, Some("d".repeat(255)), now).is_err() {
                break;
            }
        }
        assert!(tree.folders().count() > 500);
        let item = item_of(&tree, 1, now, now).unwrap();
        let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
        assert!((300_000..400 * 1024).contains(&bytes), "{bytes}");
    }
}
