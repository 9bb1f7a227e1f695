//! What OpenSSL's command says to what is made here. Where it is not installed (or another program goes by its name), the
//! other readers of these tests have the last word.

use std::path::Path;
use std::process::Command;

use model::certificate::KeyAlgorithm;
use secrecy::{ExposeSecret as _, SecretString};
use x509::{Pkcs12, PrivateKey, certificate_request};

use crate::world::{Authority, spec};

/// Whether there is one to ask.
fn is_there() -> bool {
    let version = Command::new("openssl").arg("version").output();
    version.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).starts_with("OpenSSL 3"))
}

fn openssl(place: &Path, arguments: &[&str]) -> Result<String, String> {
    let answer = Command::new("openssl").args(arguments).current_dir(place).output().unwrap();
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    if answer.status.success() { Ok(said) } else { Err(String::from_utf8_lossy(&answer.stderr).into_owned()) }
}

#[test]
fn openssl_accepts_every_key_and_its_request() {
    if !is_there() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    for algorithm in KeyAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm).unwrap();
        write("key.pem", key.to_pem().expose_secret());
        openssl(place.path(), &["pkey", "-in", "key.pem", "-check", "-noout"]).unwrap();
        write("request.pem", &certificate_request(&spec(), &key).unwrap());
        let told = openssl(
            place.path(),
            &["req", "-in", "request.pem", "-verify", "-noout", "-text", "-nameopt", "utf8"],
        )
        .unwrap();
        for part in [
            "CN=www.example.com",
            "L=München",
            "DNS:*.example.com",
            "IP Address:192.0.2.7",
            "IP Address:2001:DB8:0:0:0:0:0:7",
            "email:ops@example.com",
            "URI:spiffe://example.com/web",
            "X509v3 Key Usage: critical",
            "Digital Signature, Key Agreement",
            "TLS Web Server Authentication, TLS Web Client Authentication",
        ] {
            let is_there = told.contains(part) || told.replace(" = ", "=").contains(part);
            assert!(is_there, "{part} is missing in {told}");
        }
    }
}

#[test]
fn openssl_verifies_what_we_verify() {
    if !is_there() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    let root = Authority::root("Root");
    let (middle, key) = (root.below("Middle"), crate::world::key());
    let leaf = middle.issue(&spec(), &key);
    let (chain, _) = x509::Chain::of(&leaf, &[root.certificate, middle.certificate]);
    write("leaf.pem", &leaf.to_pem());
    write("root.pem", &chain.root().unwrap().to_pem());
    write("chain.pem", &chain.without_root().to_pem());
    let at = crate::world::now().unix_seconds().to_string();
    let arguments = ["verify", "-attime", &at, "-CAfile", "root.pem", "-untrusted", "chain.pem", "leaf.pem"];
    assert_eq!(openssl(place.path(), &arguments).unwrap(), "leaf.pem: OK\n");
    let told =
        openssl(place.path(), &["x509", "-in", "leaf.pem", "-noout", "-fingerprint", "-sha256"]).unwrap();
    let fingerprint = told.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase();
    assert_eq!(fingerprint, leaf.facts().fingerprint_sha256);
    let told =
        openssl(place.path(), &["x509", "-in", "leaf.pem", "-noout", "-fingerprint", "-sha1"]).unwrap();
    assert_eq!(
        told.trim().split_once('=').unwrap().1.replace(':', "").to_lowercase(),
        leaf.facts().fingerprint_sha1
    );
}

#[test]
fn openssl_opens_the_file() {
    if !is_there() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let root = Authority::root("Root");
    for algorithm in [KeyAlgorithm::EcP384, KeyAlgorithm::Rsa2048] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let leaf = root.issue(&spec(), &key);
        let chain = std::slice::from_ref(&root.certificate);
        let file = Pkcs12 { certificate: &leaf, chain, key: Some(&key), name: "web" };
        std::fs::write(place.path().join("file.p12"), file.pack(&SecretString::from("päßword 🐎")).unwrap())
            .unwrap();
        let open = |password: &str, what: &str| {
            let password = format!("pass:{password}");
            openssl(place.path(), &["pkcs12", "-in", "file.p12", "-passin", &password, "-nodes", what])
        };
        let its_key = open("päßword 🐎", "-nocerts").unwrap();
        assert!(its_key.contains("friendlyName: web"), "{its_key}");
        let read = PrivateKey::from_pem(&SecretString::from(its_key)).unwrap();
        assert_eq!(read.public_key(), key.public_key());
        let its_leaf = open("päßword 🐎", "-clcerts").unwrap();
        assert!(its_leaf.contains(&leaf.to_pem()) && !its_leaf.contains(&root.certificate.to_pem()));
        let its_chain = open("päßword 🐎", "-cacerts").unwrap();
        assert!(its_chain.contains(&root.certificate.to_pem()));
        assert!(open("password 1", "-nokeys").is_err());
        let told = openssl(
            place.path(),
            &["pkcs12", "-in", "file.p12", "-passin", "pass:päßword 🐎", "-info", "-noout"],
        );
        assert!(told.is_ok(), "no -legacy needed");
    }
}
