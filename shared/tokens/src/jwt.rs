//! The parts of a token that are the same whoever signed it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use model::Timestamp;
use model::bearer::Refusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The longest token that is looked at: more than API Gateway passes on in a header.
const MAX_TOKEN_BYTES: usize = 16_384;

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not a token, is not signed by the key it names, or not meant for us.
    #[error("the token is malformed, has an invalid signature, or is another issuer's")]
    Malformed,
    /// It is past its end, or not yet at its beginning.
    #[error("the token has expired or is not yet valid")]
    Expired,
    /// Its header names an algorithm that is not allowed for it.
    #[error("the token is signed with an algorithm that is not allowed")]
    Algorithm,
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Malformed => Self::Malformed,
            Refused::Expired => Self::Expired,
            Refused::Algorithm => Self::Algorithm,
        }
    }
}

/// What a token's header says; nothing of it is believed before the signature is checked.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    /// Extensions that must be understood. None is.
    crit: Option<serde::de::IgnoredAny>,
}

/// Reads the header of a token of three parts.
pub(crate) fn header(token: &str) -> Result<Header, Refused> {
    if token.len() > MAX_TOKEN_BYTES || token.split('.').count() != 3 {
        return Err(Refused::Malformed);
    }
    let header: Header = part(token, 0).ok_or(Refused::Malformed)?;
    if header.crit.is_some() {
        return Err(Refused::Malformed);
    }
    Ok(header)
}

/// Who a token says issued it, unverified: good for choosing whose key to verify it with, and for nothing else.
#[must_use]
pub fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
    }
    (token.len() <= MAX_TOKEN_BYTES).then(|| part::<Claims>(token, 1)).flatten().map(|claims| claims.iss)
}

fn part<T: DeserializeOwned>(token: &str, position: usize) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(position)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The claims of a token whose signature by `key` is valid. Times, issuer and audience are for the caller to check,
/// against its own clock.
pub(crate) fn verified<T: DeserializeOwned + Clone>(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<T, Refused> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<T>(token, key, &validation)
        .map(|token| token.claims)
        .map_err(|_| Refused::Malformed)
}

/// Whether `now` is within a token's span, which may be off by `leeway` on either side.
pub(crate) fn check_times(
    expires: Option<i64>,
    not_before: Option<i64>,
    now: Timestamp,
    leeway: Duration,
) -> Result<(), Refused> {
    let ended = expires.is_some_and(|end| now >= Timestamp::from_unix_seconds(end).plus(leeway));
    let ahead = not_before.is_some_and(|start| now.plus(leeway) < Timestamp::from_unix_seconds(start));
    if ended || ahead { Err(Refused::Expired) } else { Ok(()) }
}
