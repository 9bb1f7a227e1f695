//! What a certificate's key may be used for, in the two spellings of the contract: snake case and X.509's camel case.

use serde::{Deserialize, Serialize};

/// A purpose of the key itself, in the order of its bit in the extension.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyUsage {
    /// Signing what is no certificate: the handshake of TLS.
    DigitalSignature,
    /// Signing what its signer shall not deny.
    NonRepudiation,
    /// Encrypting keys: the RSA key exchange.
    KeyEncipherment,
    /// Encrypting data itself.
    DataEncipherment,
    /// Agreeing on a key.
    KeyAgreement,
    /// Signing certificates.
    KeyCertSign,
    /// Signing lists of revoked certificates.
    CrlSign,
    /// With key agreement: only encrypting.
    EncipherOnly,
    /// With key agreement: only decrypting.
    DecipherOnly,
}

impl KeyUsage {
    /// Every one, in the order of its bit in the extension, from 0.
    pub const ALL: [Self; 9] = [
        Self::DigitalSignature,
        Self::NonRepudiation,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// As requests, policies and certificates spell it; it is also how it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digital_signature",
            Self::NonRepudiation => "non_repudiation",
            Self::KeyEncipherment => "key_encipherment",
            Self::DataEncipherment => "data_encipherment",
            Self::KeyAgreement => "key_agreement",
            Self::KeyCertSign => "key_cert_sign",
            Self::CrlSign => "crl_sign",
            Self::EncipherOnly => "encipher_only",
            Self::DecipherOnly => "decipher_only",
        }
    }

    /// As X.509 spells it, and clients of an earlier day.
    #[must_use]
    pub const fn camel_name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }

    /// The one of this name, in either spelling.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.name(), one.camel_name()].contains(&text))
    }
}

/// A purpose of the certificate.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtendedKeyUsage {
    /// A server of TLS.
    ServerAuth,
    /// A client of TLS.
    ClientAuth,
    /// Whoever signs code.
    CodeSigning,
    /// E-mail.
    EmailProtection,
    /// A service of time stamps.
    TimeStamping,
    /// A service that says whether certificates are revoked.
    OcspSigning,
}

impl ExtendedKeyUsage {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::ServerAuth,
        Self::ClientAuth,
        Self::CodeSigning,
        Self::EmailProtection,
        Self::TimeStamping,
        Self::OcspSigning,
    ];

    /// As requests, policies and certificates spell it; it is also how it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerAuth => "server_auth",
            Self::ClientAuth => "client_auth",
            Self::CodeSigning => "code_signing",
            Self::EmailProtection => "email_protection",
            Self::TimeStamping => "time_stamping",
            Self::OcspSigning => "ocsp_signing",
        }
    }

    /// As X.509 spells it, and clients of an earlier day.
    #[must_use]
    pub const fn camel_name(self) -> &'static str {
        match self {
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::TimeStamping => "timeStamping",
            Self::OcspSigning => "ocspSigning",
        }
    }

    /// Its object identifier.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::ServerAuth => "1.3.6.1.5.5.7.3.1",
            Self::ClientAuth => "1.3.6.1.5.5.7.3.2",
            Self::CodeSigning => "1.3.6.1.5.5.7.3.3",
            Self::EmailProtection => "1.3.6.1.5.5.7.3.4",
            Self::TimeStamping => "1.3.6.1.5.5.7.3.8",
            Self::OcspSigning => "1.3.6.1.5.5.7.3.9",
        }
    }

    /// The one of this name, in either spelling.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| [one.name(), one.camel_name()].contains(&text))
    }

    /// The one with this object identifier.
    #[must_use]
    pub fn with_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.oid() == oid)
    }
}
