//! Folders as the wire shows them. Every key is always there: the Go clients decode into structs, Python's raise.

use model::Timestamp;
use model::environment::Environment;
use model::folder::FolderTree;
use model::id::{EnvironmentId, FolderId, ProjectId};
use model::secret::SecretPath;
use serde::Serialize;

/// The name under which the peer shows the folder `/`.
const ROOT: &str = "root";

/// A folder.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FolderView {
    id: FolderId,
    name: String,
    version: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    env_id: EnvironmentId,
    parent_id: Option<FolderId>,
    /// The peer's folders for copies of imports are; ours never.
    is_reserved: bool,
    description: Option<String>,
    last_secret_modified: Option<Timestamp>,
    /// From the root, its own name included; absent in lists and in the answer of a delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<SecretPath>,
    /// From the folder that was listed; in recursive lists alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_path: Option<SecretPath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<EnvironmentView>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct EnvironmentView {
    env_id: EnvironmentId,
    env_name: String,
    env_slug: String,
}

/// `{folder}`.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    pub(crate) folder: FolderView,
}

/// `{folders}`.
#[derive(Debug, Serialize)]
pub(crate) struct Many {
    pub(crate) folders: Vec<FolderView>,
}

impl FolderView {
    /// A folder of the environment whose tree this is, the root included; `None` for a folder that it does not have.
    /// `modified` is when a secret in it was last written.
    pub(crate) fn of(
        tree: &FolderTree,
        environment: &Environment,
        id: FolderId,
        modified: Option<Timestamp>,
    ) -> Option<Self> {
        if id == tree.root() {
            return Some(Self::root(environment, modified));
        }
        let folder = tree.folder(id)?;
        Some(Self {
            id,
            name: folder.name.to_string(),
            version: folder.version,
            created_at: folder.created_at,
            updated_at: folder.updated_at,
            env_id: environment.id,
            parent_id: Some(folder.parent_id),
            is_reserved: false,
            description: folder.description.clone(),
            last_secret_modified: modified,
            path: None,
            relative_path: None,
            project_id: None,
            environment: None,
        })
    }

    /// The root is there as long as its environment is, and nothing of its own is stored.
    fn root(environment: &Environment, modified: Option<Timestamp>) -> Self {
        Self {
            id: FolderId::root_of(environment.id),
            name: ROOT.to_owned(),
            version: 1,
            created_at: environment.created_at,
            updated_at: environment.created_at,
            env_id: environment.id,
            parent_id: None,
            is_reserved: false,
            description: None,
            last_secret_modified: modified,
            path: None,
            relative_path: None,
            project_id: None,
            environment: None,
        }
    }

    /// With everything about where it is.
    pub(crate) fn placed(self, tree: &FolderTree, environment: &Environment) -> Self {
        let place = EnvironmentView {
            env_id: environment.id,
            env_name: environment.name.clone(),
            env_slug: environment.slug.clone(),
        };
        Self {
            path: tree.path_of(self.id),
            project_id: Some(tree.project_id),
            environment: Some(place),
            ..self
        }
    }

    /// With its path from `listed`, which it is below.
    pub(crate) fn relative_to(self, tree: &FolderTree, listed: &SecretPath) -> Self {
        let depth = listed.segments().count();
        let relative = tree.path_of(self.id).map(|path| SecretPath::of(path.segments().skip(depth)));
        Self { relative_path: relative, ..self }
    }

    /// Whether a secret in it was written at this moment or later.
    pub(crate) fn modified_since(&self, moment: Timestamp) -> bool {
        self.last_secret_modified.is_some_and(|modified| modified >= moment)
    }
}
