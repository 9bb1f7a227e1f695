//! Why a certificate is revoked, in ACM's words.

use aws_sdk_acm::types::RevocationReason as Word;
use model::certificate::RevocationReason;

pub(super) const fn of(reason: RevocationReason) -> Word {
    match reason {
        RevocationReason::Unspecified => Word::Unspecified,
        RevocationReason::KeyCompromise => Word::KeyCompromise,
        RevocationReason::CaCompromise => Word::CaCompromise,
        RevocationReason::AffiliationChanged => Word::AffiliationChanged,
        RevocationReason::Superseded => Word::Superseded,
        RevocationReason::CessationOfOperation => Word::CessationOfOperation,
        RevocationReason::CertificateHold => Word::CertificateHold,
        RevocationReason::PrivilegeWithdrawn => Word::PrivilegeWithdrawn,
        RevocationReason::AaCompromise => Word::AaCompromise,
    }
}
