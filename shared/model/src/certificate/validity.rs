//! From when until when a certificate holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// From when until when a certificate is to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Validity {
    /// From then until then, in whole minutes: an authority that lets us choose.
    Within {
        /// The first moment.
        not_before: Timestamp,
        /// The last moment.
        not_after: Timestamp,
    },
    /// An authority that decides itself: so many days as it says today.
    OfAuthority {
        /// How many.
        days: u32,
    },
}

impl Validity {
    /// `span` from `now` on, in whole minutes: the minute that has begun is the first.
    #[must_use]
    pub fn lasting(span: Duration, now: Timestamp) -> Self {
        let not_before = whole_minutes(now);
        Self::Within { not_before, not_after: whole_minutes(not_before.plus(span)) }
    }

    /// How long.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        match self {
            Self::Within { not_before, not_after } => not_after.since(*not_before),
            Self::OfAuthority { days } => Duration::from_secs(u64::from(*days) * 86_400),
        }
    }

    /// The last moment, where it is ours to choose.
    #[must_use]
    pub const fn not_after(&self) -> Option<Timestamp> {
        match self {
            Self::Within { not_after, .. } => Some(*not_after),
            Self::OfAuthority { .. } => None,
        }
    }
}

/// The beginning of the minute.
#[must_use]
pub(super) fn whole_minutes(at: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(at.unix_seconds().div_euclid(60) * 60)
}
