//! What the authorizer answers: a context for the functions behind the gateway.

use model::Timestamp;
use model::bearer::Refusal;
use model::permission::Role;
use serde::Serialize;

/// A simple response with a context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    is_authorized: bool,
    context: Context,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Context {
    Caller(Box<Caller>),
    Nobody { kind: &'static str, refusal: &'static str },
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Caller {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) groups: Vec<String>,
    #[serde(serialize_with = "role_name")]
    pub(crate) organization_role: Role,
    pub(crate) auth_method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "unix_seconds")]
    pub(crate) expires_at: Option<Timestamp>,
}

fn role_name<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.name())
}

fn unix_seconds<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(Timestamp::unix_seconds).serialize(serializer)
}

impl Answer {
    pub(crate) fn caller(caller: Caller) -> Self {
        Self { is_authorized: true, context: Context::Caller(Box::new(caller)) }
    }

    /// Nobody calls, for this reason.
    #[must_use]
    pub const fn refused(refusal: Refusal) -> Self {
        Self { is_authorized: true, context: Context::Nobody { kind: "anonymous", refusal: refusal.name() } }
    }
}
