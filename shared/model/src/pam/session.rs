//! Sessions: one person's stay in an account, from the wish to its end.
//!
//! A session is stored before AWS is asked for anything, and is closed by what came of it. Where nobody closes it, time
//! does: a session that was not opened within [`OPENING_DEADLINE`] reads as failed, one whose credentials have expired as
//! ended. So no record stays open, and nothing has to look for those that should not.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::SessionDuration;
use super::session_name::SessionName;
use crate::Timestamp;
use crate::arn::RoleArn;
use crate::connection::ExternalId;
use crate::id::{OrganizationId, PamAccountId, PamResourceId, PamSessionId, ProjectId};
use crate::membership::ActorKind;
use crate::permission::{Scope, Scoped};
use crate::region::Region;

/// A request for access is answered within this, whatever happens: API Gateway gives up after 30 s.
pub const OPENING_DEADLINE: Duration = Duration::from_secs(60);

const NEVER_OPENED: &str =
    "The request was interrupted before the session was open; nobody received its credentials";

/// One person's stay in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PamSession {
    /// Its id.
    pub id: PamSessionId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The resource, as it was then.
    pub resource_id: PamResourceId,
    /// Its name then.
    pub resource_name: String,
    /// Its role then: whoever ends the session goes the same way.
    pub resource_role_arn: RoleArn,
    /// Its region then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The account, as it was then.
    pub account_id: PamAccountId,
    /// Its name then.
    pub account_name: String,
    /// The role that was entered.
    pub target_role_arn: RoleArn,
    /// Who.
    pub actor: SessionActor,
    /// Under which name AWS knows them.
    pub session_name: SessionName,
    /// For how long it was asked.
    pub duration: SessionDuration,
    /// By which method.
    pub access_method: AccessMethod,
    /// Why, when that was said.
    pub reason: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the record may be forgotten.
    pub kept_until: Timestamp,
    /// How far it got.
    pub state: SessionState,
    /// The Deny that ends it, from before it is put on the role until it is removed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination: Option<Termination>,
}

/// Who is in a session, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionActor {
    /// Person or machine.
    pub kind: ActorKind,
    /// The identity's UUID, or the person's e-mail in lower case.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The person's e-mail.
    pub email: Option<String>,
    /// The address that asked.
    pub source_ip: String,
    /// The program that asked.
    pub user_agent: String,
}

/// How a session is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessMethod {
    /// In a browser, by the link.
    Web,
    /// By the peer's command line, which gets the credentials as well.
    Cli,
}

impl AccessMethod {
    /// Each method with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[("web", Self::Web), ("cli", Self::Cli)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Cli => "cli",
        }
    }
}

/// How far a session got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum SessionState {
    /// Asked for; nothing was handed out.
    Opening,
    /// The credentials were handed out.
    Active {
        /// When AWS gave them.
        started_at: Timestamp,
        /// When they stop to work.
        expires_at: Timestamp,
    },
    /// Whoever was in it said that they are done. The credentials work until they expire.
    Ended {
        /// When AWS gave the credentials.
        started_at: Timestamp,
        /// When they stop to work.
        expires_at: Timestamp,
        /// When it was said.
        ended_at: Timestamp,
    },
    /// The role refuses the credentials; that was proved.
    Terminated {
        /// When AWS gave the credentials.
        started_at: Timestamp,
        /// When they would have stopped to work.
        expires_at: Timestamp,
        /// When it was proved.
        ended_at: Timestamp,
        /// Who wanted it, as people call them.
        by: String,
    },
    /// Nothing was handed out.
    Failed {
        /// When that was clear.
        failed_at: Timestamp,
        /// Why, in public words.
        reason: String,
    },
}

/// The Deny that ends sessions on a role, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Termination {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who asked, as people call them.
    pub requested_by: String,
    /// When whatever it ends has ended by itself, so that it can go.
    pub remove_after: Timestamp,
    /// Whether it is gone, or was never put.
    pub removed: bool,
    /// Whether it was put where another explicit deny refuses what its proof tries, so that nobody can say that it works.
    #[serde(default)]
    pub unprovable: bool,
    /// How often in a row it could not be removed.
    #[serde(default)]
    pub failures: u32,
    /// Why it could not be removed the last time, in public words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

/// What the wire calls the state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionStatus {
    /// Asked for.
    Starting,
    /// Its credentials work.
    Active,
    /// Its credentials have expired, or whoever had them is done.
    Ended,
    /// Its credentials are refused.
    Terminated,
    /// There never were any.
    Failed,
}

impl SessionStatus {
    /// Each status with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("starting", Self::Starting),
        ("active", Self::Active),
        ("ended", Self::Ended),
        ("terminated", Self::Terminated),
        ("failed", Self::Failed),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Terminated => "terminated",
            Self::Failed => "failed",
        }
    }
}

impl PamSession {
    /// What both hops present.
    #[must_use]
    pub fn external_id(&self) -> ExternalId {
        ExternalId::of_project(self.project_id)
    }

    /// What it is at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> SessionStatus {
        match &self.state {
            SessionState::Opening if now < self.opening_until() => SessionStatus::Starting,
            SessionState::Opening | SessionState::Failed { .. } => SessionStatus::Failed,
            SessionState::Active { expires_at, .. } if now < *expires_at => SessionStatus::Active,
            SessionState::Active { .. } | SessionState::Ended { .. } => SessionStatus::Ended,
            SessionState::Terminated { .. } => SessionStatus::Terminated,
        }
    }

    pub(super) fn opening_until(&self) -> Timestamp {
        self.requested_at.plus(OPENING_DEADLINE)
    }

    /// When AWS gave the credentials, and when they stop to work; `None` when there never were any.
    #[must_use]
    pub const fn credentials(&self) -> Option<(Timestamp, Timestamp)> {
        match &self.state {
            SessionState::Opening | SessionState::Failed { .. } => None,
            SessionState::Active { started_at, expires_at }
            | SessionState::Ended { started_at, expires_at, .. }
            | SessionState::Terminated { started_at, expires_at, .. } => Some((*started_at, *expires_at)),
        }
    }

    /// When AWS gave the credentials, by AWS's own clock: as long before their end as they live.
    #[must_use]
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.credentials().map(|(_, expires_at)| expires_at.minus(self.duration.span()))
    }

    /// When it was over, as seen at `now`.
    #[must_use]
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        match &self.state {
            SessionState::Opening => Some(self.opening_until()).filter(|deadline| *deadline <= now),
            SessionState::Active { expires_at, .. } => Some(*expires_at).filter(|end| *end <= now),
            SessionState::Ended { ended_at, .. } | SessionState::Terminated { ended_at, .. } => {
                Some(*ended_at)
            }
            SessionState::Failed { failed_at, .. } => Some(*failed_at),
        }
    }

    /// Why nothing was handed out, as seen at `now`.
    #[must_use]
    pub fn failure(&self, now: Timestamp) -> Option<&str> {
        match &self.state {
            SessionState::Opening if self.opening_until() <= now => Some(NEVER_OPENED),
            SessionState::Failed { reason, .. } => Some(reason),
            SessionState::Opening
            | SessionState::Active { .. }
            | SessionState::Ended { .. }
            | SessionState::Terminated { .. } => None,
        }
    }

    /// Whether credentials of it still work at `now`. Saying that one is done does not make them stop.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        match &self.state {
            SessionState::Active { expires_at, .. } | SessionState::Ended { expires_at, .. } => {
                now < *expires_at
            }
            SessionState::Opening | SessionState::Terminated { .. } | SessionState::Failed { .. } => false,
        }
    }

    /// The name of the inline policy that ends this session.
    #[must_use]
    pub fn deny_policy_name(&self) -> String {
        format!("DrawbridgeEnd-{}", self.id)
    }
}

impl Scoped for PamSession {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}

#[cfg(test)]
pub(super) mod tests;
