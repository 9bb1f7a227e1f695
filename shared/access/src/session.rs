//! Credentials in use.

use std::fmt;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use model::Timestamp;
use model::region::Region;
use secrecy::{ExposeSecret, SecretString};

use crate::Access;
use crate::place::Sts;

/// The access key of an IAM user, opened for one use.
#[derive(Debug)]
pub struct AccessKey {
    /// The public half.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: SecretString,
}

/// Credentials for a customer's account, and the STS that vouches for them. Zeroised when the last clone is dropped.
#[derive(Clone)]
pub struct Session {
    credentials: Credentials,
    expires_at: Option<Timestamp>,
    pub(crate) sts: Sts,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("expires_at", &self.expires_at)
            .field("sts", &self.sts)
            .finish_non_exhaustive()
    }
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "credentials are made in this file alone")]
    pub(crate) fn assumed(credentials: aws_sdk_sts::types::Credentials, sts: Sts) -> Self {
        let expires_at = Timestamp::from_unix_seconds(credentials.expiration.secs());
        let credentials = Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            // Whoever holds a session decides when it is renewed: the SDK must not refuse it on its own.
            None,
            "drawbridge-session",
        );
        Self { credentials, expires_at: Some(expires_at), sts }
    }

    /// For the client of another service: `config_override(Builder::new().credentials_provider(session.provider()))`.
    #[must_use]
    pub fn provider(&self) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(self.credentials.clone())
    }

    /// When the session ends; `None` for an access key, which does not.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Whether it still has more than `margin` to live.
    #[must_use]
    pub fn outlives(&self, now: Timestamp, margin: Duration) -> bool {
        self.expires_at.is_none_or(|end| end > now.plus(margin))
    }
}

/// Credentials on their way out of Drawbridge: to the sign-in page, or to the person whose they are.
#[derive(Debug)]
pub struct IssuedCredentials {
    /// The public half.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: SecretString,
    /// What makes them a session's.
    pub session_token: SecretString,
    /// When they stop to work.
    pub expires_at: Timestamp,
}

impl Session {
    /// The credentials themselves, of a session that ends; `None` of an access key, which is nobody's to hand out.
    #[must_use]
    pub fn issue(self) -> Option<IssuedCredentials> {
        Some(IssuedCredentials {
            access_key_id: self.credentials.access_key_id().to_owned(),
            secret_access_key: self.credentials.secret_access_key().to_owned().into(),
            session_token: self.credentials.session_token()?.to_owned().into(),
            expires_at: self.expires_at?,
        })
    }
}

impl Access {
    /// A session of an IAM user's access key. Nothing keeps it, and AWS is not asked.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "credentials are made in this file alone")]
    pub fn access_key_session(&self, key: &AccessKey, region: Option<&Region>) -> Session {
        let secret = key.secret_access_key.expose_secret().to_owned();
        let credentials =
            Credentials::new(key.access_key_id.clone(), secret, None, None, "drawbridge-access-key");
        // The key does not tell its partition: our own, unless the work is elsewhere.
        let region = region.unwrap_or(&self.own_region).clone();
        Session { credentials, expires_at: None, sts: Sts { region, custom_url: None } }
    }
}
