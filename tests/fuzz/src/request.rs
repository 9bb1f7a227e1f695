//! Certificate requests: what is read says what was written, and its signature holds.

use std::sync::LazyLock;
use std::time::Duration;

use der::asn1::{AnyRef, BitStringRef};
use der::{Encode as _, Tag};
use model::Timestamp;
use model::certificate::{
    AltName, AltNameKind, Attribute, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Spec,
    Subject, Validity,
};
use x509::{CertificateRequest, NotARequest, NotPem, PrivateKey, certificate_request};

use crate::keys::{armoured, known_key, sign};

const LABEL: &str = "CERTIFICATE REQUEST";

/// The longest text that is read as a request.
const LONGEST: usize = 4_096;

/// `ecdsa-with-SHA256`, as its `AlgorithmIdentifier`.
const ECDSA_SHA256: [u8; 12] = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

static KEY: LazyLock<PrivateKey> = LazyLock::new(known_key);

/// An input is a PEM, or (beginning as DER does) what is to be signed of a request, which is then signed with a known key, or
/// lines of what a request is to be made for: `CN=example.com`, `DNS=*.example.com`, `KU=3`, `EKU=1`, `CA=2`.
pub fn request(data: &[u8]) {
    if data.first() == Some(&0x30) {
        return signed(data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    read(text);
    if !text.contains("-----") {
        made(text);
    }
}

/// Reads a text as a request.
fn read(text: &str) -> Option<CertificateRequest> {
    let read = match CertificateRequest::from_pem(text) {
        Ok(read) => read,
        Err(refusal) => {
            let words = refusal.to_string();
            assert!(words.len() < 256, "{words:?}");
            return None;
        }
    };
    assert!(text.trim().len() <= LONGEST);
    let written = read.to_pem();
    // Ours may have shorter lines than theirs.
    if written.len() <= LONGEST {
        let again = CertificateRequest::from_pem(&written).expect("what was read is written as a request");
        assert_eq!(format!("{again:?}"), format!("{read:?}"), "it says the same when it is read again");
        assert_eq!(again.to_pem(), written);
    }
    let mut names: Vec<&AltName> = read.alt_names.iter().collect();
    names.dedup();
    assert!(names.len() <= LONGEST, "more names than characters");
    Some(read)
}

/// Signs the first part of a request, so that what comes behind the check of its signature is reached.
fn signed(info: &[u8]) {
    let signature = sign(info);
    let written = BitStringRef::from_bytes(&signature)
        .and_then(|bits| bits.to_der())
        .and_then(|bits| AnyRef::new(Tag::Sequence, &[info, &ECDSA_SHA256, &bits].concat())?.to_der());
    let Ok(der) = written else { return };
    let text = armoured(LABEL, &der);
    let Some(read) = read(&text) else { return };
    assert_eq!(&read.public_key, KEY.public_key(), "only the key that signed it may stand in it");

    // With one bit of the signature turned it is nobody's.
    let mut forged = der;
    if let Some(last) = forged.last_mut() {
        *last ^= 1;
    }
    let forged = CertificateRequest::from_pem(&armoured(LABEL, &forged));
    assert!(matches!(forged, Err(NotARequest::Signature(_) | NotARequest::Malformed)), "{forged:?}");
}

/// Makes a request of what the lines say, and reads it back.
fn made(text: &str) {
    let spec = spec(text);
    let Ok(written) = certificate_request(&spec, &KEY) else { return };
    let read = match CertificateRequest::from_pem(&written) {
        Ok(read) => read,
        Err(NotARequest::Pem(NotPem::TooLong { .. })) if written.trim().len() > LONGEST => return,
        Err(refusal) => unreachable!("we cannot read what we wrote: {refusal}\n{spec:?}"),
    };
    assert_eq!(read.subject, spec.subject);
    assert_eq!(read.alt_names, spec.alt_names);
    assert_eq!(read.key_usages, spec.key_usages);
    assert_eq!(read.extended_key_usages, spec.extended_key_usages);
    assert_eq!(read.basic_constraints, spec.basic_constraints);
    assert_eq!(&read.public_key, KEY.public_key());
    assert!(read.other_subject.is_empty() && read.other_alt_names.is_empty());
    assert!(read.other_extended_key_usages.is_empty());
}

fn spec(text: &str) -> Spec {
    let now = Timestamp::from_unix_seconds(1_767_323_040);
    let mut spec = Spec {
        subject: Subject::default(),
        alt_names: Vec::new(),
        key_algorithm: KeyAlgorithm::EcP256,
        signature_algorithm: None,
        key_usages: [].into(),
        extended_key_usages: [].into(),
        basic_constraints: BasicConstraints::default(),
        validity: Validity::lasting(Duration::from_secs(86_400), now),
    };
    for (kind, value) in text.lines().filter_map(|line| line.split_once('=')) {
        match kind {
            "DNS" => name(&mut spec, AltNameKind::DnsName, value),
            "IP" => name(&mut spec, AltNameKind::IpAddress, value),
            "EMAIL" => name(&mut spec, AltNameKind::Email, value),
            "URI" => name(&mut spec, AltNameKind::Uri, value),
            "KU" => spec.key_usages.extend(chosen(&KeyUsage::ALL, value)),
            "EKU" => spec.extended_key_usages.extend(chosen(&ExtendedKeyUsage::ALL, value)),
            "CA" => {
                spec.basic_constraints = BasicConstraints { is_ca: true, path_length: value.parse().ok() }
            }
            "CN" => attribute(&mut spec, Attribute::CommonName, value),
            "O" => attribute(&mut spec, Attribute::Organization, value),
            "OU" => attribute(&mut spec, Attribute::OrganizationalUnit, value),
            "C" => attribute(&mut spec, Attribute::Country, value),
            "ST" => attribute(&mut spec, Attribute::State, value),
            "L" => attribute(&mut spec, Attribute::Locality, value),
            "DC" => attribute(&mut spec, Attribute::DomainComponent, value),
            _ => {}
        }
    }
    spec
}

/// Those whose bits are set.
fn chosen<T: Copy>(all: &[T], bits: &str) -> Vec<T> {
    let bits: u32 = bits.parse().unwrap_or_default();
    all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, one)| *one).collect()
}

fn name(spec: &mut Spec, kind: AltNameKind, text: &str) {
    let Ok(name) = AltName::read(kind, text) else { return };
    if !spec.alt_names.contains(&name) {
        spec.alt_names.push(name);
    }
}

fn attribute(spec: &mut Spec, attribute: Attribute, text: &str) {
    let Ok(text) = attribute.read(text) else { return };
    let subject = &mut spec.subject;
    let place = match attribute {
        Attribute::CommonName => &mut subject.common_name,
        Attribute::Organization => &mut subject.organization,
        Attribute::OrganizationalUnit => &mut subject.organizational_unit,
        Attribute::Country => &mut subject.country,
        Attribute::State => &mut subject.state,
        Attribute::Locality => &mut subject.locality,
        Attribute::DomainComponent => return subject.domain_components.push(text),
    };
    *place = Some(text);
}
