//! How a chunk is sealed, opened and chained: what gateway, page and verifier agree on, once more and independently.

use anyhow::{Result, anyhow, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, RandomizedNonceKey, UnboundKey};
use aws_lc_rs::digest::{Context, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretBox};
use serde::{Deserialize, Serialize};

use super::asciicast::Plain;
use super::spool::Upload;

/// The key of one recording.
pub type SessionKey = SecretBox<[u8; 32]>;

/// What is told of a sealed chunk.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk {
    /// Its number, from 0.
    pub chunk_index: u32,
    /// Milliseconds from the session's beginning to its first event.
    pub start_elapsed_ms: u64,
    /// Likewise to its last one.
    pub end_elapsed_ms: u64,
    /// SHA-256 of the ciphertext, base64.
    pub ciphertext_sha256: String,
    /// The ciphertext's length, tag included.
    pub ciphertext_bytes: u64,
    /// The nonce, base64.
    pub iv: String,
}

/// A chunk as it is uploaded.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) chunk: Chunk,
    pub(super) ciphertext: Vec<u8>,
}

/// Seals the chunks of one recording.
#[derive(Debug)]
pub(super) struct Sealer {
    key: RandomizedNonceKey,
    place: Upload,
}

impl Sealer {
    pub(super) fn new(key: &SessionKey, place: &Upload) -> Result<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.expose_secret());
        Ok(Self { key: key.map_err(|_| anyhow!("take the session key"))?, place: place.clone() })
    }

    pub(super) fn seal(&self, index: u32, plain: &Plain) -> Result<Sealed> {
        let Upload { project_id, session_id, storage_backend, .. } = &self.place;
        let aad = Aad::from(associated_data(project_id, session_id, index, storage_backend));
        let mut ciphertext = plain.json.clone();
        let nonce = self.key.seal_in_place_append_tag(aad, &mut ciphertext);
        let nonce = nonce.map_err(|_| anyhow!("seal chunk {index}"))?;
        let milliseconds = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let chunk = Chunk {
            chunk_index: index,
            start_elapsed_ms: milliseconds(plain.start),
            end_elapsed_ms: milliseconds(plain.end),
            ciphertext_sha256: STANDARD.encode(digest(&SHA256, &ciphertext)),
            ciphertext_bytes: ciphertext.len() as u64,
            iv: STANDARD.encode(nonce.as_ref()),
        };
        Ok(Sealed { chunk, ciphertext })
    }
}

/// Opens a chunk in its place; nothing when key, place, nonce or content is another.
#[must_use]
pub fn open(key: &SessionKey, aad: [u8; 32], iv: &str, mut ciphertext: Vec<u8>) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.expose_secret()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&STANDARD.decode(iv).ok()?).ok()?;
    let length = key.open_in_place(nonce, Aad::from(aad), &mut ciphertext).ok()?.len();
    ciphertext.truncate(length);
    Some(ciphertext)
}

/// What a chunk's tag covers besides its content: its place.
#[must_use]
pub fn associated_data(project: &str, session: &str, index: u32, backend: &str) -> [u8; 32] {
    sha256(format!("{project}|{session}|{index}|{backend}|v1").as_bytes())
}

/// SHA-256.
#[must_use]
pub fn sha256(content: &[u8]) -> [u8; 32] {
    let mut value = [0; 32];
    value.copy_from_slice(digest(&SHA256, content).as_ref());
    value
}

/// The hash chain: `h0 = SHA-256("{project}|{session}|v1")`, and after each chunk
/// `h = SHA-256(h before | index, 4 bytes | length, 8 bytes | SHA-256 of the ciphertext)`, numbers big endian.
#[derive(Clone, Copy, Debug)]
pub struct Chain([u8; 32]);

impl Chain {
    /// Before the first chunk.
    #[must_use]
    pub fn start(project: &str, session: &str) -> Self {
        Self(sha256(format!("{project}|{session}|v1").as_bytes()))
    }

    /// After one more chunk.
    ///
    /// # Errors
    ///
    /// When its digest is none.
    pub fn then(self, chunk: &Chunk) -> Result<Self> {
        let content = STANDARD.decode(&chunk.ciphertext_sha256).unwrap_or_default();
        ensure!(content.len() == 32, "the SHA-256 of chunk {} is none", chunk.chunk_index);
        let mut hash = Context::new(&SHA256);
        hash.update(&self.0);
        hash.update(&chunk.chunk_index.to_be_bytes());
        hash.update(&chunk.ciphertext_bytes.to_be_bytes());
        hash.update(&content);
        let mut value = [0; 32];
        value.copy_from_slice(hash.finish().as_ref());
        Ok(Self(value))
    }

    /// Where it stands, base64.
    #[must_use]
    pub fn head(self) -> String {
        STANDARD.encode(self.0)
    }
}

/// Where the chain of these chunks ends, which are in the order of their numbers.
pub(super) fn chain_of(place: &Upload, chunks: &[Chunk]) -> Result<String> {
    let start = Chain::start(&place.project_id, &place.session_id);
    Ok(chunks.iter().try_fold(start, |chain, chunk| chain.then(chunk))?.head())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use secrecy::SecretBox;

    use super::{Chain, Chunk, Sealer, associated_data, open};
    use crate::record::asciicast::Plain;
    use crate::record::spool::Upload;

    #[test]
    fn a_chunk_opens_with_its_key_in_its_place_alone() {
        let key = SecretBox::new(Box::new([7; 32]));
        let place = Upload::example();
        let plain = Plain {
            json: b"[[0,\"o\",\"a\"]]".to_vec(),
            start: Duration::ZERO,
            end: Duration::from_millis(3),
        };
        let sealed = Sealer::new(&key, &place).unwrap().seal(4, &plain).unwrap();
        assert_eq!(sealed.ciphertext.len(), plain.json.len() + 16);
        let at = |index| associated_data(&place.project_id, &place.session_id, index, "aws-s3");
        let opened = |key, aad| open(key, aad, &sealed.chunk.iv, sealed.ciphertext.clone());
        assert_eq!(opened(&key, at(4)), Some(plain.json));
        assert_eq!(opened(&key, at(5)), None);
        assert_eq!(opened(&SecretBox::new(Box::new([8; 32])), at(4)), None);
    }

    /// Computed with Python's hashlib.
    #[test]
    fn the_place_of_a_chunk_is_the_contracts() {
        let (project, session) =
            ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222");
        let place = associated_data(project, session, 42, "aws-s3");
        assert_eq!(STANDARD.encode(place), "7x/HfjEw77NTKXBpb7oP4qPNpI6J00hpVg45AkGK/g4=");
    }

    /// Computed with Python's hashlib.
    #[test]
    fn the_chain_is_the_documented_one() {
        let chunk = Chunk {
            chunk_index: 1,
            start_elapsed_ms: 0,
            end_elapsed_ms: 0,
            ciphertext_sha256: "bIf2g3GyiVRwfruSr+58z/t0xvceyP6oqYz2EEKJWFs=".to_owned(),
            ciphertext_bytes: 258,
            iv: String::new(),
        };
        let chain = Chain::start("p", "s");
        assert_eq!(chain.head(), "g1kpvdhR4yJ3Sdpqp/3bIYa6HX3u7mHRjTZvvd5t5HU=");
        assert_eq!(chain.then(&chunk).unwrap().head(), "rvUrkmP0o7af31ocmc9Y9VCxtRnrcZCbdgUUxtM5sAA=");
        assert!(chain.then(&Chunk { ciphertext_sha256: "AA==".to_owned(), ..chunk }).is_err());
    }
}
