//! Finding folders and changing them.

use super::{DEEPEST, Folder, FolderName, FolderRefused, FolderTree, LARGEST_TREE, MOST_FOLDERS};
use crate::Timestamp;
use crate::id::{EnvironmentId, FolderId, ProjectId, SecretImportId};
use crate::permission::{Scope, Scoped};
use crate::secret::{LONGEST_PATH, SecretPath};

/// What is to become of a folder; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FolderChange {
    /// The new name.
    pub name: Option<FolderName>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
}

impl Scoped for FolderTree {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

impl FolderTree {
    /// The tree of an environment that has only its root.
    #[must_use]
    pub const fn new(project: ProjectId, environment: EnvironmentId) -> Self {
        Self {
            environment_id: environment,
            project_id: project,
            folders: Vec::new(),
            imports: Vec::new(),
            purging: Vec::new(),
            leaving: Vec::new(),
            gone_at: None,
        }
    }

    /// The tree that is stored, or that of an environment that has only its root, for which nothing is.
    #[must_use]
    pub fn or_new(stored: Option<Self>, project: ProjectId, environment: EnvironmentId) -> Self {
        stored.unwrap_or_else(|| Self::new(project, environment))
    }

    /// The folder `/`.
    #[must_use]
    pub const fn root(&self) -> FolderId {
        FolderId::root_of(self.environment_id)
    }

    /// Every folder but the root, in no order.
    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.iter()
    }

    /// A folder other than the root.
    #[must_use]
    pub fn folder(&self, id: FolderId) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.id == id)
    }

    /// Whether the folder is there; the root is, while the environment is.
    #[must_use]
    pub fn contains(&self, id: FolderId) -> bool {
        self.gone_at.is_none() && (id == self.root() || self.folder(id).is_some())
    }

    /// The folder at a path.
    #[must_use]
    pub fn at(&self, path: &SecretPath) -> Option<FolderId> {
        let (folder, left) = self.way(path);
        (left == 0 && self.gone_at.is_none()).then_some(folder)
    }

    /// The deepest folder on the way that a path describes: where the rest of it would come to be.
    #[must_use]
    pub fn nearest(&self, path: &SecretPath) -> FolderId {
        self.way(path).0
    }

    /// How far the path leads, and how many of its names are left.
    fn way(&self, path: &SecretPath) -> (FolderId, usize) {
        let (mut at, mut left) = (self.root(), path.segments().count());
        for name in path.segments() {
            let Some(child) = self.child(at, name) else { break };
            at = child.id;
            left -= 1;
        }
        (at, left)
    }

    /// The folder of this name in another one.
    #[must_use]
    pub fn child(&self, parent: FolderId, name: &str) -> Option<&Folder> {
        self.folders.iter().find(|folder| folder.parent_id == parent && folder.name.as_str() == name)
    }

    /// The path of a folder, its own name included.
    #[must_use]
    pub fn path_of(&self, id: FolderId) -> Option<SecretPath> {
        let (mut names, mut at) = (Vec::new(), id);
        while at != self.root() {
            let folder = self.folder(at)?;
            names.push(folder.name.as_str());
            at = folder.parent_id;
        }
        Some(SecretPath::of(names.into_iter().rev()))
    }

    /// The folders directly in another one, by name.
    #[must_use]
    pub fn children(&self, parent: FolderId) -> Vec<&Folder> {
        let mut children: Vec<_> = self.folders.iter().filter(|folder| folder.parent_id == parent).collect();
        children.sort_by(|one, other| one.name.cmp(&other.name));
        children
    }

    /// The folders below another one at any depth, each after the one that it is in, those of one place by name.
    #[must_use]
    pub fn descendants(&self, id: FolderId) -> Vec<&Folder> {
        let mut waiting: Vec<&Folder> = self.children(id).into_iter().rev().collect();
        let mut below = Vec::new();
        while let Some(folder) = waiting.pop() {
            below.push(folder);
            waiting.extend(self.children(folder.id).into_iter().rev());
        }
        below
    }

    /// Makes a folder in the folder at `parent`, and the folders that are missing on the way there. The new one's id; or that
    /// of a folder that was made on the way to another one, and is asked for now.
    ///
    /// # Errors
    /// [`FolderRefused`]; nothing is changed then.
    pub fn create(
        &mut self,
        parent: &SecretPath,
        name: FolderName,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<FolderId, FolderRefused> {
        self.must_be_there()?;
        let (mut at, left) = self.way(parent);
        let missing = parent.segments().skip(parent.segments().count() - left);
        let missing: Vec<FolderName> = missing
            .map(|name| name.parse().map_err(|_| FolderRefused::Unnameable(name.to_owned())))
            .collect::<Result<_, _>>()?;
        if let Some(known) = self.child(at, name.as_str()).filter(|_| missing.is_empty()) {
            if !known.implied {
                return Err(FolderRefused::NameTaken { name, path: parent.clone() });
            }
            return self.ask_for(known.clone(), description, now);
        }
        if parent.segments().count() >= DEEPEST || !can_be_named(&parent.join(name.as_str())) {
            return Err(FolderRefused::TooDeep);
        }
        if self.folders.len() + missing.len() + 1 > MOST_FOLDERS {
            return Err(FolderRefused::TooMany);
        }
        let before = self.folders.len();
        let implied = missing.into_iter().map(|name| (name, None, true));
        for (name, description, implied) in implied.chain([(name, description, false)]) {
            let id = FolderId::random();
            let (version, created_at, updated_at) = (1, now, now);
            let folder =
                Folder { id, parent_id: at, name, description, version, created_at, updated_at, implied };
            self.folders.push(folder);
            at = id;
        }
        if self.fits() {
            return Ok(at);
        }
        self.folders.truncate(before);
        Err(FolderRefused::TooLarge)
    }

    fn ask_for(
        &mut self,
        before: Folder,
        description: Option<String>,
        now: Timestamp,
    ) -> Result<FolderId, FolderRefused> {
        self.put(Folder { description, updated_at: now, implied: false, ..before.clone() });
        if self.fits() {
            return Ok(before.id);
        }
        self.put(before);
        Err(FolderRefused::TooLarge)
    }

    /// Renames a folder or describes it anew. Whether anything is different now.
    ///
    /// # Errors
    /// [`FolderRefused`]; nothing is changed then.
    pub fn change(
        &mut self,
        id: FolderId,
        change: FolderChange,
        now: Timestamp,
    ) -> Result<bool, FolderRefused> {
        self.must_be_there()?;
        if id == self.root() {
            return Err(FolderRefused::Root);
        }
        let before = self.folder(id).ok_or(FolderRefused::Absent(id))?.clone();
        let mut after = before.clone();
        after.name = change.name.unwrap_or(after.name);
        after.description = change.description.unwrap_or(after.description);
        if let Some(other) = self.child(before.parent_id, after.name.as_str())
            && other.id != id
        {
            let path = self.path_of(before.parent_id).unwrap_or_default();
            return Err(FolderRefused::NameTaken { name: after.name, path });
        }
        if after == before {
            return Ok(false);
        }
        (after.version, after.updated_at, after.implied) = (after.version.saturating_add(1), now, false);
        let longer = after.name.as_str().len() > before.name.as_str().len();
        self.put(after);
        let refused = if longer && !self.all_can_be_named(id) {
            FolderRefused::TooDeep
        } else if !self.fits() {
            FolderRefused::TooLarge
        } else {
            return Ok(true);
        };
        self.put(before);
        Err(refused)
    }

    /// Takes a folder out, with everything below it and their imports, and notes down that their secrets are to be removed.
    /// The folders that went, the first one first.
    ///
    /// # Errors
    /// [`FolderRefused::Absent`], [`FolderRefused::Root`], [`FolderRefused::Gone`].
    pub fn remove(&mut self, id: FolderId) -> Result<Vec<Folder>, FolderRefused> {
        self.must_be_there()?;
        if id == self.root() {
            return Err(FolderRefused::Root);
        }
        let folder = self.folder(id).ok_or(FolderRefused::Absent(id))?.clone();
        let mut removed = vec![folder];
        removed.extend(self.descendants(id).into_iter().cloned());
        let went = |id: FolderId| removed.iter().any(|folder| folder.id == id);
        self.folders.retain(|folder| !went(folder.id));
        let of_removed = self.imports.iter().filter(|import| went(import.folder_id));
        self.leaving.extend(of_removed.map(|import| import.id));
        self.imports.retain(|import| !went(import.folder_id));
        self.purging.extend(removed.iter().map(|folder| folder.id));
        Ok(removed)
    }

    /// The environment goes: no folder is left, not even the root, and the secrets of all are to be removed.
    pub fn end(&mut self, now: Timestamp) {
        self.purging.extend(self.folders.drain(..).map(|folder| folder.id));
        if self.gone_at.replace(now).is_none() {
            self.purging.push(FolderId::root_of(self.environment_id));
        }
        self.leaving.extend(self.imports.drain(..).map(|import| import.id));
    }

    /// When the environment was removed, if it was.
    #[must_use]
    pub const fn gone_at(&self) -> Option<Timestamp> {
        self.gone_at
    }

    /// The folders whose secrets are still to be removed.
    #[must_use]
    pub fn purging(&self) -> &[FolderId] {
        &self.purging
    }

    /// The secrets of these folders are removed.
    pub fn purged(&mut self, folders: &[FolderId]) {
        self.purging.retain(|folder| !folders.contains(folder));
    }

    /// The imports whose ids are still to be given up.
    #[must_use]
    pub fn leaving(&self) -> &[SecretImportId] {
        &self.leaving
    }

    /// The first `count` of these are given up.
    pub fn left(&mut self, count: usize) {
        self.leaving.drain(..count.min(self.leaving.len()));
    }

    /// Whether something is left to be removed.
    #[must_use]
    pub const fn is_purging(&self) -> bool {
        !self.purging.is_empty() || !self.leaving.is_empty()
    }

    /// Whether requests can name the paths of a folder and of those below it.
    fn all_can_be_named(&self, id: FolderId) -> bool {
        let below = self.descendants(id).into_iter().map(|below| below.id);
        let mut paths = std::iter::once(id).chain(below).filter_map(|folder| self.path_of(folder));
        paths.all(|path| can_be_named(&path))
    }

    fn put(&mut self, folder: Folder) {
        if let Some(place) = self.folders.iter_mut().find(|known| known.id == folder.id) {
            *place = folder;
        }
    }

    pub(super) const fn must_be_there(&self) -> Result<(), FolderRefused> {
        if self.gone_at.is_some() { Err(FolderRefused::Gone) } else { Ok(()) }
    }

    /// Whether the tree fits into an item. JSON writes every name and value with at least as many bytes as DynamoDB counts
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
    pub(super) fn fits(&self) -> bool {
        serde_json::to_vec(self).is_ok_and(|stored| stored.len() <= LARGEST_TREE)
    }
}

/// Whether requests can name the path.
fn can_be_named(path: &SecretPath) -> bool {
    path.as_str().len() <= LONGEST_PATH
}
