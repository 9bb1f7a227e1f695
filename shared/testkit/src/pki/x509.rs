//! Keys and certificates of the stand-in.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::time::Duration;

use model::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_RSA_SHA256,
    PKCS_RSA_SHA384, PKCS_RSA_SHA512, PublicKeyData, RsaKeySize, SerialNumber, SignatureAlgorithm,
};

/// The key of a CA or of a certificate, as AWS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaKey {
    /// `RSA_2048`
    Rsa2048,
    /// `RSA_3072`
    Rsa3072,
    /// `RSA_4096`
    Rsa4096,
    /// `EC_prime256v1`
    EcP256,
    /// `EC_secp384r1`
    EcP384,
    /// `EC_secp521r1`
    EcP521,
}

impl CaKey {
    const ALL: [Self; 6] =
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::EcP256, Self::EcP384, Self::EcP521];

    /// `EC_prime256v1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EcP256 => "EC_prime256v1",
            Self::EcP384 => "EC_secp384r1",
            Self::EcP521 => "EC_secp521r1",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// What Private CA calls the algorithm that a CA with this key usually signs with.
    pub(crate) fn signing(self) -> &'static str {
        match self {
            Self::Rsa2048 => "SHA256WITHRSA",
            Self::Rsa3072 => "SHA384WITHRSA",
            Self::Rsa4096 => "SHA512WITHRSA",
            Self::EcP256 => "SHA256WITHECDSA",
            Self::EcP384 => "SHA384WITHECDSA",
            Self::EcP521 => "SHA512WITHECDSA",
        }
    }

    /// How this key signs when it is asked for that algorithm; nothing when it is of the other family. The digest of an
    /// elliptic curve's signature is that of its curve here.
    pub(crate) fn algorithm(self, asked: &str) -> Option<&'static SignatureAlgorithm> {
        let rsa = matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096);
        match (self, asked) {
            (Self::EcP256, _) if asked.ends_with("WITHECDSA") => Some(&PKCS_ECDSA_P256_SHA256),
            (Self::EcP384, _) if asked.ends_with("WITHECDSA") => Some(&PKCS_ECDSA_P384_SHA384),
            (Self::EcP521, _) if asked.ends_with("WITHECDSA") => Some(&PKCS_ECDSA_P521_SHA512),
            (_, "SHA256WITHRSA") if rsa => Some(&PKCS_RSA_SHA256),
            (_, "SHA384WITHRSA") if rsa => Some(&PKCS_RSA_SHA384),
            (_, "SHA512WITHRSA") if rsa => Some(&PKCS_RSA_SHA512),
            _ => None,
        }
    }

    pub(crate) fn generate(self) -> KeyPair {
        let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let pair = match self {
            Self::Rsa2048 => rsa(RsaKeySize::_2048),
            Self::Rsa3072 => rsa(RsaKeySize::_3072),
            Self::Rsa4096 => rsa(RsaKeySize::_4096),
            Self::EcP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::EcP384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            Self::EcP521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
        };
        pair.expect("a key pair")
    }
}

/// What signs certificates: a key, and the certificate that says whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Issuing {
    pub(crate) key: CaKey,
    key_pem: String,
    params: CertificateParams,
    /// Its own certificate.
    pub(crate) pem: String,
    /// The certificates above it, nearest first; empty for a root.
    pub(crate) above: String,
}

impl Issuing {
    pub(crate) fn root(name: &str, key: CaKey, from: Timestamp, until: Timestamp) -> Self {
        let (pair, params) = (key.generate(), authority(name, from, until));
        let pem = params.self_signed(&pair).expect("a root").pem();
        Self { key, key_pem: pair.serialize_pem(), params, pem, above: String::new() }
    }

    pub(crate) fn below(&self, name: &str, key: CaKey, from: Timestamp, until: Timestamp) -> Self {
        let (pair, params) = (key.generate(), authority(name, from, until));
        let pem = self.sign(params.clone(), &pair, self.key.signing()).expect("a family of its own").pem();
        Self { key, key_pem: pair.serialize_pem(), params, pem, above: format!("{}{}", self.pem, self.above) }
    }

    /// The certificates that lead from one of its certificates to the root.
    pub(crate) fn chain(&self) -> String {
        format!("{}{}", self.pem, self.above)
    }

    /// Signs; nothing when the key cannot sign so.
    pub(crate) fn sign(
        &self,
        params: CertificateParams,
        key: &impl PublicKeyData,
        signing: &str,
    ) -> Option<Certificate> {
        let algorithm = self.key.algorithm(signing)?;
        let pair = KeyPair::from_pem_and_sign_algo(&self.key_pem, algorithm).expect("its own key");
        let issuer = Issuer::new(self.params.clone(), pair);
        Some(params.signed_by(key, &issuer).expect("a certificate"))
    }
}

fn authority(name: &str, from: Timestamp, until: Timestamp) -> CertificateParams {
    let mut params = blank(from, until);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// A certificate with nothing but a serial number and its time.
pub(crate) fn blank(from: Timestamp, until: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial());
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let since = |at: Timestamp| Duration::from_secs(at.unix_seconds().unsigned_abs());
    params.not_before = epoch + since(from);
    params.not_after = epoch + since(until);
    params
}

/// Sixteen random bytes, of which the first is neither 0 nor negative.
fn serial() -> SerialNumber {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    bytes[0] = bytes[0] & 0x7f | 0x10;
    SerialNumber::from_slice(&bytes)
}

/// A serial number as AWS tells it: `1a:2b:…`.
pub(crate) fn serial_text(params: &CertificateParams) -> String {
    let serial = params.serial_number.as_ref().expect("a serial number");
    serial.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}
