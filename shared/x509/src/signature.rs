//! Whether something signed was signed by a key.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, Reader as _};
use model::certificate::SignatureAlgorithm;
use webpki::ALL_VERIFICATION_ALGS;

/// A certificate or a request in its three parts.
pub(crate) struct Signed<'a> {
    content: Vec<u8>,
    algorithm: AnyRef<'a>,
    value: &'a [u8],
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSigned {
    /// Made with a digest that can be forged.
    #[error("is signed with {0}, which can be forged")]
    Weak(&'static str),
    /// Made in a way that is not known here.
    #[error("is signed in a way that is not supported (algorithm {0})")]
    Unknown(String),
    /// Made by another key, or for something else.
    #[error("has a signature that does not fit its key")]
    Other,
    /// Not readable.
    #[error("cannot be read")]
    Malformed,
}

impl From<der::Error> for NotSigned {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl<'a> Signed<'a> {
    /// Takes it apart.
    pub(crate) fn read(der: &'a [u8]) -> der::Result<Self> {
        AnyRef::from_der(der)?.sequence(|reader| {
            let content = AnyRef::decode(reader)?.to_der()?;
            let algorithm = AnyRef::decode(reader)?;
            let value = BitStringRef::decode(reader)?;
            let value = value.as_bytes().ok_or_else(|| der::Tag::BitString.value_error())?;
            Ok(Self { content, algorithm, value })
        })
    }

    /// Whether the key (a `SubjectPublicKeyInfo`) made the signature.
    pub(crate) fn verify(&self, spki: &[u8]) -> Result<(), NotSigned> {
        let (key_algorithm, key) = AnyRef::from_der(spki)?.sequence::<_, _, der::Error>(|reader| {
            Ok((AnyRef::decode(reader)?, BitStringRef::decode(reader)?))
        })?;
        let key = key.as_bytes().ok_or(NotSigned::Malformed)?;
        let oid = self.oid()?;
        if let Some(digest) = weak(&oid) {
            return Err(NotSigned::Weak(digest));
        }
        let mut ways = ALL_VERIFICATION_ALGS
            .iter()
            .filter(|way| way.signature_alg_id().as_ref() == self.algorithm.value())
            .filter(|way| way.public_key_alg_id().as_ref() == key_algorithm.value())
            .peekable();
        if ways.peek().is_none() {
            return Err(NotSigned::Unknown(oid));
        }
        if ways.any(|way| way.verify_signature(key, &self.content, self.value).is_ok()) {
            return Ok(());
        }
        Err(NotSigned::Other)
    }

    /// How it was signed, when it is one of the ways that the contract has names for.
    pub(crate) fn algorithm(&self) -> Option<SignatureAlgorithm> {
        match self.oid().ok()?.as_str() {
            "1.2.840.113549.1.1.11" => Some(SignatureAlgorithm::RsaSha256),
            "1.2.840.113549.1.1.12" => Some(SignatureAlgorithm::RsaSha384),
            "1.2.840.113549.1.1.13" => Some(SignatureAlgorithm::RsaSha512),
            "1.2.840.10045.4.3.2" => Some(SignatureAlgorithm::EcdsaSha256),
            "1.2.840.10045.4.3.3" => Some(SignatureAlgorithm::EcdsaSha384),
            "1.2.840.10045.4.3.4" => Some(SignatureAlgorithm::EcdsaSha512),
            _ => None,
        }
    }

    fn oid(&self) -> der::Result<String> {
        let mut reader = der::SliceReader::new(self.algorithm.value())?;
        let oid: ObjectIdentifier = reader.decode()?;
        Ok(oid.to_string())
    }
}

fn weak(oid: &str) -> Option<&'static str> {
    match oid {
        "1.2.840.113549.1.1.2" | "1.2.840.113549.1.1.3" => Some("MD2 or MD4"),
        "1.2.840.113549.1.1.4" => Some("MD5"),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => Some("SHA-1"),
        _ => None,
    }
}
