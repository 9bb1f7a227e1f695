use model::certificate::{BasicConstraints, ExtendedKeyUsage, KeyAlgorithm, SignatureAlgorithm, Subject};
use rcgen::{CustomExtension, SerialNumber};
use x509::{Certificate, NotACertificate, NotPem};

use crate::keys::pem;
use crate::world::{Authority, key, spec};

#[test]
fn the_facts_are_those_that_the_authority_wrote() {
    let (root, key, spec) = (Authority::root("Root"), key(), spec());
    let certificate = root.issue(&spec, &key);
    let facts = certificate.facts();
    assert_eq!(facts.subject, spec.subject);
    assert_eq!(facts.alt_names, spec.alt_names);
    assert_eq!(facts.key_usages, spec.key_usages);
    assert_eq!(facts.extended_key_usages, spec.extended_key_usages);
    assert_eq!(facts.basic_constraints, BasicConstraints::default());
    assert_eq!(facts.signature_algorithm, Some(SignatureAlgorithm::EcdsaSha256));
    assert_eq!(facts.issuer_text, "CN=Root");
    assert_eq!(facts.subject_text, "CN=www.example.com,OU=Betrieb,O=Beispiel GmbH,L=München,ST=Bayern,C=DE");
    assert_eq!(facts.not_after.since(facts.not_before), spec.validity.lifetime());
    assert_eq!(certificate.public_key().unwrap(), *key.public_key());
    assert_eq!(certificate.public_key().unwrap().algorithm(), KeyAlgorithm::EcP256);
    let record = certificate.record().unwrap();
    assert_eq!((record.serial_number, record.key_algorithm), (facts.serial.plain(), KeyAlgorithm::EcP256));
    assert_eq!((facts.fingerprint_sha1.len(), facts.fingerprint_sha256.len()), (40, 64));
}

#[test]
fn serial_numbers_are_printed_as_aws_prints_them() {
    let (root, key) = (Authority::root("Root"), key());
    // The first is of AWS's page on RevokeCertificate; its highest bit is set, so DER puts a zero before it.
    let table: [(&[u8], &str); 4] = [
        (
            &[0xe8, 0xcb, 0xd2, 0xbe, 0xdb, 0x12, 0x23, 0x29, 0xf9, 0x77, 0x06, 0xbc, 0xfe, 0xc9, 0x90, 0xf8],
            "e8:cb:d2:be:db:12:23:29:f9:77:06:bc:fe:c9:90:f8",
        ),
        (&[0x07, 0x71, 0x71], "07:71:71"),
        (&[0x01], "01"),
        (&[0x80, 0x00], "80:00"),
    ];
    for (number, printed) in table {
        let certificate = root.issue_with(&spec(), &key, |params| {
            params.serial_number = Some(SerialNumber::from_slice(number));
        });
        assert_eq!(certificate.facts().serial.to_string(), printed);
        assert_eq!(certificate.facts().serial.plain(), printed.replace(':', ""));
    }
}

#[test]
fn a_certificate_survives_its_text() {
    let certificate = Authority::root("Root").issue(&spec(), &key());
    let again = Certificate::from_pem(&certificate.to_pem()).unwrap();
    assert_eq!(again, certificate);
    assert_eq!(again.facts(), certificate.facts());
    assert!(certificate.to_pem().lines().all(|line| line.len() <= 64));
}

#[test]
fn a_certificate_that_says_nothing_is_read() {
    let mut spec = spec();
    spec.subject = Subject::default();
    spec.alt_names.clear();
    spec.key_usages.clear();
    spec.extended_key_usages.clear();
    let certificate = Authority::root("Root").issue(&spec, &key());
    assert!(certificate.facts().subject.is_empty());
    assert!(certificate.facts().alt_names.is_empty());
    assert_eq!(certificate.facts().subject_text, "");
}

#[test]
fn uses_that_have_no_name_here_are_told_by_their_identifier() {
    let certificate = Authority::root("Root").issue_with(&spec(), &key(), |params| {
        params
            .extended_key_usages
            .push(rcgen::ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 311, 20, 2, 2]));
    });
    assert_eq!(certificate.facts().other_extended_key_usages, ["1.3.6.1.4.1.311.20.2.2"]);
    assert!(certificate.facts().extended_key_usages.contains(&ExtendedKeyUsage::ServerAuth));
}

#[test]
fn an_extension_that_is_there_twice_is_refused() {
    // A second set of names: a reader that takes the first and one that takes the last would see two certificates.
    let names =
        CustomExtension::from_oid_content(&[2, 5, 29, 17], vec![0x30, 0x05, 0x82, 0x03, b'b', b'a', b'd']);
    let text =
        Authority::root("Root").written(&spec(), &key(), |params| params.custom_extensions.push(names));
    assert_eq!(Certificate::from_pem(&text).unwrap_err(), NotACertificate::Malformed);
}

#[test]
fn the_roots_of_the_world_are_read_and_known_as_roots() {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    assert!(roots.len() > 100);
    let mut of_amazon = 0;
    for der in roots {
        let root = Certificate::from_der(der).unwrap();
        assert!(root.is_root(), "{root:?}");
        assert_eq!(root.facts().subject_text, root.facts().issuer_text);
        assert_eq!(Certificate::from_pem(&root.to_pem()).unwrap(), root);
        of_amazon += usize::from(root.facts().subject.organization.as_deref() == Some("Amazon"));
    }
    assert_eq!(of_amazon, 4, "Amazon Root CA 1 to 4");
}

#[test]
fn several_certificates_come_in_their_order_and_one_is_one() {
    let root = Authority::root("Root");
    let leaf = root.issue(&spec(), &key());
    let text = format!("subject=…\n{}\nissuer=…\n{}", leaf.to_pem(), root.certificate.to_pem());
    let all = Certificate::all_from_pem(&text).unwrap();
    assert_eq!(all, [leaf.clone(), root.certificate.clone()]);
    assert!(Certificate::all_from_pem(" \n\t").unwrap().is_empty());
    assert!(matches!(Certificate::from_pem(&text), Err(NotACertificate::Number { found: 2, .. })));
    let many = leaf.to_pem().repeat(17);
    assert!(matches!(Certificate::all_from_pem(&many), Err(NotACertificate::Number { found: 17, .. })));
}

#[test]
fn something_else_than_a_certificate_is_refused() {
    let leaf = Authority::root("Root").issue(&spec(), &key());
    let refused = |text: &str| Certificate::from_pem(text).unwrap_err();
    assert_eq!(refused("no certificate"), NotACertificate::Pem(NotPem::NoBlock));
    assert_eq!(refused(include_str!("fixtures/ec-pkcs8.pem")), NotACertificate::Kind);
    let mixed = format!("{}{}", leaf.to_pem(), include_str!("fixtures/ec-pkcs8.pem"));
    assert_eq!(refused(&mixed), NotACertificate::Kind);
    assert_eq!(
        refused(&leaf.to_pem().replace("END CERTIFICATE", "END X")),
        NotACertificate::Pem(NotPem::Unclosed)
    );
    assert_eq!(refused("-----BEGIN CERTIFICATE-----\n"), NotACertificate::Pem(NotPem::Unclosed));
    let garbled = leaf.to_pem().replacen('M', "*", 1);
    assert_eq!(refused(&garbled), NotACertificate::Pem(NotPem::NotBase64));
    assert_eq!(refused(&pem::encode("CERTIFICATE", b"MII")), NotACertificate::Malformed);
    let long = "x".repeat(200_000);
    assert!(matches!(refused(&long), NotACertificate::Pem(NotPem::TooLong { .. })));
}
