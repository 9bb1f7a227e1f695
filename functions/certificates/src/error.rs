//! This function's refusals and failures, in the wire's words. What only one noun says stands beside its verbs.

use ::authority::private_ca::CaStatus;
use ::authority::{Class, Error};
use model::certificate_authority::{CertificateAuthorityArn, HostedZoneId};
use model::id::ProjectId;
use web::{Problem, limited};

/// There is no such project.
pub(crate) fn absent_project(id: ProjectId) -> Problem {
    Problem::bad_request(format!("Could not find project with ID \"{id}\""))
}

/// There is no project of this slug, or the caller does not belong to it.
pub(crate) fn absent_project_named(slug: &str) -> Problem {
    Problem::bad_request(format!("Could not find project with slug \"{slug}\""))
}

/// The thing is not there, or in a project that the caller does not belong to.
pub(crate) fn absent(noun: &str, id: impl std::fmt::Display) -> Problem {
    Problem::not_found(format!("Could not find {noun} with ID \"{id}\""))
}

/// The project has no such thing of this name.
pub(crate) fn absent_name(noun: &str, name: &str) -> Problem {
    Problem::not_found(format!("Could not find {noun} with name \"{name}\""))
}

/// Another one of the project has the name.
pub(crate) fn name_taken(noun: &str, name: &str) -> Problem {
    Problem::bad_request(format!("A {noun} with the name \"{name}\" already exists in this project"))
}

/// Something else still names it.
pub(crate) fn in_use(noun: &str, name: &str, count: i64, user: &str) -> Problem {
    let (plural, them) = if count == 1 { ("", "it") } else { ("s", "them") };
    Problem::bad_request(format!(
        "The {noun} \"{name}\" is still used by {count} {user}{plural}. Delete or detach {them} first"
    ))
}

/// A private CA that issues nothing.
pub(crate) fn not_active(arn: &CertificateAuthorityArn, status: &CaStatus) -> Problem {
    Problem::bad_request(format!(
        "The certificate authority {arn} cannot be used: its status is {}, and only an ACTIVE one issues certificates",
        status.name()
    ))
}

/// A hosted zone that only a VPC sees.
pub(crate) fn private_zone(id: &HostedZoneId, name: &str) -> Problem {
    Problem::bad_request(format!(
        "The hosted zone {id} ({name}) is private: ACM looks for its validation records in public zones alone"
    ))
}

/// AWS was asked and did not do it: 400 in its own words where somebody must change something, 503 where time mends it.
pub(crate) fn from_authority(attempt: &str, error: Error) -> Problem {
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
