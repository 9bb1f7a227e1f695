//! The ARN of a private CA.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::arn::{AccountId, Arn};
use crate::region::Region;

/// `arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012`.
///
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsprivatecertificateauthority.html>
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arn", into = "Arn")]
pub struct CertificateAuthorityArn {
    arn: Arn,
    region: Region,
    account: AccountId,
}

/// The text is no private CA's ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotACertificateAuthority(String);

impl CertificateAuthorityArn {
    /// The whole ARN.
    #[must_use]
    pub const fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The region that the authority is in.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The account that the authority is in, which may be another one than the connection's: authorities are shared.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }
}

impl TryFrom<Arn> for CertificateAuthorityArn {
    type Error = NotACertificateAuthority;

    fn try_from(arn: Arn) -> Result<Self, NotACertificateAuthority> {
        let not = || {
            let expected = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/<UUID>";
            NotACertificateAuthority(format!("Invalid ARN: expected a private CA, {expected}"))
        };
        // A session policy names it: an asterisk would reach other authorities.
        let is_id = |id: &str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let id = arn.resource.strip_prefix("certificate-authority/").unwrap_or_default();
        if arn.service != "acm-pca" || !is_id(id) {
            return Err(not());
        }
        let (region, account) = (arn.region.clone().ok_or_else(not)?, arn.account.clone().ok_or_else(not)?);
        Ok(Self { arn, region, account })
    }
}

impl From<CertificateAuthorityArn> for Arn {
    fn from(authority: CertificateAuthorityArn) -> Self {
        authority.arn
    }
}

impl FromStr for CertificateAuthorityArn {
    type Err = NotACertificateAuthority;

    fn from_str(text: &str) -> Result<Self, NotACertificateAuthority> {
        let arn: Arn = text
            .parse()
            .map_err(|error: crate::arn::NotAnArn| NotACertificateAuthority(error.to_string()))?;
        arn.try_into()
    }
}

impl fmt::Display for CertificateAuthorityArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arn.fmt(f)
    }
}
