//! The hash chain over a recording's committed chunks, in the order of their indexes.

use sha2::{Digest as _, Sha256 as Hash};

use super::bytes::Sha256;
use super::chunk::ChunkIndex;
use crate::id::{PamSessionId, ProjectId};

/// Where a chain stands: it commits to every chunk before it, with its place, its length and its content.
///
/// `h0 = SHA-256("{project}|{session}|v1")`, and each chunk makes
/// `h = SHA-256(h before | index as 4 bytes | length of the ciphertext as 8 bytes | SHA-256 of the ciphertext)`, both numbers
/// big endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain(Sha256);

impl Chain {
    /// The beginning of a recording's chain.
    #[must_use]
    pub fn start(project: ProjectId, session: PamSessionId) -> Self {
        Self(Sha256::of(format!("{project}|{session}|v1")))
    }

    /// A chain that stood here before.
    #[must_use]
    pub const fn at(head: Sha256) -> Self {
        Self(head)
    }

    /// Where it stands after one more chunk.
    #[must_use]
    pub fn then(self, index: ChunkIndex, ciphertext_bytes: u64, ciphertext_sha256: &Sha256) -> Self {
        let mut hash = Hash::new();
        hash.update(self.0.as_bytes());
        hash.update(index.number().to_be_bytes());
        hash.update(ciphertext_bytes.to_be_bytes());
        hash.update(ciphertext_sha256.as_bytes());
        Self(Sha256::new(hash.finalize().into()))
    }

    /// The value itself.
    #[must_use]
    pub const fn head(&self) -> Sha256 {
        self.0
    }
}
