//! What a certificate says, in the words of the contract.

use std::collections::BTreeSet;
use std::fmt;

use model::Timestamp;
use model::certificate::{
    AltName, BasicConstraints, ExtendedKeyUsage, KeyUsage, SignatureAlgorithm, Subject,
};

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its number at its authority.
    pub serial: Serial,
    /// Whose it is.
    pub subject: Subject,
    /// What else its subject says, each as `type=value`: kinds of text that subjects here do not have, and second ones of those
    /// that they have once.
    pub other_subject: Vec<String>,
    /// Its subject as one text, as RFC 4514 writes it.
    pub subject_text: String,
    /// Whose authority made it, as RFC 4514 writes it.
    pub issuer_text: String,
    /// The names that it is for.
    pub alt_names: Vec<AltName>,
    /// Names of kinds that certificates here do not have.
    pub other_alt_names: Vec<String>,
    /// The first moment that it holds.
    pub not_before: Timestamp,
    /// The last moment that it holds.
    pub not_after: Timestamp,
    /// How it is signed; `None` when in a way that the contract has no name for.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    /// What its key may be used for; empty when it does not say.
    pub key_usages: BTreeSet<KeyUsage>,
    /// What it is for; empty when it does not say, or only in `other_extended_key_usages`.
    pub extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// Object identifiers of what else it is for.
    pub other_extended_key_usages: Vec<String>,
    /// What it may sign.
    pub basic_constraints: BasicConstraints,
    /// SHA-1 of its DER, 40 digits of lower-case hexadecimal. To find it again elsewhere; nothing is proved by it.
    pub fingerprint_sha1: String,
    /// SHA-256 of its DER, 64 digits of lower-case hexadecimal.
    pub fingerprint_sha256: String,
}

/// A certificate's number at its authority. Printed as AWS prints and takes it: pairs of lower-case hexadecimal digits with
/// colons between them.
///
/// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_RevokeCertificate.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// From the content of its `INTEGER`, whose first byte may be there for its sign alone.
    pub(crate) fn new(integer: &[u8]) -> Self {
        let digits = match integer {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        Self(digits.to_vec())
    }

    /// Hexadecimal digits without colons.
    #[must_use]
    pub fn plain(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}
