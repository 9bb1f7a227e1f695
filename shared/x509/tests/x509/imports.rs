use model::certificate::{BasicConstraints, KeyAlgorithm, Validity};
use secrecy::{ExposeSecret as _, SecretString};
use x509::{Import, NotACertificate, NotAPrivateKey, NotImportable, NotPem, PrivateKey};

use crate::world::{Authority, DAY, key, now, spec};

fn refused(certificate: &str, chain: &str, key: Option<&SecretString>) -> NotImportable {
    Import::read(certificate, chain, key, now()).unwrap_err()
}

#[test]
fn a_certificate_with_key_and_chain_is_taken_in_and_put_in_order() {
    let root = Authority::root("Root");
    let (middle, key) = (root.below("Middle"), key());
    let leaf = middle.issue(&spec(), &key);
    let chain = format!("{}{}", root.certificate.to_pem(), middle.certificate.to_pem());
    let import = Import::read(&leaf.to_pem(), &chain, Some(&key.to_pem()), now()).unwrap();
    assert_eq!(import.certificate, leaf);
    assert_eq!(import.key_algorithm, KeyAlgorithm::EcP256);
    assert_eq!(import.chain.certificates(), [middle.certificate.clone(), root.certificate.clone()]);
    assert_eq!(import.key.unwrap().to_pem().expose_secret(), key.to_pem().expose_secret());
    // As many servers keep it: everything in one file.
    let full = format!("{}{chain}", leaf.to_pem());
    assert_eq!(Import::read(&full, "", None, now()).unwrap().chain, import.chain);
}

#[test]
fn a_certificate_comes_without_chain_and_key_as_well() {
    let leaf = Authority::root("Root").issue(&spec(), &key());
    let import = Import::read(&leaf.to_pem(), "  ", None, now()).unwrap();
    assert!(import.chain.certificates().is_empty() && import.key.is_none());
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (root, stranger, own) = (Authority::root("Root"), Authority::root("Stranger"), key());
    let leaf = root.issue(&spec(), &own);
    let text = leaf.to_pem();
    assert_eq!(refused(&text, "", Some(&key().to_pem())), NotImportable::OtherKey);
    let rsa = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    assert_eq!(refused(&text, "", Some(&rsa.to_pem())), NotImportable::OtherKey);
    let chain = format!("{}{}", root.certificate.to_pem(), stranger.certificate.to_pem());
    assert_eq!(refused(&text, &chain, None), NotImportable::Stranger("CN=Stranger".to_owned()));
    assert_eq!(refused(&root.certificate.to_pem(), "", None), NotImportable::Authority);
}

#[test]
fn an_expired_certificate_is_refused_with_its_day() {
    let old = model::certificate::Spec { validity: Validity::lasting(DAY, now().minus(3 * DAY)), ..spec() };
    let leaf = Authority::root("Root").issue(&old, &key());
    let problem = refused(&leaf.to_pem(), "", None);
    assert_eq!(problem.to_string(), "the certificate expired at 2026-11-20T12:00:00.000Z");
}

#[test]
fn each_text_is_named_when_it_cannot_be_read() {
    let leaf = Authority::root("Root").issue(&spec(), &key()).to_pem();
    let told = |certificate: &str, chain: &str, key: Option<&str>| {
        refused(certificate, chain, key.map(SecretString::from).as_ref()).to_string()
    };
    assert_eq!(told("", "", None), "the certificate holds 0 certificates; one is expected");
    assert_eq!(told("nothing", "", None), "the certificate holds no PEM block (-----BEGIN …-----)");
    assert_eq!(told(&leaf, "nothing", None), "the chain holds no PEM block (-----BEGIN …-----)");
    assert_eq!(told(&leaf, "", Some("nothing")), "the private key holds no PEM block (-----BEGIN …-----)");
    let encrypted = told(&leaf, "", Some(include_str!("fixtures/rsa-acm.pem")));
    assert_eq!(encrypted, "the private key is encrypted; give it without a passphrase");
    assert_eq!(
        refused(include_str!("fixtures/ec-pkcs8.pem"), "", None),
        NotImportable::Certificate(NotACertificate::Kind)
    );
    assert_eq!(
        refused(&leaf, "", Some(&SecretString::from(leaf.clone()))),
        NotImportable::Key(NotAPrivateKey::Kind)
    );
    assert_eq!(
        refused(&leaf, "-----BEGIN CERTIFICATE-----", None),
        NotImportable::Chain(NotPem::Unclosed.into())
    );
    assert_eq!(spec().basic_constraints, BasicConstraints::default());
}
