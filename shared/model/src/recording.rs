//! Recordings of sessions: encrypted chunks that a gateway puts into the customer's bucket, and what is remembered of them.
//!
//! A [`Recording`] is one session that is recorded, with the [`Place`] of its own time: what a project's [`RecordingConfig`]
//! says later changes nothing about it. A [`Chunk`] is there from its announcement on; once its object was seen it is
//! committed, and its digest is a link of the [`Chain`]. The [`Manifest`] sums a recording up, so that whoever has the session
//! key can tell a missing, swapped, truncated or altered chunk.
//!
//! Nothing of a recording is ever deleted here: how long it is kept is the bucket's matter.
//!
//! **Not here**: how the session key is wrapped and S3 is called (`recordings`), how it is stored (`store`), any HTTP.

mod bytes;
mod chain;
mod chunk;
mod config;
mod cryptography;
mod manifest;
mod noun;
mod place;
mod policy;
mod request;
#[cfg(test)]
mod tests;
pub mod view;

pub use bytes::{Bytes, Iv, NotTheBytes, Sha256};
pub use chain::Chain;
pub use chunk::{
    Announced, Chunk, ChunkIndex, Committed, Contradiction, Keyframe, LARGEST_CHUNK, NotAnIndex,
};
pub use config::{RecordingConfig, SaveRecordingConfig};
pub use cryptography::{SESSION_KEY_BYTES, SessionKey, UPLOAD_TOKEN_BYTES};
pub use manifest::{MOST_NAMED, Manifest, Survey};
pub use noun::{Claim, Ended, Given, Recording, RecordingStatus, Refused};
pub use place::{BucketName, KeyPrefix, NotABucket, NotAPrefix, Place};
pub use policy::{Deed, bucket_policy, cors_rules};
pub use request::{CommitChunk, CreateRecording, EndSession, PresignPut, PresignPuts};

/// The one storage backend that there is, as the wire and the associated data of every chunk spell it.
pub const STORAGE_BACKEND: &str = "aws-s3";
