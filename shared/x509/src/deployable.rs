//! A certificate as AWS Certificate Manager imports it.

use model::Timestamp;
use model::certificate::KeyAlgorithm;
use secrecy::{ExposeSecret as _, SecretString};

use crate::certificate::{Certificate, NotACertificate};
use crate::chain::Chain;
use crate::private_key::{NotAPrivateKey, PrivateKey};
use crate::public_key::UnusableKey;

/// Bytes of PEM that ImportCertificate takes
/// (<https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html>).
const LONGEST_CERTIFICATE: usize = 32_768;
const LONGEST_KEY: usize = 5_120;

/// Whether the root is imported as the end of the chain. Clients have it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// It is, where it is there.
    Included,
    /// It is not, unless nothing else stands between it and the certificate: ACM takes no certificate without its issuer.
    LeftOut,
}

/// A certificate with everything in the form that ACM takes.
#[derive(Debug)]
pub struct Deployable {
    /// The certificate alone, PEM.
    pub certificate: String,
    /// Its authorities, the issuer first, PEM; `None` for one that issued itself.
    pub chain: Option<String>,
    /// Its key: PKCS#8 without encryption, PEM.
    pub key: SecretString,
    /// Its key's kind and size: all of [`KeyAlgorithm`] are taken by ACM and by load balancers.
    pub key_algorithm: KeyAlgorithm,
    /// SHA-256 over its DER, hexadecimal in lower case.
    pub fingerprint_sha256: String,
    /// Its number, as `model::certificate::Facts` has it.
    pub serial_number: String,
    /// Whether the chain ends in its root.
    pub with_root: bool,
}

/// Why ACM would not take it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDeployable {
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
    /// Its issuer is not in the chain.
    #[error("the chain lacks the certificate of its issuer, {0}, without which ACM does not import")]
    NoIssuer(String),
    /// It is over.
    #[error("the certificate expired at {0}")]
    Expired(Timestamp),
    /// It has not begun.
    #[error("the certificate holds only from {0} on, and ACM imports none before its time")]
    NotYet(Timestamp),
    /// Longer than ACM takes.
    #[error("the {0} is longer than ACM takes")]
    TooLong(&'static str),
}

impl Deployable {
    /// Puts a certificate into the form that ACM takes: the certificate alone (others in its text count as its chain), its
    /// authorities in order, whatever order they are in, and its key.
    ///
    /// # Errors
    /// [`NotDeployable`]: a text that cannot be read, a key of another certificate, a chain with strangers in it or without
    /// the issuer, or a certificate out of its time.
    pub fn of(
        certificate: &str,
        chain: &str,
        key: &SecretString,
        root: Root,
        now: Timestamp,
    ) -> Result<Self, NotDeployable> {
        let given = Certificate::all_from_pem(certificate).map_err(NotDeployable::Certificate)?;
        let Some((certificate, beside)) = given.split_first() else {
            let missing = NotACertificate::Number { found: 0, wanted: "one is expected" };
            return Err(NotDeployable::Certificate(missing));
        };
        let mut authorities = beside.to_vec();
        authorities.extend(Certificate::all_from_pem(chain).map_err(NotDeployable::Chain)?);
        let key = PrivateKey::from_pem(key)?;
        if *key.public_key() != certificate.public_key()? {
            return Err(NotDeployable::OtherKey);
        }
        let facts = certificate.facts();
        if facts.not_after <= now {
            return Err(NotDeployable::Expired(facts.not_after));
        }
        if facts.not_before > now {
            return Err(NotDeployable::NotYet(facts.not_before));
        }
        let chain = ordered(certificate, &authorities, root)?;
        let pem = certificate.to_pem();
        let key_pem = key.to_pem();
        if pem.len() > LONGEST_CERTIFICATE {
            return Err(NotDeployable::TooLong("certificate"));
        }
        if key_pem.expose_secret().len() > LONGEST_KEY {
            return Err(NotDeployable::TooLong("private key"));
        }
        Ok(Self {
            certificate: pem,
            with_root: chain.root().is_some(),
            chain: Some(chain.to_pem()).filter(|pem| !pem.is_empty()),
            key_algorithm: key.algorithm(),
            key: key_pem,
            fingerprint_sha256: facts.fingerprint_sha256.clone(),
            serial_number: facts.serial.plain(),
        })
    }
}

fn ordered(
    certificate: &Certificate,
    authorities: &[Certificate],
    root: Root,
) -> Result<Chain, NotDeployable> {
    let (chain, strangers) = Chain::of(certificate, authorities);
    // Without the issuer everything above it is a stranger: what is missing helps more than what is there.
    if chain.issuer().is_none() && !certificate.is_root() {
        return Err(NotDeployable::NoIssuer(certificate.facts().issuer_text.clone()));
    }
    if let Some(stranger) = strangers.first() {
        return Err(NotDeployable::Stranger(stranger.facts().subject_text.clone()));
    }
    let without = chain.without_root();
    let is_left_out = root == Root::LeftOut && without.issuer().is_some();
    Ok(if is_left_out { without } else { chain })
}
