//! Logging in with an AWS identity.

use serde::{Deserialize, Serialize};

use crate::access_token::{TokenLifetime, TokenTerms};
use crate::id::{AuthConfigurationId, IdentityId, OrganizationId};
use crate::principal::{AccountIds, Principal, PrincipalPatterns};
use crate::sts_endpoint::StsEndpoint;

/// How long a token of the built-in administrator lives, in seconds: one working session.
const ADMINISTRATOR_TTL_SECONDS: u64 = 3_600;

/// How long a token of the built-in administrator may be renewed, in seconds: one working day.
const ADMINISTRATOR_MAX_TTL_SECONDS: u64 = 43_200;

/// One identity's AWS auth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsAuth {
    /// Its id on the wire.
    pub id: AuthConfigurationId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// The STS endpoint as it was written.
    pub sts_endpoint: StsEndpoint,
    /// Which principals may log in; empty means that the accounts decide.
    pub allowed_principal_arns: PrincipalPatterns,
    /// Of which accounts principals may log in; empty means that the patterns decide.
    pub allowed_account_ids: AccountIds,
    /// Its tokens.
    pub tokens: TokenTerms,
}

/// Why a principal may not log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalRefused {
    /// The configuration names nobody, which admits nobody.
    #[error("the configuration allows no principal")]
    NobodyAllowed,
    /// Its account is not on the list.
    #[error("its account is not allowed")]
    Account,
    /// No pattern matches it.
    #[error("its ARN is not allowed")]
    Arn,
}

impl AwsAuth {
    /// The configuration of the built-in administrator, from the stack's parameter.
    #[must_use]
    pub fn administrator(organization: OrganizationId, allowed: PrincipalPatterns) -> Self {
        Self {
            id: AuthConfigurationId::from(organization.uuid()),
            identity_id: crate::identity::administrator_id(organization),
            sts_endpoint: StsEndpoint::global(),
            allowed_principal_arns: allowed,
            allowed_account_ids: AccountIds::default(),
            tokens: TokenTerms {
                lifetime: TokenLifetime {
                    ttl_seconds: ADMINISTRATOR_TTL_SECONDS,
                    max_ttl_seconds: ADMINISTRATOR_MAX_TTL_SECONDS,
                    period_seconds: 0,
                },
                ..TokenTerms::default()
            },
        }
    }

    /// Whether it names nobody. Such a configuration is never stored: in the peer it admits all of AWS.
    #[must_use]
    pub fn allows_nobody(&self) -> bool {
        self.allowed_principal_arns.is_empty() && self.allowed_account_ids.is_empty()
    }

    /// Whether the principal may log in: every list that is not empty must admit it, and one must not be empty.
    ///
    /// # Errors
    /// Which list does not admit it.
    pub fn check(&self, principal: &Principal) -> Result<(), PrincipalRefused> {
        if self.allows_nobody() {
            return Err(PrincipalRefused::NobodyAllowed);
        }
        if !self.allowed_account_ids.is_empty() && !self.allowed_account_ids.admit(principal) {
            return Err(PrincipalRefused::Account);
        }
        if !self.allowed_principal_arns.is_empty() && !self.allowed_principal_arns.admit(principal) {
            return Err(PrincipalRefused::Arn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_that_is_not_empty_must_admit_the_principal() {
        use PrincipalRefused::{Account, Arn, NobodyAllowed};
        let principal: Principal =
            "arn:aws:sts::123456789012:assumed-role/App/s".parse().expect("a principal");
        for (arns, accounts, expected) in [
            ("", "", Err(NobodyAllowed)),
            ("", "123456789012", Ok(())),
            ("", "210987654321", Err(Account)),
            ("arn:aws:iam::123456789012:role/App", "", Ok(())),
            ("arn:aws:iam::123456789012:role/Other", "", Err(Arn)),
            ("arn:aws:iam::123456789012:role/App", "210987654321", Err(Account)),
            ("arn:aws:iam::123456789012:role/Other", "123456789012", Err(Arn)),
            ("arn:aws:iam::123456789012:role/App", "210987654321, 123456789012", Ok(())),
        ] {
            let mut auth = AwsAuth::administrator(OrganizationId::random(), arns.parse().expect(arns));
            auth.allowed_account_ids = accounts.parse().expect(accounts);
            assert_eq!(auth.check(&principal), expected, "{arns} {accounts}");
        }
    }
}
