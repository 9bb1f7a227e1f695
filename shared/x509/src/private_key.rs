//! Private keys.

mod refusal;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RsaEncoding,
};
use der::asn1::ObjectIdentifier;
use model::certificate::{KeyAlgorithm, SignatureAlgorithm};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::asn1::{self, Der, NULL};
use crate::pbes2;
use crate::pem::{self, NotPem};
use crate::public_key::{PublicKey, UnusableKey};

const LABEL: &str = "PRIVATE KEY";
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const RSA_LABEL: &str = "RSA PRIVATE KEY";
const EC_LABEL: &str = "EC PRIVATE KEY";

/// The longest text that is read as a key: four times one of RSA with 4096 bits.
const LONGEST_TEXT: usize = 16 * 1024;

/// A private key of a kind that certificates here may have. Overwritten in memory when it is let go; never printed.
pub struct PrivateKey {
    /// PKCS#8, without encryption.
    der: Zeroizing<Vec<u8>>,
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(Box<rsa::KeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

/// Why there is no private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPrivateKey {
    /// No PEM.
    #[error("the private key {0}")]
    Pem(#[from] NotPem),
    /// No key in it, or more than one.
    #[error("the private key must be one PEM block PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY")]
    Kind,
    /// It is encrypted.
    #[error("the private key is encrypted; give it without a passphrase")]
    Encrypted,
    /// Not readable, or its parts do not fit each other.
    #[error("the private key cannot be read, or its parts do not fit each other")]
    Malformed,
    /// The key is not used.
    #[error("the private key {0}")]
    Unusable(#[from] UnusableKey),
    /// Encrypted, but not as ACM does it.
    #[error("the private key is encrypted in a way that is not supported (algorithm {0})")]
    Cipher(String),
    /// The passphrase does not open it.
    #[error("the private key does not open with its passphrase")]
    Passphrase,
    /// AWS-LC did not do it.
    #[error("the private key could not be used")]
    Use,
}

impl From<Unspecified> for NotAPrivateKey {
    fn from(_: Unspecified) -> Self {
        Self::Use
    }
}

impl PrivateKey {
    /// A new key. RSA takes its time: a second and more for 4096 bits.
    ///
    /// # Errors
    /// [`NotAPrivateKey::Use`] when AWS-LC makes none.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, NotAPrivateKey> {
        let pair = match algorithm {
            KeyAlgorithm::Rsa2048 => Pair::Rsa(Box::new(rsa::KeyPair::generate(KeySize::Rsa2048)?)),
            KeyAlgorithm::Rsa3072 => Pair::Rsa(Box::new(rsa::KeyPair::generate(KeySize::Rsa3072)?)),
            KeyAlgorithm::Rsa4096 => Pair::Rsa(Box::new(rsa::KeyPair::generate(KeySize::Rsa4096)?)),
            KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521 => {
                let curve = curve(algorithm).ok_or(NotAPrivateKey::Use)?;
                Pair::Ec(Box::new(EcdsaKeyPair::generate(curve)?))
            }
        };
        Self::of(pair)
    }

    /// Reads a key that is not encrypted: PKCS#8, PKCS#1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`).
    ///
    /// # Errors
    /// [`NotAPrivateKey`] when there is not exactly one, or it cannot be read, is encrypted, or is of a kind that certificates
    /// here do not have.
    pub fn from_pem(text: &SecretString) -> Result<Self, NotAPrivateKey> {
        let block = one_key(text.expose_secret())?;
        match block.label {
            ENCRYPTED_LABEL => Err(NotAPrivateKey::Encrypted),
            RSA_LABEL => {
                let pair = rsa::KeyPair::from_der(&block.der).map_err(|_| refusal::weak_rsa(&block.der))?;
                Self::of(Pair::Rsa(Box::new(pair)))
            }
            EC_LABEL => {
                Self::on_any_curve(|curve| EcdsaKeyPair::from_private_key_der(curve, &block.der).ok())
            }
            _ => Self::from_pkcs8(&block.der),
        }
    }

    /// Opens the encrypted key of ACM's `ExportCertificate`: PKCS#8 under PBES2, with AES-CBC and PBKDF2.
    ///
    /// <https://docs.aws.amazon.com/acm/latest/APIReference/API_ExportCertificate.html>
    ///
    /// # Errors
    /// [`NotAPrivateKey`]; a wrong passphrase is [`NotAPrivateKey::Passphrase`].
    pub fn from_encrypted_pem(
        text: &SecretString,
        passphrase: &SecretString,
    ) -> Result<Self, NotAPrivateKey> {
        let block = one_key(text.expose_secret())?;
        if block.label != ENCRYPTED_LABEL {
            return Err(NotAPrivateKey::Kind);
        }
        let der = pbes2::open(&block.der, passphrase.expose_secret().as_bytes())?;
        // One wrong passphrase in 256 leaves something that ends as a key would.
        Self::from_pkcs8(&der).map_err(|problem| {
            if problem == NotAPrivateKey::Malformed { NotAPrivateKey::Passphrase } else { problem }
        })
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, NotAPrivateKey> {
        if let Ok(pair) = rsa::KeyPair::from_pkcs8(der) {
            return Self::of(Pair::Rsa(Box::new(pair)));
        }
        let read = Self::on_any_curve(|curve| EcdsaKeyPair::from_pkcs8(curve, der).ok());
        read.map_err(
            |problem| if problem == NotAPrivateKey::Malformed { refusal::foreign(der) } else { problem },
        )
    }

    fn on_any_curve(
        read: impl Fn(&'static EcdsaSigningAlgorithm) -> Option<EcdsaKeyPair>,
    ) -> Result<Self, NotAPrivateKey> {
        let pair = KeyAlgorithm::ALL
            .into_iter()
            .filter_map(curve)
            .find_map(read)
            .ok_or(NotAPrivateKey::Malformed)?;
        Self::of(Pair::Ec(Box::new(pair)))
    }

    fn of(pair: Pair) -> Result<Self, NotAPrivateKey> {
        let (der, spki) = match &pair {
            Pair::Rsa(pair) => (
                Zeroizing::new(AsDer::<Pkcs8V1Der<'_>>::as_der(pair.as_ref())?.as_ref().to_vec()),
                AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?,
            ),
            Pair::Ec(pair) => (
                Zeroizing::new(pair.to_pkcs8v1()?.as_ref().to_vec()),
                AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?,
            ),
        };
        let public = PublicKey::from_der(spki.as_ref())?;
        Ok(Self { der, pair, public })
    }

    /// As text: PKCS#8 without encryption.
    #[must_use]
    pub fn to_pem(&self) -> SecretString {
        SecretString::from(pem::write(LABEL, &self.der).as_str())
    }

    /// Its kind and size.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm()
    }

    /// What of it stands in a certificate.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// PKCS#8, without encryption.
    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.der
    }

    /// The public key as a request has it.
    pub(crate) fn spki(&self) -> Result<Vec<u8>, NotAPrivateKey> {
        Ok(match &self.pair {
            Pair::Rsa(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?.as_ref().to_vec(),
            Pair::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())?.as_ref().to_vec(),
        })
    }

    /// Signs in the way of [`KeyAlgorithm::signature`].
    pub(crate) fn sign(&self, content: &[u8]) -> Result<Vec<u8>, NotAPrivateKey> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(self.algorithm().signature())?, &random, content, &mut signature)?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair.sign(&random, content)?.as_ref().to_vec()),
        }
    }

    /// The `AlgorithmIdentifier` of its signatures.
    pub(crate) fn signature_algorithm(&self) -> der::Result<Der> {
        let signature = self.algorithm().signature();
        let oid = asn1::oid(ObjectIdentifier::new(match signature {
            SignatureAlgorithm::RsaSha256 => "1.2.840.113549.1.1.11",
            SignatureAlgorithm::RsaSha384 => "1.2.840.113549.1.1.12",
            SignatureAlgorithm::RsaSha512 => "1.2.840.113549.1.1.13",
            SignatureAlgorithm::EcdsaSha256 => "1.2.840.10045.4.3.2",
            SignatureAlgorithm::EcdsaSha384 => "1.2.840.10045.4.3.3",
            SignatureAlgorithm::EcdsaSha512 => "1.2.840.10045.4.3.4",
        })?)?;
        if signature.is_rsa() { asn1::sequence(&[&oid, NULL]) } else { asn1::sequence(&[&oid]) }
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateKey").field("algorithm", &self.algorithm()).finish_non_exhaustive()
    }
}

/// The one key of a text. Other blocks may stand beside it, as the `EC PARAMETERS` that OpenSSL writes.
fn one_key(text: &str) -> Result<pem::Block<'_>, NotAPrivateKey> {
    let mut keys: Vec<_> = pem::read(text.trim(), LONGEST_TEXT)?
        .into_iter()
        .filter(|block| [LABEL, ENCRYPTED_LABEL, RSA_LABEL, EC_LABEL].contains(&block.label))
        .collect();
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) | (None, _) => Err(NotAPrivateKey::Kind),
    }
}

/// The way of signing on the curve of a key; none for RSA.
fn curve(algorithm: KeyAlgorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    match algorithm {
        KeyAlgorithm::EcP256 => Some(&ECDSA_P256_SHA256_ASN1_SIGNING),
        KeyAlgorithm::EcP384 => Some(&ECDSA_P384_SHA384_ASN1_SIGNING),
        KeyAlgorithm::EcP521 => Some(&ECDSA_P521_SHA512_ASN1_SIGNING),
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => None,
    }
}

fn rsa_encoding(signature: SignatureAlgorithm) -> Result<&'static dyn RsaEncoding, NotAPrivateKey> {
    match signature {
        SignatureAlgorithm::RsaSha256 => Ok(&RSA_PKCS1_SHA256),
        SignatureAlgorithm::RsaSha384 => Ok(&RSA_PKCS1_SHA384),
        SignatureAlgorithm::RsaSha512 => Ok(&RSA_PKCS1_SHA512),
        SignatureAlgorithm::EcdsaSha256
        | SignatureAlgorithm::EcdsaSha384
        | SignatureAlgorithm::EcdsaSha512 => Err(NotAPrivateKey::Use),
    }
}
