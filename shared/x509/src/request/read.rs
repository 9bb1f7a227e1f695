//! A request that somebody else made, with a key that they keep.

use std::collections::BTreeSet;

use der::{Decode as _, Encode as _};
use model::certificate::{
    AltName, BasicConstraints, ExtendedKeyUsage, KeyUsage, SignatureAlgorithm, Subject,
};
use x509_cert::request::{CertReq, ExtensionReq};

use super::LABEL;
use super::make::EXTENSION_REQUEST;
use crate::extension::{self, Extensions};
use crate::name;
use crate::pem::{self, NotPem};
use crate::public_key::{PublicKey, UnusableKey};
use crate::signature::{NotSigned, Signed};

/// The longest text that is read as a request, as the contract has it.
const LONGEST_TEXT: usize = 4096;

/// As old Microsoft and Java tools write it.
const OLD_LABEL: &str = "NEW CERTIFICATE REQUEST";

/// A caller's request, whose signature holds and whose key is good enough.
#[derive(Debug, Clone)]
pub struct CertificateRequest {
    /// Whose certificate it is to be.
    pub subject: Subject,
    /// What else its subject says, each as `type=value`, which certificates here do not have.
    pub other_subject: Vec<String>,
    /// The names that it is to be for.
    pub alt_names: Vec<AltName>,
    /// Names of kinds that certificates here do not have.
    pub other_alt_names: Vec<String>,
    /// What the key is to be used for.
    pub key_usages: BTreeSet<KeyUsage>,
    /// What it is to be for.
    pub extended_key_usages: BTreeSet<ExtendedKeyUsage>,
    /// Object identifiers of what else it is to be for.
    pub other_extended_key_usages: Vec<String>,
    /// What it is to sign.
    pub basic_constraints: BasicConstraints,
    /// Object identifiers of extensions that certificates here do not have.
    pub other_extensions: Vec<String>,
    /// The key.
    pub public_key: PublicKey,
    /// How it is signed; `None` when in a way that the contract has no name for.
    pub signature_algorithm: Option<SignatureAlgorithm>,
    der: Vec<u8>,
}

/// Why a text is no request that may be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotARequest {
    /// No PEM.
    #[error("the CSR {0}")]
    Pem(#[from] NotPem),
    /// Something else, or more than one.
    #[error("the CSR must be one PEM block CERTIFICATE REQUEST")]
    Kind,
    /// Not readable as a request.
    #[error("the CSR cannot be read as a PKCS#10 certificate request")]
    Malformed,
    /// Its key is not used.
    #[error("the CSR's key {0}")]
    Key(#[from] UnusableKey),
    /// Its signature does not hold: whoever made it may not have the key.
    #[error("the CSR {0}")]
    Signature(String),
}

impl From<der::Error> for NotARequest {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl From<NotSigned> for NotARequest {
    fn from(problem: NotSigned) -> Self {
        Self::Signature(problem.to_string())
    }
}

impl CertificateRequest {
    /// Reads a request, and proves that whoever made it has the key.
    ///
    /// # Errors
    /// [`NotARequest`] when it is longer than 4,096 characters or cannot be read, its key is weak or of a kind that certificates
    /// here do not have, or its signature does not hold or is made with MD5 or SHA-1.
    pub fn from_pem(text: &str) -> Result<Self, NotARequest> {
        let mut blocks = pem::read(text.trim(), LONGEST_TEXT)?;
        let (Some(block), true) = (blocks.pop(), blocks.is_empty()) else { return Err(NotARequest::Kind) };
        if ![LABEL, OLD_LABEL].contains(&block.label) {
            return Err(NotARequest::Kind);
        }
        let read = CertReq::from_der(&block.der)?;
        let spki = read.info.public_key.to_der()?;
        let public_key = PublicKey::from_der(&spki)?;
        let signed = Signed::read(&block.der)?;
        signed.verify(&spki)?;
        let name = name::read(&read.info.subject.to_der()?)?;
        let asked = extensions(&read)?;
        Ok(Self {
            subject: name.subject,
            other_subject: name.others,
            alt_names: asked.alt_names,
            other_alt_names: asked.other_alt_names,
            key_usages: asked.key_usages,
            extended_key_usages: asked.extended_key_usages,
            other_extended_key_usages: asked.other_extended_key_usages,
            basic_constraints: asked.basic_constraints,
            other_extensions: asked.others,
            public_key,
            signature_algorithm: signed.algorithm(),
            der: block.der.to_vec(),
        })
    }

    /// As text, in the form that every authority takes.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem::write(LABEL, &self.der).as_str().to_owned()
    }
}

/// What it asks for by extensions.
fn extensions(read: &CertReq) -> der::Result<Extensions> {
    let mut asked = Vec::new();
    for attribute in read.info.attributes.iter().filter(|attribute| attribute.oid == EXTENSION_REQUEST) {
        for value in attribute.values.iter() {
            asked.extend(ExtensionReq::from_der(&value.to_der()?)?.0);
        }
    }
    extension::read(&asked)
}
