//! Encryption under a password: PBES2 with PBKDF2 and AES-CBC, as ACM encrypts the keys that it exports and as PKCS#12 files
//! are made here.
//!
//! <https://www.rfc-editor.org/rfc/rfc8018#section-6.2>

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm as Cipher, DecryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512};
use aws_lc_rs::rand;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, Reader as _};
use zeroize::Zeroizing;

use crate::asn1::{self, Der, NULL};
use crate::private_key::NotAPrivateKey;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const HMAC_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.7");
const HMAC_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const HMAC_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.10");
const HMAC_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.11");
const AES_128_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2");
const AES_192_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.22");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");

/// Bytes of an AES block, and so of the vector that CBC begins with.
const BLOCK: usize = 16;

/// Rounds of PBKDF2 that are still done for a key that somebody sends: AWS does 2,048.
const MOST_ITERATIONS: u32 = 1_000_000;

/// What is written with: twice what OpenSSL, Java and Windows write today, and bearable on a small Lambda function.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(20_000).expect("not zero");

const SALT_BYTES: usize = 16;

impl From<der::Error> for NotAPrivateKey {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

/// How something is encrypted.
struct Parameters<'a> {
    salt: &'a [u8],
    iterations: NonZeroU32,
    digest: pbkdf2::Algorithm,
    cipher: &'static Cipher,
    key_bytes: usize,
    vector: [u8; BLOCK],
}

/// Opens an `EncryptedPrivateKeyInfo` (RFC 5958).
pub(crate) fn open(encrypted: &[u8], password: &[u8]) -> Result<Der, NotAPrivateKey> {
    let (algorithm, content) = AnyRef::from_der(encrypted)?.sequence::<_, _, der::Error>(|reader| {
        Ok((AnyRef::decode(reader)?, <&OctetStringRef>::decode(reader)?))
    })?;
    let parameters = Parameters::read(algorithm)?;
    let mut content = Zeroizing::new(content.as_bytes().to_vec());
    let key = parameters.key(password)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key)?;
    let context = DecryptionContext::Iv128(FixedLength::from(parameters.vector));
    let opened = key.decrypt(&mut content, context).map_err(|Unspecified| NotAPrivateKey::Passphrase)?;
    Ok(Zeroizing::new(opened.to_vec()))
}

/// Encrypts something: the `AlgorithmIdentifier` that tells how, and the bytes.
pub(crate) fn seal(content: &[u8], password: &[u8]) -> Result<(Der, Vec<u8>), NotAPrivateKey> {
    let mut salt = [0; SALT_BYTES];
    rand::fill(&mut salt)?;
    let mut vector = [0; BLOCK];
    rand::fill(&mut vector)?;
    let parameters = Parameters {
        salt: &salt,
        iterations: ITERATIONS,
        digest: PBKDF2_HMAC_SHA256,
        cipher: &AES_256,
        key_bytes: 32,
        vector,
    };
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(parameters.key(password)?)?;
    // Room for the padding, so that the plain text is not moved and left behind.
    let mut in_out = Vec::with_capacity(content.len() + BLOCK);
    in_out.extend_from_slice(content);
    let context = aws_lc_rs::cipher::EncryptionContext::Iv128(FixedLength::from(vector));
    key.less_safe_encrypt(&mut in_out, context)?;
    Ok((parameters.write()?, in_out))
}

impl<'a> Parameters<'a> {
    fn read(algorithm: AnyRef<'a>) -> Result<Self, NotAPrivateKey> {
        let (kind, parameters) = identified(algorithm)?;
        if kind != PBES2 {
            return Err(NotAPrivateKey::Cipher(kind.to_string()));
        }
        let (derivation, cipher) = parameters
            .ok_or(NotAPrivateKey::Malformed)?
            .sequence::<_, _, der::Error>(|reader| Ok((AnyRef::decode(reader)?, AnyRef::decode(reader)?)))?;
        let (salt, iterations, digest) = derived(derivation)?;
        let (kind, vector) = identified(cipher)?;
        let (cipher, key_bytes) = match kind {
            AES_128_CBC => (&AES_128, 16),
            AES_192_CBC => (&AES_192, 24),
            AES_256_CBC => (&AES_256, 32),
            other => return Err(NotAPrivateKey::Cipher(other.to_string())),
        };
        let vector: &OctetStringRef = vector.ok_or(NotAPrivateKey::Malformed)?.decode_as()?;
        let vector = vector.as_bytes().try_into().map_err(|_| NotAPrivateKey::Malformed)?;
        Ok(Self { salt, iterations, digest, cipher, key_bytes, vector })
    }

    fn key(&self, password: &[u8]) -> Result<UnboundCipherKey, NotAPrivateKey> {
        let mut key = Zeroizing::new(vec![0; self.key_bytes]);
        pbkdf2::derive(self.digest, self.iterations, self.salt, password, &mut key);
        Ok(UnboundCipherKey::new(self.cipher, &key)?)
    }

    /// The `AlgorithmIdentifier` of what [`seal`] does.
    fn write(&self) -> der::Result<Der> {
        let derivation = asn1::sequence(&[
            &asn1::octets(self.salt)?,
            &asn1::integer(self.iterations.get())?,
            &asn1::sequence(&[&asn1::oid(HMAC_SHA256)?, NULL])?,
        ])?;
        let derivation = asn1::sequence(&[&asn1::oid(PBKDF2)?, &derivation])?;
        let cipher = asn1::sequence(&[&asn1::oid(AES_256_CBC)?, &asn1::octets(&self.vector)?])?;
        asn1::sequence(&[&asn1::oid(PBES2)?, &asn1::sequence(&[&derivation, &cipher])?])
    }
}

/// `PBKDF2-params`: salt, rounds and digest.
fn derived(derivation: AnyRef<'_>) -> Result<(&[u8], NonZeroU32, pbkdf2::Algorithm), NotAPrivateKey> {
    let (kind, parameters) = identified(derivation)?;
    if kind != PBKDF2 {
        return Err(NotAPrivateKey::Cipher(kind.to_string()));
    }
    let (salt, iterations, digest) =
        parameters.ok_or(NotAPrivateKey::Malformed)?.sequence::<_, _, der::Error>(|reader| {
            let salt = <&OctetStringRef>::decode(reader)?;
            let iterations = u32::decode(reader)?;
            // How long the key is: the cipher says it as well.
            Option::<u32>::decode(reader)?;
            let digest = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
            Ok((salt.as_bytes(), iterations, digest))
        })?;
    let iterations = NonZeroU32::new(iterations)
        .filter(|rounds| rounds.get() <= MOST_ITERATIONS)
        .ok_or(NotAPrivateKey::Malformed)?;
    // SHA-1 when it is not said: what ACM does.
    let digest = match digest.map(identified).transpose()?.map_or(HMAC_SHA1, |(kind, _)| kind) {
        HMAC_SHA1 => PBKDF2_HMAC_SHA1,
        HMAC_SHA256 => PBKDF2_HMAC_SHA256,
        HMAC_SHA384 => PBKDF2_HMAC_SHA384,
        HMAC_SHA512 => PBKDF2_HMAC_SHA512,
        other => return Err(NotAPrivateKey::Cipher(other.to_string())),
    };
    Ok((salt, iterations, digest))
}

/// An `AlgorithmIdentifier` in its two parts.
fn identified(algorithm: AnyRef<'_>) -> der::Result<(ObjectIdentifier, Option<AnyRef<'_>>)> {
    algorithm.sequence(|reader| {
        let kind = ObjectIdentifier::decode(reader)?;
        let parameters = if reader.is_finished() { None } else { Some(AnyRef::decode(reader)?) };
        Ok((kind, parameters))
    })
}
