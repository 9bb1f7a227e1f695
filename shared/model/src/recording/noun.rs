//! A session that is recorded: from the wish to record it to the gateway's last word.

use serde::{Deserialize, Serialize};

use super::bytes::Sha256;
use super::config::RecordingConfig;
use super::place::Place;
use crate::Timestamp;
use crate::id::{ConnectionId, OrganizationId, PamSessionId, ProjectId};
use crate::pam::{OPENING_DEADLINE, PamSession, SessionActor};
use crate::permission::{Scope, Scoped};

/// What kind of account the accounts of console access are.
const PAM_ACCOUNT_TYPE: &str = "aws-iam";

/// A session that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The session: its id is also that of a session of console access, when it is one's.
    pub session_id: PamSessionId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// What kind of account the session is in: `ssh`, `postgres`, `aws-iam`, ….
    pub account_type: String,
    /// The account, as people call it.
    pub account_name: String,
    /// What the account belongs to, as people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Who is recorded.
    pub actor: SessionActor,
    /// Why, when that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The way to the bucket, of its own time.
    pub connection_id: ConnectionId,
    /// Where its chunks are, of its own time.
    #[serde(flatten)]
    pub place: Place,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When a session of console access is over at the latest, whatever became of it; `None` for another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts_until: Option<Timestamp>,
    /// Who has the session key, once somebody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// When its first chunk was committed: from then on, what was given is not given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// Its end, once somebody said so. Chunks still come after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Who has the session key, and how they are known again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The identity or person, `kind:id`.
    pub to: String,
    /// As people call them.
    pub name: String,
    /// When, the last time.
    pub at: Timestamp,
    /// The session key as KMS wrapped it, in base64.
    pub wrapped_key: String,
    /// The digest of the upload token; the token itself is nowhere.
    pub upload_token_sha256: Sha256,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").field("to", &self.to).field("at", &self.at).finish_non_exhaustive()
    }
}

/// The end of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When that was said.
    pub at: Timestamp,
    /// What the gateway says it uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
}

/// What a gateway says it uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// How many chunks.
    pub chunk_count: u32,
    /// Where their chain ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain_head: Option<Sha256>,
}

/// How far a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordingStatus {
    /// Nobody has its key yet.
    Starting,
    /// Somebody records it.
    Active,
    /// The session has ended. Chunks may still come.
    Ended,
}

impl RecordingStatus {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }
}

/// Why somebody does not get what records a session, or may not speak for its gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another identity has it.
    #[error("The credentials of session {session} were given to {name}, and to nobody else")]
    Anothers {
        /// The session.
        session: PamSessionId,
        /// Who has it, as people call them.
        name: String,
    },
    /// Chunks were committed already.
    #[error(
        "The credentials of session {session} were given already, and its first chunk is committed: they are not given again"
    )]
    GivenAlready {
        /// The session.
        session: PamSessionId,
    },
    /// It ended before anybody asked.
    #[error("Session {session} has ended: nobody records it any more")]
    Over {
        /// The session.
        session: PamSessionId,
    },
    /// The gateway said something else before.
    #[error("The end of session {session} was claimed before with another number of chunks or another chain")]
    ClaimedOtherwise {
        /// The session.
        session: PamSessionId,
    },
}

impl Recording {
    /// The recording of a session of console access, kept where the project's configuration says now.
    #[must_use]
    pub fn of_pam_session(session: &PamSession, config: &RecordingConfig) -> Self {
        Self {
            session_id: session.id,
            organization_id: session.organization_id,
            project_id: session.project_id,
            account_type: PAM_ACCOUNT_TYPE.to_owned(),
            account_name: session.account_name.clone(),
            resource_name: Some(session.resource_name.clone()),
            actor: session.actor.clone(),
            reason: session.reason.clone(),
            connection_id: config.connection_id,
            place: config.place.clone(),
            requested_at: session.requested_at,
            lasts_until: Some(session.requested_at.plus(OPENING_DEADLINE + session.duration.span())),
            given: None,
            began_at: None,
            ended: None,
        }
    }

    /// Whether it is `who` (`kind:id`) who records it.
    #[must_use]
    pub fn is_given_to(&self, who: &str) -> bool {
        self.given.as_ref().is_some_and(|given| given.to == who)
    }

    /// The same as it reads at `now`: with its end, where nobody said it and the session of console access that it is of
    /// expired, was terminated, or never opened.
    #[must_use]
    pub fn seen_at(mut self, now: Timestamp, session: Option<&PamSession>) -> Self {
        let over_at = || {
            let latest = self.lasts_until.filter(|end| *end <= now);
            session.and_then(|session| session.ended_at(now)).or(latest)
        };
        self.ended = self.ended.or_else(|| over_at().map(|at| Ended { at, claim: None }));
        self
    }

    /// Whether only the session of console access can tell if it is over at `now`.
    #[must_use]
    pub fn depends_on_session(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.lasts_until.is_some_and(|end| now < end)
    }

    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> RecordingStatus {
        match (&self.ended, &self.given) {
            (Some(_), _) => RecordingStatus::Ended,
            (None, Some(_)) => RecordingStatus::Active,
            (None, None) => RecordingStatus::Starting,
        }
    }

    /// The account with what it belongs to, as people write it.
    #[must_use]
    pub fn path(&self) -> String {
        self.resource_name
            .as_ref()
            .map_or_else(|| self.account_name.clone(), |resource| format!("{resource}/{}", self.account_name))
    }

    /// Whether `who` (`kind:id`) may have its session key now, for the first time or because the answer was lost.
    ///
    /// # Errors
    /// [`Refused`], but never [`Refused::ClaimedOtherwise`].
    pub fn may_have_key(&self, who: &str) -> Result<(), Refused> {
        let session = self.session_id;
        match &self.given {
            Some(given) if given.to != who => Err(Refused::Anothers { session, name: given.name.clone() }),
            Some(_) if self.began_at.is_some() => Err(Refused::GivenAlready { session }),
            // A gateway that lost the answer still has chunks to bring.
            Some(_) => Ok(()),
            None if self.ended.is_some() => Err(Refused::Over { session }),
            None => Ok(()),
        }
    }

    /// The same once a chunk of it is committed; `None` when one was before.
    #[must_use]
    pub fn begun(&self, now: Timestamp) -> Option<Self> {
        self.began_at.is_none().then(|| Self { began_at: Some(now), ..self.clone() })
    }

    /// The same once its end was said; `None` when nothing of that is new. What comes first counts.
    ///
    /// # Errors
    /// [`Refused::ClaimedOtherwise`].
    pub fn end(&self, claim: Option<Claim>, now: Timestamp) -> Result<Option<Self>, Refused> {
        let next = match (&self.ended, claim) {
            (None, claim) => Ended { at: now, claim },
            (Some(_), None) => return Ok(None),
            (Some(Ended { at, claim: None }), Some(claim)) => Ended { at: *at, claim: Some(claim) },
            (Some(Ended { claim: Some(before), .. }), Some(claim)) if *before == claim => return Ok(None),
            (Some(Ended { claim: Some(_), .. }), Some(_)) => {
                return Err(Refused::ClaimedOtherwise { session: self.session_id });
            }
        };
        Ok(Some(Self { ended: Some(next), ..self.clone() }))
    }
}

impl Scoped for Recording {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
