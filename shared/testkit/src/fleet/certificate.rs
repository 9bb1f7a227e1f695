//! A certificate with its key, as ACM reads them before it takes them.
//!
//! <https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html>,
//! <https://docs.aws.amazon.com/acm/latest/userguide/import-reimport.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Timestamp;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, SubjectAltName};

use crate::door::Refusal;

const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const COMMON_NAME: &str = "2.5.4.3";

/// Bytes of PEM.
const LONGEST: [(&str, usize); 3] =
    [("Certificate", 32_768), ("PrivateKey", 5_120), ("CertificateChain", 2_097_152)];

/// A certificate of the account's ACM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCertificate {
    /// Its ARN.
    pub arn: String,
    /// The Region that it is in.
    pub region: String,
    /// Itself.
    pub certificate: String,
    /// What was imported with it.
    pub chain: Option<String>,
    /// `EC_prime256v1`
    pub key_algorithm: String,
    /// `1a:2b:…`
    pub serial: String,
    /// SHA-256, hexadecimal in lower case.
    pub fingerprint: String,
    /// Its names.
    pub names: Vec<String>,
    /// Since when it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// When it was imported first.
    pub created_at: Timestamp,
    /// When it was imported last.
    pub imported_at: Timestamp,
    /// How often it was imported.
    pub imports: u32,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What ACM keeps.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) told: ImportedCertificate,
    pub(super) usages: (BTreeSet<String>, BTreeSet<String>),
    pub(super) servable: Arc<CertifiedKey>,
}

/// What was read of an import.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) key_algorithm: String,
    pub(super) serial: String,
    pub(super) fingerprint: String,
    pub(super) names: Vec<String>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) usages: (BTreeSet<String>, BTreeSet<String>),
    pub(super) servable: Arc<CertifiedKey>,
}

fn refuse<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new("ValidationException", message))
}

/// Reads and checks an import as ACM does.
pub(super) fn read(
    certificate: &str,
    key: &str,
    chain: Option<&str>,
    now: Timestamp,
) -> Result<Read, Refusal> {
    for ((field, most), text) in LONGEST.iter().zip([certificate, key, chain.unwrap_or_default()]) {
        if text.len() > *most {
            return refuse(format!("{field} can have no more than {most} bytes."));
        }
    }
    let leaves = ders(certificate, "The certificate is not PEM-encoded or is not valid.")?;
    let [leaf] = leaves.as_slice() else {
        return refuse(
            "The certificate field contains more than one certificate. You can specify only one certificate in this field.",
        );
    };
    if key.contains("ENCRYPTED") {
        return refuse("The private key is encrypted. Provide an unencrypted private key.");
    }
    let Ok(key) = PrivateKeyDer::from_pem_slice(key.as_bytes()) else {
        return refuse("The private key is not PEM-encoded or is not valid.");
    };
    let Ok(key) = any_supported_type(&key) else {
        return refuse("The certificate's key algorithm or size is not supported.");
    };
    let chain = ders(chain.unwrap_or_default(), "The certificate chain is not PEM-encoded or is not valid.")?;
    let servable = CertifiedKey::new([std::slice::from_ref(leaf), chain.as_slice()].concat(), key);
    if servable.keys_match().is_err() {
        return refuse("The certificate and the private key do not match.");
    }
    let Some((mut read, issuer, subject)) = facts(leaf, servable) else {
        return refuse("The certificate is not PEM-encoded or is not valid.");
    };
    if read.not_after <= now {
        return refuse("The certificate has expired.");
    }
    if read.not_before > now {
        return refuse("The certificate is not in effect yet, is not valid.");
    }
    let mut wanted = issuer.clone();
    for (index, der) in chain.iter().enumerate() {
        let names = x509_cert::Certificate::from_der(der).ok().and_then(|one| {
            let content = one.tbs_certificate();
            Some((content.subject().to_der().ok()?, content.issuer().to_der().ok()?))
        });
        match names {
            Some((subject, issuer)) if subject == wanted => wanted = issuer,
            Some(_) | None => {
                return refuse(format!(
                    "Unable to validate certificate chain. The certificate chain must start with the immediate signing \
                     certificate, followed by any intermediaries in order. The index within the chain of the invalid \
                     certificate is: {index}"
                ));
            }
        }
    }
    if chain.is_empty() && issuer != subject {
        return refuse(
            "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or \
             certificate chain.",
        );
    }
    read.fingerprint = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, leaf));
    Ok(read)
}

/// Whether a certificate may take the place of an earlier one, which keeps its ARN.
pub(super) fn may_replace(old: &Stored, new: &Read) -> Result<(), Refusal> {
    if old.told.key_algorithm != new.key_algorithm {
        return refuse(format!(
            "The certificate to import again must have the key algorithm and size of the one it replaces: {}, not {}.",
            old.told.key_algorithm, new.key_algorithm
        ));
    }
    let kinds =
        [("Key usages", &old.usages.0, &new.usages.0), ("Extended key usages", &old.usages.1, &new.usages.1)];
    for (kind, before, after) in kinds {
        if !before.is_subset(after) {
            let lost: Vec<_> = before.difference(after).cloned().collect();
            return refuse(format!("{kind} cannot be removed from a certificate: {}", lost.join(", ")));
        }
    }
    Ok(())
}

fn ders(text: &str, otherwise: &str) -> Result<Vec<CertificateDer<'static>>, Refusal> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match read {
        Ok(read) if read.is_empty() && !text.trim().is_empty() => refuse(otherwise),
        Ok(read) => Ok(read),
        Err(_) => refuse(otherwise),
    }
}

fn facts(der: &[u8], servable: CertifiedKey) -> Option<(Read, Vec<u8>, Vec<u8>)> {
    let read = x509_cert::Certificate::from_der(der).ok()?;
    let content = read.tbs_certificate();
    let (mut names, mut usages) = (Vec::new(), (BTreeSet::new(), BTreeSet::new()));
    for extension in content.extensions().into_iter().flatten() {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id.to_string().as_str() {
            SUBJECT_ALT_NAME => {
                for name in SubjectAltName::from_der(value).ok()?.0 {
                    if let GeneralName::DnsName(name) = name {
                        names.push(name.to_string());
                    }
                }
            }
            KEY_USAGE => {
                usages.0 =
                    KeyUsage::from_der(value).ok()?.0.into_iter().map(|one| format!("{one:?}")).collect();
            }
            EXTENDED_KEY_USAGE => {
                usages.1 = ExtendedKeyUsage::from_der(value)
                    .ok()?
                    .0
                    .iter()
                    .map(ObjectIdentifier::to_string)
                    .collect();
            }
            _ => {}
        }
    }
    if names.is_empty() {
        let common = content.subject().iter().find(|one| one.oid.to_string() == COMMON_NAME)?;
        names.push(String::from_utf8(common.value.value().to_vec()).ok()?);
    }
    let spki = content.subject_public_key_info();
    let parameters =
        spki.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    let key_algorithm = match parameters.map(|oid| oid.to_string()).as_deref() {
        Some("1.2.840.10045.3.1.7") => "EC_prime256v1".to_owned(),
        Some("1.3.132.0.34") => "EC_secp384r1".to_owned(),
        Some("1.3.132.0.35") => "EC_secp521r1".to_owned(),
        Some(_) => return None,
        None => format!("RSA_{}", modulus_bits(spki.subject_public_key.raw_bytes())?),
    };
    let serial = content.serial_number().as_bytes();
    let serial = serial.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    let moment = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).ok().map(Timestamp::from_unix_seconds)
    };
    let read = Read {
        key_algorithm,
        serial,
        fingerprint: String::new(),
        names,
        not_before: moment(content.validity().not_before)?,
        not_after: moment(content.validity().not_after)?,
        usages,
        servable: Arc::new(servable),
    };
    Some((read, content.issuer().to_der().ok()?, content.subject().to_der().ok()?))
}

fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let modulus = reader.sequence(|inner| {
        let modulus = x509_cert::der::asn1::Uint::decode(inner)?;
        let _exponent = x509_cert::der::asn1::Uint::decode(inner)?;
        Ok::<_, x509_cert::der::Error>(modulus)
    });
    Some(modulus.ok()?.as_bytes().len() * 8)
}
