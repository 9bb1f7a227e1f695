//! What went wrong, in public words.

use std::fmt;

use super::place::Place;
use crate::Timestamp;
use crate::certificate_authority::{HostedZone, HostedZoneId};

/// Something that went wrong with one call, in AWS's words: whether it is tried again depends on what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// AWS surely did nothing, and time mends it: it throttled, or could not be reached at all.
    Passing(String),
    /// AWS surely did nothing, and somebody must mend it: a permission, a field, a limit.
    Refused(String),
    /// No answer, or one that says nothing: it may have been done.
    Unanswered(String),
}

impl Trouble {
    /// In AWS's words.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Passing(message) | Self::Refused(message) | Self::Unanswered(message) => message,
        }
    }
}

/// Why an order came to nothing, in public words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// AWS refused, and nothing was issued: in its own words.
    #[error("{0}")]
    Refused(String),
    /// The authority took the order and then gave it up, for a reason by its own name: nothing was issued.
    #[error("{0}")]
    GivenUp(String),
    /// What the order depends on is gone or is not what it was: an authority, a connection, a key.
    #[error("{0}")]
    Gone(String),
    /// The authority's budget of the month is used up.
    #[error(
        "the monthly budget of the certificate authority is used up: {budget} certificates in {month}; nothing was requested"
    )]
    OverBudget {
        /// How many a month.
        budget: u32,
        /// Which month.
        month: String,
    },
    /// No zone holds these names.
    #[error(
        "no hosted zone of the certificate authority holds {}; its zones are {}; nothing was requested",
        .names.join(", "),
        .zones.join(", ")
    )]
    OutsideZones {
        /// The names.
        names: Vec<String>,
        /// The zones that there are.
        zones: Vec<String>,
    },
    /// A zone that ACM does not see.
    #[error(
        "the hosted zone {} ({}) is private: public certificate authorities do not see its records; nothing was requested",
        .0.id, .0.name
    )]
    PrivateZone(HostedZone),
    /// No answer came while a repeat was safe, and AWS does not tell afterwards.
    #[error(
        "AWS was asked for this certificate at {at} and gave no answer; it may have issued one that nobody has the ARN of, so \
         that it was not asked again: request the certificate anew{}", Last(.last)
    )]
    MayBeIssued {
        /// When it was asked first.
        at: Timestamp,
        /// What it said last.
        last: Option<String>,
    },
    /// After an interruption, several certificates are there, and only one can be the order's.
    #[error(
        "AWS was asked for this certificate and gave no answer, and now has several with exactly its names that nobody here \
         ordered: {}; delete those that nobody uses, and request it anew", .0.join(", ")
    )]
    SeveralFound(Vec<String>),
    /// The names were not proved in time.
    #[error("the names were not validated within 72 hours: {}", Delegations(.0))]
    NotValidated(Vec<Place>),
    /// The authority did not get there.
    #[error("AWS did not issue the certificate in time{}", Last(.last))]
    NotInTime {
        /// What went wrong last.
        last: Option<String>,
    },
    /// It is issued and paid for, and could not be got.
    #[error("AWS issued the certificate {arn}, but it could not be fetched{}", Last(.last))]
    NotFetched {
        /// Which.
        arn: String,
        /// What went wrong last.
        last: Option<String>,
    },
    /// What came back is not what was asked for.
    #[error("AWS issued the certificate {arn}, but it is not what was requested: {reason}")]
    NotAsRequested {
        /// Which.
        arn: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Failure {
    /// Whether nothing was issued for certain, so that nothing is charged, wherever the order was.
    #[must_use]
    pub(super) const fn is_unpaid(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::GivenUp(_)
            | Self::OverBudget { .. }
            | Self::OutsideZones { .. }
            | Self::PrivateZone(_)
            | Self::NotValidated(_) => true,
            Self::Gone(_)
            | Self::MayBeIssued { .. }
            | Self::SeveralFound(_)
            | Self::NotInTime { .. }
            | Self::NotFetched { .. }
            | Self::NotAsRequested { .. } => false,
        }
    }
}

/// What went wrong last, after what it led to.
struct Last<'a>(&'a Option<String>);

impl fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(message) => write!(f, " ({message})"),
            None => Ok(()),
        }
    }
}

/// Zones, and what their delegations must say for anybody to see their records.
struct Delegations<'a>(&'a [Place]);

impl fmt::Display for Delegations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<&HostedZoneId> = Vec::new();
        for place in self.0 {
            let HostedZone { id, name } = &place.zone;
            if told.contains(&id) {
                continue;
            }
            let separator = if told.is_empty() { "" } else { "; " };
            let servers = place.name_servers.join(", ");
            write!(
                f,
                "{separator}check that the domain {name} is delegated to the name servers of its hosted zone "
            )?;
            write!(f, "{id}: {servers}")?;
            told.push(id);
        }
        Ok(())
    }
}
