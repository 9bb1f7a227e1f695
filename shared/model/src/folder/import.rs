//! The imports of folders. Their order is the order of the list, for each folder on its own.

use super::{FolderRefused, FolderTree, MOST_IMPORTS, MOST_IMPORTS_OF_ALL, SecretImport};
use crate::Timestamp;
use crate::id::{EnvironmentId, FolderId, SecretImportId};
use crate::secret::SecretPath;

/// What is to become of an import; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportChange {
    /// Another environment.
    pub environment_id: Option<EnvironmentId>,
    /// Another path.
    pub path: Option<SecretPath>,
    /// Another position among the folder's imports, from 1; one beyond the end is the end.
    pub position: Option<usize>,
}

impl FolderTree {
    /// All imports of the environment, each folder's in order.
    pub fn imports(&self) -> impl Iterator<Item = &SecretImport> {
        self.imports.iter()
    }

    /// The imports of a folder, in order: the last one wins.
    pub fn imports_of(&self, folder: FolderId) -> impl DoubleEndedIterator<Item = &SecretImport> {
        self.imports.iter().filter(move |import| import.folder_id == folder)
    }

    /// An import and its position in its folder, from 1.
    #[must_use]
    pub fn import(&self, id: SecretImportId) -> Option<(usize, &SecretImport)> {
        let import = self.imports.iter().find(|import| import.id == id)?;
        let before = self.imports_of(import.folder_id).take_while(|other| other.id != id).count();
        Some((before + 1, import))
    }

    /// Adds an import behind the folder's others. Its position, from 1.
    ///
    /// # Errors
    /// [`FolderRefused`]; nothing is changed then.
    pub fn add_import(&mut self, import: SecretImport) -> Result<usize, FolderRefused> {
        self.must_be_there()?;
        if !self.contains(import.folder_id) {
            return Err(FolderRefused::Absent(import.folder_id));
        }
        self.may_import(&import)?;
        let position = self.imports_of(import.folder_id).count() + 1;
        if position > MOST_IMPORTS || self.imports.len() >= MOST_IMPORTS_OF_ALL {
            return Err(FolderRefused::TooManyImports);
        }
        self.imports.push(import);
        if self.fits() {
            return Ok(position);
        }
        self.imports.pop();
        Err(FolderRefused::TooLarge)
    }

    /// Changes an import. Whether anything is different now.
    ///
    /// # Errors
    /// [`FolderRefused`]; nothing is changed then.
    pub fn change_import(
        &mut self,
        id: SecretImportId,
        change: ImportChange,
        now: Timestamp,
    ) -> Result<bool, FolderRefused> {
        self.must_be_there()?;
        let before = self.imports.clone();
        let index = before.iter().position(|import| import.id == id);
        let index = index.ok_or(FolderRefused::AbsentImport(id))?;
        let mut import = self.imports.remove(index);
        let folder = import.folder_id;
        import.environment_id = change.environment_id.unwrap_or(import.environment_id);
        import.path = change.path.unwrap_or(import.path);
        if let Err(refused) = self.may_import(&import) {
            self.imports = before;
            return Err(refused);
        }
        let place = match change.position {
            None => index,
            // Before the import that is at this position once this one is taken out, or behind all.
            Some(position) => {
                let of_folder =
                    self.imports.iter().enumerate().filter(|(_, other)| other.folder_id == folder);
                of_folder
                    .map(|(place, _)| place)
                    .nth(position.saturating_sub(1))
                    .unwrap_or(self.imports.len())
            }
        };
        self.imports.insert(place, import);
        let order = |imports: &[SecretImport]| -> Vec<_> {
            let of_folder = imports.iter().filter(|import| import.folder_id == folder);
            of_folder.map(|import| (import.id, import.environment_id, import.path.clone())).collect()
        };
        if order(&before) == order(&self.imports) {
            self.imports = before;
            return Ok(false);
        }
        if let Some(changed) = self.imports.iter_mut().find(|import| import.id == id) {
            changed.updated_at = now;
        }
        if self.fits() {
            return Ok(true);
        }
        self.imports = before;
        Err(FolderRefused::TooLarge)
    }

    /// Takes an import out, with the position that it had.
    ///
    /// # Errors
    /// [`FolderRefused::AbsentImport`], [`FolderRefused::Gone`].
    pub fn remove_import(&mut self, id: SecretImportId) -> Result<(usize, SecretImport), FolderRefused> {
        self.must_be_there()?;
        let (position, import) = self.import(id).ok_or(FolderRefused::AbsentImport(id))?;
        let import = import.clone();
        self.imports.retain(|other| other.id != id);
        Ok((position, import))
    }

    /// Whether the folder may import this beside its other imports.
    fn may_import(&self, import: &SecretImport) -> Result<(), FolderRefused> {
        let here = import.environment_id == self.environment_id;
        if here && self.path_of(import.folder_id).as_ref() == Some(&import.path) {
            return Err(FolderRefused::ImportsItself);
        }
        let same = |other: &SecretImport| {
            other.id != import.id
                && other.environment_id == import.environment_id
                && other.path == import.path
        };
        if self.imports_of(import.folder_id).any(same) {
            return Err(FolderRefused::ImportTaken { path: import.path.clone() });
        }
        Ok(())
    }
}
