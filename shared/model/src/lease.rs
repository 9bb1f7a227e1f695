//! The hold of one process on one thing: taken before anything is done to it, checked whenever something is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The hold of one process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What the process calls itself, new for each hold.
    pub token: String,
    /// Until when it is alone.
    pub until: Timestamp,
}

/// Somebody else is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is being worked on, at the longest until {until}")]
pub struct Busy {
    /// The end of the other one's lease.
    pub until: Timestamp,
}

/// The hold is not ours any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another process has taken over")]
pub struct LeaseLost;

impl Lease {
    /// The lease of `token` for `span` from `now` on, where `held` is the one there is.
    ///
    /// # Errors
    /// [`Busy`] while somebody else's lasts.
    pub fn take(held: Option<&Self>, token: &str, now: Timestamp, span: Duration) -> Result<Self, Busy> {
        match held.filter(|lease| lease.token != token && lease.until > now) {
            Some(lease) => Err(Busy { until: lease.until }),
            None => Ok(Self { token: token.to_owned(), until: now.plus(span) }),
        }
    }

    /// Whether the lease there is, is `token`'s.
    ///
    /// # Errors
    /// [`LeaseLost`] when it is not.
    pub fn check(held: Option<&Self>, token: &str) -> Result<(), LeaseLost> {
        if held.is_some_and(|lease| lease.token == token) { Ok(()) } else { Err(LeaseLost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_holds_and_one_that_died_is_followed_by_another() {
        let span = Duration::from_secs(60);
        let at = Timestamp::from_unix_seconds;
        let held = Lease::take(None, "a", at(0), span).expect("it is free");
        assert_eq!(Lease::take(Some(&held), "b", at(59), span), Err(Busy { until: at(60) }));
        assert!(Lease::take(Some(&held), "a", at(59), span).is_ok(), "its holder prolongs it");
        let taken = Lease::take(Some(&held), "b", at(60), span).expect("it is over");
        assert_eq!(
            (Lease::check(Some(&taken), "a"), Lease::check(Some(&taken), "b")),
            (Err(LeaseLost), Ok(()))
        );
        assert_eq!(Lease::check(None, "b"), Err(LeaseLost));
    }
}
