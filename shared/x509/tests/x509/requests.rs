use model::certificate::{
    AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Subject,
};
use proptest::prelude::*;
use x509::{CertificateRequest, NotARequest, NotPem, PrivateKey, UnusableKey, certificate_request};

use crate::keys::pem;
use crate::world::{key, spec};

const LABEL: &str = "CERTIFICATE REQUEST";

#[test]
fn a_request_says_what_the_spec_says_for_every_kind_of_key() {
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        let mut spec = spec();
        spec.key_algorithm = algorithm;
        let read = CertificateRequest::from_pem(&certificate_request(&spec, &key).unwrap()).unwrap();
        assert_eq!(read.subject, spec.subject);
        assert_eq!(read.alt_names, spec.alt_names);
        assert_eq!(read.key_usages, spec.key_usages);
        assert_eq!(read.extended_key_usages, spec.extended_key_usages);
        assert_eq!(read.basic_constraints, spec.basic_constraints);
        assert_eq!(&read.public_key, key.public_key());
        assert_eq!(read.signature_algorithm, Some(algorithm.signature()));
        assert!(read.other_subject.is_empty() && read.other_alt_names.is_empty());
        assert!(read.other_extended_key_usages.is_empty() && read.other_extensions.is_empty());
        assert_eq!(CertificateRequest::from_pem(&read.to_pem()).unwrap().to_pem(), read.to_pem());
    }
}

#[test]
fn every_key_usage_and_purpose_survives_alone_and_together() {
    let key = key();
    let mut sets: Vec<Vec<KeyUsage>> = KeyUsage::ALL.iter().map(|usage| vec![*usage]).collect();
    sets.push(KeyUsage::ALL.to_vec());
    sets.push(Vec::new());
    for set in sets {
        let mut spec = spec();
        spec.key_usages = set.into_iter().collect();
        spec.extended_key_usages = ExtendedKeyUsage::ALL.into();
        let read = CertificateRequest::from_pem(&certificate_request(&spec, &key).unwrap()).unwrap();
        assert_eq!(read.key_usages, spec.key_usages);
        assert_eq!(read.extended_key_usages, spec.extended_key_usages);
    }
}

#[test]
fn a_request_for_nothing_but_a_key_is_one() {
    let mut spec = spec();
    spec.subject = Subject::default();
    spec.alt_names.clear();
    spec.key_usages.clear();
    spec.extended_key_usages.clear();
    let read = CertificateRequest::from_pem(&certificate_request(&spec, &key()).unwrap()).unwrap();
    assert!(read.subject.is_empty() && read.alt_names.is_empty() && read.key_usages.is_empty());
}

#[test]
fn an_authority_and_its_depth_are_asked_for() {
    for path_length in [None, Some(0), Some(3), Some(200)] {
        let mut spec = spec();
        spec.basic_constraints = BasicConstraints { is_ca: true, path_length };
        let read = CertificateRequest::from_pem(&certificate_request(&spec, &key()).unwrap()).unwrap();
        assert_eq!(read.basic_constraints, spec.basic_constraints);
    }
}

#[test]
fn domain_components_keep_their_order_and_must_be_ascii() {
    let mut spec = spec();
    spec.subject.domain_components = vec!["www".to_owned(), "example".to_owned(), "com".to_owned()];
    let read = CertificateRequest::from_pem(&certificate_request(&spec, &key()).unwrap()).unwrap();
    assert_eq!(read.subject.domain_components, spec.subject.domain_components);
    spec.subject.domain_components = vec!["münchen".to_owned()];
    let problem = certificate_request(&spec, &key()).unwrap_err();
    assert!(problem.to_string().contains("domainComponents"), "{problem}");
}

#[test]
fn what_openssl_asks_for_is_understood_and_the_rest_is_named() {
    let read = CertificateRequest::from_pem(include_str!("fixtures/csr-rich.pem")).unwrap();
    assert_eq!(read.subject.common_name.as_deref(), Some("www.example.com"));
    assert_eq!(read.subject.locality.as_deref(), Some("München"));
    assert_eq!(read.subject.domain_components, ["example", "com"]);
    let names = [
        (AltNameKind::DnsName, "www.example.com"),
        (AltNameKind::DnsName, "*.example.com"),
        (AltNameKind::IpAddress, "192.0.2.7"),
        (AltNameKind::IpAddress, "2001:db8::7"),
        (AltNameKind::Email, "ops@example.com"),
        (AltNameKind::Uri, "https://example.com/x"),
    ];
    assert_eq!(read.alt_names, names.map(|(kind, text)| AltName::read(kind, text).unwrap()));
    assert_eq!(read.key_usages, [KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment].into());
    assert_eq!(read.extended_key_usages, [ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth].into());
    // What a certificate of ours cannot have is told, not dropped.
    assert_eq!(read.other_subject.len(), 1);
    assert!(read.other_subject[0].ends_with("=ops@example.com"), "{:?}", read.other_subject);
    assert_eq!(read.other_alt_names.len(), 2);
    assert!(read.other_alt_names[0].starts_with("otherName"), "{:?}", read.other_alt_names);
    assert!(read.other_alt_names[1].starts_with("registeredID"), "{:?}", read.other_alt_names);
    assert_eq!(read.other_extended_key_usages, ["1.3.6.1.4.1.311.20.2.2"]);
}

/// Private CA copies every extension of a request into the certificate: Microsoft's security identifier, for one, would say who
/// somebody is.
#[test]
fn extensions_that_certificates_here_do_not_have_are_named() {
    let mut wanted = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    wanted.custom_extensions =
        vec![rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 311, 25, 2], vec![5, 0])];
    let request = wanted.serialize_request(&rcgen::KeyPair::generate().unwrap()).unwrap();
    let read = CertificateRequest::from_pem(&request.pem().unwrap()).unwrap();
    assert_eq!(read.other_extensions, ["1.3.6.1.4.1.311.25.2"]);
}

#[test]
fn weak_keys_and_weak_digests_are_refused_by_name() {
    let table = [
        (include_str!("fixtures/csr-rsa1024.pem"), NotARequest::Key(UnusableKey::RsaSize(1024))),
        (include_str!("fixtures/csr-rsa2056.pem"), NotARequest::Key(UnusableKey::RsaSize(2056))),
        (include_str!("fixtures/csr-rsa-exponent3.pem"), NotARequest::Key(UnusableKey::RsaExponent)),
        (include_str!("fixtures/csr-secp256k1.pem"), NotARequest::Key(UnusableKey::Curve)),
        (include_str!("fixtures/csr-secp224r1.pem"), NotARequest::Key(UnusableKey::Curve)),
        (include_str!("fixtures/csr-explicit-curve.pem"), NotARequest::Key(UnusableKey::Curve)),
        (
            include_str!("fixtures/csr-ed25519.pem"),
            NotARequest::Key(UnusableKey::Algorithm("1.3.101.112".to_owned())),
        ),
        (
            include_str!("fixtures/csr-md5.pem"),
            NotARequest::Signature("is signed with MD5, which can be forged".to_owned()),
        ),
        (
            include_str!("fixtures/csr-sha1.pem"),
            NotARequest::Signature("is signed with SHA-1, which can be forged".to_owned()),
        ),
        (
            include_str!("fixtures/csr-ecdsa-sha1.pem"),
            NotARequest::Signature("is signed with SHA-1, which can be forged".to_owned()),
        ),
    ];
    for (text, problem) in table {
        assert_eq!(CertificateRequest::from_pem(text).unwrap_err(), problem);
    }
}

#[test]
fn something_else_than_one_request_is_refused() {
    let one = certificate_request(&spec(), &key()).unwrap();
    let refused = |text: &str| CertificateRequest::from_pem(text).unwrap_err();
    assert_eq!(refused(""), NotARequest::Pem(NotPem::NoBlock));
    assert_eq!(refused(&"x".repeat(4097)), NotARequest::Pem(NotPem::TooLong { limit: 4096 }));
    assert_eq!(refused(&format!("{one}{one}")), NotARequest::Kind);
    assert_eq!(refused(include_str!("fixtures/ec-pkcs8.pem")), NotARequest::Kind);
    assert_eq!(refused(&one.replace(LABEL, "CERTIFICATE")), NotARequest::Kind);
    assert_eq!(refused(&pem::encode(LABEL, &[])), NotARequest::Malformed);
    assert_eq!(refused(&pem::encode(LABEL, &[0x30, 0x80, 0, 0])), NotARequest::Malformed);
    let mut longer = pem::decode(&one);
    longer.push(0);
    assert_eq!(refused(&pem::encode(LABEL, &longer)), NotARequest::Malformed);
    // As old tools label it, and with blanks around it.
    assert!(
        CertificateRequest::from_pem(&format!("\n  {}", one.replace(LABEL, "NEW CERTIFICATE REQUEST")))
            .is_ok()
    );
}

#[test]
fn a_request_for_another_key_is_refused() {
    // The content of one, the signature of the other: whoever sends it has not shown that they hold the key.
    let mut other = spec();
    other.subject.common_name = Some("xxx.example.com".to_owned());
    let key = key();
    let good = pem::decode(&certificate_request(&spec(), &key).unwrap());
    let text = String::from_utf8_lossy(&good).into_owned();
    assert!(text.contains("www.example.com"));
    let place = good.windows(15).position(|part| part == b"www.example.com").unwrap();
    let mut forged = good.clone();
    forged[place] = b'x';
    let problem = CertificateRequest::from_pem(&pem::encode(LABEL, &forged)).unwrap_err();
    assert_eq!(problem, NotARequest::Signature("has a signature that does not fit its key".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// No single change of a byte makes another request of it that is accepted.
    #[test]
    fn a_tampered_request_is_never_accepted(place in any::<prop::sample::Index>(), change in 1_u8..=255) {
        let good = pem::decode(include_str!("fixtures/csr-rich.pem"));
        let mut bad = good.clone();
        *place.get_mut(&mut bad) ^= change;
        let read = CertificateRequest::from_pem(&pem::encode(LABEL, &bad));
        prop_assert!(read.is_err(), "byte {} accepted as {change:#x}", place.index(good.len()));
    }
}
