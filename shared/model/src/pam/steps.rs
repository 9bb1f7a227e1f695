//! The steps of a session from one state to the next; none of them goes back.

use std::time::Duration;

use super::duration::SessionDuration;
use super::session::{PamSession, SessionState, Termination};
use crate::Timestamp;

/// A Deny on the role is kept this long after the sessions that it ends would have ended by themselves.
const DENY_MARGIN: Duration = Duration::from_secs(300);

/// The step does not follow from the state that the session is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session is {0}")]
pub struct NotInThatState(pub &'static str);

impl PamSession {
    /// The next state: AWS gave credentials.
    ///
    /// # Errors
    /// [`NotInThatState`] unless it is being opened, and within its deadline.
    pub fn activated(&self, started_at: Timestamp, expires_at: Timestamp) -> Result<Self, NotInThatState> {
        match self.state {
            SessionState::Opening if started_at < self.opening_until() => {
                Ok(self.in_state(SessionState::Active { started_at, expires_at }))
            }
            SessionState::Opening
            | SessionState::Active { .. }
            | SessionState::Ended { .. }
            | SessionState::Terminated { .. }
            | SessionState::Failed { .. } => Err(NotInThatState(self.status(started_at).name())),
        }
    }

    /// The next state: nothing was handed out, because of `reason`. An active one too can turn out so: where its answer
    /// could not be given.
    ///
    /// # Errors
    /// [`NotInThatState`] once it is over.
    pub fn failed(&self, failed_at: Timestamp, reason: impl Into<String>) -> Result<Self, NotInThatState> {
        match self.state {
            SessionState::Opening | SessionState::Active { .. } => {
                Ok(self.in_state(SessionState::Failed { failed_at, reason: reason.into() }))
            }
            SessionState::Ended { .. } | SessionState::Terminated { .. } | SessionState::Failed { .. } => {
                Err(NotInThatState(self.status(failed_at).name()))
            }
        }
    }

    /// The next state: whoever was in it is done.
    ///
    /// # Errors
    /// [`NotInThatState`] unless it is active.
    pub fn ended(&self, ended_at: Timestamp) -> Result<Self, NotInThatState> {
        match self.state {
            SessionState::Active { started_at, expires_at } if ended_at < expires_at => {
                Ok(self.in_state(SessionState::Ended { started_at, expires_at, ended_at }))
            }
            SessionState::Opening
            | SessionState::Active { .. }
            | SessionState::Ended { .. }
            | SessionState::Terminated { .. }
            | SessionState::Failed { .. } => Err(NotInThatState(self.status(ended_at).name())),
        }
    }

    /// The intent to end it: a Deny is about to be put on the role.
    ///
    /// # Errors
    /// [`NotInThatState`] unless credentials of it still work.
    pub fn terminating(&self, now: Timestamp, by: impl Into<String>) -> Result<Self, NotInThatState> {
        if !self.is_live(now) {
            return Err(NotInThatState(self.status(now).name()));
        }
        let termination = Termination {
            requested_at: now,
            requested_by: by.into(),
            // Credentials that AWS gives until the Deny is there live an hour at most.
            remove_after: now.plus(SessionDuration::LONGEST.span()).plus(DENY_MARGIN),
            removed: false,
            unprovable: false,
            failures: 0,
            last_failure: None,
        };
        Ok(Self { termination: Some(termination), ..self.clone() })
    }

    /// The same, with its Deny on the role, where nobody can prove that it works: it is not called terminated.
    #[must_use]
    pub fn with_deny_unprovable(&self) -> Self {
        let unprovable = |deny| Termination { unprovable: true, ..deny };
        Self { termination: self.termination.clone().map(unprovable), ..self.clone() }
    }

    /// The next state: the role refuses its credentials.
    ///
    /// # Errors
    /// [`NotInThatState`] unless credentials of it still worked.
    pub fn terminated(&self, ended_at: Timestamp, by: impl Into<String>) -> Result<Self, NotInThatState> {
        match self.state {
            SessionState::Active { started_at, expires_at }
            | SessionState::Ended { started_at, expires_at, .. } => {
                Ok(self.in_state(SessionState::Terminated {
                    started_at,
                    expires_at,
                    ended_at,
                    by: by.into(),
                }))
            }
            SessionState::Opening | SessionState::Terminated { .. } | SessionState::Failed { .. } => {
                Err(NotInThatState(self.status(ended_at).name()))
            }
        }
    }

    fn in_state(&self, state: SessionState) -> Self {
        Self { state, ..self.clone() }
    }
}
