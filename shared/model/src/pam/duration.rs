//! How long a session may last, in people's words.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use crate::form::{Fault, Rule, rule};

/// From fifteen minutes to one hour, in whole seconds.
///
/// AWS's least for a session is 900 s, and its most for a role assumed by a role is 3,600 s, whatever the role's own
/// maximum says (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionDuration(u16);

const SHORTEST_SECONDS: u16 = 900;
const LONGEST_SECONDS: u16 = 3_600;

/// The text or number is not a session's duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASessionDuration {
    /// No number, or no unit that we know.
    #[error("Must be a duration such as 15m, 30m, 1h or 900 (seconds)")]
    Unreadable,
    /// Less than AWS allows.
    #[error("Must be at least 15 minutes (15m), the shortest session that AWS gives")]
    TooShort,
    /// More than AWS allows.
    #[error("Must be at most 1 hour (1h): AWS limits sessions of chained roles to one hour")]
    TooLong,
}

impl SessionDuration {
    /// Fifteen minutes.
    pub const SHORTEST: Self = Self(SHORTEST_SECONDS);
    /// One hour.
    pub const LONGEST: Self = Self(LONGEST_SECONDS);

    /// So many seconds.
    ///
    /// # Errors
    /// [`NotASessionDuration`] outside 900 to 3,600.
    pub fn of_seconds(seconds: u64) -> Result<Self, NotASessionDuration> {
        match u16::try_from(seconds) {
            Ok(seconds) if seconds < SHORTEST_SECONDS => Err(NotASessionDuration::TooShort),
            Ok(seconds) if seconds <= LONGEST_SECONDS => Ok(Self(seconds)),
            Ok(_) | Err(_) => Err(NotASessionDuration::TooLong),
        }
    }

    /// The span itself.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    /// Whole seconds.
    #[must_use]
    pub const fn seconds(self) -> u16 {
        self.0
    }

    /// The rule of a request's field: a text in people's words, or a number of seconds.
    pub fn rule() -> impl Rule<Output = Self> {
        rule::json("string", |value| {
            let read = match value {
                Value::String(text) => text.parse(),
                Value::Number(number) => number.to_string().parse(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(vec![Fault::wrong_type("string", value)]);
                }
            };
            read.map_err(|error: NotASessionDuration| vec![Fault::custom(error.to_string())])
        })
    }
}

/// Milliseconds of a unit, by the names that npm's `ms` knows; nothing at all means seconds, AWS's own unit.
fn milliseconds_of(unit: &str) -> Option<f64> {
    match unit {
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => Some(1.0),
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Some(1_000.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60_000.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3_600_000.0),
        "d" | "day" | "days" => Some(86_400_000.0),
        _ => None,
    }
}

impl FromStr for SessionDuration {
    type Err = NotASessionDuration;

    fn from_str(text: &str) -> Result<Self, NotASessionDuration> {
        let text = text.trim().to_ascii_lowercase();
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let sound = number.starts_with(|c: char| c.is_ascii_digit()) && number.len() <= 15;
        let number: f64 = number.parse().ok().filter(|_| sound).ok_or(NotASessionDuration::Unreadable)?;
        let unit = milliseconds_of(unit.trim_start()).ok_or(NotASessionDuration::Unreadable)?;
        // AWS counts whole seconds; what is below is not worth refusing.
        let seconds = (number * unit / 1_000.0).floor();
        if seconds > f64::from(LONGEST_SECONDS) {
            return Err(NotASessionDuration::TooLong);
        }
        // At most 3,600 here, so that nothing is cut off.
        format!("{seconds:.0}")
            .parse()
            .map_err(|_| NotASessionDuration::Unreadable)
            .and_then(Self::of_seconds)
    }
}

impl fmt::Display for SessionDuration {
    /// `15m`, `1h`, `901s`: a text that reads back as the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LONGEST_SECONDS => f.write_str("1h"),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl Serialize for SessionDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> Deserialize<'de> for SessionDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_seconds(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn peoples_words_and_programs_numbers_mean_what_they_say() {
        for (given, seconds) in [
            (json!("15m"), 900),
            (json!("30m"), 1_800),
            (json!("1h"), 3_600),
            (json!("900"), 900),
            (json!(900), 900),
            (json!(3600.0), 3_600),
            (json!("900000ms"), 900),
            (json!("3600000ms"), 3_600),
            (json!("3599999ms"), 3_599),
            (json!(" 45 minutes "), 2_700),
            (json!("0.5h"), 1_800),
            (json!("1 Hour"), 3_600),
            (json!("901s"), 901),
        ] {
            assert_eq!(
                SessionDuration::rule().read(&given).map(SessionDuration::seconds),
                Ok(seconds),
                "{given}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_and_says_why() {
        for (given, why) in [
            (json!("14m"), NotASessionDuration::TooShort),
            (json!("899"), NotASessionDuration::TooShort),
            (json!(0), NotASessionDuration::TooShort),
            (json!("899999ms"), NotASessionDuration::TooShort),
            (json!("61m"), NotASessionDuration::TooLong),
            (json!("12h"), NotASessionDuration::TooLong),
            (json!(3_601), NotASessionDuration::TooLong),
            (json!("1d"), NotASessionDuration::TooLong),
            (json!("900000"), NotASessionDuration::TooLong),
            (json!(""), NotASessionDuration::Unreadable),
            (json!("soon"), NotASessionDuration::Unreadable),
            (json!("-1h"), NotASessionDuration::Unreadable),
            (json!(-900), NotASessionDuration::Unreadable),
            (json!("1h30m"), NotASessionDuration::Unreadable),
            (json!("1e3"), NotASessionDuration::Unreadable),
            (json!("1.2.3h"), NotASessionDuration::Unreadable),
            (json!("15 fortnights"), NotASessionDuration::Unreadable),
            (json!("NaN"), NotASessionDuration::Unreadable),
            (json!(".h"), NotASessionDuration::Unreadable),
        ] {
            let refused = SessionDuration::rule().read(&given).unwrap_err();
            assert_eq!(refused, vec![Fault::custom(why.to_string())], "{given}");
        }
        assert!(SessionDuration::rule().read(&json!(true)).is_err());
        assert!(SessionDuration::rule().read(&json!(null)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_and_stored_reads_back_the_same(seconds in 900_u64..=3_600) {
            let duration = SessionDuration::of_seconds(seconds).unwrap();
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
            prop_assert_eq!(serde_json::from_value::<SessionDuration>(json!(duration)).unwrap(), duration);
            prop_assert_eq!(format!("{}ms", seconds * 1_000).parse(), Ok(duration));
        }

        #[test]
        fn no_text_panics_the_reader(text in "\\PC{0,20}") {
            let _ = text.parse::<SessionDuration>();
        }
    }
}
