//! This function's refusals and failures, in the wire's words.

use access::OpenError;
use destination::Disposition;
use model::id::{ProjectId, SecretSyncId};
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

/// Another sync may write the same names, and the deployment blocks that.
pub(crate) fn duplicate(other: &str) -> Problem {
    Problem::bad_request(format!(
        "The secret sync {other} may write to the same names in the same account and region, which this deployment does not \
         allow: give this sync another destination, or a key schema of its own"
    ))
}

/// A job goes on, or the sync is on its way out.
pub(crate) fn refused(refused: Refused) -> Problem {
    Problem::bad_request(refused.to_string())
}

/// The connection did not open.
pub(crate) fn closed(error: OpenError<seal::Error>) -> Problem {
    match error {
        OpenError::Role(error) => from_access(error),
        // Never the caller's fault.
        OpenError::Key(error) if error.is_transient() => Problem::busy().because(error),
        OpenError::Key(error) => Problem::bug("open a secret access key", error),
        OpenError::NoKey => Problem::bug("open a connection", "neither a role nor an access key"),
    }
}

/// AWS did not open the role: 400 in its own words where the customer must act, 429 or 503 where time mends it.
fn from_access(error: access::Error) -> Problem {
    let attempt = "Unable to use the connection";
    match &error {
        access::Error::Refused { .. } | access::Error::CredentialsInvalid { .. } => {
            Problem::bad_request(format!("{attempt}: {error}"))
        }
        access::Error::Unreachable { .. } => {
            Problem::bad_request(format!("{attempt}: {error}")).because(error)
        }
        access::Error::Throttled { .. } => Problem::aws_throttles(attempt).because(error),
        access::Error::Failed { .. } | access::Error::Incomplete { .. } => {
            Problem::aws_failed(attempt).because(error)
        }
    }
}

/// The destination was not read: 400 in AWS's own words where somebody must change something, 503 where time mends it.
pub(crate) fn from_destination(error: destination::Error) -> Problem {
    let message = format!("Unable to read the destination: {error}");
    match error.disposition() {
        Disposition::NeedsOwner => Problem::bad_request(message),
        Disposition::Later => Problem::unavailable(message),
    }
}

/// The source was not read. What would stop a run is told as it would be then.
pub(crate) fn from_vault(sync: &str, error: vault::Error) -> Problem {
    if error.is_transient() {
        return Problem::busy().because(error);
    }
    match &error {
        vault::Error::NoEnvironment | vault::Error::NoFolder { .. } => source_gone(sync),
        vault::Error::ImportAbsent { .. } => {
            Problem::bad_request(format!("A run would change nothing: {error}"))
        }
        vault::Error::Unreadable { what, name, path, .. } => Problem::bad_request(format!(
            "A run would change nothing: the {what} of secret '{name}' in path '{path}' cannot be opened"
        ))
        .because(error),
        vault::Error::NoSecret { .. }
        | vault::Error::NoVersion { .. }
        | vault::Error::NoShared { .. }
        | vault::Error::Exists { .. }
        | vault::Error::Rotated { .. }
        | vault::Error::Twice { .. }
        | vault::Error::Cycle { .. }
        | vault::Error::ImportCycle { .. }
        | vault::Error::TooLong { .. }
        | vault::Error::Folder(_)
        | vault::Error::TooManyPersonal { .. }
        | vault::Error::TooManyWatchers
        | vault::Error::TooMuchAtOnce
        | vault::Error::Seal { .. }
        | vault::Error::Read(_)
        | vault::Error::Commit(_)
        | vault::Error::Contended
        | vault::Error::Interrupted { .. } => Problem::bug("read the source of a sync", error),
    }
}
