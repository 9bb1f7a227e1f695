//! Chunks: from the announcement of an object to the proof that it is there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::bytes::{Iv, Sha256};
use super::request::CommitChunk;
use crate::Timestamp;
use crate::id::PamSessionId;

/// The largest ciphertext, in bytes: 256 MiB.
pub const LARGEST_CHUNK: u64 = 256 * 1024 * 1024;

/// Which chunk of a recording: 0 to 999,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct ChunkIndex(u32);

/// The number is no index of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A chunk's index is a number from 0 to {}", ChunkIndex::LAST.0)]
pub struct NotAnIndex;

impl ChunkIndex {
    /// The first.
    pub const FIRST: Self = Self(0);
    /// The last that there can be.
    pub const LAST: Self = Self(999_999);

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after it; `None` after the last.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.0.saturating_add(1)).ok()
    }

    /// Six digits, so that the order of text is the order of numbers.
    #[must_use]
    pub fn padded(self) -> String {
        format!("{:06}", self.0)
    }
}

impl TryFrom<u32> for ChunkIndex {
    type Error = NotAnIndex;

    fn try_from(number: u32) -> Result<Self, NotAnIndex> {
        if number <= Self::LAST.0 { Ok(Self(number)) } else { Err(NotAnIndex) }
    }
}

impl From<ChunkIndex> for u32 {
    fn from(index: ChunkIndex) -> Self {
        index.0
    }
}

impl FromStr for ChunkIndex {
    type Err = NotAnIndex;

    fn from_str(text: &str) -> Result<Self, NotAnIndex> {
        text.parse().map_err(|_| NotAnIndex).and_then(|number: u32| number.try_into())
    }
}

impl fmt::Display for ChunkIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One chunk of a recording, from its announcement on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The recording.
    pub session_id: PamSessionId,
    /// Which one.
    pub index: ChunkIndex,
    /// What was announced; `None` when only its keyframe was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
    /// How many bytes of a keyframe were announced, when one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyframe_bytes: Option<u64>,
    /// What is there, once it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<Committed>,
}

/// What was announced of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The length of its ciphertext.
    pub bytes: u64,
    /// When it was announced the last time.
    pub at: Timestamp,
}

/// What is known of a chunk whose object was seen. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The digest of the ciphertext.
    pub ciphertext_sha256: Sha256,
    /// Its length, with the tag.
    pub ciphertext_bytes: u64,
    /// What it was sealed with.
    pub iv: Iv,
    /// Which part of the session it is: from here, in milliseconds,
    pub start_elapsed_ms: u64,
    /// to here.
    pub end_elapsed_ms: u64,
    /// The picture at its beginning, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyframe: Option<Keyframe>,
    /// When it was committed.
    pub at: Timestamp,
}

/// The picture at the beginning of a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyframe {
    /// Its object.
    pub object_key: String,
    /// The length of its ciphertext.
    pub bytes: u64,
}

/// What a gateway says about a chunk does not agree with what is known of it. Each names the chunk by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A committed chunk is announced with another length.
    #[error("Chunk {index} was committed with {committed} bytes and cannot be uploaded again with {wanted}")]
    CommittedLength {
        /// The chunk.
        index: ChunkIndex,
        /// What is there.
        committed: u64,
        /// What was announced.
        wanted: u64,
    },
    /// A committed chunk is committed with another content.
    #[error("Chunk {index} was committed with another content, which cannot be replaced")]
    CommittedContent {
        /// The chunk.
        index: ChunkIndex,
    },
    /// It was never announced, so that nothing can be there.
    #[error("Chunk {index} was never announced: ask for its presigned PUT first")]
    NotAnnounced {
        /// The chunk.
        index: ChunkIndex,
    },
    /// Its keyframe was never announced.
    #[error("The keyframe of chunk {index} was never announced: ask for its presigned PUT first")]
    KeyframeNotAnnounced {
        /// The chunk.
        index: ChunkIndex,
    },
    /// It is committed with another length than it was announced with.
    #[error("Chunk {index} was announced with {announced} bytes, not {committed}")]
    AnnouncedLength {
        /// The chunk.
        index: ChunkIndex,
        /// What was announced.
        announced: u64,
        /// What the gateway says now.
        committed: u64,
    },
    /// Its keyframe is committed with another length than it was announced with.
    #[error("The keyframe of chunk {index} was announced with {announced} bytes, not {committed}")]
    KeyframeLength {
        /// The chunk.
        index: ChunkIndex,
        /// What was announced.
        announced: u64,
        /// What the gateway says now.
        committed: u64,
    },
}

impl Chunk {
    /// A chunk of which nothing is known.
    #[must_use]
    pub const fn new(session_id: PamSessionId, index: ChunkIndex) -> Self {
        Self { session_id, index, announced: None, keyframe_bytes: None, committed: None }
    }

    /// The chunk once `bytes` of it (or of its keyframe) are announced; `None` when there is nothing to write down.
    ///
    /// # Errors
    /// [`Contradiction::CommittedLength`].
    pub fn announce(
        &self,
        bytes: u64,
        is_keyframe: bool,
        now: Timestamp,
    ) -> Result<Option<Self>, Contradiction> {
        let length_of = |committed: &Committed| {
            if is_keyframe {
                committed.keyframe.as_ref().map(|keyframe| keyframe.bytes)
            } else {
                Some(committed.ciphertext_bytes)
            }
        };
        if let Some(committed) = self.committed.as_ref().and_then(length_of) {
            return if committed == bytes {
                Ok(None)
            } else {
                Err(Contradiction::CommittedLength { index: self.index, committed, wanted: bytes })
            };
        }
        if is_keyframe {
            let next = Self { keyframe_bytes: Some(bytes), ..self.clone() };
            return Ok((self.keyframe_bytes != Some(bytes)).then_some(next));
        }
        if self.announced.is_some_and(|announced| announced.bytes == bytes) {
            return Ok(None);
        }
        Ok(Some(Self { announced: Some(Announced { bytes, at: now }), ..self.clone() }))
    }

    /// The chunk once it is committed, as far as the gateway's word goes: whether the object is there is another question.
    /// `None` when the very same was committed before.
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn commit(
        &self,
        said: &CommitChunk,
        keyframe: Option<Keyframe>,
        now: Timestamp,
    ) -> Result<Option<Self>, Contradiction> {
        let index = self.index;
        if let Some(committed) = &self.committed {
            let same = committed.ciphertext_sha256 == said.ciphertext_sha256
                && committed.ciphertext_bytes == said.ciphertext_bytes
                && committed.iv == said.iv;
            return if same { Ok(None) } else { Err(Contradiction::CommittedContent { index }) };
        }
        let announced = self.announced.ok_or(Contradiction::NotAnnounced { index })?.bytes;
        if announced != said.ciphertext_bytes {
            let committed = said.ciphertext_bytes;
            return Err(Contradiction::AnnouncedLength { index, announced, committed });
        }
        if let Some(keyframe) = &keyframe {
            let announced = self.keyframe_bytes.ok_or(Contradiction::KeyframeNotAnnounced { index })?;
            if announced != keyframe.bytes {
                let committed = keyframe.bytes;
                return Err(Contradiction::KeyframeLength { index, announced, committed });
            }
        }
        let committed = Committed {
            ciphertext_sha256: said.ciphertext_sha256,
            ciphertext_bytes: said.ciphertext_bytes,
            iv: said.iv,
            start_elapsed_ms: said.start_elapsed_ms,
            end_elapsed_ms: said.end_elapsed_ms,
            keyframe,
            at: now,
        };
        Ok(Some(Self { committed: Some(committed), ..self.clone() }))
    }
}
