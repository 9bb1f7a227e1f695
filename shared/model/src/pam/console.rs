//! The sign-in page: where it is, what it is asked, and the link that opens the console.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use url::{Host, Url};

use crate::partition::Partition;
use crate::region::Region;

/// How long a link can be opened.
pub const SIGN_IN_LINK_LIFETIME: Duration = Duration::from_secs(900);

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where credentials become a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInEndpoint(String);

impl SignInEndpoint {
    /// The sign-in page of a partition, or of one of its regions; `None` where AWS does not publish it.
    #[must_use]
    pub fn of(partition: Partition, region: Option<&Region>) -> Option<Self> {
        let host = partition.sign_in_host()?;
        Some(Self(format!("https://{}/federation", in_region(region, host))))
    }

    /// The sign-in page of a stand-in for AWS, in development alone.
    #[must_use]
    pub fn of_stand_in(endpoint_url: &str) -> Self {
        Self(format!("{}/federation", endpoint_url.trim_end_matches('/')))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn in_region(region: Option<&Region>, host: &str) -> String {
    region.map_or_else(|| host.to_owned(), |region| format!("{region}.{host}"))
}

fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ENCODED)
}

/// The form body that asks for a sign-in token. It holds credentials: it is for a POST, whose body nobody logs.
///
/// There is no `SessionDuration`: AWS answers 400 to one with credentials of a chained role, and without it the console
/// session lasts as long as they do.
#[must_use]
pub fn token_request(access_key_id: &str, secret_access_key: &str, session_token: &str) -> SecretString {
    let session =
        json!({ "sessionId": access_key_id, "sessionKey": secret_access_key, "sessionToken": session_token });
    format!("Action=getSigninToken&Session={}", encoded(&session.to_string())).into()
}

/// The link that signs a person in. Whoever has it within [`SIGN_IN_LINK_LIFETIME`] is that person.
///
/// `issuer` is where the console sends people when their session has ended.
#[must_use]
pub fn login_url(
    endpoint: &SignInEndpoint,
    issuer: &str,
    destination: &Destination,
    token: &SecretString,
) -> SecretString {
    format!(
        "{}?Action=login&Issuer={}&Destination={}&SigninToken={}",
        endpoint.as_str(),
        encoded(issuer),
        encoded(destination.as_str()),
        encoded(token.expose_secret()),
    )
    .into()
}

/// A page of the console of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination(String);

/// Why a URL is not a page to arrive at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationFault {
    /// Not an absolute URL, or one with characters that browsers read in their own ways.
    #[error("Must be a URL of the AWS console")]
    NotAUrl,
    /// Another scheme.
    #[error("Must begin with https://")]
    NotHttps,
    /// A user name, a password or a port.
    #[error("Must not name a user, a password or a port")]
    Decorated,
    /// Somebody else's page.
    #[error(
        "Must be a page of https://{console_host}/ or of one of its regions: the account is in that partition"
    )]
    Elsewhere {
        /// The host of the partition's console.
        console_host: &'static str,
    },
}

/// AWS documents no limit; browsers and proxies have theirs around here.
const LONGEST: usize = 2_048;

impl Destination {
    /// The console's first page; `None` where AWS does not publish its host.
    #[must_use]
    pub fn home(partition: Partition, region: Option<&Region>) -> Option<Self> {
        Some(Self(format!("https://{}/", in_region(region, partition.console_host()?))))
    }

    /// Reads a page that a request asks for. It is written down again as it was understood, so that a browser cannot
    /// understand it otherwise.
    ///
    /// # Errors
    /// [`DestinationFault`], for anything that is not a page of this partition's console.
    pub fn read(text: &str, partition: Partition) -> Result<Self, DestinationFault> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if text.len() > LONGEST || text.contains(odd) {
            return Err(DestinationFault::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| DestinationFault::NotAUrl)?;
        if url.scheme() != "https" {
            return Err(DestinationFault::NotHttps);
        }
        // The parser drops a default port and an empty user; the text still shows them.
        let authority = text.get("https://".len()..).and_then(|rest| rest.split(['/', '?', '#']).next());
        if authority.is_none_or(|authority| authority.is_empty() || authority.contains(['@', ':'])) {
            return Err(DestinationFault::Decorated);
        }
        let console_host = partition.console_host().ok_or(DestinationFault::NotAUrl)?;
        let is_console = |host: &str| {
            host == console_host
                || host.strip_suffix(console_host).is_some_and(|before| before.ends_with('.'))
        };
        match url.host() {
            Some(Host::Domain(host)) if is_console(host) => Ok(Self(url.into())),
            Some(Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_)) | None => {
                Err(DestinationFault::Elsewhere { console_host })
            }
        }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
