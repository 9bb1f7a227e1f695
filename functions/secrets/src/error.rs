//! This function's refusals, in the wire's words.

use model::folder::FolderRefused;
use model::id::{FolderId, ProjectId, SecretImportId};
use model::secret::SecretPath;
use web::Problem;

/// The project is not there, or not the caller's.
pub(crate) fn absent_project(id: ProjectId) -> Problem {
    Problem::not_found(format!("Project with ID '{id}' was not found"))
}

/// The same for a project that is named by its slug.
pub(crate) fn absent_project_slug(slug: &str) -> Problem {
    Problem::not_found(format!("Project with slug '{slug}' was not found"))
}

/// The project has no environment with this slug.
pub(crate) fn absent_environment(slug: &str) -> Problem {
    Problem::not_found(format!("Environment with slug '{slug}' was not found"))
}

/// Another tag of the project has the slug.
pub(crate) fn slug_taken(slug: &str) -> Problem {
    Problem::bad_request(format!("A tag with the slug '{slug}' already exists in this project"))
}

/// There is no such folder, or it is another project's.
pub(crate) fn absent_folder(id: FolderId) -> Problem {
    Problem::not_found(format!("Folder with ID '{id}' was not found"))
}

/// A path of the environment that leads nowhere.
pub(crate) fn absent_path(path: &SecretPath, environment: &str) -> Problem {
    Problem::not_found(format!(
        "Folder with path '{path}' in environment with slug '{environment}' was not found"
    ))
}

/// The folder at the path has no folder of this id or name.
pub(crate) fn absent_in_path(named: &str, path: &SecretPath) -> Problem {
    Problem::not_found(format!("Folder '{named}' was not found in path '{path}'"))
}

/// There is no such import, or it is another folder's or project's.
pub(crate) fn absent_import(id: SecretImportId) -> Problem {
    Problem::not_found(FolderRefused::AbsentImport(id).to_string())
}

/// A request changes a folder twice.
pub(crate) fn named_twice(id: FolderId) -> Problem {
    Problem::bad_request(format!("The request names the folder with ID '{id}' more than once"))
}

/// Rotations write secrets in the folder, or below it.
pub(crate) fn is_rotated_into(rotations: &[String]) -> Problem {
    Problem::bad_request(format!(
        "The folder has secrets of key rotations: {}. Delete these first",
        rotations.join(", ")
    ))
}
