//! Folders of an environment, and the imports that bring one folder's secrets into another.
//!
//! All folders of an environment are one [`FolderTree`], so that a path is found with one read and no two folders of one name
//! can come to be in one place. The root is always there: its id is the environment's.

mod import;
mod name;
mod tree;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{EnvironmentId, FolderId, ProjectId, SecretImportId};
use crate::secret::{LONGEST_PATH, SecretPath};

pub use import::ImportChange;
pub use name::{FolderName, InvalidFolderName};
pub use tree::FolderChange;

/// The most folders of one environment.
pub const MOST_FOLDERS: usize = 1_000;
/// How deep a folder may lie: the guards of all the folders that one creation makes fit into one transaction.
pub const DEEPEST: usize = 20;
/// The most imports of one folder.
pub const MOST_IMPORTS: usize = 50;
/// The most imports of one environment.
pub const MOST_IMPORTS_OF_ALL: usize = 500;
/// The longest description of a folder, in characters.
pub const LONGEST_DESCRIPTION: usize = 255;
/// The most bytes of a tree's stored form: one item of 400 KB, and room for its keys.
const LARGEST_TREE: usize = 380_000;

/// A folder, other than the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its id, which survives renames.
    pub id: FolderId,
    /// The folder that it is in.
    pub parent_id: FolderId,
    /// Its name, unique in that folder.
    pub name: FolderName,
    /// What people say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Counts its changes, from 1.
    #[serde(rename = "version")]
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was renamed or described anew.
    pub updated_at: Timestamp,
    /// It was made on the way to another folder, and nobody has asked for it by its own name yet. Who does has it: clients make
    /// folders side by side, and the one below may come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

/// An import: the secrets of another folder are read as if they were in this one, too. Where several have a name, the
/// folder's own comes first, then the last import's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretImport {
    /// Its id.
    pub id: SecretImportId,
    /// The folder that imports.
    pub folder_id: FolderId,
    /// The environment whose folder is imported.
    pub environment_id: EnvironmentId,
    /// The path of the folder that is imported. By path, not by id: a folder that is made anew is imported again.
    pub path: SecretPath,
    /// What its creator asked for; an import is always read through, so that a copy is never needed.
    pub is_replication: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// All folders of an environment, and their imports in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderTree {
    /// The environment.
    pub environment_id: EnvironmentId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    folders: Vec<Folder>,
    imports: Vec<SecretImport>,
    /// Folders that are gone, and whose secrets are still to be removed: the intent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    purging: Vec<FolderId>,
    /// Imports that went with their folders, and whose ids are still to be given up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    leaving: Vec<SecretImportId>,
    /// When the environment itself was removed: nothing can be made in it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone_at: Option<Timestamp>,
}

/// Why a folder or an import was not made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderRefused {
    /// There is a folder of that name in the same place.
    #[error("Folder with name '{name}' already exists in path '{path}'")]
    NameTaken {
        /// The name.
        name: FolderName,
        /// Where.
        path: SecretPath,
    },
    /// A missing folder on the way has a name that no folder can have.
    #[error("Folder '{0}' does not exist, and a folder cannot have that name: {InvalidFolderName}")]
    Unnameable(String),
    /// It, or a folder below it, would lie deeper than [`DEEPEST`], or where no path leads.
    #[error(
        "A folder lies at most {DEEPEST} folders deep, and its path has at most {LONGEST_PATH} characters"
    )]
    TooDeep,
    /// There are [`MOST_FOLDERS`] already.
    #[error("An environment has at most {MOST_FOLDERS} folders")]
    TooMany,
    /// All folders of the environment, with names, descriptions and imports, no longer fit into one item.
    #[error("The folders of this environment, their descriptions and imports are too large together")]
    TooLarge,
    /// The environment has no such folder.
    #[error("Folder with ID '{0}' was not found")]
    Absent(FolderId),
    /// The root has neither a name nor an end.
    #[error("The root folder cannot be renamed or deleted")]
    Root,
    /// The environment was removed.
    #[error("The environment is being deleted")]
    Gone,
    /// There is no such import.
    #[error("Secret import with ID '{0}' was not found")]
    AbsentImport(SecretImportId),
    /// The folder imports the other one already.
    #[error("The folder imports '{path}' of that environment already")]
    ImportTaken {
        /// What is imported.
        path: SecretPath,
    },
    /// A folder would import itself.
    #[error("A folder cannot import itself")]
    ImportsItself,
    /// There are [`MOST_IMPORTS`] in the folder, or [`MOST_IMPORTS_OF_ALL`] in the environment.
    #[error("A folder has at most {MOST_IMPORTS} imports, and an environment {MOST_IMPORTS_OF_ALL}")]
    TooManyImports,
}

#[cfg(test)]
mod tests;
