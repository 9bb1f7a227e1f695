//! Client secrets of universal auth.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{AuthConfigurationId, ClientSecretId, IdentityId};

/// How many characters of a client secret are kept readable, to tell secrets apart.
pub const PREFIX_LENGTH: usize = 4;

/// Why a client secret no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revocation {
    /// An operator revoked it: the tokens made with it end as well.
    Operator,
    /// Its time to live has passed: tokens made before live on.
    Expired,
    /// It has been used as often as it may be: tokens made before live on.
    Exhausted,
}

/// One client secret. The secret itself is shown once and never kept: it has 256 random bits, so that its plain
/// SHA-256 says nothing about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Its id.
    pub id: ClientSecretId,
    /// The identity that logs in with it.
    pub identity_id: IdentityId,
    /// The configuration that it was made for: it does not open another one, made later for the same identity.
    pub universal_auth_id: AuthConfigurationId,
    /// What it is for, in its owner's words.
    pub description: String,
    /// Its first four characters.
    pub prefix: String,
    /// The SHA-256 of the secret, in hexadecimal.
    pub sha256: String,
    /// How many logins it may serve; zero means any number.
    pub uses_limit: u64,
    /// How many logins it has served.
    pub uses: u64,
    /// From its creation to its end; zero means without end.
    pub ttl_seconds: u64,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Why it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<Revocation>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// How long a secret that an operator revoked is still listed by its id. Its tokens have ended, so that nothing needs it.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

impl ClientSecret {
    /// Whether it still opens at `now`, and why not.
    ///
    /// # Errors
    /// What ended it.
    pub fn check(&self, now: Timestamp) -> Result<(), Revocation> {
        if let Some(revocation) = self.revocation {
            return Err(revocation);
        }
        if self.ttl_seconds > 0 && now >= self.issued_at.plus(Duration::from_secs(self.ttl_seconds)) {
            return Err(Revocation::Expired);
        }
        if self.uses_limit > 0 && self.uses >= self.uses_limit {
            return Err(Revocation::Exhausted);
        }
        Ok(())
    }

    /// The same secret, no longer counting from `now` on.
    #[must_use]
    pub fn revoked(&self, cause: Revocation, now: Timestamp) -> Self {
        Self { revocation: Some(cause), revoked_at: Some(now), ..self.clone() }
    }

    /// When it may be forgotten: only what an operator revoked, since other secrets still vouch for their tokens.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.revoked_at.filter(|_| !self.vouches_for_its_tokens()).map(|at| at.plus(REMEMBERED))
    }

    /// Whether tokens that were made with it still count.
    #[must_use]
    pub fn vouches_for_its_tokens(&self) -> bool {
        self.revocation != Some(Revocation::Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    fn secret() -> ClientSecret {
        ClientSecret {
            id: ClientSecretId::random(),
            identity_id: IdentityId::random(),
            universal_auth_id: AuthConfigurationId::random(),
            description: String::new(),
            prefix: "abcd".to_owned(),
            sha256: String::new(),
            uses_limit: 2,
            uses: 1,
            ttl_seconds: 60,
            issued_at: at(0),
            revocation: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_secret_opens_until_its_time_its_uses_or_an_operator_end_it() {
        let revoked = ClientSecret { revocation: Some(Revocation::Operator), ..secret() };
        let endless = ClientSecret { ttl_seconds: 0, uses_limit: 0, uses: 9_999, ..secret() };
        for (what, secret, now, expected) in [
            ("fresh", secret(), 59, Ok(())),
            ("the second it ends", secret(), 60, Err(Revocation::Expired)),
            ("used up", ClientSecret { uses: 2, ..secret() }, 1, Err(Revocation::Exhausted)),
            ("revoked", revoked, 1, Err(Revocation::Operator)),
            ("without limits", endless, 999_999, Ok(())),
        ] {
            assert_eq!(secret.check(at(now)), expected, "{what}");
        }
    }

    #[test]
    fn only_an_operator_ends_the_tokens_of_a_secret() {
        for (revocation, vouches) in [
            (None, true),
            (Some(Revocation::Expired), true),
            (Some(Revocation::Exhausted), true),
            (Some(Revocation::Operator), false),
        ] {
            assert_eq!(ClientSecret { revocation, ..secret() }.vouches_for_its_tokens(), vouches);
        }
    }
}
