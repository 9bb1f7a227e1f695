//! What an authority says of itself.

use aws_sdk_acmpca::types::{CertificateAuthority, CertificateAuthorityUsageMode};
use model::Timestamp;
use model::certificate::KeyAlgorithm;

/// What a Private CA is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaFacts {
    /// Whether it issues.
    pub status: CaStatus,
    /// What it signs with.
    pub key: CaKey,
    /// It issues certificates of at most seven days.
    pub short_lived: bool,
    /// Since when its own certificate holds.
    pub not_before: Option<Timestamp>,
    /// Until when.
    pub not_after: Option<Timestamp>,
    /// Whether it keeps a list of what it revoked, or answers about it.
    pub tells_revocations: bool,
}

/// The state of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaStatus {
    /// It issues.
    Active,
    /// Somebody has put it out of use.
    Disabled,
    /// Its certificate is too old.
    Expired,
    /// It has no certificate yet.
    PendingCertificate,
    /// It is being made.
    Creating,
    /// It could not be made.
    Failed,
    /// It is deleted, and may be restored for a while.
    Deleted,
    /// One that AWS has thought of since.
    Other(String),
}

/// The key of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaKey {
    /// One that certificates have too.
    Known(KeyAlgorithm),
    /// Another kind, in AWS's word.
    Other(String),
}

impl CaFacts {
    pub(super) fn of(authority: &CertificateAuthority) -> Option<Self> {
        let configuration = authority.certificate_authority_configuration.as_ref()?;
        let key = configuration.key_algorithm.as_str();
        let moment = |at: Option<aws_sdk_acmpca::primitives::DateTime>| {
            at.map(|at| Timestamp::from_unix_seconds(at.secs()))
        };
        let revocation = authority.revocation_configuration.as_ref();
        let crl = revocation.and_then(|all| all.crl_configuration.as_ref()).is_some_and(|crl| crl.enabled);
        let ocsp =
            revocation.and_then(|all| all.ocsp_configuration.as_ref()).is_some_and(|ocsp| ocsp.enabled);
        Some(Self {
            status: CaStatus::of(authority.status.as_ref()?.as_str()),
            key: KeyAlgorithm::named(key).map_or_else(|| CaKey::Other(key.to_owned()), CaKey::Known),
            short_lived: authority.usage_mode == Some(CertificateAuthorityUsageMode::ShortLivedCertificate),
            not_before: moment(authority.not_before),
            not_after: moment(authority.not_after),
            tells_revocations: crl || ocsp,
        })
    }

    /// Whether it issues.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == CaStatus::Active
    }
}

impl CaStatus {
    fn of(text: &str) -> Self {
        match text {
            "ACTIVE" => Self::Active,
            "DISABLED" => Self::Disabled,
            "EXPIRED" => Self::Expired,
            "PENDING_CERTIFICATE" => Self::PendingCertificate,
            "CREATING" => Self::Creating,
            "FAILED" => Self::Failed,
            "DELETED" => Self::Deleted,
            other => Self::Other(other.to_owned()),
        }
    }

    /// In AWS's word.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Expired => "EXPIRED",
            Self::PendingCertificate => "PENDING_CERTIFICATE",
            Self::Creating => "CREATING",
            Self::Failed => "FAILED",
            Self::Deleted => "DELETED",
            Self::Other(name) => name,
        }
    }
}
