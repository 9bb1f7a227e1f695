//! Whatever is sent, nothing here panics.

use proptest::prelude::*;
use secrecy::SecretString;
use x509::{Certificate, CertificateRequest, Import, PrivateKey};

use crate::PASSPHRASE;
use crate::keys::pem;
use crate::world::{Authority, key, now, spec};

/// Everything that reads, with one text.
fn read_all(text: &str) {
    let secret = SecretString::from(text);
    // What comes of it is none of these tests' business, only that something does.
    let _ = PrivateKey::from_pem(&secret).is_ok();
    let _ = PrivateKey::from_encrypted_pem(&secret, &SecretString::from(PASSPHRASE)).is_ok();
    let _ = CertificateRequest::from_pem(text).is_ok();
    let _ = Import::read(text, text, Some(&secret), now()).is_ok();
    if let Ok(all) = Certificate::all_from_pem(text) {
        for one in all {
            let _ = (one.is_root(), one.public_key().is_ok(), one.to_pem());
        }
    }
}

const LABELS: [&str; 7] = [
    "CERTIFICATE",
    "CERTIFICATE REQUEST",
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "NONSENSE",
];

#[test]
fn a_table_of_broken_pem() {
    let good = include_str!("fixtures/csr-rich.pem");
    let table = [
        String::new(),
        "-".repeat(5),
        "-----BEGIN".to_owned(),
        "-----BEGIN -----".to_owned(),
        "-----BEGIN CERTIFICATE-----".to_owned(),
        "-----BEGIN CERTIFICATE----------END CERTIFICATE-----".to_owned(),
        "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----".to_owned(),
        "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----".to_owned(),
        "-----BEGIN CERTIFICATE-----\n=\n-----END CERTIFICATE-----".to_owned(),
        "-----BEGIN CERTIFICATE-----\nÄÖÜ\n-----END CERTIFICATE-----".to_owned(),
        "-----BEGIN ÄÖÜ-----\nAAAA\n-----END ÄÖÜ-----".to_owned(),
        "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----".to_owned(),
        good.replace('\n', ""),
        good.replace('\n', "\r"),
        good.replace("-----END", "----END"),
        good.replace('A', "\0"),
        good.chars().rev().collect(),
    ];
    for text in &table {
        read_all(text);
    }
}

#[test]
fn a_certificate_cut_anywhere_is_none() {
    let der = Authority::root("Root").issue(&spec(), &key()).der().to_vec();
    for length in 0..der.len() {
        assert!(Certificate::from_der(&der[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    // SEQUENCE in SEQUENCE in …, as deep as the text allows.
    let mut der: Vec<u8> = Vec::new();
    for _ in 0..10_000 {
        let mut outer = vec![0x30, 0x83];
        outer.extend(&u32::try_from(der.len()).unwrap().to_be_bytes()[1..]);
        if der.len() > 60_000 {
            break;
        }
        outer.append(&mut der);
        der = outer;
    }
    for label in LABELS {
        read_all(&pem::encode(label, &der));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        read_all(&text);
    }

    #[test]
    fn any_bytes_in_a_block(der in prop::collection::vec(any::<u8>(), 0..200), label in prop::sample::select(&LABELS[..])) {
        read_all(&pem::encode(label, &der));
    }

    /// Close to the real thing, where parsers go far before they notice.
    #[test]
    fn real_things_with_changed_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        which in prop::sample::select(&[
            ("CERTIFICATE REQUEST", include_str!("fixtures/csr-rich.pem")),
            ("PRIVATE KEY", include_str!("fixtures/ec-pkcs8.pem")),
            ("PRIVATE KEY", include_str!("fixtures/explicit-curve.pem")),
            ("RSA PRIVATE KEY", include_str!("fixtures/rsa-pkcs1.pem")),
            ("EC PRIVATE KEY", include_str!("fixtures/secp256k1.pem")),
            ("CERTIFICATE", include_str!("fixtures/certificate.pem")),
        ][..]),
    ) {
        let (label, text) = which;
        let mut der = pem::decode(text);
        for (place, byte) in changes {
            *place.get_mut(&mut der) = byte;
        }
        read_all(&pem::encode(label, &der));
    }

    /// The first hundred bytes tell how an encrypted key is encrypted; the rounds stay few, or it would take its time.
    #[test]
    fn encrypted_keys_with_changed_parameters(place in 0_usize..79, byte in any::<u8>()) {
        let mut der = pem::decode(include_str!("fixtures/rsa-acm.pem"));
        prop_assume!(!(44..48).contains(&place));
        der[place] = byte;
        read_all(&pem::encode("ENCRYPTED PRIVATE KEY", &der));
    }
}
