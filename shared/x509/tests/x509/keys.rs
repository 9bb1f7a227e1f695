use model::certificate::KeyAlgorithm;
use secrecy::{ExposeSecret as _, SecretString};
use x509::{NotAPrivateKey, NotPem, PrivateKey, UnusableKey};

use crate::PASSPHRASE;

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn fixture(text: &str) -> Result<PrivateKey, NotAPrivateKey> {
    PrivateKey::from_pem(&secret(text))
}

#[test]
fn a_key_of_every_kind_is_made_and_reads_back_as_itself() {
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        let again = PrivateKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(again.algorithm(), algorithm);
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(again.to_pem().expose_secret(), key.to_pem().expose_secret());
        assert!(key.to_pem().expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    }
}

#[test]
fn two_keys_are_never_the_same() {
    let (one, other) = (crate::world::key(), crate::world::key());
    assert_ne!(one.public_key(), other.public_key());
}

#[test]
fn the_forms_that_openssl_writes_are_one_key() {
    let rsa = fixture(include_str!("fixtures/rsa-pkcs8.pem")).unwrap();
    assert_eq!(rsa.algorithm(), KeyAlgorithm::Rsa2048);
    assert_eq!(fixture(include_str!("fixtures/rsa-pkcs1.pem")).unwrap().public_key(), rsa.public_key());
    let ec = fixture(include_str!("fixtures/ec-pkcs8.pem")).unwrap();
    assert_eq!(ec.algorithm(), KeyAlgorithm::EcP256);
    // With a block EC PARAMETERS before it.
    assert_eq!(fixture(include_str!("fixtures/ec-sec1.pem")).unwrap().public_key(), ec.public_key());
}

#[test]
fn a_curve_spelled_out_is_kept_under_its_name() {
    let key = fixture(include_str!("fixtures/explicit-curve.pem")).unwrap();
    assert_eq!(key.algorithm(), KeyAlgorithm::EcP256);
    let again = PrivateKey::from_pem(&key.to_pem()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    assert!(key.to_pem().expose_secret().len() < include_str!("fixtures/explicit-curve.pem").len());
}

#[test]
fn lines_of_any_length_and_with_carriage_returns_are_read() {
    let pem = include_str!("fixtures/ec-pkcs8.pem");
    assert!(fixture(&pem.replace('\n', "\r\n")).is_ok());
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(fixture(&format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----")).is_ok());
    assert!(fixture(&format!("  Bag Attributes\n    friendlyName: x\n{pem}\n\n")).is_ok());
}

#[test]
fn weak_and_foreign_keys_are_refused_by_name() {
    let refused = |text: &str| fixture(text).unwrap_err();
    assert_eq!(
        refused(include_str!("fixtures/rsa-exponent3.pem")),
        NotAPrivateKey::Unusable(UnusableKey::RsaExponent)
    );
    assert_eq!(
        refused(include_str!("fixtures/rsa2056.pem")),
        NotAPrivateKey::Unusable(UnusableKey::RsaSize(2056))
    );
    let table = [
        (include_str!("fixtures/rsa1024.pem"), UnusableKey::RsaSize(1024)),
        (include_str!("fixtures/ed25519.pem"), UnusableKey::Algorithm("1.3.101.112".to_owned())),
    ];
    for (text, problem) in table {
        assert_eq!(refused(text), NotAPrivateKey::Unusable(problem));
    }
    for text in [include_str!("fixtures/secp256k1-pkcs8.pem"), include_str!("fixtures/secp224r1-pkcs8.pem")] {
        assert_eq!(refused(text), NotAPrivateKey::Unusable(UnusableKey::Curve));
    }
    for text in [include_str!("fixtures/secp256k1.pem"), include_str!("fixtures/secp224r1.pem")] {
        assert_eq!(refused(text), NotAPrivateKey::Malformed);
    }
}

#[test]
fn the_key_that_acm_exports_opens() {
    let key =
        PrivateKey::from_encrypted_pem(&secret(include_str!("fixtures/rsa-acm.pem")), &secret(PASSPHRASE))
            .unwrap();
    let plain = fixture(include_str!("fixtures/rsa-pkcs8.pem")).unwrap();
    assert_eq!(key.public_key(), plain.public_key());
    assert_eq!(key.to_pem().expose_secret(), plain.to_pem().expose_secret());
}

#[test]
fn every_cipher_and_digest_of_the_family_opens() {
    let plain = fixture(include_str!("fixtures/ec-pkcs8.pem")).unwrap();
    for text in [
        include_str!("fixtures/ec-aes128-sha512.pem"),
        include_str!("fixtures/ec-aes192-sha384.pem"),
        include_str!("fixtures/ec-aes256-sha256.pem"),
    ] {
        let key = PrivateKey::from_encrypted_pem(&secret(text), &secret(PASSPHRASE)).unwrap();
        assert_eq!(key.public_key(), plain.public_key());
    }
}

#[test]
fn a_wrong_passphrase_never_opens_anything() {
    let text = secret(include_str!("fixtures/ec-aes256-sha256.pem"));
    // Enough that some of them leave a padding that looks right.
    for wrong in 0..600 {
        let refused = PrivateKey::from_encrypted_pem(&text, &secret(&format!("wrong {wrong}"))).unwrap_err();
        assert_eq!(refused, NotAPrivateKey::Passphrase);
    }
}

#[test]
fn an_encrypted_key_that_cannot_be_opened_says_why() {
    let open = |text: &str| PrivateKey::from_encrypted_pem(&secret(text), &secret(PASSPHRASE)).unwrap_err();
    // Triple DES, by its object identifier.
    assert_eq!(
        open(include_str!("fixtures/ec-des3.pem")),
        NotAPrivateKey::Cipher("1.2.840.113549.3.7".to_owned())
    );
    assert_eq!(open(include_str!("fixtures/ec-pkcs8.pem")), NotAPrivateKey::Kind);
    assert_eq!(open(include_str!("fixtures/ec-old-encrypted.pem")), NotAPrivateKey::Pem(NotPem::Headers));
    assert_eq!(fixture(include_str!("fixtures/rsa-acm.pem")).unwrap_err(), NotAPrivateKey::Encrypted);
}

#[test]
fn rounds_without_end_are_not_done() {
    // The INTEGER 2048 of the fixture, and the largest of the same length: 8 million rounds would be a minute of a function.
    let text = include_str!("fixtures/rsa-acm.pem");
    let mut der = pem::decode(text);
    let place = der.windows(4).position(|four| four == [0x02, 0x02, 0x08, 0x00]).unwrap();
    der[place + 2..place + 4].copy_from_slice(&[0x00, 0x00]);
    let open = |der: &[u8]| {
        let text = pem::encode("ENCRYPTED PRIVATE KEY", der);
        PrivateKey::from_encrypted_pem(&secret(&text), &secret(PASSPHRASE)).unwrap_err()
    };
    assert_eq!(open(&der), NotAPrivateKey::Malformed);
}

#[test]
fn two_keys_or_none_are_no_key() {
    let ec = include_str!("fixtures/ec-pkcs8.pem");
    let rsa = include_str!("fixtures/rsa-pkcs8.pem");
    assert_eq!(fixture(&format!("{ec}{rsa}")).unwrap_err(), NotAPrivateKey::Kind);
    assert_eq!(fixture(include_str!("fixtures/csr-rich.pem")).unwrap_err(), NotAPrivateKey::Kind);
    assert_eq!(fixture("").unwrap_err(), NotAPrivateKey::Pem(NotPem::NoBlock));
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let der = pem::decode(include_str!("fixtures/ec-pkcs8.pem"));
    // The last byte belongs to the public point that stands beside the number.
    let mut other_point = der.clone();
    *other_point.last_mut().unwrap() ^= 1;
    assert_eq!(fixture(&pem::encode("PRIVATE KEY", &other_point)).unwrap_err(), NotAPrivateKey::Malformed);
    let rsa = pem::decode(include_str!("fixtures/rsa-pkcs8.pem"));
    for place in [300, 600, 900, rsa.len() - 1] {
        let mut broken = rsa.clone();
        broken[place] ^= 1;
        assert_eq!(fixture(&pem::encode("PRIVATE KEY", &broken)).unwrap_err(), NotAPrivateKey::Malformed);
    }
}

#[test]
fn nothing_prints_a_key() {
    let text = include_str!("fixtures/ec-pkcs8.pem");
    let key = fixture(text).unwrap();
    let printed = format!("{key:?} {:?}", key.to_pem());
    for line in text.lines().filter(|line| !line.starts_with('-')) {
        assert!(!printed.contains(&line[..16]), "{printed}");
    }
    let problem = fixture(&text.replace("PRIVATE KEY-----\n", "PRIVATE KEY-----\n!")).unwrap_err();
    assert_eq!(problem, NotAPrivateKey::Pem(NotPem::NotBase64));
}

/// PEM for the tests, so that they can break what is in it.
pub(crate) mod pem {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    pub(crate) fn decode(text: &str) -> Vec<u8> {
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(body).unwrap()
    }

    pub(crate) fn encode(label: &str, der: &[u8]) -> String {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
    }
}
