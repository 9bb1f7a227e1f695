//! What a certificate must be: what a policy allows or not, what an authority is asked for, and what the certificate that
//! comes back is checked against.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{AltName, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm, Subject, Validity};

/// What a certificate must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Whose it is.
    pub subject: Subject,
    /// The names that it is for, each once, as they were given. The common name is among them only when it was given here too.
    pub alt_names: Vec<AltName>,
    /// Its key.
    pub key_algorithm: KeyAlgorithm,
    /// The signature that was asked for; `None` leaves it to the authority.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// What the key may be used for. Empty: the extension is left out.
    pub key_usages: BTreeSet<KeyUsage>,
    /// What the certificate is for. Empty: the extension is left out.
    pub extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// What it may sign.
    pub basic_constraints: BasicConstraints,
    /// How long it holds.
    pub validity: Validity,
}

/// Whether a certificate is an authority's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicConstraints {
    /// Whether it may sign certificates.
    pub is_ca: bool,
    /// How many authorities may be below it.
    pub path_length: Option<u8>,
}

impl Spec {
    /// The hosts that it is for, each once: the common name first when it is one, and then the DNS names.
    #[must_use]
    pub fn dns_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let common_name = self.subject.common_name.as_deref();
        for name in common_name.into_iter().chain(self.alt_names.iter().filter_map(AltName::dns)) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name);
            }
        }
        names
    }
}
