//! This function's failures, as the wire tells them.

use model::connection::Connection;
use model::permission::Scope;
use web::Problem;

/// AWS did not do what was asked: 400 in its own words where the customer must act (Terraform tries again on those
/// words), 429 or 503 where time mends it.
pub(crate) fn from_aws(attempt: &str, error: access::Error) -> Problem {
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

/// A secret was not sealed or opened: never the caller's fault.
pub(crate) fn from_seal(error: seal::Error) -> Problem {
    if error.is_transient() {
        Problem::busy().because(error)
    } else {
        Problem::bug("seal or open a secret access key", error)
    }
}

/// Another connection of the scope has the name.
pub(crate) fn name_taken(name: &str, scope: Scope) -> Problem {
    Problem::bad_request(format!(
        "App Connection with name \"{name}\" already exists in this {}",
        place(scope)
    ))
}

/// The connection gets in by an access key, and the request is about a role.
pub(crate) fn not_by_role(connection: &Connection) -> Problem {
    Problem::bad_request(format!(
        "The connection \"{}\" uses an access key: it assumes no role, so there is no trust policy",
        connection.name
    ))
}

/// `project` or `organization`.
pub(crate) const fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Organization => "organization",
        Scope::Project(_) => "project",
    }
}
