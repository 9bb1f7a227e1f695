//! Refusals and failures that several functions have in common, in one wording.

use std::time::Duration;

use model::id::ConnectionId;

use crate::Problem;

/// AWS's throttling passes in seconds.
const THROTTLED: Duration = Duration::from_secs(5);

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 1_024;

impl Problem {
    /// 404: the connection is not there, or in a scope that the caller does not belong to.
    #[must_use]
    pub fn absent_connection(id: ConnectionId) -> Self {
        Self::not_found(format!("Could not find App Connection with ID {id}"))
    }

    /// 503: others changed the same thing at the same moment, again and again.
    #[must_use]
    pub fn crowded(noun: &str) -> Self {
        Self::unavailable(format!("The {noun} is being changed by somebody else right now; please try again"))
    }

    /// 503: a service of our own account is busy or away.
    #[must_use]
    pub fn busy() -> Self {
        Self::unavailable("The service is busy; please try again")
    }

    /// 429: AWS asked for patience with `attempt`.
    #[must_use]
    pub fn aws_throttles(attempt: &str) -> Self {
        Self::too_many(format!("{attempt}: AWS is throttling; please try again in a few seconds"), THROTTLED)
    }

    /// 503: AWS failed at `attempt` by its own account.
    #[must_use]
    pub fn aws_failed(attempt: &str) -> Self {
        Self::unavailable(format!("{attempt}: AWS failed; please try again"))
    }
}

/// As much of a message as anybody reads: 1,024 characters.
#[must_use]
pub fn limited(message: String) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}
