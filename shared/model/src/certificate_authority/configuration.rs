//! Where an authority is, and the way there.

use serde::{Deserialize, Serialize};

use super::{CertificateAuthorityArn, HostedZoneId};
use crate::id::ConnectionId;
use crate::region::Region;

/// What kind of authority it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityType {
    /// AWS Private CA.
    AwsPca,
    /// The public authority of AWS Certificate Manager, with validation by DNS.
    AwsAcmPublicCa,
}

impl AuthorityType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::AwsPca, Self::AwsAcmPublicCa];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwsPca => "aws-pca",
            Self::AwsAcmPublicCa => "aws-acm-public-ca",
        }
    }

    /// The type of this name; `None` also for the types that other servers know.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// Where an authority is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Configuration {
    /// AWS Private CA.
    AwsPca(PrivateCa),
    /// The public authority of AWS Certificate Manager.
    AwsAcmPublicCa(PublicCa),
}

/// An authority of AWS Private CA.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateCa {
    /// The way into an account that may use it.
    pub app_connection_id: ConnectionId,
    /// Which authority.
    pub certificate_authority_arn: CertificateAuthorityArn,
    /// The region that it is in: the ARN's.
    pub region: Region,
    /// Ours, additive: how many certificates it may issue in a calendar month (UTC); `None`: as many as are asked for.
    #[serde(default)]
    pub monthly_budget: Option<u32>,
}

/// The public authority of AWS Certificate Manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicCa {
    /// The way into the account that certificates are requested in.
    pub app_connection_id: ConnectionId,
    /// The way into the account with the hosted zones; may be the same.
    pub dns_app_connection_id: ConnectionId,
    /// The zones that names are validated in, each once: the contract's one first, then ours.
    pub hosted_zone_ids: Vec<HostedZoneId>,
    /// The region that certificates are requested in.
    pub region: Region,
    /// Ours, additive: as [`PrivateCa::monthly_budget`].
    #[serde(default)]
    pub monthly_budget: Option<u32>,
}

impl Configuration {
    /// What kind of authority it is.
    #[must_use]
    pub const fn authority_type(&self) -> AuthorityType {
        match self {
            Self::AwsPca(_) => AuthorityType::AwsPca,
            Self::AwsAcmPublicCa(_) => AuthorityType::AwsAcmPublicCa,
        }
    }

    /// The way to certificates.
    #[must_use]
    pub const fn connection_id(&self) -> ConnectionId {
        match self {
            Self::AwsPca(authority) => authority.app_connection_id,
            Self::AwsAcmPublicCa(authority) => authority.app_connection_id,
        }
    }

    /// The way to hosted zones, for an authority that needs them.
    #[must_use]
    pub const fn dns_connection_id(&self) -> Option<ConnectionId> {
        match self {
            Self::AwsPca(_) => None,
            Self::AwsAcmPublicCa(authority) => Some(authority.dns_app_connection_id),
        }
    }

    /// Every connection that it needs, each once.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionId> {
        let first = self.connection_id();
        let other = self.dns_connection_id().filter(|other| *other != first);
        std::iter::once(first).chain(other).collect()
    }

    /// The region that certificates come from.
    #[must_use]
    pub const fn region(&self) -> &Region {
        match self {
            Self::AwsPca(authority) => &authority.region,
            Self::AwsAcmPublicCa(authority) => &authority.region,
        }
    }

    /// How many certificates it may issue in a calendar month; `None`: as many as are asked for.
    #[must_use]
    pub const fn monthly_budget(&self) -> Option<u32> {
        match self {
            Self::AwsPca(authority) => authority.monthly_budget,
            Self::AwsAcmPublicCa(authority) => authority.monthly_budget,
        }
    }
}
