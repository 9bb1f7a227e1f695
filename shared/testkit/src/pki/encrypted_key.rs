//! A private key as ACM exports it: PKCS#8 under PBES2 with PBKDF2 (HMAC-SHA-1, 2,048 rounds) and AES-256 in CBC mode.
//! So is the example of <https://docs.aws.amazon.com/acm/latest/userguide/export-public-certificate-cli.html>.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ROUNDS: NonZeroU32 = NonZeroU32::new(2_048).expect("more than none");
const PBES2: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const AES_256_CBC: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// The key (PKCS#8 in DER) as PEM that the passphrase opens.
pub(super) fn sealed(pkcs8: &[u8], passphrase: &[u8]) -> String {
    let (mut salt, mut key) = ([0; 20], [0; 32]);
    aws_lc_rs::rand::fill(&mut salt).expect("randomness");
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, ROUNDS, &salt, passphrase, &mut key);
    let cipher = UnboundCipherKey::new(&AES_256, &key).and_then(PaddedBlockEncryptingKey::cbc_pkcs7);
    let mut text = pkcs8.to_vec();
    let context = cipher.and_then(|cipher| cipher.encrypt(&mut text)).expect("a cipher text");
    let vector: &[u8] = (&context).try_into().expect("an initialisation vector");

    let rounds = [0x08, 0x00];
    let derivation = der(SEQUENCE, &[&der(OCTETS, &[&salt]), &der(INTEGER, &[&rounds])]);
    let derivation = der(SEQUENCE, &[&der(OBJECT, &[&PBKDF2]), &derivation]);
    let encryption = der(SEQUENCE, &[&der(OBJECT, &[&AES_256_CBC]), &der(OCTETS, &[vector])]);
    let scheme = der(SEQUENCE, &[&derivation, &encryption]);
    let scheme = der(SEQUENCE, &[&der(OBJECT, &[&PBES2]), &scheme]);
    let whole = STANDARD.encode(der(SEQUENCE, &[&scheme, &der(OCTETS, &[&text])]));
    let lines = whole.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default());
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n")
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut whole = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ ..=0x7f) => whole.push(short),
        Ok(_) | Err(_) => {
            let length = content.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            whole.push(0x80 | u8::try_from(length.len()).expect("a length"));
            whole.extend(length);
        }
    }
    whole.extend(content);
    whole
}
