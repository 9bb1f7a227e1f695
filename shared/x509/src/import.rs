//! What somebody else had made: certificate, key and chain, checked against each other.

use model::Timestamp;
use model::certificate::KeyAlgorithm;
use secrecy::SecretString;

use crate::certificate::{Certificate, NotACertificate};
use crate::chain::Chain;
use crate::private_key::{NotAPrivateKey, PrivateKey};
use crate::public_key::UnusableKey;

/// A certificate that fits its key and its chain.
#[derive(Debug)]
pub struct Import {
    /// The certificate.
    pub certificate: Certificate,
    /// Its key's kind and size.
    pub key_algorithm: KeyAlgorithm,
    /// Its authorities in order; empty when none were given.
    pub chain: Chain,
    /// Its key, when it was given.
    pub key: Option<PrivateKey>,
}

/// Why it is not taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotImportable {
    /// No certificate.
    #[error("the certificate {0}")]
    Certificate(#[source] NotACertificate),
    /// No chain.
    #[error("the chain {0}")]
    Chain(#[source] NotACertificate),
    /// No key.
    #[error(transparent)]
    Key(#[from] NotAPrivateKey),
    /// The certificate's key is not used.
    #[error("the certificate's key {0}")]
    UnusableKey(#[from] UnusableKey),
    /// The key belongs to another certificate.
    #[error("the private key does not fit the certificate")]
    OtherKey,
    /// A certificate of the chain has nothing to do with it.
    #[error("the chain's certificate {0} did not issue the certificate, nor one of its issuers")]
    Stranger(String),
    /// It is over.
    #[error("the certificate expired at {0}")]
    Expired(Timestamp),
    /// It is an authority's own.
    #[error(
        "the certificate is an authority's own; only certificates of servers, clients and the like are kept"
    )]
    Authority,
}

impl Import {
    /// Reads and checks what somebody sends: the certificate (others in the same text count as its chain), its chain in any
    /// order, and its key when they give it away.
    ///
    /// # Errors
    /// [`NotImportable`]: a text that cannot be read, a key of another certificate or of a kind that is not used, a chain with
    /// strangers in it, or a certificate that is expired or an authority's.
    pub fn read(
        certificate: &str,
        chain: &str,
        key: Option<&SecretString>,
        now: Timestamp,
    ) -> Result<Self, NotImportable> {
        let given = Certificate::all_from_pem(certificate).map_err(NotImportable::Certificate)?;
        let Some((certificate, beside)) = given.split_first() else {
            let missing = NotACertificate::Number { found: 0, wanted: "one is expected" };
            return Err(NotImportable::Certificate(missing));
        };
        let mut authorities = beside.to_vec();
        authorities.extend(Certificate::all_from_pem(chain).map_err(NotImportable::Chain)?);
        let public_key = certificate.public_key()?;
        let key = key.map(PrivateKey::from_pem).transpose()?;
        if key.as_ref().is_some_and(|key| *key.public_key() != public_key) {
            return Err(NotImportable::OtherKey);
        }
        let facts = certificate.facts();
        if facts.basic_constraints.is_ca {
            return Err(NotImportable::Authority);
        }
        if facts.not_after <= now {
            return Err(NotImportable::Expired(facts.not_after));
        }
        let (chain, strangers) = Chain::of(certificate, &authorities);
        if let Some(stranger) = strangers.first() {
            return Err(NotImportable::Stranger(stranger.facts().subject_text.clone()));
        }
        Ok(Self { certificate: certificate.clone(), key_algorithm: public_key.algorithm(), chain, key })
    }
}
