//! What clients send to get in: the body of the peer's first API generation and that of its third, on one route.

use serde_json::Value;

use super::duration::SessionDuration;
use super::session::AccessMethod;
use crate::form::{self, Fault, Form, Issues, Read, Rule, rule};
use crate::id::{PamAccountId, ProjectId};

/// A request for access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    /// The project, where the client knows it.
    pub project_id: Option<ProjectId>,
    /// The account that is wanted.
    pub wanted: Wanted,
    /// For how long; the account's default when absent.
    pub duration: Option<SessionDuration>,
    /// Why. Never the empty text.
    pub reason: Option<String>,
    /// The page of the console to arrive at, unread: which pages there are, the account's partition says.
    pub destination: Option<String>,
    /// From where, when the client says so.
    pub method: Option<AccessMethod>,
    /// Whether somebody will record the session.
    pub record: bool,
}

/// How a request names its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its id.
    Id(PamAccountId),
    /// By its path, `resource/account`.
    Path {
        /// The resource's name.
        resource: String,
        /// The account's name.
        account: String,
    },
    /// By its name alone, where the peer's first generation leaves the resource out.
    Name(String),
}

impl AccessRequest {
    /// Reads the body.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for AccessRequest {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project_id = form.nullish("projectId", rule::id());
        let wanted = wanted(form);
        let duration = form.nullish("duration", SessionDuration::rule());
        let reason = form.nullish("reason", rule::trimmed(0, 1_000));
        let destination = form.nullish("destination", rule::trimmed(0, 2_048));
        let method = form.nullish("accessMethod", rule::one_of(AccessMethod::NAMES));
        let record = form.nullish("record", rule::boolean());
        Some(Self {
            project_id: project_id?,
            wanted: wanted?,
            duration: duration?,
            reason: reason?.filter(|reason| !reason.is_empty()),
            destination: destination?.filter(|destination| !destination.is_empty()),
            method: method?,
            record: record?.unwrap_or_default(),
        })
    }
}

fn wanted(form: &mut Form<'_>) -> Option<Wanted> {
    if form.has("path") {
        return form.required("path", path(false));
    }
    if form.has("accountPath") {
        return form.required("accountPath", path(true));
    }
    if form.has("resourceName") || form.has("accountName") {
        let resource = form.required("resourceName", rule::trimmed(1, 64));
        let account = form.required("accountName", rule::trimmed(1, 64));
        return Some(Wanted::Path { resource: resource?, account: account? });
    }
    if form.has("accountId") {
        return form.required("accountId", rule::id()).map(Wanted::Id);
    }
    form.refuse("path", "Name the account: path as resource/account, or resourceName and accountName")
}

fn path(may_be_name: bool) -> impl Rule<Output = Wanted> {
    rule::text(move |text| {
        let fault = |message: &str| Err(vec![Fault::custom(message)]);
        let segments: Vec<&str> = text.trim().trim_matches('/').split('/').map(str::trim).collect();
        match segments.as_slice() {
            [resource, account] if !resource.is_empty() && !account.is_empty() => {
                Ok(Wanted::Path { resource: (*resource).to_owned(), account: (*account).to_owned() })
            }
            [name] if may_be_name && !name.is_empty() => Ok(Wanted::Name((*name).to_owned())),
            _ => fault("Must be resource/account"),
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn path_of(resource: &str, account: &str) -> Wanted {
        Wanted::Path { resource: resource.to_owned(), account: account.to_owned() }
    }

    #[test]
    fn bodies_of_both_generations_name_an_account() {
        let (project, id) = (ProjectId::random(), PamAccountId::random());
        for (body, wanted) in [
            (
                json!({ "path": "production-aws/readonly", "duration": "3600000ms" }),
                path_of("production-aws", "readonly"),
            ),
            (
                json!({ "projectId": project, "accountPath": "/prod/admin", "duration": "1h" }),
                path_of("prod", "admin"),
            ),
            (json!({ "projectId": project, "accountPath": "/admin/" }), Wanted::Name("admin".into())),
            (
                json!({ "projectId": project, "resourceName": "prod", "accountName": "admin" }),
                path_of("prod", "admin"),
            ),
            (json!({ "accountId": id }), Wanted::Id(id)),
        ] {
            assert_eq!(AccessRequest::read(&body).unwrap().wanted, wanted, "{body}");
        }
    }

    #[test]
    fn what_is_blank_is_absent() {
        let read = AccessRequest::read(&json!({
            "path": "a/b", "reason": "  ", "destination": "", "mfaSessionId": null, "targetHost": "x", "duration": null,
        }))
        .unwrap();
        assert_eq!((read.reason, read.destination, read.duration, read.method), (None, None, None, None));
    }

    #[test]
    fn a_request_that_names_no_account_or_too_much_is_refused() {
        for body in [
            json!({}),
            json!({ "path": "" }),
            json!({ "path": "readonly" }),
            json!({ "path": "a/b/c" }),
            json!({ "path": "a//b" }),
            json!({ "path": "/" }),
            json!({ "resourceName": "a" }),
            json!({ "path": "a/b", "duration": "4h" }),
            json!({ "path": "a/b", "reason": "x".repeat(1_001) }),
            json!({ "path": "a/b", "accessMethod": "fax" }),
            json!({ "path": "a/b", "projectId": "x" }),
        ] {
            assert!(AccessRequest::read(&body).is_err(), "{body}");
        }
    }
}
