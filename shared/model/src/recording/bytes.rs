//! Digests and nonces: so many bytes, as base64 on the wire and in the table.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// `N` bytes that are no secret, base64 (with padding) wherever they are text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes<const N: usize>([u8; N]);

/// A SHA-256 digest.
pub type Sha256 = Bytes<32>;

/// The nonce of AES-GCM that one chunk was sealed with.
pub type Iv = Bytes<12>;

impl<const N: usize> Bytes<N> {
    /// These bytes.
    #[must_use]
    pub const fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl Sha256 {
    /// The digest of `content`.
    #[must_use]
    pub fn of(content: impl AsRef<[u8]>) -> Self {
        Self(sha2::Sha256::digest(content).into())
    }
}

/// The text is not base64 of the right number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must be {0} bytes in base64")]
pub struct NotTheBytes(pub usize);

impl<const N: usize> FromStr for Bytes<N> {
    type Err = NotTheBytes;

    fn from_str(text: &str) -> Result<Self, NotTheBytes> {
        let mut bytes = [0; N];
        match STANDARD.decode_slice(text, &mut bytes) {
            Ok(length) if length == N => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(NotTheBytes(N)),
        }
    }
}

impl<const N: usize> TryFrom<String> for Bytes<N> {
    type Error = NotTheBytes;

    fn try_from(text: String) -> Result<Self, NotTheBytes> {
        text.parse()
    }
}

impl<const N: usize> From<Bytes<N>> for String {
    fn from(bytes: Bytes<N>) -> Self {
        bytes.to_string()
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
