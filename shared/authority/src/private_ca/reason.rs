//! Why a certificate is revoked, in Private CA's words, which are one fewer: nothing is on hold there.

use aws_sdk_acmpca::types::RevocationReason as Word;
use model::certificate::RevocationReason;

pub(super) const fn of(reason: RevocationReason) -> Word {
    match reason {
        RevocationReason::Unspecified | RevocationReason::CertificateHold => Word::Unspecified,
        RevocationReason::KeyCompromise => Word::KeyCompromise,
        RevocationReason::CaCompromise => Word::CertificateAuthorityCompromise,
        RevocationReason::AffiliationChanged => Word::AffiliationChanged,
        RevocationReason::Superseded => Word::Superseded,
        RevocationReason::CessationOfOperation => Word::CessationOfOperation,
        RevocationReason::PrivilegeWithdrawn => Word::PrivilegeWithdrawn,
        RevocationReason::AaCompromise => Word::AaCompromise,
    }
}
