//! Certificate, chain and key in one file: PKCS#12, as browsers, Java and Windows take it.
//!
//! <https://www.rfc-editor.org/rfc/rfc7292>. Keys and certificates are encrypted with AES-256-CBC under PBKDF2 with SHA-256,
//! the whole is authenticated with HMAC-SHA-256: what OpenSSL 3, Java since 8u301 and Windows since Server 2019 write by default.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, rand};
use der::asn1::ObjectIdentifier;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::{Zeroize as _, Zeroizing};

use crate::asn1::{self, Der, NULL};
use crate::certificate::Certificate;
use crate::pbes2;
use crate::private_key::{NotAPrivateKey, PrivateKey};

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const SHROUDED_KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const FRIENDLY_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const LOCAL_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
const SHA256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// Rounds of the file's authentication.
const ITERATIONS: u32 = 20_000;

const SALT_BYTES: usize = 16;

/// The block of SHA-256.
const BLOCK: usize = 64;

/// The longest password.
const LONGEST_PASSWORD: usize = 1024;

/// What goes into a file.
#[derive(Debug)]
pub struct Pkcs12<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// The certificates of its authorities.
    pub chain: &'a [Certificate],
    /// Its key, where we have it.
    pub key: Option<&'a PrivateKey>,
    /// How it is called in the file: an alias to Java, a friendly name to Windows.
    pub name: &'a str,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum NotPacked {
    /// The password is no password.
    #[error("the password must be 1 to 1024 characters without control characters")]
    Password,
    /// It does not fit the key, or the key does not fit it.
    #[error("the private key does not fit the certificate")]
    OtherKey,
    /// The file cannot be written.
    #[error("write the PKCS#12 file")]
    Write(#[source] NotAPrivateKey),
}

impl From<NotAPrivateKey> for NotPacked {
    fn from(source: NotAPrivateKey) -> Self {
        Self::Write(source)
    }
}

impl From<der::Error> for NotPacked {
    fn from(source: der::Error) -> Self {
        Self::Write(source.into())
    }
}

impl From<Unspecified> for NotPacked {
    fn from(source: Unspecified) -> Self {
        Self::Write(source.into())
    }
}

impl Pkcs12<'_> {
    /// The file, which opens with this password.
    ///
    /// # Errors
    /// [`NotPacked`] when the password is empty or very long, or the key is not the certificate's.
    pub fn pack(&self, password: &SecretString) -> Result<Vec<u8>, NotPacked> {
        let password = password.expose_secret();
        let is_sound = (1..=LONGEST_PASSWORD).contains(&password.chars().count())
            && !password.chars().any(char::is_control);
        if !is_sound {
            return Err(NotPacked::Password);
        }
        if self.key.is_some_and(|key| self.certificate.public_key().as_ref() != Ok(key.public_key())) {
            return Err(NotPacked::OtherKey);
        }
        let mut parts = vec![self.certificates(password)?];
        if let Some(key) = self.key {
            parts.push(self.key(key, password)?);
        }
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
        let content = asn1::sequence(&parts)?;
        let file =
            asn1::sequence(&[&asn1::integer(3)?, &data(&content)?, &authentication(&content, password)?])?;
        Ok(file.to_vec())
    }

    /// The certificates: theirs first, encrypted together.
    fn certificates(&self, password: &str) -> Result<Der, NotPacked> {
        let mut bags = vec![bag(CERTIFICATE_BAG, &certificate_bag(self.certificate)?, self.attributes()?)?];
        for authority in self.chain {
            bags.push(bag(CERTIFICATE_BAG, &certificate_bag(authority)?, Vec::new())?);
        }
        let bags: Vec<&[u8]> = bags.iter().map(|bag| bag.as_slice()).collect();
        let (algorithm, sealed) = pbes2::seal(&asn1::sequence(&bags)?, password.as_bytes())?;
        let content =
            asn1::sequence(&[&asn1::oid(DATA)?, &algorithm, &asn1::context_primitive(0, &sealed)?])?;
        let content = asn1::sequence(&[&asn1::integer(0)?, &content])?;
        Ok(asn1::sequence(&[&asn1::oid(ENCRYPTED_DATA)?, &asn1::context(0, &content)?])?)
    }

    /// The key, encrypted for itself.
    fn key(&self, key: &PrivateKey, password: &str) -> Result<Der, NotPacked> {
        let (algorithm, sealed) = pbes2::seal(key.pkcs8(), password.as_bytes())?;
        let shrouded = asn1::sequence(&[&algorithm, &asn1::octets(&sealed)?])?;
        let bag = bag(SHROUDED_KEY_BAG, &shrouded, self.attributes()?)?;
        Ok(data(&asn1::sequence(&[&bag])?)?)
    }

    /// What ties key and certificate to each other, and names them.
    fn attributes(&self) -> der::Result<Vec<Der>> {
        let mut attributes = Vec::new();
        if !self.name.is_empty() {
            let name = asn1::tagged(der::Tag::BmpString, &utf16(self.name))?;
            attributes.push(asn1::sequence(&[&asn1::oid(FRIENDLY_NAME)?, &asn1::set_of(vec![name])?])?);
        }
        if self.key.is_none() {
            return Ok(attributes);
        }
        let id = asn1::octets(&hex::decode(&self.certificate.facts().fingerprint_sha1).unwrap_or_default())?;
        attributes.push(asn1::sequence(&[&asn1::oid(LOCAL_KEY_ID)?, &asn1::set_of(vec![id])?])?);
        Ok(attributes)
    }
}

/// `ContentInfo` of plain data.
fn data(content: &[u8]) -> der::Result<Der> {
    asn1::sequence(&[&asn1::oid(DATA)?, &asn1::context(0, &asn1::octets(content)?)?])
}

fn bag(kind: ObjectIdentifier, value: &[u8], attributes: Vec<Der>) -> der::Result<Der> {
    let (kind, value) = (asn1::oid(kind)?, asn1::context(0, value)?);
    if attributes.is_empty() {
        return asn1::sequence(&[&kind, &value]);
    }
    asn1::sequence(&[&kind, &value, &asn1::set_of(attributes)?])
}

fn certificate_bag(certificate: &Certificate) -> der::Result<Der> {
    asn1::sequence(&[&asn1::oid(X509_CERTIFICATE)?, &asn1::context(0, &asn1::octets(certificate.der())?)?])
}

/// `MacData`: that the file is whole, and made by someone who knows the password.
fn authentication(content: &[u8], password: &str) -> Result<Der, NotPacked> {
    let mut salt = [0; SALT_BYTES];
    rand::fill(&mut salt)?;
    let key = derived(password, &salt);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), content);
    let algorithm = asn1::sequence(&[&asn1::oid(SHA256_OID)?, NULL])?;
    let digest = asn1::sequence(&[&algorithm, &asn1::octets(tag.as_ref())?])?;
    Ok(asn1::sequence(&[&digest, &asn1::octets(&salt)?, &asn1::integer(ITERATIONS)?])?)
}

/// The key of the authentication: <https://www.rfc-editor.org/rfc/rfc7292#appendix-B.2>, whose result has the length of one
/// digest here, so that its first round is its only one.
fn derived(password: &str, salt: &[u8]) -> Zeroizing<[u8; SHA256_OUTPUT_LEN]> {
    /// What a key derived in this way is for: authentication.
    const PURPOSE: u8 = 3;
    let mut password = Zeroizing::new(utf16(password));
    password.extend([0, 0]);
    let filled = |part: &[u8]| -> Vec<u8> {
        part.iter().copied().cycle().take(part.len().next_multiple_of(BLOCK)).collect()
    };
    let input = Zeroizing::new([vec![PURPOSE; BLOCK], filled(salt), filled(&password)].concat());
    let mut state = Zeroizing::new([0; SHA256_OUTPUT_LEN]);
    state.copy_from_slice(digest(&SHA256, &input).as_ref());
    for _ in 1..ITERATIONS {
        let next = digest(&SHA256, state.as_slice());
        state.copy_from_slice(next.as_ref());
    }
    password.zeroize();
    state
}

/// Big-endian UTF-16, which PKCS#12 calls a BMPString.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
