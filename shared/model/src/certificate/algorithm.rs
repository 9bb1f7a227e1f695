//! Algorithms of keys and signatures, in the two spellings of the contract: of issuance and of policies.

use serde::{Deserialize, Serialize};

/// The kind and size of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// RSA of 2048 bits.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    /// RSA of 3072 bits.
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    /// RSA of 4096 bits.
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    /// NIST P-256.
    #[serde(rename = "EC_prime256v1")]
    EcP256,
    /// NIST P-384.
    #[serde(rename = "EC_secp384r1")]
    EcP384,
    /// NIST P-521.
    #[serde(rename = "EC_secp521r1")]
    EcP521,
}

impl KeyAlgorithm {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::EcP256, Self::EcP384, Self::EcP521];

    /// As requests and certificates spell it; it is also how it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
            Self::Rsa4096 => "RSA_4096",
            Self::EcP256 => "EC_prime256v1",
            Self::EcP384 => "EC_secp384r1",
            Self::EcP521 => "EC_secp521r1",
        }
    }

    /// As policies spell it.
    #[must_use]
    pub const fn policy_name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "RSA-2048",
            Self::Rsa3072 => "RSA-3072",
            Self::Rsa4096 => "RSA-4096",
            Self::EcP256 => "ECDSA-P256",
            Self::EcP384 => "ECDSA-P384",
            Self::EcP521 => "ECDSA-P521",
        }
    }

    /// The one of this name, in either spelling.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.name(), one.policy_name()].contains(&text))
    }

    /// Whether it is RSA; else it is on a NIST curve.
    #[must_use]
    pub const fn is_rsa(self) -> bool {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => true,
            Self::EcP256 | Self::EcP384 | Self::EcP521 => false,
        }
    }

    /// The signature that an authority with a key of this kind makes: the longer the key, the longer the hash.
    #[must_use]
    pub const fn signature(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa2048 => SignatureAlgorithm::RsaSha256,
            Self::Rsa3072 => SignatureAlgorithm::RsaSha384,
            Self::Rsa4096 => SignatureAlgorithm::RsaSha512,
            Self::EcP256 => SignatureAlgorithm::EcdsaSha256,
            Self::EcP384 => SignatureAlgorithm::EcdsaSha384,
            Self::EcP521 => SignatureAlgorithm::EcdsaSha512,
        }
    }
}

/// How an authority signs a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SignatureAlgorithm {
    /// RSA (PKCS#1 1.5) over SHA-256.
    #[serde(rename = "RSA-SHA256")]
    RsaSha256,
    /// RSA (PKCS#1 1.5) over SHA-384.
    #[serde(rename = "RSA-SHA384")]
    RsaSha384,
    /// RSA (PKCS#1 1.5) over SHA-512.
    #[serde(rename = "RSA-SHA512")]
    RsaSha512,
    /// ECDSA over SHA-256.
    #[serde(rename = "ECDSA-SHA256")]
    EcdsaSha256,
    /// ECDSA over SHA-384.
    #[serde(rename = "ECDSA-SHA384")]
    EcdsaSha384,
    /// ECDSA over SHA-512.
    #[serde(rename = "ECDSA-SHA512")]
    EcdsaSha512,
}

impl SignatureAlgorithm {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
    ];

    /// As requests and certificates spell it; it is also how it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "RSA-SHA256",
            Self::RsaSha384 => "RSA-SHA384",
            Self::RsaSha512 => "RSA-SHA512",
            Self::EcdsaSha256 => "ECDSA-SHA256",
            Self::EcdsaSha384 => "ECDSA-SHA384",
            Self::EcdsaSha512 => "ECDSA-SHA512",
        }
    }

    /// As policies spell it.
    #[must_use]
    pub const fn policy_name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "SHA256-RSA",
            Self::RsaSha384 => "SHA384-RSA",
            Self::RsaSha512 => "SHA512-RSA",
            Self::EcdsaSha256 => "SHA256-ECDSA",
            Self::EcdsaSha384 => "SHA384-ECDSA",
            Self::EcdsaSha512 => "SHA512-ECDSA",
        }
    }

    /// The one of this name, in either spelling.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.name(), one.policy_name()].contains(&text))
    }

    /// Whether an RSA key makes it.
    #[must_use]
    pub const fn is_rsa(self) -> bool {
        match self {
            Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512 => true,
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => false,
        }
    }
}
