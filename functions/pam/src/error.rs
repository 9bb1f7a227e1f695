//! This function's failures, as the wire tells them.

use ::access::{ChainError, ConsoleChain, Door};
use model::id::{PamAccountId, PamResourceId, PamSessionId};
use serde_json::json;
use web::Problem;

/// AWS did not do what was asked: 400 in its own words where the customer must act, 429 or 503 where time mends it.
pub(crate) fn from_aws(attempt: &str, error: ::access::Error) -> Problem {
    match &error {
        ::access::Error::Refused { .. } | ::access::Error::CredentialsInvalid { .. } => {
            Problem::bad_request(format!("{attempt}: {error}"))
        }
        ::access::Error::Throttled { .. } => Problem::aws_throttles(attempt).because(error),
        ::access::Error::Unreachable { .. } => {
            Problem::unavailable(format!("{attempt}: {error}; please try again")).because(error)
        }
        ::access::Error::Failed { .. } | ::access::Error::Incomplete { .. } => {
            Problem::aws_failed(attempt).because(error)
        }
    }
}

/// A role of the chain did not open: which one, in AWS's words.
pub(crate) fn from_chain(chain: &ConsoleChain, ChainError { door, error }: ChainError) -> Problem {
    let attempt = match door {
        Door::ResourceRole => format!("Could not assume the resource role {}", chain.resource_role()),
        Door::TargetRole => {
            format!("The resource role could not assume the target role {}", chain.target_role())
        }
    };
    from_aws(&attempt, error)
}

/// The resource is not there, or in a project that the caller does not belong to.
pub(crate) fn no_resource(id: PamResourceId) -> Problem {
    Problem::not_found(format!("Could not find PAM resource with ID {id}"))
}

/// The account is not there, or the caller may not know of it.
pub(crate) fn no_account(id: PamAccountId) -> Problem {
    Problem::not_found(format!("Could not find PAM account with ID {id}"))
}

/// The session is not there, or in a project that the caller does not belong to.
pub(crate) fn no_session(id: PamSessionId) -> Problem {
    Problem::not_found(format!("Could not find PAM session with ID {id}"))
}

/// Somebody who sees the account and may not use it.
pub(crate) fn may_not_access(path: &str) -> Problem {
    Problem::forbidden(format!("You are not allowed to access the PAM account {path}"))
        .named("PermissionDenied")
        .with_details(json!([{ "action": ["access"], "subject": ["pam-accounts"], "inverted": false, "conditions": {} }]))
}
