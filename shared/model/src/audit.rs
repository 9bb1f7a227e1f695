//! What is remembered of every mutation.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::ProjectId;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `identity`, `user`, `anonymous` (a login), or `system` (a worker).
    pub kind: String,
    /// The identity's UUID, or the person's e-mail.
    pub id: String,
    /// As people call it.
    pub name: String,
}

impl Actor {
    /// A worker, which does things by itself.
    #[must_use]
    pub fn system(worker: &str) -> Self {
        Self { kind: "system".to_owned(), id: worker.to_owned(), name: worker.to_owned() }
    }
}

/// From where a request came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The request's id, as its caller saw it (`req-…`).
    pub request_id: String,
    /// The caller's address.
    pub source_ip: String,
    /// The caller's `User-Agent`, at most 256 characters of it.
    pub user_agent: String,
}

/// One line of the audit trail: who did what to what, when, from where. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// From where.
    #[serde(flatten)]
    pub origin: Origin,
    /// Noun and verb, `connection.create`.
    pub action: String,
    /// The id of the thing that was changed.
    pub resource_id: String,
    /// The name of the thing that was changed.
    pub resource_name: String,
    /// The project it belongs to, unless it is the organisation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What else a reader of the trail needs, in words: the fields that changed, why a login was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}
