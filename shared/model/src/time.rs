//! Points in time, as the wire and the table spell them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time in UTC, printed, stored and serialised as `2026-01-02T03:04:05.678Z`.
///
/// Always whole milliseconds, so that what was written is what is read back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The point `milliseconds` after 1970-01-01T00:00:00Z; outside the years -9999 to 9999, the nearest.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: i64) -> Self {
        let limit = if milliseconds < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        Self(jiff::Timestamp::from_millisecond(milliseconds).unwrap_or(limit))
    }

    /// The point `seconds` after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self::from_unix_milliseconds(seconds.saturating_mul(1_000))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.unix_milliseconds().div_euclid(1_000)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_milliseconds(self) -> i64 {
        self.0.as_millisecond()
    }

    /// This point and `span` more.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_milliseconds(self.unix_milliseconds().saturating_add(span))
    }

    /// This point and `span` less.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_unix_milliseconds(self.unix_milliseconds().saturating_sub(span))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let span = self.unix_milliseconds().saturating_sub(earlier.unix_milliseconds());
        Duration::from_millis(u64::try_from(span).unwrap_or(0))
    }

    /// The calendar day in UTC, `2026-01-02`.
    #[must_use]
    pub fn day(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(at: jiff::Timestamp) -> Self {
        Self::from_unix_milliseconds(at.as_millisecond())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not an RFC 3339 date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date and time such as 2026-01-02T03:04:05.678Z")]
pub struct NotATimestamp;

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        text.parse::<jiff::Timestamp>().map(Self::from).map_err(|_| NotATimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_wire_form_has_three_digits_of_milliseconds_and_z() {
        for (text, printed) in [
            ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
            ("2026-01-02T04:04:05.6789+01:00", "2026-01-02T03:04:05.678Z"),
        ] {
            let at: Timestamp = text.parse().expect("a valid time");
            assert_eq!(at.to_string(), printed);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_the_same(milliseconds in -30_000_000_000_000_i64..250_000_000_000_000) {
            let at = Timestamp::from_unix_milliseconds(milliseconds);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }

        #[test]
        fn plus_and_since_are_each_others_mirror(start in 0_i64..4_000_000_000_000, span in 0_u64..400_000_000_000) {
            let start = Timestamp::from_unix_milliseconds(start);
            let span = Duration::from_millis(span);
            prop_assert_eq!(start.plus(span).since(start), span);
            prop_assert_eq!(start.plus(span).minus(span), start);
        }
    }
}
