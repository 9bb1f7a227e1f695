//! This function's refusals, in the wire's words.

use model::id::{ConnectionId, ProjectId, SecretSyncId};
use model::secret::SecretPath;
use model::secret_sync::Destination;
use model::secret_sync::run::Refused;
use web::Problem;

/// There is no such kind of destination.
pub(crate) fn no_destination() -> Problem {
    Problem::not_found("There is no such route")
}

/// The sync is not there, or in a project that the caller does not belong to.
pub(crate) fn absent(id: SecretSyncId) -> Problem {
    Problem::not_found(format!("Could not find secret sync with ID \"{id}\""))
}

/// The project has no sync of this name.
pub(crate) fn absent_name(name: &str, project: ProjectId) -> Problem {
    Problem::not_found(format!("Could not find secret sync with name \"{name}\" in project \"{project}\""))
}

/// The sync pushes to another destination than the path says.
pub(crate) fn other_destination(id: SecretSyncId, asked: Destination) -> Problem {
    Problem::bad_request(format!("Secret sync with ID \"{id}\" is not configured for {}", asked.title()))
}

/// Another sync of the project has the name.
pub(crate) fn name_taken(name: &str) -> Problem {
    Problem::bad_request(format!("A secret sync with the name \"{name}\" already exists in this project"))
}

/// There is no such project.
pub(crate) fn absent_project(id: &str) -> Problem {
    Problem::bad_request(format!("Could not find project with ID \"{id}\""))
}

/// The project has no such environment or the environment no such folder.
pub(crate) fn absent_source(environment: &str, path: &SecretPath) -> Problem {
    Problem::bad_request(format!(
        "Could not find folder with path \"{path}\" in environment \"{environment}\" of this project"
    ))
}

/// The folder that is to be read is gone.
pub(crate) fn source_gone(name: &str) -> Problem {
    Problem::bad_request(format!(
        "The secret sync \"{name}\" has no source: its folder or environment was deleted. Give it another one first"
    ))
}

/// The connection is not there, or in a scope that the caller does not belong to.
pub(crate) fn absent_connection(id: ConnectionId) -> Problem {
    Problem::not_found(format!("Could not find App Connection with ID {id}"))
}

/// A job goes on, or the sync is on its way out.
pub(crate) fn refused(refused: Refused) -> Problem {
    Problem::bad_request(refused.to_string())
}

/// Somebody else changed the same thing again and again.
pub(crate) fn crowded() -> Problem {
    Problem::unavailable("The secret sync is being changed by somebody else right now; please try again")
}
