//! Public keys, and which of them are good enough.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode as _, Reader as _};
use model::certificate::KeyAlgorithm;

use crate::asn1::{EC, RSA};

const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// The smallest public exponent of an RSA key that is accepted: what everybody uses, and what CAs demand.
const SMALLEST_EXPONENT: &[u8] = &[0x01, 0x00, 0x01];

/// A public key of a kind that certificates here may have: RSA of 2048, 3072 or 4096 bits, or a point on P-256, P-384 or P-521.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    /// The content of the bit string: two spellings of the algorithm around one key are one key.
    bits: Vec<u8>,
}

/// Why a key is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// RSA, too short or of a size that certificates here do not have.
    #[error("is an RSA key of {0} bits; 2048, 3072 and 4096 bits are accepted")]
    RsaSize(usize),
    /// RSA with a small or even exponent.
    #[error("is an RSA key with a weak public exponent; 65537 is what everybody uses")]
    RsaExponent,
    /// Another elliptic curve, or one given by its parameters.
    #[error("is on a curve other than P-256, P-384 and P-521")]
    Curve,
    /// Neither RSA nor an elliptic curve.
    #[error("is neither an RSA key nor one on an elliptic curve (algorithm {0})")]
    Algorithm(String),
    /// Not readable.
    #[error("cannot be read")]
    Malformed,
}

impl From<der::Error> for UnusableKey {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7>
    ///
    /// # Errors
    /// [`UnusableKey`] when it cannot be read, is weak, or is of a kind that certificates here do not have.
    pub fn from_der(spki: &[u8]) -> Result<Self, UnusableKey> {
        let (algorithm, bits) = AnyRef::from_der(spki)?.sequence::<_, _, der::Error>(|reader| {
            Ok((AnyRef::decode(reader)?, BitStringRef::decode(reader)?))
        })?;
        let (kind, parameters) = algorithm.sequence::<_, _, der::Error>(|reader| {
            let kind = ObjectIdentifier::decode(reader)?;
            let parameters = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
            Ok((kind, parameters))
        })?;
        let bits = bits.as_bytes().ok_or(UnusableKey::Malformed)?;
        let algorithm = match kind {
            RSA => rsa(bits)?,
            EC => curve(parameters, bits)?,
            other => return Err(UnusableKey::Algorithm(other.to_string())),
        };
        Ok(Self { algorithm, bits: bits.to_vec() })
    }

    /// Its kind and size.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }
}

fn rsa(key: &[u8]) -> Result<KeyAlgorithm, UnusableKey> {
    let (modulus, exponent) = AnyRef::from_der(key)?
        .sequence::<_, _, der::Error>(|reader| Ok((UintRef::decode(reader)?, UintRef::decode(reader)?)))?;
    strength(modulus, exponent)
}

/// The kind of an RSA key by its size, when it is strong.
pub(crate) fn strength(modulus: UintRef<'_>, exponent: UintRef<'_>) -> Result<KeyAlgorithm, UnusableKey> {
    let (modulus, exponent) = (modulus.as_bytes(), exponent.as_bytes());
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let size = modulus.len() * 8 - unused;
    let is_odd = exponent.last().is_some_and(|byte| byte & 1 == 1);
    let is_small = exponent.len() < 3 || (exponent.len() == 3 && exponent < SMALLEST_EXPONENT);
    if !is_odd || is_small {
        return Err(UnusableKey::RsaExponent);
    }
    match size {
        2048 => Ok(KeyAlgorithm::Rsa2048),
        3072 => Ok(KeyAlgorithm::Rsa3072),
        4096 => Ok(KeyAlgorithm::Rsa4096),
        size => Err(UnusableKey::RsaSize(size)),
    }
}

/// The named curve; one that is spelled out by its parameters could be anything.
fn curve(parameters: Option<AnyRef<'_>>, point: &[u8]) -> Result<KeyAlgorithm, UnusableKey> {
    let named = parameters.and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let (algorithm, coordinate) = named.and_then(named_curve).ok_or(UnusableKey::Curve)?;
    // Uncompressed, as RFC 5480 demands support for; whether it lies on the curve shows when a signature is checked.
    let is_point = point.len() == 1 + 2 * coordinate && point.first() == Some(&0x04);
    if is_point { Ok(algorithm) } else { Err(UnusableKey::Malformed) }
}

/// The kind of a key on a curve, and how many bytes each half of a point has there.
pub(crate) fn named_curve(oid: ObjectIdentifier) -> Option<(KeyAlgorithm, usize)> {
    match oid {
        P256 => Some((KeyAlgorithm::EcP256, 32)),
        P384 => Some((KeyAlgorithm::EcP384, 48)),
        P521 => Some((KeyAlgorithm::EcP521, 66)),
        _ => None,
    }
}
