//! What gateways, browsers and verifiers must agree on: the session key.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};

use super::bytes::Sha256;

/// The length of a session key: AES-256.
pub const SESSION_KEY_BYTES: usize = 32;

/// The length of an upload token.
pub const UPLOAD_TOKEN_BYTES: usize = 32;

/// The key that the chunks of one recording are sealed with. Zeroised when it is dropped; its `Debug` says nothing.
#[derive(Debug)]
pub struct SessionKey(SecretBox<[u8; SESSION_KEY_BYTES]>);

impl SessionKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: Box<[u8; SESSION_KEY_BYTES]>) -> Self {
        Self(SecretBox::new(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; SESSION_KEY_BYTES] {
        self.0.expose_secret()
    }

    /// HMAC-SHA-256 over `text`, which only those who have the key can make.
    #[must_use]
    pub fn mac(&self, text: &str) -> Sha256 {
        let mut mac = Self::keyed(self.expose());
        mac.update(text.as_bytes());
        Sha256::new(mac.finalize().into_bytes().into())
    }

    /// Whether `mac` is that of `text`, in constant time.
    #[must_use]
    pub fn verifies(&self, text: &str, mac: &Sha256) -> bool {
        let mut own = Self::keyed(self.expose());
        own.update(text.as_bytes());
        own.verify_slice(mac.as_bytes()).is_ok()
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn keyed(key: &[u8]) -> Hmac<sha2::Sha256> {
        Hmac::new_from_slice(key).expect("a key of any length")
    }
}
