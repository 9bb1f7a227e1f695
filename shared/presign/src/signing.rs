//! The two hashes of Signature Version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use aws_lc_rs::{digest, hmac};
use zeroize::Zeroizing;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The key of one day, Region and service, with the first block of both its hashes already done.
pub(crate) fn signing_key(secret_access_key: &str, day: &str, region: &str, service: &str) -> hmac::Key {
    let secret = Zeroizing::new(format!("AWS4{secret_access_key}"));
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    for part in [day, region, service, "aws4_request"] {
        key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
    }
    key
}

/// The signature of a string to sign that ends in the hash of `canonical_request`.
pub(crate) fn sign_onto(target: &mut String, key: &hmac::Key, to_sign: &mut String, canonical_request: &str) {
    hex_onto(to_sign, digest::digest(&digest::SHA256, canonical_request.as_bytes()).as_ref());
    hex_onto(target, hmac::sign(key, to_sign.as_bytes()).as_ref());
}

fn hex_onto(target: &mut String, bytes: &[u8]) {
    for byte in bytes {
        target.push(char::from(DIGITS[usize::from(byte >> 4)]));
        target.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    hex_onto(&mut text, bytes);
    text
}
