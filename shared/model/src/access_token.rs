//! Access tokens of machine identities: how long they live, how often they may be used, what they say.
//!
//! A token is a signed JWT, and a record in the table. The JWT says who; the record says whether it still
//! counts. Nothing here verifies a signature.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AccessTokenId, AuthConfigurationId, ClientSecretId, IdentityId, OrganizationId};
use crate::identity::AuthMethod;
use crate::trusted_ip::TrustedIp;

/// The longest time to live that a configuration may set: ten years of 365 days, in seconds.
pub const MAX_TTL_SECONDS: u64 = 315_360_000;

/// Thirty days, in seconds: the default of both times to live.
pub const DEFAULT_TTL_SECONDS: u64 = 2_592_000;

/// What `accessTokenMaxTTL` says for a periodic token. Clients compute when to log in again from this number,
/// so that "for ever" must be a large number, not zero.
pub const PERIODIC_MAX_TTL_SECONDS: u64 = 1_000_000_000;

/// The `iss` of every token of a deployment.
pub const ISSUER: &str = "drawbridge";

/// The `authTokenType` of every token of a machine identity.
pub const TOKEN_TYPE: &str = "identityAccessToken";

/// How long tokens of one configuration live, all in seconds; zero means without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenLifetime {
    /// From a login or a renewal to the end, unless renewed before.
    pub ttl_seconds: u64,
    /// From the login to the end, however often renewed. Without meaning for periodic tokens.
    pub max_ttl_seconds: u64,
    /// Above zero: the token is periodic, lives this long after each renewal, and may be renewed for ever.
    #[serde(default)]
    pub period_seconds: u64,
}

impl Default for TokenLifetime {
    fn default() -> Self {
        Self { ttl_seconds: DEFAULT_TTL_SECONDS, max_ttl_seconds: DEFAULT_TTL_SECONDS, period_seconds: 0 }
    }
}

impl TokenLifetime {
    /// Whether the time to live fits into the maximum.
    #[must_use]
    pub const fn is_consistent(&self) -> bool {
        self.max_ttl_seconds == 0 || self.ttl_seconds <= self.max_ttl_seconds
    }

    /// `expiresIn`: from a login or renewal to the end, in seconds; zero when there is none.
    #[must_use]
    pub const fn expires_in(&self) -> u64 {
        if self.period_seconds > 0 { self.period_seconds } else { self.ttl_seconds }
    }

    /// `accessTokenMaxTTL`, in seconds; zero when there is no maximum.
    #[must_use]
    pub const fn max_ttl(&self) -> u64 {
        if self.period_seconds > 0 { PERIODIC_MAX_TTL_SECONDS } else { self.max_ttl_seconds }
    }
}

/// What the configuration of a login method says of the tokens that it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTerms {
    /// From where they may be used.
    pub trusted_ips: Vec<TrustedIp>,
    /// How long they live.
    pub lifetime: TokenLifetime,
    /// How many requests each of them may serve; zero means any number.
    pub uses_limit: u64,
}

impl Default for TokenTerms {
    /// Thirty days, any number of requests, from everywhere.
    fn default() -> Self {
        let (trusted_ips, lifetime) = (TrustedIp::EVERYWHERE.to_vec(), TokenLifetime::default());
        Self { trusted_ips, lifetime, uses_limit: 0 }
    }
}

/// Why a token is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenewalRefused {
    /// Its time to live has passed since the login or the last renewal.
    #[error("the access token has expired")]
    Expired,
    /// It has been used as often as it may be.
    #[error("the access token's usage limit has been reached")]
    Exhausted,
    /// It has reached its maximum time to live.
    #[error("the access token has reached its maximum time to live")]
    MaxTtlReached,
    /// It would outlive its maximum time to live.
    #[error("renewing the access token would exceed its maximum time to live")]
    MaxTtlExceeded,
}

/// The record behind one access token. A token without a record is a revoked one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Its id, which stays the same over renewals.
    pub id: AccessTokenId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// How its owner logged in.
    pub auth_method: AuthMethod,
    /// The client secret that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_id: Option<ClientSecretId>,
    /// The configuration of the login method: a token does not count under another one, made later.
    pub auth_configuration_id: AuthConfigurationId,
    /// What was learnt about its owner at the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_auth: Option<IdentityAuth>,
    /// How long it lives: the configuration's at the time of the login.
    pub lifetime: TokenLifetime,
    /// How many requests it may serve; zero means any number.
    pub uses_limit: u64,
    /// How many requests it has served. Only counted when there is a limit.
    #[serde(default)]
    pub uses: u64,
    /// When its owner logged in.
    pub issued_at: Timestamp,
    /// When it was last renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed_at: Option<Timestamp>,
}

impl AccessToken {
    /// When it ends unless renewed before; `None` when it never does.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let seconds = self.lifetime.expires_in();
        let renewable = self.renewed_at.unwrap_or(self.issued_at).plus(Duration::from_secs(seconds));
        // Without a time to live of its own a token still ends at its maximum.
        [(seconds > 0).then_some(renewable), self.latest_end()].into_iter().flatten().min()
    }

    /// When it ends however often it is renewed; `None` when renewals have no end.
    fn latest_end(&self) -> Option<Timestamp> {
        let has_end = self.lifetime.period_seconds == 0 && self.lifetime.max_ttl_seconds > 0;
        has_end.then(|| self.issued_at.plus(Duration::from_secs(self.lifetime.max_ttl_seconds)))
    }

    /// Whether it has ended at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|end| now >= end)
    }

    /// Whether it has been used as often as it may be.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.uses_limit > 0 && self.uses >= self.uses_limit
    }

    /// The record after a renewal at `now`.
    ///
    /// # Errors
    /// Whatever ended it, or that its maximum time to live leaves no room for one more time to live.
    pub fn renewed(&self, now: Timestamp) -> Result<Self, RenewalRefused> {
        let latest_end = self.latest_end();
        if latest_end.is_some_and(|end| now >= end) {
            return Err(RenewalRefused::MaxTtlReached);
        }
        if self.is_expired(now) {
            return Err(RenewalRefused::Expired);
        }
        if self.is_exhausted() {
            return Err(RenewalRefused::Exhausted);
        }
        let next_end = now.plus(Duration::from_secs(self.lifetime.expires_in()));
        if latest_end.is_some_and(|end| next_end > end) {
            return Err(RenewalRefused::MaxTtlExceeded);
        }
        Ok(Self { renewed_at: Some(now), ..self.clone() })
    }

    /// What its JWT says when signed at `now`.
    #[must_use]
    pub fn claims(&self, organization: OrganizationId) -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: self.identity_id,
            iat: self.renewed_at.unwrap_or(self.issued_at).unix_seconds(),
            exp: self.expires_at().map(Timestamp::unix_seconds),
            org: organization,
            identity_id: self.identity_id,
            identity_access_token_id: self.id,
            auth_token_type: TOKEN_TYPE.to_owned(),
            auth_method: self.auth_method,
            client_secret_id: self.client_secret_id,
            identity_auth: self.identity_auth.clone(),
        }
    }
}

/// The claims of a deployment's own tokens. Clients treat the token as opaque, but the names follow the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claims {
    /// Always [`ISSUER`].
    pub iss: String,
    /// The identity.
    pub sub: IdentityId,
    /// When it was signed, in Unix seconds.
    pub iat: i64,
    /// When it ends, in Unix seconds; absent when it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// The organisation whose token it is.
    pub org: OrganizationId,
    /// The identity again, under the contract's name.
    pub identity_id: IdentityId,
    /// The record behind the token.
    pub identity_access_token_id: AccessTokenId,
    /// Always [`TOKEN_TYPE`].
    pub auth_token_type: String,
    /// How its owner logged in: tells which configuration still has to stand.
    pub auth_method: AuthMethod,
    /// The client secret that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_id: Option<ClientSecretId>,
    /// What the cloud said about the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_auth: Option<IdentityAuth>,
}

/// What was learnt about the caller when it logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityAuth {
    /// Of an AWS login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<crate::principal::PrincipalClaims>,
    /// Of an OIDC login: the claims that the configuration maps, under their mapped names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcClaims>,
}

/// What an OIDC login adds to the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcClaims {
    /// Mapped name to the claim's value as text.
    pub claims: std::collections::BTreeMap<String, String>,
}

#[cfg(test)]
mod tests;
