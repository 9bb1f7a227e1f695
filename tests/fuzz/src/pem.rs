//! Certificates and keys as text: what is read is written as it was, and a key never fits another's certificate.

use std::sync::LazyLock;

use model::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use x509::{Certificate, Chain, Import, NotImportable, PrivateKey};

use crate::keys::known_key;

/// What stands between the texts of an input.
const BETWEEN: &str = "=====\n";

/// The longest text that is read as certificates, and as a key.
const LONGEST: (usize, usize) = (128 * 1_024, 16 * 1_024);

/// The most certificates that are read from one text.
const MOST: usize = 16;

static KEY: LazyLock<PrivateKey> = LazyLock::new(known_key);
static KEY_TEXT: LazyLock<SecretString> = LazyLock::new(|| KEY.to_pem());

/// An input is a certificate in DER, or up to four texts with lines of `=====` between them: a certificate, its chain, a key, and
/// the passphrase of the key.
pub fn pem(data: &[u8]) {
    if data.first() == Some(&0x30) {
        if let Ok(certificate) = Certificate::from_der(data) {
            assert_eq!(certificate.der(), data);
            is_written_as_it_was(&certificate);
        }
        return;
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut texts = text.splitn(4, BETWEEN);
    let (certificate, chain) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
    let key = texts.next().map(SecretString::from);
    certificates(certificate);
    certificates(chain);
    if let Some(key) = &key {
        a_key(key);
        if let Some(passphrase) = texts.next() {
            let opened = PrivateKey::from_encrypted_pem(key, &SecretString::from(passphrase));
            if let Ok(opened) = opened {
                a_key(&opened.to_pem());
            }
        }
    }
    imported(certificate, chain, key.as_ref());
}

fn certificates(text: &str) {
    let Ok(all) = Certificate::all_from_pem(text) else { return };
    assert!(all.len() <= MOST && text.len() <= LONGEST.0);
    // Written as text each grows by a third and its frame, and by nothing else.
    let bytes: usize = all.iter().map(|one| one.der().len()).sum();
    assert!(bytes <= text.len(), "{bytes} bytes out of {} characters", text.len());
    for certificate in &all {
        is_written_as_it_was(certificate);
    }
    let Some((leaf, rest)) = all.split_first() else { return };
    let (chain, strangers) = Chain::of(leaf, rest);
    let mut given: Vec<&Certificate> = Vec::new();
    for one in rest {
        if one != leaf && !given.contains(&one) {
            given.push(one);
        }
    }
    assert_eq!(chain.certificates().len() + strangers.len(), given.len(), "each is in it or a stranger");
    assert!(chain.certificates().iter().chain(&strangers).all(|one| given.contains(&one)));
    assert!(chain.without_root().certificates().iter().all(|one| !one.is_root()));
    let again = Certificate::all_from_pem(&chain.to_pem()).expect("a chain is written as certificates");
    assert_eq!(again, chain.certificates());
}

fn is_written_as_it_was(certificate: &Certificate) {
    let text = certificate.to_pem();
    assert!(text.len() <= certificate.der().len().div_ceil(3) * 4 * 65 / 64 + 64);
    if text.len() <= LONGEST.0 {
        let again = Certificate::from_pem(&text).expect("what was read is written as a certificate");
        assert_eq!(again.der(), certificate.der());
        assert_eq!(format!("{again:?}"), format!("{certificate:?}"));
    }
    let facts = certificate.facts();
    assert_eq!((facts.fingerprint_sha1.len(), facts.fingerprint_sha256.len()), (40, 64));
    let serial = facts.serial.plain();
    assert_eq!(facts.serial.to_string().replace(':', ""), serial, "one number in two spellings");
    assert!(serial.len() <= 2 * certificate.der().len());
    match (certificate.record(), certificate.public_key()) {
        (Ok(record), Ok(key)) => {
            assert_eq!((record.serial_number, record.key_algorithm), (serial, key.algorithm()));
            assert!(serde_json::to_string(&record.subject).is_ok());
        }
        (Err(one), Err(other)) => assert_eq!(one, other),
        (one, other) => unreachable!("{one:?}, but {other:?}"),
    }
    // It may not end, whatever it says of itself.
    let _ = certificate.is_root();
}

fn a_key(text: &SecretString) {
    let key = match PrivateKey::from_pem(text) {
        Ok(key) => key,
        Err(refusal) => {
            // Nothing of a key is in the words of its refusal.
            let words = refusal.to_string();
            assert!(words.len() < 256, "{words:?}");
            return;
        }
    };
    assert!(text.expose_secret().trim().len() <= LONGEST.1);
    let again = PrivateKey::from_pem(&key.to_pem()).expect("what was read is written as a key");
    assert_eq!((again.public_key(), again.algorithm()), (key.public_key(), key.algorithm()));
    assert_eq!(again.to_pem().expose_secret(), key.to_pem().expose_secret());
}

fn imported(certificate: &str, chain: &str, key: Option<&SecretString>) {
    let now = Timestamp::from_unix_seconds(1_767_323_040);
    if let Ok(import) = Import::read(certificate, chain, key, now) {
        let public = import.certificate.public_key().expect("what is taken in has a key that is used");
        assert_eq!(import.key_algorithm, public.algorithm());
        assert_eq!(import.key.as_ref().map(PrivateKey::public_key), key.map(|_| &public), "another's key");
        assert!(!import.certificate.facts().basic_constraints.is_ca);
        assert!(import.certificate.facts().not_after > now);
    }
    // A key that everybody knows fits its own certificates and no other.
    match Import::read(certificate, chain, Some(&KEY_TEXT), now) {
        Ok(import) => assert_eq!(import.certificate.public_key().as_ref(), Ok(KEY.public_key())),
        Err(NotImportable::OtherKey) => {
            let read = Certificate::all_from_pem(certificate).unwrap_or_default();
            let public = read.first().map(Certificate::public_key);
            assert_ne!(public, Some(Ok(KEY.public_key().clone())), "its own key was refused");
        }
        Err(_) => {}
    }
}
