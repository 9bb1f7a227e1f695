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
