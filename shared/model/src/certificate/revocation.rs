//! Why a certificate holds no longer, and how far its revocation got.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Why a certificate is revoked.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-5.3.1>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RevocationReason {
    /// Nobody says.
    #[default]
    Unspecified,
    /// The key is in other hands.
    KeyCompromise,
    /// The authority's key is in other hands.
    CaCompromise,
    /// The subject belongs elsewhere now.
    AffiliationChanged,
    /// Another certificate is in its place.
    Superseded,
    /// What it was for is no more.
    CessationOfOperation,
    /// For a while. Neither authority knows it: it is [`RevocationReason::Unspecified`] there, and for good.
    CertificateHold,
    /// The subject may no longer.
    PrivilegeWithdrawn,
    /// An authority of attributes is in other hands.
    #[serde(rename = "A_A_COMPROMISE")]
    AaCompromise,
}

impl RevocationReason {
    /// Every one, by its name on the wire.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("UNSPECIFIED", Self::Unspecified),
        ("KEY_COMPROMISE", Self::KeyCompromise),
        ("CA_COMPROMISE", Self::CaCompromise),
        ("AFFILIATION_CHANGED", Self::AffiliationChanged),
        ("SUPERSEDED", Self::Superseded),
        ("CESSATION_OF_OPERATION", Self::CessationOfOperation),
        ("CERTIFICATE_HOLD", Self::CertificateHold),
        ("PRIVILEGE_WITHDRAWN", Self::PrivilegeWithdrawn),
        ("A_A_COMPROMISE", Self::AaCompromise),
    ];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "UNSPECIFIED",
            Self::KeyCompromise => "KEY_COMPROMISE",
            Self::CaCompromise => "CA_COMPROMISE",
            Self::AffiliationChanged => "AFFILIATION_CHANGED",
            Self::Superseded => "SUPERSEDED",
            Self::CessationOfOperation => "CESSATION_OF_OPERATION",
            Self::CertificateHold => "CERTIFICATE_HOLD",
            Self::PrivilegeWithdrawn => "PRIVILEGE_WITHDRAWN",
            Self::AaCompromise => "A_A_COMPROMISE",
        }
    }
}

/// How far a revocation got: the intent is stored before the authority is asked, so that whoever dies in between is
/// followed by another, and nobody takes the certificate for a good one meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Why.
    pub reason: RevocationReason,
    /// When it was asked for.
    pub wanted_at: Timestamp,
    /// When the authority was asked last, or is being asked.
    pub tried_at: Timestamp,
    /// When the authority did it; `None` while it has not.
    pub revoked_at: Option<Timestamp>,
    /// How often in a row the authority could not.
    pub failures: u32,
}
