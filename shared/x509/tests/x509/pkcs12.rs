use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use secrecy::SecretString;
use x509::{NotPacked, Pkcs12, PrivateKey};

use crate::keys::pem;
use crate::world::{Authority, key, spec};
use secrecy::ExposeSecret as _;

struct World {
    root: Authority,
    key: PrivateKey,
    leaf: x509::Certificate,
}

fn world() -> World {
    let (root, key) = (Authority::root("Root"), key());
    let leaf = root.issue(&spec(), &key);
    World { root, key, leaf }
}

impl World {
    fn file(&self, key: Option<&PrivateKey>, password: &str) -> Result<Vec<u8>, NotPacked> {
        let chain = std::slice::from_ref(&self.root.certificate);
        Pkcs12 { certificate: &self.leaf, chain, key, name: "wéb" }.pack(&SecretString::from(password))
    }
}

#[test]
fn another_reader_finds_key_certificate_and_chain() {
    let world = world();
    for password in ["correct horse", "päßwörd", "日本語"] {
        let file = world.file(Some(&world.key), password).unwrap();
        let store = KeyStore::from_pkcs12(&file, password, Pkcs12ImportPolicy::Strict).unwrap();
        let (alias, found) = store.private_key_chain().unwrap();
        assert_eq!(alias, "wéb");
        assert_eq!(found.key().as_der(), pem::decode(world.key.to_pem().expose_secret()));
        let certificates: Vec<&[u8]> = found.certs().iter().map(|one| one.as_der()).collect();
        assert_eq!(certificates, [world.leaf.der(), world.root.certificate.der()]);
    }
}

#[test]
fn a_file_without_a_key_holds_the_certificates() {
    let world = world();
    let file = world.file(None, "correct horse").unwrap();
    let store = KeyStore::from_pkcs12(&file, "correct horse", Pkcs12ImportPolicy::Raw).unwrap();
    assert!(store.private_key_chain().is_none());
    let found: Vec<&[u8]> = store
        .entries()
        .filter_map(|(_, entry)| match entry {
            KeyStoreEntry::Certificate(one) => Some(one.as_der()),
            KeyStoreEntry::PrivateKeyChain(_) | KeyStoreEntry::Secret(_) => None,
        })
        .collect();
    assert!(found.contains(&world.leaf.der()) && found.contains(&world.root.certificate.der()));
}

#[test]
fn it_opens_with_its_password_alone() {
    let world = world();
    let file = world.file(Some(&world.key), "correct horse").unwrap();
    for wrong in ["", "correct horsf", "Correct horse"] {
        assert!(KeyStore::from_pkcs12(&file, wrong, Pkcs12ImportPolicy::Relaxed).is_err());
    }
    // One changed byte anywhere in the content is noticed.
    let mut changed = file.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(KeyStore::from_pkcs12(&changed, "correct horse", Pkcs12ImportPolicy::Relaxed).is_err());
}

#[test]
fn two_files_of_the_same_things_differ() {
    let world = world();
    let one = world.file(Some(&world.key), "correct horse").unwrap();
    let other = world.file(Some(&world.key), "correct horse").unwrap();
    assert_ne!(one, other, "salts and vectors are random");
    let der = pem::decode(world.key.to_pem().expose_secret());
    assert!(!one.windows(16).any(|part| part == &der[der.len() - 16..]), "the key is encrypted");
    assert!(!one.windows(15).any(|part| part == b"www.example.com"), "the names are encrypted");
}

#[test]
fn a_bad_password_and_another_key_are_refused() {
    let world = world();
    for password in ["", "with\nline", &"x".repeat(1025)] {
        assert!(matches!(world.file(Some(&world.key), password), Err(NotPacked::Password)));
    }
    assert!(matches!(world.file(Some(&key()), "correct horse"), Err(NotPacked::OtherKey)));
}
