//! Tokens of OpenID Connect issuers, verified with the keys that each issuer publishes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use model::Timestamp;
use model::oidc_auth::IssuerUrl;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::fetch::{self, FetchKeysError, PublishedKey};
use crate::jwt::{self, Refused};

/// How far an issuer's clock may be off.
const LEEWAY: Duration = Duration::from_secs(30);

/// How long keys are used without asking again: a key that was withdrawn is refused after this.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// How long keys are used when the issuer does not answer any more: its outage is not ours.
const MAX_AGE_IN_OUTAGE: Duration = Duration::from_secs(86_400);

/// The least time between two fetches from one issuer, however many tokens name keys that it does not have.
const PAUSE: Duration = Duration::from_secs(30);

/// Without a `kid`, every key is tried; not more than this, or a token would be a way to make us work.
const MAX_KEYS_TRIED: usize = 10;

/// Every algorithm that a token of an issuer may have. Public keys only: with HMAC, who verifies could sign.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// Whose tokens to expect, and where its keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// What `iss` must be, literally.
    pub name: String,
    /// Where its discovery document is.
    pub url: IssuerUrl,
    /// Its certificate authority in PEM; empty: a public one.
    pub ca_cert: String,
    /// What `aud` must be or hold; `None`: anything, for the caller to check.
    pub audience: Option<String>,
}

/// A token of an issuer was not verified.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The token does not count.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nothing can be said about the token: the issuer's keys could not be had.
    #[error("the issuer's keys are not available")]
    Unavailable(#[source] Option<FetchKeysError>),
}

/// Where keys come from: the discovery URL and the certificate authority that vouches for its host.
type Place = (String, String);

type SharedKeys = Arc<Mutex<Keys>>;

/// The keys of every issuer that this process has met.
#[derive(Default)]
pub struct Issuers {
    known: Mutex<HashMap<Place, SharedKeys>>,
}

impl std::fmt::Debug for Issuers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuers").finish_non_exhaustive()
    }
}

/// What is known of one issuer's keys.
#[derive(Default)]
struct Keys {
    keys: Vec<PublishedKey>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

impl Keys {
    /// Whether to ask the issuer before verifying a token with this `kid`.
    fn wants_fetch(&self, kid: Option<&str>, now: Timestamp) -> bool {
        let outdated = self.fetched_at.is_none_or(|at| now.since(at) >= MAX_AGE);
        let unknown = kid.is_some() && !self.keys.iter().any(|key| key.kid.as_deref() == kid);
        let rested = self.tried_at.is_none_or(|at| now.since(at) >= PAUSE);
        (outdated || unknown) && rested
    }

    fn are_usable(&self, now: Timestamp) -> bool {
        self.fetched_at.is_some_and(|at| now.since(at) < MAX_AGE_IN_OUTAGE)
    }
}

impl Issuers {
    /// No issuer met yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The claims of a token of `issuer` that counts at `now`. Asks the issuer for its keys when they are not known, an
    /// hour old, or lack the token's `kid`, and at most every 30 seconds.
    ///
    /// # Errors
    /// [`IssuerError::Refused`] for the token, [`IssuerError::Unavailable`] when the issuer's keys could not be had.
    pub async fn verify(&self, issuer: &Issuer, token: &str, now: Timestamp) -> Result<Value, IssuerError> {
        let header = jwt::header(token)?;
        let algorithm = ALGORITHMS.into_iter().find(|(name, _)| *name == header.alg);
        let (_, algorithm) = algorithm.ok_or(Refused::Algorithm)?;
        // Before anything is fetched: a token of somebody else costs its sender more than us.
        if jwt::unverified_issuer(token).as_deref() != Some(&issuer.name) {
            return Err(Refused::Malformed.into());
        }
        let claims = self.signed_claims(issuer, token, (&header, algorithm), now).await?;
        check(&claims, issuer, now)?;
        Ok(claims)
    }

    async fn signed_claims(
        &self,
        issuer: &Issuer,
        token: &str,
        (header, algorithm): (&jwt::Header, Algorithm),
        now: Timestamp,
    ) -> Result<Value, IssuerError> {
        let place: Place = (issuer.url.as_str().to_owned(), issuer.ca_cert.clone());
        let known = Arc::clone(self.known.lock().await.entry(place).or_default());
        // Held while fetching: others wait for the same answer and do not ask again.
        let mut known = known.lock().await;
        let mut failure = None;
        if known.wants_fetch(header.kid.as_deref(), now) {
            known.tried_at = Some(now);
            match fetch::keys(&issuer.url, &issuer.ca_cert).await {
                Ok(keys) => {
                    known.keys = keys;
                    known.fetched_at = Some(now);
                }
                Err(error) => {
                    tracing::warn!(issuer = issuer.name, error = %error, "could not refresh an issuer's keys");
                    failure = Some(error);
                }
            }
        }
        if !known.are_usable(now) {
            return Err(IssuerError::Unavailable(failure));
        }
        let fits = |key: &&PublishedKey| {
            let named = header.kid.is_none() || key.kid == header.kid;
            let meant = key.algorithm.as_ref().is_none_or(|algorithm| *algorithm == header.alg);
            named && meant && key.key.family() == algorithm.family()
        };
        let candidates = known.keys.iter().filter(fits).take(MAX_KEYS_TRIED);
        let verified = candidates.map(|key| jwt::verified(token, &key.key, algorithm)).find_map(Result::ok);
        verified.ok_or(IssuerError::Refused(Refused::Malformed))
    }
}

/// Issuer, audience and times. A token of an issuer must have an end.
fn check(claims: &Value, issuer: &Issuer, now: Timestamp) -> Result<(), Refused> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(&issuer.name) {
        return Err(Refused::Malformed);
    }
    if let Some(wanted) = &issuer.audience {
        let holds = match claims.get("aud") {
            Some(Value::String(audience)) => audience == wanted,
            Some(Value::Array(audiences)) => {
                audiences.iter().any(|audience| audience.as_str() == Some(wanted))
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
        };
        if !holds {
            return Err(Refused::Malformed);
        }
    }
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => whole_seconds(value).map(Some).ok_or(Refused::Malformed),
    };
    let expires = seconds("exp")?.ok_or(Refused::Malformed)?;
    jwt::check_times(Some(expires), seconds("nbf")?, now, LEEWAY)
}

/// A `NumericDate`, which may have a fraction.
fn whole_seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let seconds = value.as_f64().filter(|seconds| (0.0..1e12).contains(seconds))?;
        format!("{:.0}", seconds.floor()).parse().ok()
    })
}
