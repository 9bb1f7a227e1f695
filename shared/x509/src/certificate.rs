//! Certificates, as read.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::{Decode as _, Encode as _};
use model::Timestamp;
use rustls_pki_types::CertificateDer;

use crate::facts::{Facts, Serial};
use crate::pem::{self, NotPem};
use crate::public_key::{PublicKey, UnusableKey};
use crate::signature::{NotSigned, Signed};
use crate::{extension, name};

const LABEL: &str = "CERTIFICATE";

/// The longest text that is read as certificates: a chain of the most certificates, each larger than any that AWS issues.
const LONGEST_TEXT: usize = 128 * 1024;

/// The most certificates in a text.
const MOST: usize = 16;

/// A certificate: its bytes, and what they say.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    facts: Facts,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    spki: Vec<u8>,
}

/// Why a text is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACertificate {
    /// No PEM.
    #[error(transparent)]
    Pem(#[from] NotPem),
    /// A block of another kind, such as a key.
    #[error("holds a PEM block of another kind than CERTIFICATE")]
    Kind,
    /// Not one, or not few enough.
    #[error("holds {found} certificates; {wanted}")]
    Number {
        /// So many are there.
        found: usize,
        /// What was expected.
        wanted: &'static str,
    },
    /// Not readable as a certificate.
    #[error("holds something that cannot be read as an X.509 certificate")]
    Malformed,
}

impl From<der::Error> for NotACertificate {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl Certificate {
    /// Reads the one certificate of a text.
    ///
    /// # Errors
    /// [`NotACertificate`] when the text is not exactly one certificate in PEM.
    pub fn from_pem(text: &str) -> Result<Self, NotACertificate> {
        let mut all = Self::all_from_pem(text)?;
        let found = all.len();
        match all.pop() {
            Some(one) if found == 1 => Ok(one),
            Some(_) | None => Err(NotACertificate::Number { found, wanted: "one is expected" }),
        }
    }

    /// Reads every certificate of a text, in its order; none of a blank one.
    ///
    /// # Errors
    /// [`NotACertificate`] when the text is not blank, and is not certificates in PEM alone.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, NotACertificate> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        let blocks = pem::read(text, LONGEST_TEXT)?;
        if blocks.len() > MOST {
            return Err(NotACertificate::Number { found: blocks.len(), wanted: "16 are read at most" });
        }
        if blocks.iter().any(|block| block.label != LABEL) {
            return Err(NotACertificate::Kind);
        }
        blocks.iter().map(|block| Self::from_der(&block.der)).collect()
    }

    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`NotACertificate::Malformed`] when it cannot be read.
    pub fn from_der(der: &[u8]) -> Result<Self, NotACertificate> {
        let read = x509_cert::Certificate::from_der(der)?;
        let content = read.tbs_certificate();
        let subject = content.subject().to_der()?;
        let name = name::read(&subject)?;
        let extensions = extension::read(content.extensions().into_iter().flatten())?;
        let facts = Facts {
            serial: Serial::new(content.serial_number().as_bytes()),
            subject: name.subject,
            other_subject: name.others,
            subject_text: content.subject().to_string(),
            issuer_text: content.issuer().to_string(),
            alt_names: extensions.alt_names,
            other_alt_names: extensions.other_alt_names,
            not_before: timestamp(content.validity().not_before)?,
            not_after: timestamp(content.validity().not_after)?,
            signature_algorithm: Signed::read(der)?.algorithm(),
            key_usages: extensions.key_usages,
            extended_key_usages: extensions.extended_key_usages,
            other_extended_key_usages: extensions.other_extended_key_usages,
            basic_constraints: extensions.basic_constraints,
            fingerprint_sha1: hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der)),
            fingerprint_sha256: hex::encode(digest(&SHA256, der)),
        };
        let issuer = content.issuer().to_der()?;
        let spki = content.subject_public_key_info().to_der()?;
        Ok(Self { der: der.to_vec(), facts, subject, issuer, spki })
    }

    /// What it says.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What is kept of it.
    ///
    /// # Errors
    /// As [`Certificate::public_key`].
    pub fn record(&self) -> Result<model::certificate::Facts, UnusableKey> {
        let facts = &self.facts;
        Ok(model::certificate::Facts {
            serial_number: facts.serial.plain(),
            subject: facts.subject.clone(),
            alt_names: facts.alt_names.clone(),
            key_algorithm: self.public_key()?.algorithm(),
            signature_algorithm: facts.signature_algorithm,
            key_usages: facts.key_usages.clone(),
            extended_key_usages: facts.extended_key_usages.clone(),
            basic_constraints: facts.basic_constraints,
            not_before: facts.not_before,
            not_after: facts.not_after,
            fingerprint_sha1: facts.fingerprint_sha1.clone(),
            fingerprint_sha256: facts.fingerprint_sha256.clone(),
        })
    }

    /// As text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::write(LABEL, &self.der).as_str().to_owned()
    }

    /// Its bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its key.
    ///
    /// # Errors
    /// [`UnusableKey`] when the key is weak, or of a kind that certificates here do not have. Authorities may have such keys.
    pub fn public_key(&self) -> Result<PublicKey, UnusableKey> {
        PublicKey::from_der(&self.spki)
    }

    /// Whether it is a root: issued by itself, with its own key. Old roots signed themselves in ways that are not checked any
    /// more; nobody believes a root for its signature, so they are roots all the same.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.subject == self.issuer
            && match self.is_signed_by(self) {
                Ok(()) | Err(NotSigned::Weak(_) | NotSigned::Unknown(_)) => true,
                Err(NotSigned::Other | NotSigned::Malformed) => false,
            }
    }

    /// Whether another's subject is who issued it. Says nothing about a signature.
    pub(crate) fn names_as_issuer(&self, other: &Self) -> bool {
        self.issuer == other.subject
    }

    /// Whether another's key signed it.
    pub(crate) fn is_signed_by(&self, other: &Self) -> Result<(), NotSigned> {
        Signed::read(&self.der)?.verify(&other.spki)
    }

    /// For the independent verifier.
    pub(crate) fn to_webpki(&self) -> CertificateDer<'_> {
        CertificateDer::from(self.der.as_slice())
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("facts", &self.facts).finish_non_exhaustive()
    }
}

fn timestamp(time: x509_cert::time::Time) -> der::Result<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs());
    Ok(Timestamp::from_unix_seconds(seconds.map_err(|_| der::Tag::GeneralizedTime.value_error())?))
}
