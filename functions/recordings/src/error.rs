//! This function's refusals and failures, in the wire's words.

use access::OpenError;
use model::connection::{Connection, Way};
use model::id::{PamSessionId, ProjectId};
use model::recording::{Contradiction, Place, Recording, Refused};
use web::Problem;

use crate::bucket::Failure;

/// The longest message, in characters: S3's words have ARNs in them.
const LONGEST_MESSAGE: usize = 2_048;

/// There is no such project, or the caller does not belong to it.
pub(crate) fn absent_project(id: ProjectId) -> Problem {
    Problem::not_found(format!("Could not find project with ID \"{id}\""))
}

/// The session is not recorded, or not there, or in a project that the caller does not belong to.
pub(crate) fn absent_recording(id: PamSessionId) -> Problem {
    Problem::not_found(format!("Could not find a recording of PAM session with ID {id}"))
}

/// Nobody has asked for the session's key yet, so that nothing can have been recorded.
pub(crate) fn unrecorded(id: PamSessionId) -> Problem {
    Problem::bad_request(format!("Nothing is recorded of session {id} yet: no gateway has asked for its key"))
}

/// The cursor is of another recording, or of none.
pub(crate) fn foreign_cursor() -> Problem {
    Problem::bad_request("The cursor is not one of this recording: begin again without it")
}

/// The connection of a recording's own time was deleted, and the project's configuration leads elsewhere.
pub(crate) fn lost_connection(recording: &Recording) -> Problem {
    let (id, bucket, region) = (recording.connection_id, &recording.place.bucket, &recording.place.region);
    Problem::bad_request(format!(
        "The App Connection {id} that this recording is kept through is gone: save a recording configuration of the project \
         with the bucket {bucket} in {region} and a connection that leads to it, or read the bucket directly"
    ))
}

/// Nobody said where the project's recordings are kept.
pub(crate) fn unconfigured(project: ProjectId) -> Problem {
    Problem::bad_request(format!(
        "Project {project} has no recording configuration: save one first (POST /api/v1/pam/projects/{project}/recording-config)"
    ))
}

/// The upload token is not there, or not the one that this session's gateway was given.
pub(crate) fn wrong_token() -> Problem {
    Problem::bad_request(
        "The header X-Gateway-Upload-Token is missing or is not that of this session's gateway",
    )
    .named("InvalidUploadToken")
}

/// A gateway may not have, or say, this.
pub(crate) fn refused(error: Refused) -> Problem {
    let message = error.to_string();
    match error {
        Refused::Anothers { .. } => Problem::forbidden(message),
        Refused::GivenAlready { .. } | Refused::Over { .. } | Refused::ClaimedOtherwise { .. } => {
            Problem::bad_request(message)
        }
    }
}

/// What a gateway says of a chunk does not agree with what is known of it.
pub(crate) fn contradicted(error: Contradiction) -> Problem {
    Problem::bad_request(error.to_string())
}

/// A connection did not open.
pub(crate) fn closed_connection(connection: &Connection, error: OpenError<seal::Error>) -> Problem {
    let name = &connection.name;
    let role = match &connection.way {
        Way::AssumeRole { role_arn, .. } => role_arn.to_string(),
        Way::AccessKey { .. } => String::new(),
    };
    let attempt = format!("Could not assume the role {role} of App Connection \"{name}\"");
    let sealed = format!("The access key of App Connection \"{name}\" cannot be opened");
    match error {
        OpenError::Role(error) if error.is_passing() => {
            Problem::unavailable(format!("{attempt}: AWS is busy or could not be reached; please try again"))
                .because(error)
        }
        OpenError::Role(error) => Problem::bad_request(limited(format!("{attempt}: {error}"))),
        OpenError::Key(error) if error.is_transient() => {
            Problem::unavailable(format!("{sealed} just now; please try again")).because(error)
        }
        OpenError::Key(error) => {
            Problem::bad_request(format!("{sealed}: the deployment's KMS key refuses")).because(error)
        }
        OpenError::NoKey => Problem::bug("open a connection", "neither a role nor an access key"),
    }
}

/// S3 did not do it: which action on which ARN to allow, or what else to mend.
pub(crate) fn from_bucket(place: &Place, attempt: &str, need: &str, failure: Failure) -> Problem {
    let message = in_words(place, attempt, need, &failure);
    match failure {
        Failure::Passing(_) => Problem::unavailable(format!("{message}; please try again")).because(failure),
        Failure::Denied(_)
        | Failure::NoBucket
        | Failure::NoObject
        | Failure::Elsewhere(_)
        | Failure::Refused(_) => Problem::bad_request(limited(message)),
    }
}

/// The same as a text: `need` is the action and the ARN that must be allowed.
pub(crate) fn in_words(place: &Place, attempt: &str, need: &str, failure: &Failure) -> String {
    let (bucket, region) = (&place.bucket, &place.region);
    match failure {
        Failure::Denied(words) => format!("S3 refused {attempt} ({words}): allow {need}"),
        Failure::NoBucket => format!("There is no bucket {bucket} in {region} ({attempt})"),
        Failure::NoObject => format!("There is no such object in the bucket {bucket} ({attempt})"),
        Failure::Elsewhere(Some(found)) => {
            format!("The bucket {bucket} is in {found}, not in {region}: give its own Region")
        }
        Failure::Elsewhere(None) => {
            format!("The bucket {bucket} is not in {region}: give its own Region")
        }
        Failure::Refused(words) => format!("S3 refused {attempt}: {words}"),
        Failure::Passing(words) => format!("{attempt} did not succeed: {words}"),
    }
}

/// As much of a message as anybody reads.
pub(crate) fn limited(message: String) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}
