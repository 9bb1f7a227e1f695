//! The names that a certificate is for.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A name that a certificate is for. Made by [`AltName::read`], so that it has the grammar of its kind; two spellings of one
/// name are equal.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum AltName {
    /// A host, in lower case; `*.` may stand for one label.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A mailbox, with its host in lower case.
    Email(String),
    /// A URI, as it was given.
    Uri(String),
}

/// The kind of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AltNameKind {
    /// A host.
    DnsName,
    /// An address.
    IpAddress,
    /// A mailbox.
    Email,
    /// A URI.
    Uri,
}

impl AltNameKind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::DnsName, Self::IpAddress, Self::Email, Self::Uri];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DnsName => "dns_name",
            Self::IpAddress => "ip_address",
            Self::Email => "email",
            Self::Uri => "uri",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == text)
    }
}

/// The text is no name of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAltName {
    /// No host.
    #[error(
        "not a host name: labels of letters, digits and hyphens (others as xn--…), with *. before them for any one label"
    )]
    Dns,
    /// No address.
    #[error("not an IP address")]
    Ip,
    /// No mailbox.
    #[error("not an e-mail address")]
    Email,
    /// No URI.
    #[error("not a URI with a scheme")]
    Uri,
}

/// The longest name of any kind.
const LONGEST: usize = 253;

impl AltName {
    /// Reads a name of a kind.
    ///
    /// # Errors
    /// [`NotAnAltName`] when the text does not have the grammar of the kind.
    pub fn read(kind: AltNameKind, text: &str) -> Result<Self, NotAnAltName> {
        let text = text.trim();
        match kind {
            AltNameKind::DnsName => host(text, true).map(Self::Dns).ok_or(NotAnAltName::Dns),
            AltNameKind::IpAddress => text.parse().map(Self::Ip).map_err(|_| NotAnAltName::Ip),
            AltNameKind::Email => mailbox(text).map(Self::Email).ok_or(NotAnAltName::Email),
            AltNameKind::Uri => uri(text).map(Self::Uri).ok_or(NotAnAltName::Uri),
        }
    }

    /// Whether a text is a host, or stands for one label of some.
    #[must_use]
    pub fn is_host(text: &str) -> bool {
        host(text, true).is_some()
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> AltNameKind {
        match self {
            Self::Dns(_) => AltNameKind::DnsName,
            Self::Ip(_) => AltNameKind::IpAddress,
            Self::Email(_) => AltNameKind::Email,
            Self::Uri(_) => AltNameKind::Uri,
        }
    }

    /// The host, when it is one.
    #[must_use]
    pub fn dns(&self) -> Option<&str> {
        match self {
            Self::Dns(host) => Some(host),
            Self::Ip(_) | Self::Email(_) | Self::Uri(_) => None,
        }
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => f.write_str(text),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// As it is stored and as the wire has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    r#type: AltNameKind,
    value: String,
}

impl TryFrom<Written> for AltName {
    type Error = NotAnAltName;

    fn try_from(written: Written) -> Result<Self, NotAnAltName> {
        Self::read(written.r#type, &written.value)
    }
}

impl From<AltName> for Written {
    fn from(name: AltName) -> Self {
        Self { r#type: name.kind(), value: name.to_string() }
    }
}

/// A host name in lower case.
fn host(text: &str, wildcard: bool) -> Option<String> {
    let labels = match text.strip_prefix("*.") {
        // `*.com` is no authority's to give.
        Some(rest) if wildcard && rest.contains('.') => rest,
        Some(_) => return None,
        None => text,
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits makes it an address to whoever connects.
    let is_address =
        labels.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    (text.len() <= LONGEST && !is_address && labels.split('.').all(is_label))
        .then(|| text.to_ascii_lowercase())
}

fn mailbox(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let is_local = (1..=64).contains(&local.len())
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte));
    let domain = host(domain, false)?;
    is_local.then(|| format!("{local}@{domain}"))
}

fn uri(text: &str) -> Option<String> {
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    (text.len() <= LONGEST && is_printable && url::Url::parse(text).is_ok()).then(|| text.to_owned())
}
