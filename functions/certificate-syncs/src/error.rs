//! This function's refusals and failures, in the wire's words.

use model::certificate_sync::Destination;
use model::certificate_sync::run::Refused;
use model::id::{ApplicationId, CertificateId, CertificateSyncId, ProjectId};
use placement::{Class, Error};
use web::{Problem, limited};

/// There is no such kind of destination.
pub(crate) fn no_destination() -> Problem {
    Problem::not_found("There is no such route")
}

/// The sync is not there, or in a project that the caller does not belong to.
pub(crate) fn absent(id: CertificateSyncId) -> Problem {
    Problem::not_found(format!("Could not find certificate sync with ID \"{id}\""))
}

/// The sync goes to another destination than the path says.
pub(crate) fn other_destination(id: CertificateSyncId, asked: Destination) -> Problem {
    Problem::bad_request(format!("Certificate sync with ID \"{id}\" is not configured for {}", asked.title()))
}

/// What only load balancers have.
pub(crate) fn only_load_balancers() -> Problem {
    Problem::bad_request("Only syncs with AWS Elastic Load Balancer have a default certificate")
}

/// A default that would be nobody's.
pub(crate) fn no_listener_takes() -> Problem {
    Problem::bad_request(
        "No listener of this sync takes a default certificate: setAsDefault is false at each of destinationConfig.listeners. Set it to true, or leave it out, at those that should",
    )
}

/// Another sync of the project has the name.
pub(crate) fn name_taken(name: &str) -> Problem {
    Problem::bad_request(format!(
        "A certificate sync with the name \"{name}\" already exists in this project"
    ))
}

/// A sync without an application.
pub(crate) fn no_application() -> Problem {
    Problem::bad_request("A certificate sync belongs to an application: applicationId is required")
}

/// The application is not there, or in a project that the caller does not belong to.
pub(crate) fn absent_application(id: ApplicationId) -> Problem {
    Problem::not_found(format!("Could not find application with ID \"{id}\""))
}

/// The application is another project's than the one that was named.
pub(crate) fn application_elsewhere(id: ApplicationId, project: ProjectId) -> Problem {
    Problem::bad_request(format!("The application with ID \"{id}\" is not one of the project \"{project}\""))
}

/// Certificates that are not there, or not to be seen.
pub(crate) fn absent_certificates(ids: &[CertificateId]) -> Problem {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Problem::not_found(format!("Could not find certificates with these IDs: {}", ids.join(", ")))
}

/// The certificate is not attached to the sync.
pub(crate) fn not_attached(id: CertificateId) -> Problem {
    Problem::not_found(format!("The certificate with ID \"{id}\" is not attached to this sync"))
}

/// A job goes on, or the sync is on its way out.
pub(crate) fn refused(refused: Refused) -> Problem {
    Problem::bad_request(refused.to_string())
}

/// AWS was asked and did not do it: 400 in its own words where somebody must change something, 503 where time mends it.
pub(crate) fn from_placement(attempt: &str, error: Error) -> Problem {
    match error.class() {
        Class::Passing => {
            Problem::unavailable(format!("{attempt}: AWS is busy or failed; please try again")).because(error)
        }
        Class::Denied
        | Class::Credentials
        | Class::NotFound
        | Class::InvalidState
        | Class::LimitExceeded
        | Class::Invalid
        | Class::InProgress
        | Class::AlreadyDone
        | Class::Other => Problem::bad_request(limited(format!("{attempt}: {error}"))),
    }
}
