//! Two keys that everybody knows: those of the test vectors of RFC 6979, so that no key of anybody's stands here.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use x509::PrivateKey;

/// The private half of <https://www.rfc-editor.org/rfc/rfc6979#appendix-A.2.5>.
const PRIVATE: [u8; 32] = [
    0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e,
    0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
];

/// Its public half, as a point.
const PUBLIC: [u8; 65] = [
    0x04, 0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74, 0xc6, 0x35, 0x6d, 0x68,
    0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6, 0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79,
    0x03, 0xfe, 0x10, 0x08, 0xb8, 0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1,
    0xb2, 0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99,
];

/// The key as the SDK of AWS-LC has it.
fn pair() -> EcdsaKeyPair {
    EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_ASN1_SIGNING, &PRIVATE, &PUBLIC)
        .expect("the halves of the test vector fit each other")
}

/// The key as `x509` reads it.
pub(crate) fn known_key() -> PrivateKey {
    let der = pair().to_pkcs8v1().expect("a key on P-256 has a PKCS#8");
    PrivateKey::from_pem(&SecretString::from(armoured("PRIVATE KEY", der.as_ref())))
        .expect("a key of our own")
}

/// An ECDSA signature over SHA-256 with the known key.
pub(crate) fn sign(content: &[u8]) -> Vec<u8> {
    pair().sign(&SystemRandom::new(), content).expect("a key on P-256 signs").as_ref().to_vec()
}

/// PEM around bytes, in one line.
pub(crate) fn armoured(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
