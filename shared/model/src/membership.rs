//! Who belongs to a project, and as what.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{MembershipId, OrganizationId, ProjectId};
use crate::permission::{Role, Scope, Scoped};

/// A person or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A machine identity; its id is a UUID.
    Identity,
    /// A person; the id is the e-mail in lower case.
    User,
}

impl ActorKind {
    /// As tokens, audit records and the authorizer's context spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::User => "user",
        }
    }
}

/// A person's or machine's membership of a project: one for each of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its own id.
    pub id: MembershipId,
    /// The organisation.
    pub organization_id: OrganizationId,
    /// The project.
    pub project_id: ProjectId,
    /// Whether a person or a machine belongs.
    pub actor_kind: ActorKind,
    /// The identity's UUID, or the person's e-mail in lower case.
    pub actor_id: String,
    /// The identity's name or the person's e-mail, for lists.
    pub actor_name: String,
    /// What it is there; the highest role that counts now decides.
    pub roles: Vec<MembershipRole>,
}

/// A role within a membership, for good or for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRole {
    /// The role.
    pub role: Role,
    /// When it counts, unless always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<Temporary>,
}

/// The span in which a temporary role counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temporary {
    /// As it was asked for: `30m`, `1h`, `7d`.
    pub range: String,
    /// Its first moment.
    pub starts_at: Timestamp,
    /// The first moment at which it no longer counts.
    pub ends_at: Timestamp,
}

impl Membership {
    /// The highest role that counts at `now`.
    #[must_use]
    pub fn role_at(&self, now: Timestamp) -> Role {
        let counts = |role: &&MembershipRole| {
            role.temporary.as_ref().is_none_or(|span| span.starts_at <= now && now < span.ends_at)
        };
        self.roles.iter().filter(counts).map(|role| role.role).max().unwrap_or(Role::NoAccess)
    }
}

impl Scoped for Membership {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
