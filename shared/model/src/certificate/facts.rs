//! What a certificate says, as it was read from its bytes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    AltName, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm, Subject,
};
use crate::Timestamp;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its number at its authority: hexadecimal, lower case, two digits a byte, without a sign byte.
    pub serial_number: String,
    /// Whose it is.
    pub subject: Subject,
    /// The names that it is for.
    pub alt_names: Vec<AltName>,
    /// Its key.
    pub key_algorithm: KeyAlgorithm,
    /// Its signature; `None` for one that requests cannot ask for (an imported certificate's).
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// What the key may be used for.
    pub key_usages: BTreeSet<KeyUsage>,
    /// What the certificate is for; purposes that requests cannot ask for are left out.
    pub extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// What it may sign.
    pub basic_constraints: BasicConstraints,
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
    /// SHA-1 over its DER, hexadecimal in lower case.
    pub fingerprint_sha1: String,
    /// SHA-256 over its DER, hexadecimal in lower case.
    pub fingerprint_sha256: String,
}

/// A serial number as [`Facts`] has it, of one that AWS writes: `00:9f:0a` is `9f0a`, whose first byte is there for the sign.
#[must_use]
pub fn serial_number(told: &str) -> String {
    let mut digits = told.replace(':', "").to_ascii_lowercase();
    if digits.len() % 2 == 1 {
        digits.insert(0, '0');
    }
    while digits.len() > 2 && digits.starts_with("00") {
        digits.drain(..2);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::serial_number;

    #[test]
    fn a_serial_number_is_the_same_with_and_without_colons_and_sign() {
        for (told, meant) in
            [("00:9F:0a", "9f0a"), ("9f:0a", "9f0a"), ("1:0a", "010a"), ("00", "00"), ("00:00", "00")]
        {
            assert_eq!(serial_number(told), meant, "{told}");
        }
    }
}
