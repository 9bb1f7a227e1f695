//! The signed `sts:GetCallerIdentity` request that a machine sends as proof of its AWS identity.
//!
//! Only STS can verify the signature, so the request is sent on to it. Everything about it is checked first:
//! what leaves here is one fixed request to one host of AWS's, with nothing of the caller's choosing in it but
//! its region, its date and its signature.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

mod authorization;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::Timestamp;
use crate::region::Region;
use crate::sts_endpoint::StsEndpoint;
use authorization::Authorization;

/// The only body that is sent on.
pub const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// How far a signature's date may be from now, either way.
pub const FRESHNESS: Duration = Duration::from_secs(300);

/// The headers that may be sent on; all of what the known clients sign or add.
const ALLOWED: [&str; 7] = [
    "authorization",
    "content-length",
    "content-type",
    "host",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

/// The longest value of a header: session tokens have no published limit and stay well below this.
const MAX_VALUE_BYTES: usize = 16_384;

/// Why a request is not sent on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedRequestFault {
    /// Another method than POST.
    #[error("the signed request must be a POST")]
    Method,
    /// Another body.
    #[error("the signed request's body must be exactly {BODY}")]
    Body,
    /// The headers are not an object of texts.
    #[error("the signed request's headers must be a JSON object of strings")]
    Headers,
    /// A header that the request does not need.
    #[error("the signed request may not have the header {0}")]
    Forbidden(String),
    /// A header twice, in different case.
    #[error("the signed request has the header {0} more than once")]
    Repeated(&'static str),
    /// A header that must be there.
    #[error("the signed request lacks the header {0}")]
    Missing(&'static str),
    /// A header with a value that it cannot have.
    #[error("the signed request's header {0} has an invalid value")]
    Value(&'static str),
    /// Not an `Authorization` of Signature Version 4 for STS.
    #[error("the Authorization header is not an AWS4-HMAC-SHA256 signature for STS")]
    Authorization,
    /// The signature's region does not exist.
    #[error("the signature's region is not an AWS region")]
    Region,
    /// The signature does not cover a header that it must cover.
    #[error("the signature does not cover the header {0}")]
    Unsigned(&'static str),
    /// The signature covers a header that is not there.
    #[error("the signature covers the header {0}, which is not there")]
    SignedButAbsent(String),
    /// Signed for another host than STS's in the signature's region.
    #[error("the request was signed for {signed}; expected {expected}")]
    Host {
        /// The host that was signed.
        signed: String,
        /// The host of STS in the signature's region.
        expected: String,
    },
    /// The configured endpoint is in another region.
    #[error("the request was signed for {signed}, but the configured STS endpoint is in {configured}")]
    EndpointRegion {
        /// The signature's region.
        signed: Region,
        /// The endpoint's region.
        configured: Region,
    },
    /// Signed more than five minutes ago.
    #[error("the request was signed more than five minutes ago")]
    Stale,
    /// Signed more than five minutes ahead.
    #[error("the request's signature is dated more than five minutes in the future")]
    Future,
}

impl SignedRequestFault {
    /// Whether the request can never be right; otherwise it is a matter of when or where it was signed.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        match self {
            Self::EndpointRegion { .. } | Self::Stale | Self::Future => false,
            Self::Method
            | Self::Body
            | Self::Headers
            | Self::Forbidden(_)
            | Self::Repeated(_)
            | Self::Missing(_)
            | Self::Value(_)
            | Self::Authorization
            | Self::Region
            | Self::Unsigned(_)
            | Self::SignedButAbsent(_)
            | Self::Host { .. } => true,
        }
    }
}

/// A request that may be sent on.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// Where to: `https://sts.eu-west-1.amazonaws.com/`.
    pub url: String,
    /// With which headers, in lower case. `host` is what was signed; `content-length` is left to the sender, and is
    /// always that of [`BODY`].
    pub headers: Vec<(&'static str, String)>,
    /// The signature, 64 hexadecimal digits: the same for each copy of the request.
    pub signature: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

impl std::fmt::Debug for SignedRequest {
    /// Without the signature and the session token: within five minutes they are a credential.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest")
            .field("url", &self.url)
            .field("signed_at", &self.signed_at)
            .finish_non_exhaustive()
    }
}

impl SignedRequest {
    /// Checks a request as a client described it.
    ///
    /// # Errors
    /// The first [`SignedRequestFault`] found.
    pub fn check(
        method: &str,
        body: &[u8],
        headers: &Value,
        endpoint: &StsEndpoint,
        now: Timestamp,
    ) -> Result<Self, SignedRequestFault> {
        if method != "POST" {
            return Err(SignedRequestFault::Method);
        }
        if body != BODY.as_bytes() {
            return Err(SignedRequestFault::Body);
        }
        let headers = read_headers(headers)?;
        let header = |name| headers.get(name).map(String::as_str).ok_or(SignedRequestFault::Missing(name));
        let authorization = Authorization::read(header("authorization")?)?;
        authorization.covers(&headers)?;
        let signed_at = read_date(header("x-amz-date")?).ok_or(SignedRequestFault::Value("x-amz-date"))?;
        if !header("x-amz-date")?.starts_with(&authorization.date) {
            return Err(SignedRequestFault::Authorization);
        }
        if now > signed_at.plus(FRESHNESS) {
            return Err(SignedRequestFault::Stale);
        }
        if signed_at > now.plus(FRESHNESS) {
            return Err(SignedRequestFault::Future);
        }
        let url = target(&authorization.region, endpoint, header("host")?)?;
        let headers = headers.into_iter().filter(|(name, _)| *name != "content-length").collect();
        Ok(Self { url, headers, signature: authorization.signature, signed_at })
    }
}

/// A signature that has opened once, and does not open again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenSignature {
    /// The SHA-256 of the signature, in hexadecimal.
    pub sha256: String,
    /// From when on its date refuses it anyway.
    pub forgotten_at: Timestamp,
}

impl SeenSignature {
    /// The memory of a request's signature, whose SHA-256 is given in hexadecimal.
    #[must_use]
    pub fn of(request: &SignedRequest, sha256: String) -> Self {
        // One minute more than the date allows, for clocks that differ between machines.
        Self { sha256, forgotten_at: request.signed_at.plus(FRESHNESS + Duration::from_secs(60)) }
    }
}

fn read_headers(headers: &Value) -> Result<BTreeMap<&'static str, String>, SignedRequestFault> {
    let headers = headers.as_object().ok_or(SignedRequestFault::Headers)?;
    let mut read = BTreeMap::new();
    for (name, value) in headers {
        let name = ALLOWED
            .into_iter()
            .find(|allowed| allowed.eq_ignore_ascii_case(name))
            .ok_or_else(|| SignedRequestFault::Forbidden(printable(name)))?;
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(SignedRequestFault::Headers);
            }
        };
        let plain = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let valid = match name {
            "content-length" => value == BODY.len().to_string(),
            "content-type" => is_form(&value),
            _ => true,
        };
        if !plain || !valid || value.is_empty() || value.len() > MAX_VALUE_BYTES {
            return Err(SignedRequestFault::Value(name));
        }
        if read.insert(name, value).is_some() {
            return Err(SignedRequestFault::Repeated(name));
        }
    }
    Ok(read)
}

/// A foreign header's name, fit to be repeated in a message.
fn printable(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(64).collect()
}

fn is_form(value: &str) -> bool {
    let (kind, parameter) = value.split_once(';').unwrap_or((value, "charset=utf-8"));
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && parameter.trim().eq_ignore_ascii_case("charset=utf-8")
}

/// `20260102T030405Z`.
fn read_date(text: &str) -> Option<Timestamp> {
    let shape = text.len() == 16
        && text.bytes().enumerate().all(|(position, byte)| match position {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let part = |range: std::ops::Range<usize>| text.get(range);
    let written = shape.then(|| {
        Some(format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0..4)?,
            part(4..6)?,
            part(6..8)?,
            part(9..11)?,
            part(11..13)?,
            part(13..15)?
        ))
    })??;
    written.parse().ok()
}

/// Where the request goes. The host that was signed must be STS's own in the signature's region, or that of the
/// configured FIPS or VPC endpoint.
fn target(region: &Region, endpoint: &StsEndpoint, signed_host: &str) -> Result<String, SignedRequestFault> {
    if let Some(configured) = endpoint.region().filter(|configured| *configured != region) {
        return Err(SignedRequestFault::EndpointRegion {
            signed: region.clone(),
            configured: configured.clone(),
        });
    }
    let expected = format!("sts.{region}.{}", region.partition().dns_suffix());
    let custom = endpoint.custom_url();
    let custom_host = custom.as_deref().and_then(|url| Url::parse(url).ok()?.host_str().map(str::to_owned));
    if signed_host != expected && custom_host.as_deref() != Some(signed_host) {
        return Err(SignedRequestFault::Host { signed: printable(signed_host), expected });
    }
    Ok(format!("https://{}/", custom_host.unwrap_or(expected)))
}

#[cfg(test)]
mod tests;
