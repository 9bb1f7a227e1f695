//! How long a certificate may or shall hold, in people's words.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A span in whole minutes: `30d`, `12h`, `90m`, `1y`. At least a minute, at most a hundred years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lifetime {
    minutes: u32,
}

/// The text is no span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be a span such as 30d, 12h, 90m or 1y: at least a minute, at most 100 years")]
pub struct NotALifetime;

const DAY: u32 = 24 * 60;
const YEAR: u32 = 365 * DAY;
const LONGEST: u32 = 100 * YEAR;

impl Lifetime {
    /// So many days.
    #[must_use]
    pub fn of_days(days: u32) -> Self {
        Self { minutes: days.clamp(1, 36_500).saturating_mul(DAY) }
    }

    /// The span itself.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.minutes as u64 * 60)
    }
}

impl FromStr for Lifetime {
    type Err = NotALifetime;

    /// As Terraform and the CLI write it: a number and a unit, without anything in between. A year has 365 days.
    fn from_str(text: &str) -> Result<Self, NotALifetime> {
        let text = text.trim();
        let unit = text.chars().next_back().ok_or(NotALifetime)?;
        let each = match unit {
            'm' => 1,
            'h' => 60,
            'd' => DAY,
            'w' => 7 * DAY,
            'y' => YEAR,
            _ => return Err(NotALifetime),
        };
        let number = text.strip_suffix(unit).ok_or(NotALifetime)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotALifetime);
        }
        let number: u32 = number.parse().map_err(|_| NotALifetime)?;
        let minutes = number.checked_mul(each).filter(|minutes| (1..=LONGEST).contains(minutes));
        minutes.map(|minutes| Self { minutes }).ok_or(NotALifetime)
    }
}

impl fmt::Display for Lifetime {
    /// In the largest unit that fits, up to days: what reads back as the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            minutes if minutes % DAY == 0 => write!(f, "{}d", minutes / DAY),
            minutes if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            minutes => write!(f, "{minutes}m"),
        }
    }
}

impl From<Lifetime> for String {
    fn from(lifetime: Lifetime) -> Self {
        lifetime.to_string()
    }
}

impl TryFrom<String> for Lifetime {
    type Error = NotALifetime;

    fn try_from(text: String) -> Result<Self, NotALifetime> {
        text.parse()
    }
}
