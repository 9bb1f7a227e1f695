//! Hosted zones of Route 53: where ACM looks for the proof that a name is ours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The id of a hosted zone, `Z0123456789ABCDEFGHIJ`: without the `/hostedzone/` that Route 53 itself puts before it.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostedZoneId(String);

/// The text is no hosted zone's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be the id of a hosted zone: 1 to 32 letters and digits, such as Z0123456789ABCDEFGHIJ")]
pub struct NotAHostedZone;

impl HostedZoneId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostedZoneId {
    type Err = NotAHostedZone;

    fn from_str(text: &str) -> Result<Self, NotAHostedZone> {
        let text = text.trim();
        let id = text.strip_prefix("/hostedzone/").unwrap_or(text);
        let sound = (1..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if sound { Ok(Self(id.to_owned())) } else { Err(NotAHostedZone) }
    }
}

impl TryFrom<String> for HostedZoneId {
    type Error = NotAHostedZone;

    fn try_from(text: String) -> Result<Self, NotAHostedZone> {
        text.parse()
    }
}

impl From<HostedZoneId> for String {
    fn from(id: HostedZoneId) -> Self {
        id.0
    }
}

impl fmt::Display for HostedZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A public hosted zone as Route 53 described it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZone {
    /// Its id.
    pub id: HostedZoneId,
    /// Its domain, in lower case and without the dot at the end.
    pub name: String,
}

impl HostedZone {
    /// A zone of this domain, however Route 53 wrote it.
    #[must_use]
    pub fn new(id: HostedZoneId, name: &str) -> Self {
        Self { id, name: name.trim_end_matches('.').to_ascii_lowercase() }
    }

    /// Whether a host, or the wildcard of a domain, lies in the zone.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        let name = name.strip_prefix("*.").unwrap_or(name).trim_end_matches('.').to_ascii_lowercase();
        name.strip_suffix(&self.name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }
}
