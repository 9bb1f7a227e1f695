//! Certificate authorities: where certificates come from. AWS Private CA, and the public one of AWS Certificate Manager.
//!
//! What people decide is the [`Configuration`]; what AWS said about it when it was saved is [`Seen`].
//!
//! **Not here**: how AWS is asked (`authority`), what is ordered from an authority (`certificate`).

mod arn;
pub mod body;
mod configuration;
#[cfg(test)]
mod tests;
pub mod view;
mod zone;

use serde::{Deserialize, Serialize};

use crate::id::{CertificateAuthorityId, OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};

pub use arn::{CertificateAuthorityArn, NotACertificateAuthority};
pub use configuration::{AuthorityType, Configuration, PrivateCa, PublicCa};
pub use zone::{HostedZone, HostedZoneId, NotAHostedZone};

/// A certificate authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAuthority {
    /// Its id.
    pub id: CertificateAuthorityId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// A slug, unique in its project.
    pub name: String,
    /// Whether certificates come from it now.
    pub status: Status,
    /// Whether the clients offer it without a profile; kept for them.
    pub enable_direct_issuance: bool,
    /// Where it is, and the way there.
    pub configuration: Configuration,
    /// What AWS said about it.
    pub seen: Seen,
    /// How many profiles name it: changed in the transaction that makes or removes one.
    #[serde(default)]
    pub profiles: i64,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

/// Whether certificates come from an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// They do.
    Active,
    /// Somebody switched it off.
    Disabled,
    /// It has no certificate of its own yet.
    PendingCertificate,
}

impl Status {
    /// Each with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[
        ("active", Self::Active),
        ("disabled", Self::Disabled),
        ("pending-certificate", Self::PendingCertificate),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::PendingCertificate => "pending-certificate",
        }
    }
}

/// What AWS said about an authority when it was saved, as far as it cannot change afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Seen {
    /// About a private CA.
    PrivateCa {
        /// Whether its usage mode is `SHORT_LIVED_CERTIFICATE`: nothing that it issues lasts longer than seven days.
        short_lived: bool,
    },
    /// About the hosted zones that names are validated in, in the configuration's order.
    Zones {
        /// The zones.
        zones: Vec<HostedZone>,
    },
}

impl CertificateAuthority {
    /// The hosted zone that holds `name`, which may be a wildcard: of several, the one with the longest name, whose name
    /// servers are asked about it.
    #[must_use]
    pub fn zone_of(&self, name: &str) -> Option<&HostedZone> {
        match &self.seen {
            Seen::PrivateCa { .. } => None,
            // Of two zones with one name, the first.
            Seen::Zones { zones } => {
                zones.iter().rev().filter(|zone| zone.holds(name)).max_by_key(|zone| zone.name.len())
            }
        }
    }

    /// Whether nothing that it issues lasts longer than seven days.
    /// <https://docs.aws.amazon.com/privateca/latest/userguide/short-lived-certificates.html>
    #[must_use]
    pub const fn is_short_lived(&self) -> bool {
        match self.seen {
            Seen::PrivateCa { short_lived } => short_lived,
            Seen::Zones { .. } => false,
        }
    }
}

impl Scoped for CertificateAuthority {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
