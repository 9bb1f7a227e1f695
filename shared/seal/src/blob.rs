//! What is stored in place of a secret value.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::context::{DIGEST_BYTES, Digest};

/// The only form there is so far: AES-256-GCM, the layout of [`Parts`].
const FORMAT: u8 = 1;
/// AES-GCM's nonce; random, so one data key must seal fewer than 2^32 values (NIST SP 800-38D, 8.3).
pub(crate) const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const VERSION_BYTES: usize = 4;
/// Format and data key version: what the tag covers besides the place.
pub(crate) const HEADER_BYTES: usize = 1 + VERSION_BYTES;
const LEAST_BYTES: usize = HEADER_BYTES + DIGEST_BYTES + NONCE_BYTES + TAG_BYTES;

/// A sealed secret value as text (base64), to be stored as an attribute of the item it was sealed for.
///
/// Safe to store, copy and log: it says nothing about the value but its length.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedBlob(String);

impl SealedBlob {
    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which version of its scope's data key sealed it.
    ///
    /// # Errors
    /// [`Error::Tampered`] when it is no sealed value at all, [`Error::UnknownFormat`] when a newer release wrote it.
    pub fn key_version(&self) -> Result<u32, Error> {
        Parts::read(self).map(|parts| parts.key_version)
    }
}

impl From<String> for SealedBlob {
    /// Takes text as it was stored; whether it is a sealed value shows when it is opened.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for SealedBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SealedBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedBlob({} characters)", self.0.len())
    }
}

/// The fields of a blob, in their order: format (1 byte), data key version (4, big endian), digest of the place it
/// was sealed for (32), nonce (12), ciphertext with its tag (16 more than the value).
#[derive(Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) key_version: u32,
    pub(crate) place: Digest,
    pub(crate) nonce: [u8; NONCE_BYTES],
    /// Value and tag.
    pub(crate) ciphertext: Vec<u8>,
}

/// The beginning of every blob that `key_version` seals.
pub(crate) fn header(key_version: u32) -> [u8; HEADER_BYTES] {
    let mut header = [FORMAT; HEADER_BYTES];
    header[1..].copy_from_slice(&key_version.to_be_bytes());
    header
}

impl Parts {
    pub(crate) fn read(blob: &SealedBlob) -> Result<Self, Error> {
        let bytes = STANDARD_NO_PAD.decode(&blob.0).map_err(|_| Error::Tampered)?;
        match bytes.first() {
            Some(&FORMAT) => {}
            Some(&format) => return Err(Error::UnknownFormat { format }),
            None => return Err(Error::Tampered),
        }
        if bytes.len() < LEAST_BYTES {
            return Err(Error::Tampered);
        }
        let (key_version, rest) = bytes[1..].split_first_chunk::<VERSION_BYTES>().ok_or(Error::Tampered)?;
        let (place, rest) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or(Error::Tampered)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Error::Tampered)?;
        Ok(Self {
            key_version: u32::from_be_bytes(*key_version),
            place: Digest(*place),
            nonce: *nonce,
            ciphertext: ciphertext.to_vec(),
        })
    }

    pub(crate) fn write(&self) -> SealedBlob {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + DIGEST_BYTES + NONCE_BYTES + self.ciphertext.len());
        bytes.extend_from_slice(&header(self.key_version));
        bytes.extend_from_slice(&self.place.0);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.ciphertext);
        SealedBlob(STANDARD_NO_PAD.encode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            key_version: 7,
            place: Digest([2; DIGEST_BYTES]),
            nonce: [3; NONCE_BYTES],
            ciphertext: vec![4; 20],
        }
    }

    #[test]
    fn a_blob_reads_back_as_the_parts_it_was_written_from() {
        assert_eq!(Parts::read(&parts().write()).expect("readable"), parts());
        assert_eq!(parts().write().key_version().expect("readable"), 7);
    }

    #[test]
    fn the_layout_of_a_stored_blob_never_changes() {
        let expected =
            "AQAAAAcCAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgMDAwMDAwMDAwMDAwQEBAQEBAQEBAQEBAQEBAQEBAQE";
        assert_eq!(parts().write().as_str(), expected);
    }

    #[test]
    fn what_is_too_short_or_not_base64_is_tampered_with_and_a_newer_format_is_named() {
        let text = parts().write().0;
        for broken in ["", "A", "AQ", "not base64!", &text[..80], &format!("{text}=")] {
            let read = Parts::read(&SealedBlob(broken.to_owned()));
            assert!(matches!(read, Err(Error::Tampered)), "{broken:?}: {read:?}");
        }
        let newer = SealedBlob(format!("Ag{}", &text[2..]));
        assert!(matches!(newer.key_version(), Err(Error::UnknownFormat { format: 2 })));
    }

    #[test]
    fn debug_shows_a_length_and_nothing_else() {
        assert_eq!(format!("{:?}", SealedBlob("AQAA".to_owned())), "SealedBlob(4 characters)");
    }
}
