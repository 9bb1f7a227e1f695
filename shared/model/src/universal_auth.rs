//! Logging in with a client id and a client secret.

use serde::{Deserialize, Serialize};

use crate::access_token::TokenTerms;
use crate::id::{AuthConfigurationId, ClientId, IdentityId};
use crate::lockout::LockoutPolicy;
use crate::trusted_ip::TrustedIp;

/// One identity's universal auth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniversalAuth {
    /// Its id on the wire.
    pub id: AuthConfigurationId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// The public half of a login.
    pub client_id: ClientId,
    /// From where a login may come.
    pub client_secret_trusted_ips: Vec<TrustedIp>,
    /// Its tokens.
    pub tokens: TokenTerms,
    /// When failures lock it.
    pub lockout: LockoutPolicy,
}
