//! This function's refusals and failures, in the wire's words.

use model::id::KeyRotationId;
use model::key_rotation::{KeyRotation, SecretsMapping};
use model::secret::SecretPath;
use rotation::Error;
use web::{Problem, limited};

/// The rotation is not there, or in a project that the caller does not belong to.
pub(crate) fn absent(id: KeyRotationId) -> Problem {
    Problem::not_found(format!("Could not find secret rotation with ID \"{id}\""))
}

/// The folder has no rotation of this name.
pub(crate) fn absent_name(name: &str, environment: &str, path: &SecretPath) -> Problem {
    Problem::not_found(format!(
        "Could not find secret rotation with name \"{name}\" in folder \"{path}\" of environment \"{environment}\""
    ))
}

/// Another rotation of the folder has the name.
pub(crate) fn name_taken(name: &str) -> Problem {
    Problem::bad_request(format!("A secret rotation with the name \"{name}\" already exists in this folder"))
}

/// There is no such project.
pub(crate) fn absent_project(id: &str) -> Problem {
    Problem::bad_request(format!("Could not find project with ID \"{id}\""))
}

/// The project has no such environment or the environment no such folder.
pub(crate) fn absent_folder(environment: &str, path: &SecretPath) -> Problem {
    Problem::bad_request(format!(
        "Could not find folder with path \"{path}\" in environment \"{environment}\" of this project"
    ))
}

/// Somebody is at work on it, or a key of it is being tried.
pub(crate) fn running() -> Problem {
    Problem::bad_request("The secret rotation is already running; please try again when it is done")
}

/// There was no rotation before this one, or its key is gone.
pub(crate) fn nothing_to_return_to() -> Problem {
    Problem::bad_request("There is no previous key to go back to")
}

/// What decides which keys are touched is not changed behind their back.
pub(crate) fn own_key_is_decided_at_create() -> Problem {
    Problem::bad_request("ownKey is decided when a secret rotation is created; create another one")
}

/// The connection's own key is its user's.
pub(crate) fn own_key_is_of_its_user() -> Problem {
    Problem::bad_request(
        "This secret rotation rotates its connection's own key, which is of one user; create another one",
    )
}

/// A key has two halves, and each is a secret.
pub(crate) fn refuse_one_secret(mapping: &SecretsMapping) -> Result<(), Problem> {
    if mapping.is_one_secret() {
        return Err(Problem::bad_request("The two secrets of secretsMapping must have different names"));
    }
    Ok(())
}

/// A connection whose own key is deleted under it is of no use to anybody.
pub(crate) fn refuse_own_key_revoked(rotation: &KeyRotation) -> Result<(), Problem> {
    if rotation.parameters.own_key && rotation.revoke_on_delete {
        return Err(Problem::bad_request(
            "revokeOnDelete cannot be set for the connection's own key, which would be cut off",
        ));
    }
    Ok(())
}

/// A rotation that somebody asked for went wrong: the reason is in its record, too. 400, where the peer answers 500: it is AWS's
/// word or a rule's, and an alarm watches for 500.
pub(crate) fn failed(message: &str) -> Problem {
    Problem::bad_request(limited(format!("Unable to rotate the key: {message}")))
}

/// What was attempted with a rotation was not done: 400 where somebody must change something first, in AWS's own words where
/// they are AWS's, 429 or 503 where time mends it.
pub(crate) fn from_rotation(attempt: &str, rotation: &KeyRotation, error: Error) -> Problem {
    let told = |error: &Error| Problem::bad_request(limited(format!("{attempt}: {error}")));
    match error {
        Error::Busy { .. } => running(),
        Error::Aws(error) => from_aws(attempt, error),
        Error::Seal(error) if error.is_transient() => Problem::busy().because(error),
        Error::Seal(error) => Problem::bug("seal or open a secret access key", error),
        Error::Vault(error) => from_vault(attempt, error),
        Error::Read(error) => error.into(),
        Error::Commit(error) => error.into(),
        Error::LeaseLost => Problem::crowded("secret rotation"),
        Error::Gone => absent(rotation.id),
        Error::NameTaken => name_taken(&rotation.name),
        Error::SecretExists { .. }
        | Error::ConnectionGone
        | Error::FolderGone
        | Error::Blocked(_)
        | Error::NotTheUsers(_)
        | Error::NotOwn(_)
        | Error::OwnKeyTakenOver(_)
        | Error::OwnKeyInUse
        | Error::NoSecretHalf(_)
        | Error::NotMade(_) => told(&error),
    }
}

fn from_aws(attempt: &str, error: access::Error) -> Problem {
    match &error {
        access::Error::Refused { .. } | access::Error::CredentialsInvalid { .. } => {
            Problem::bad_request(limited(format!("{attempt}: {error}")))
        }
        access::Error::Unreachable { .. } => {
            Problem::unavailable(format!("{attempt}: {error}; please try again")).because(error)
        }
        access::Error::Throttled { .. } => Problem::aws_throttles(attempt).because(error),
        access::Error::Failed { .. } | access::Error::Incomplete { .. } => {
            Problem::aws_failed(attempt).because(error)
        }
    }
}

/// The secrets were not written.
fn from_vault(attempt: &str, error: vault::Error) -> Problem {
    if error.is_transient() {
        return Problem::busy().because(error);
    }
    match error {
        vault::Error::Exists { .. }
        | vault::Error::Rotated { .. }
        | vault::Error::Twice { .. }
        | vault::Error::TooManyPersonal { .. }
        | vault::Error::TooManyWatchers
        | vault::Error::TooMuchAtOnce
        | vault::Error::TooLong { .. } => Problem::bad_request(limited(format!("{attempt}: {error}"))),
        vault::Error::Read(error) => error.into(),
        vault::Error::Commit(error) => error.into(),
        vault::Error::NoEnvironment
        | vault::Error::NoFolder { .. }
        | vault::Error::NoSecret { .. }
        | vault::Error::NoVersion { .. }
        | vault::Error::NoShared { .. }
        | vault::Error::Cycle { .. }
        | vault::Error::ImportCycle { .. }
        | vault::Error::ImportAbsent { .. }
        | vault::Error::Unreadable { .. }
        | vault::Error::Folder(_)
        | vault::Error::Seal { .. }
        | vault::Error::Contended
        | vault::Error::Interrupted { .. } => Problem::bug("write the secrets of a rotation", error),
    }
}
