//! Waiting for a moment that is known.

use super::CertificateSyncRun;
use crate::Timestamp;
use crate::lease::LeaseLost;

impl CertificateSyncRun {
    /// The work goes on at a moment that is known, at which more is known: no failure, and no attempt.
    ///
    /// # Errors
    /// [`LeaseLost`] when somebody else has it.
    pub fn wait(
        &self,
        token: &str,
        now: Timestamp,
        until: Timestamp,
        message: impl Into<String>,
    ) -> Result<Self, LeaseLost> {
        let mut next = self.clone();
        if let Some(current) = &mut next.current {
            current.attempt = current.attempt.saturating_sub(1);
        }
        next.retry(token, now, until.since(now), message)
    }
}
