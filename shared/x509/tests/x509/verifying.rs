use model::certificate::{
    AltName, AltNameKind, BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, KeyUsage, SignatureAlgorithm,
    Spec, Subject, Validity,
};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
    date_time_ymd,
};
use std::time::Duration;
use x509::{Issued, PrivateKey, verify};

use crate::world::{Authority, DAY, key, moment, now, spec};

fn issued<'a>(certificate: &'a x509::Certificate, chain: &'a [x509::Certificate]) -> Issued<'a> {
    Issued { certificate, chain, authority: None }
}

/// The differences, as they are told.
fn told(issued: Issued<'_>, spec: &Spec, key: &PrivateKey) -> Vec<String> {
    match verify(issued, spec, key.public_key(), now()) {
        Ok(_) => Vec::new(),
        Err(differences) => differences.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn what_was_asked_for_verifies_for_every_kind_of_key() {
    let root = Authority::root("Root");
    let middle = root.below("Middle");
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        let spec = Spec { key_algorithm: algorithm, ..spec() };
        let certificate = middle.issue(&spec, &key);
        // In no order, with the leaf and a repetition among them.
        let given = [
            root.certificate.clone(),
            certificate.clone(),
            middle.certificate.clone(),
            root.certificate.clone(),
        ];
        let issued =
            Issued { certificate: &certificate, chain: &given, authority: Some(&middle.certificate) };
        let chain = verify(issued, &spec, key.public_key(), now()).unwrap();
        assert_eq!(chain.certificates(), [middle.certificate.clone(), root.certificate.clone()]);
    }
}

#[test]
fn every_difference_is_named() {
    type Change = fn(&mut CertificateParams);
    let table: Vec<(Change, Vec<&str>)> = vec![
        (|_| {}, vec![]),
        (|its| drop(its.subject_alt_names.remove(0)), vec!["the name www.example.com is missing"]),
        (
            |its| its.subject_alt_names.push(SanType::DnsName("evil.example".try_into().unwrap())),
            vec!["the name evil.example was not asked for"],
        ),
        (
            |its| its.subject_alt_names[2] = SanType::IpAddress("192.0.2.8".parse().unwrap()),
            vec!["the name 192.0.2.7 is missing", "the name 192.0.2.8 was not asked for"],
        ),
        (
            |its| its.distinguished_name.push(DnType::CommonName, "other.example"),
            vec!["the subject's commonName is \"other.example\" instead of \"www.example.com\""],
        ),
        (
            |its| {
                its.distinguished_name.remove(DnType::LocalityName);
            },
            vec!["the subject's locality is \"\" instead of \"München\""],
        ),
        (
            |its| its.not_before -= Duration::from_secs(60),
            vec!["it holds from 2026-11-22T11:59:00.000Z on instead of 2026-11-22T12:00:00.000Z"],
        ),
        (|its| its.not_before -= Duration::from_secs(59), vec![]),
        (|its| its.not_after += Duration::from_secs(59), vec![]),
        (
            |its| its.not_after += Duration::from_secs(3_600),
            vec!["it holds until 2026-12-22T13:00:00.000Z instead of 2026-12-22T12:00:00.000Z"],
        ),
        (
            |its| its.key_usages = vec![KeyUsagePurpose::DigitalSignature],
            vec!["the key usage key_agreement is missing"],
        ),
        (
            |its| its.key_usages.push(KeyUsagePurpose::KeyCertSign),
            vec!["the key usage key_cert_sign was not asked for"],
        ),
        (
            |its| its.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            vec!["the extended key usage client_auth is missing"],
        ),
        (
            |its| its.extended_key_usages.push(ExtendedKeyUsagePurpose::CodeSigning),
            vec!["the extended key usage code_signing was not asked for"],
        ),
        (
            |its| its.extended_key_usages.push(ExtendedKeyUsagePurpose::Any),
            vec!["the extended key usage 2.5.29.37.0 was not asked for"],
        ),
        (
            |its| its.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
            vec!["its basic constraints (whether it is an authority's) are others"],
        ),
    ];
    let (root, key) = (Authority::root("Root"), key());
    for (change, differences) in table {
        let certificate = root.issue_with(&spec(), &key, change);
        assert_eq!(
            told(issued(&certificate, std::slice::from_ref(&root.certificate)), &spec(), &key),
            differences
        );
    }
}

#[test]
fn several_differences_are_all_named() {
    let (root, key) = (Authority::root("Root"), key());
    let certificate = root.issue_with(&spec(), &key, |its| {
        its.subject_alt_names.clear();
        its.distinguished_name = DistinguishedName::new();
        its.not_after = date_time_ymd(2027, 12, 1);
        its.key_usages.clear();
        its.extended_key_usages.clear();
    });
    let told = told(issued(&certificate, &[]), &spec(), &key);
    // Six names, six texts of the subject, one bound, two and two uses, and no issuer.
    assert_eq!(told.len(), 6 + 6 + 1 + 2 + 2 + 1, "{told:#?}");
}

#[test]
fn another_key_is_found() {
    let root = Authority::root("Root");
    let (key, other) = (key(), key());
    let certificate = root.issue(&spec(), &other);
    let given = [root.certificate.clone()];
    assert_eq!(told(issued(&certificate, &given), &spec(), &key), ["it is for another key"]);
    let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    let certificate = root.issue(&spec(), &rsa);
    assert_eq!(
        told(issued(&certificate, &given), &spec(), &key),
        ["it is for another key", "its key is not EC_prime256v1"]
    );
}

#[test]
fn another_signature_than_was_asked_for_is_found() {
    let (root, key) = (Authority::root("Root"), key());
    let certificate = root.issue(&spec(), &key);
    let given = [root.certificate.clone()];
    let asked = |signature| Spec { signature_algorithm: Some(signature), ..spec() };
    assert!(told(issued(&certificate, &given), &asked(SignatureAlgorithm::EcdsaSha256), &key).is_empty());
    assert_eq!(
        told(issued(&certificate, &given), &asked(SignatureAlgorithm::RsaSha256), &key),
        ["it is not signed with RSA-SHA256"]
    );
}

#[test]
fn one_that_holds_no_longer_is_found_and_one_that_holds_later_is_not() {
    let (root, key) = (Authority::root("Root"), key());
    let given = [root.certificate.clone()];
    let old = Spec { validity: Validity::lasting(DAY, now().minus(3 * DAY)), ..spec() };
    let differences = told(issued(&root.issue(&old, &key), &given), &old, &key);
    assert_eq!(differences[0], "it expired at 2026-11-20T12:00:00.000Z");
    let later = Spec { validity: Validity::lasting(DAY, now().plus(3 * DAY)), ..spec() };
    assert!(told(issued(&root.issue(&later, &key), &given), &later, &key).is_empty());
}

#[test]
fn a_spec_without_uses_is_of_a_certificate_without_any() {
    let (root, key) = (Authority::root("Root"), key());
    let given = [root.certificate.clone()];
    let silent = Spec { key_usages: [].into(), extended_key_usages: [].into(), ..spec() };
    assert!(told(issued(&root.issue(&silent, &key), &given), &silent, &key).is_empty());
    let more = Spec {
        key_usages: [KeyUsage::KeyCertSign].into(),
        extended_key_usages: [ExtendedKeyUsage::OcspSigning].into(),
        ..spec()
    };
    assert_eq!(
        told(issued(&root.issue(&more, &key), &given), &silent, &key),
        [
            "the key usage key_cert_sign was not asked for",
            "the extended key usage ocsp_signing was not asked for"
        ]
    );
}

#[test]
fn an_authority_whose_uses_nobody_said_has_those_of_its_template_and_no_others() {
    let (root, key) = (Authority::root("Root"), key());
    let given = [root.certificate.clone()];
    let of = |key_usages: &[KeyUsage]| Spec {
        basic_constraints: BasicConstraints { is_ca: true, path_length: Some(0) },
        key_usages: key_usages.iter().copied().collect(),
        ..spec()
    };
    let template = [KeyUsage::DigitalSignature, KeyUsage::KeyCertSign, KeyUsage::CrlSign];
    assert!(told(issued(&root.issue(&of(&template), &key), &given), &of(&[]), &key).is_empty());
    let more = root.issue(&of(&[KeyUsage::KeyCertSign, KeyUsage::KeyAgreement]), &key);
    assert_eq!(
        told(issued(&more, &given), &of(&[]), &key),
        ["the key usage key_agreement was not asked for"]
    );
}

#[test]
fn an_authority_may_be_issued_when_it_was_asked_for() {
    let (root, key) = (Authority::root("Root"), key());
    let given = [root.certificate.clone()];
    let asked = |path_length| Spec {
        basic_constraints: BasicConstraints { is_ca: true, path_length },
        key_usages: [KeyUsage::KeyCertSign, KeyUsage::CrlSign].into(),
        ..spec()
    };
    let certificate = root.issue(&asked(Some(0)), &key);
    assert!(told(issued(&certificate, &given), &asked(Some(0)), &key).is_empty());
    let other_depth = "its basic constraints (whether it is an authority's) are others";
    assert_eq!(told(issued(&certificate, &given), &asked(Some(1)), &key), [other_depth]);
    assert_eq!(told(issued(&certificate, &given), &asked(None), &key), [other_depth]);
}

#[test]
fn an_authority_is_not_issued_by_one_that_may_have_none_below_it() {
    let root =
        Authority::root_with("Root", |its| its.is_ca = IsCa::Ca(rcgen::BasicConstraints::Constrained(0)));
    let key = key();
    let spec = Spec { basic_constraints: BasicConstraints { is_ca: true, path_length: None }, ..spec() };
    let certificate = root.issue(&spec, &key);
    let told = told(issued(&certificate, std::slice::from_ref(&root.certificate)), &spec, &key);
    assert_eq!(told, ["CN=Root may not issue certificates, or not this far down"]);
}

/// What ACM is asked for: names, and little else.
fn public_spec(common_name: &str, others: &[&str]) -> Spec {
    Spec {
        subject: Subject { common_name: Some(common_name.to_owned()), ..Subject::default() },
        alt_names: others.iter().map(|name| AltName::read(AltNameKind::DnsName, name).unwrap()).collect(),
        validity: Validity::OfAuthority { days: 198 },
        ..spec()
    }
}

#[test]
fn a_public_authority_decides_about_all_but_names_and_key() {
    let (root, key) = (Authority::root("Amazon"), key());
    let given = [root.certificate.clone()];
    let asked = public_spec("Example.com", &["*.example.com", "example.com"]);
    let as_acm = |its: &mut CertificateParams| {
        its.subject_alt_names =
            ["example.com", "*.example.com"].map(|name| SanType::DnsName(name.try_into().unwrap())).to_vec();
        its.distinguished_name = DistinguishedName::new();
        its.distinguished_name.push(DnType::CommonName, "example.com");
        its.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        its.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        its.not_before = moment!(now().minus(DAY / 2));
        its.not_after = moment!(now().plus(100 * DAY));
    };
    let certificate = root.issue_with(&asked, &key, as_acm);
    assert!(told(issued(&certificate, &given), &asked, &key).is_empty());
    let certificate = root.issue_with(&asked, &key, |its| {
        as_acm(its);
        its.subject_alt_names.pop();
        its.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    assert_eq!(
        told(issued(&certificate, &given), &asked, &key),
        ["the name *.example.com is missing", "the extended key usage server_auth is missing"]
    );
    let certificate = root.issue_with(&asked, &key, |its| {
        as_acm(its);
        its.extended_key_usages.clear();
    });
    assert!(told(issued(&certificate, &given), &asked, &key).is_empty(), "no limit, so for servers too");
    assert!(asked.extended_key_usages.contains(&ExtendedKeyUsage::ClientAuth));
}
