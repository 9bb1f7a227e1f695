//! Certificate signing requests, as a CA reads them.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_RSA_SHA256, PublicKeyData, SanType,
    SignatureAlgorithm,
};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::request::{CertReq, ExtensionReq};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

/// What a CSR asks for.
#[derive(Debug)]
pub(super) struct Csr {
    pub(super) subject: DistinguishedName,
    pub(super) alt_names: Vec<SanType>,
    pub(super) key_usages: Vec<KeyUsagePurpose>,
    pub(super) extended_key_usages: Vec<ExtendedKeyUsagePurpose>,
    pub(super) key: CsrKey,
}

/// The public key in a CSR.
#[derive(Debug)]
pub(super) struct CsrKey {
    bytes: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl PublicKeyData for CsrKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// Reads a CSR in PEM; nothing when it is none.
pub(super) fn read(pem: &str) -> Option<Csr> {
    let lines = pem.trim().strip_prefix("-----BEGIN CERTIFICATE REQUEST-----")?;
    let lines = lines.strip_suffix("-----END CERTIFICATE REQUEST-----")?.split_whitespace();
    let request = CertReq::from_der(&STANDARD.decode(lines.collect::<String>()).ok()?).ok()?;
    let mut csr = Csr {
        subject: subject(&request)?,
        alt_names: Vec::new(),
        key_usages: Vec::new(),
        extended_key_usages: Vec::new(),
        key: key(&request.info.public_key)?,
    };
    let attributes = request.info.attributes.iter();
    let asked = attributes.filter(|attribute| attribute.oid.to_string() == EXTENSION_REQUEST);
    for value in asked.flat_map(|attribute| attribute.values.iter()) {
        let extensions = ExtensionReq::from_der(&value.to_der().ok()?).ok()?;
        for extension in extensions.0 {
            let content = extension.extn_value.as_bytes();
            match extension.extn_id.to_string().as_str() {
                SUBJECT_ALT_NAME => {
                    let names = SubjectAltName::from_der(content).ok()?;
                    csr.alt_names = names.0.iter().map(alt_name).collect::<Option<_>>()?;
                }
                KEY_USAGE => csr.key_usages = usages(&KeyUsage::from_der(content).ok()?),
                EXTENDED_KEY_USAGE => {
                    let usages = ExtendedKeyUsage::from_der(content).ok()?;
                    csr.extended_key_usages = usages.0.iter().map(extended).collect::<Option<_>>()?;
                }
                _ => {}
            }
        }
    }
    Some(csr)
}

fn subject(request: &CertReq) -> Option<DistinguishedName> {
    let mut name = DistinguishedName::new();
    for attribute in request.info.subject.iter() {
        let kind = match attribute.oid.to_string().as_str() {
            "2.5.4.3" => DnType::CommonName,
            "2.5.4.6" => DnType::CountryName,
            "2.5.4.7" => DnType::LocalityName,
            "2.5.4.8" => DnType::StateOrProvinceName,
            "2.5.4.10" => DnType::OrganizationName,
            "2.5.4.11" => DnType::OrganizationalUnitName,
            _ => continue,
        };
        name.push(kind, std::str::from_utf8(attribute.value.value()).ok()?);
    }
    Some(name)
}

fn key(found: &SubjectPublicKeyInfoOwned) -> Option<CsrKey> {
    let curve = || found.algorithm.parameters.as_ref()?.decode_as::<ObjectIdentifier>().ok();
    let algorithm = match found.algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" => &PKCS_RSA_SHA256,
        "1.2.840.10045.2.1" => match curve()?.to_string().as_str() {
            "1.2.840.10045.3.1.7" => &PKCS_ECDSA_P256_SHA256,
            "1.3.132.0.34" => &PKCS_ECDSA_P384_SHA384,
            "1.3.132.0.35" => &PKCS_ECDSA_P521_SHA512,
            _ => return None,
        },
        _ => return None,
    };
    Some(CsrKey { bytes: found.subject_public_key.raw_bytes().to_vec(), algorithm })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "names that Private CA does not take either")]
fn alt_name(name: &GeneralName) -> Option<SanType> {
    Some(match name {
        GeneralName::DnsName(dns) => SanType::DnsName(dns.as_str().try_into().ok()?),
        GeneralName::Rfc822Name(mail) => SanType::Rfc822Name(mail.as_str().try_into().ok()?),
        GeneralName::UniformResourceIdentifier(uri) => SanType::URI(uri.as_str().try_into().ok()?),
        GeneralName::IpAddress(bytes) => {
            let four = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            let sixteen = <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            SanType::IpAddress(four.or(sixteen).ok()?)
        }
        _ => return None,
    })
}

fn usages(found: &KeyUsage) -> Vec<KeyUsagePurpose> {
    let usages = [
        (found.digital_signature(), KeyUsagePurpose::DigitalSignature),
        (found.non_repudiation(), KeyUsagePurpose::ContentCommitment),
        (found.key_encipherment(), KeyUsagePurpose::KeyEncipherment),
        (found.data_encipherment(), KeyUsagePurpose::DataEncipherment),
        (found.key_agreement(), KeyUsagePurpose::KeyAgreement),
        (found.key_cert_sign(), KeyUsagePurpose::KeyCertSign),
        (found.crl_sign(), KeyUsagePurpose::CrlSign),
        (found.encipher_only(), KeyUsagePurpose::EncipherOnly),
        (found.decipher_only(), KeyUsagePurpose::DecipherOnly),
    ];
    usages.into_iter().filter(|(is_set, _)| *is_set).map(|(_, usage)| usage).collect()
}

fn extended(oid: &ObjectIdentifier) -> Option<ExtendedKeyUsagePurpose> {
    Some(match oid.to_string().as_str() {
        "1.3.6.1.5.5.7.3.1" => ExtendedKeyUsagePurpose::ServerAuth,
        "1.3.6.1.5.5.7.3.2" => ExtendedKeyUsagePurpose::ClientAuth,
        "1.3.6.1.5.5.7.3.3" => ExtendedKeyUsagePurpose::CodeSigning,
        "1.3.6.1.5.5.7.3.4" => ExtendedKeyUsagePurpose::EmailProtection,
        "1.3.6.1.5.5.7.3.8" => ExtendedKeyUsagePurpose::TimeStamping,
        "1.3.6.1.5.5.7.3.9" => ExtendedKeyUsagePurpose::OcspSigning,
        _ => return None,
    })
}
