//! Where chunks are kept: a bucket, its Region and a prefix, and the keys of the objects there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chunk::ChunkIndex;
use crate::id::{PamSessionId, ProjectId};
use crate::region::Region;

/// The name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

/// The text is not the name of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit"
)]
pub struct NotABucket;

impl BucketName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BucketName {
    type Err = NotABucket;

    fn from_str(text: &str) -> Result<Self, NotABucket> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = text.as_bytes();
        let sound = (3..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| plain(*byte) || matches!(byte, b'.' | b'-'))
            && bytes.first().is_some_and(|byte| plain(*byte))
            && bytes.last().is_some_and(|byte| plain(*byte))
            && !text.contains("..")
            && text.parse::<std::net::Ipv4Addr>().is_err();
        if sound { Ok(Self(text.to_owned())) } else { Err(NotABucket) }
    }
}

/// The beginning of the keys of a project's recordings, without slashes at its ends. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyPrefix(String);

/// The text cannot begin the keys of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A key prefix has letters, digits, hyphens and underscores, with single slashes between them")]
pub struct NotAPrefix;

impl KeyPrefix {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPrefix {
    type Err = NotAPrefix;

    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let text = text.trim_matches('/');
        let sound = !text.is_empty()
            && text.len() <= 255
            && !text.contains("//")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/'));
        if sound { Ok(Self(text.to_owned())) } else { Err(NotAPrefix) }
    }
}

macro_rules! text {
    ($($name:ident, $error:ident;)*) => {$(
        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text! {
    BucketName, NotABucket;
    KeyPrefix, NotAPrefix;
}

/// Where a project's chunks are kept. A recording keeps the one of its own time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The bucket.
    pub bucket: BucketName,
    /// Its Region.
    pub region: Region,
    /// What every key begins with, when anything.
    pub key_prefix: Option<KeyPrefix>,
}

impl Place {
    /// What every key begins with, with its slash: `` or `pam/prod/`.
    #[must_use]
    pub fn prefix(&self) -> String {
        self.key_prefix.as_ref().map_or_else(String::new, |prefix| format!("{prefix}/"))
    }

    /// What the keys of a project's recordings begin with.
    #[must_use]
    pub fn project_prefix(&self, project: ProjectId) -> String {
        format!("{}{project}/", self.prefix())
    }

    /// The key of a chunk.
    #[must_use]
    pub fn chunk_key(&self, project: ProjectId, session: PamSessionId, index: ChunkIndex) -> String {
        format!("{}{session}/chunk-{}.json.enc", self.project_prefix(project), index.padded())
    }

    /// The key of the picture at the beginning of a chunk.
    #[must_use]
    pub fn keyframe_key(&self, project: ProjectId, session: PamSessionId, index: ChunkIndex) -> String {
        format!("{}{session}/chunk-{}.keyframe.png.enc", self.project_prefix(project), index.padded())
    }

    /// The key of an object that shows whether the bucket can be used, and is removed again.
    #[must_use]
    pub fn test_key(&self, test: Uuid) -> String {
        format!("{}.test/{test}", self.prefix())
    }

    /// The key that a browser asks for to see whether the bucket answers it at all. There need not be such an object.
    #[must_use]
    pub fn cors_probe_key(&self) -> String {
        format!("{}.cors-probe", self.prefix())
    }

    /// The bucket as policies name it.
    #[must_use]
    pub fn bucket_arn(&self) -> String {
        format!("arn:{}:s3:::{}", self.region.partition(), self.bucket)
    }

    /// Objects whose keys have this pattern after the prefix, as policies name them.
    #[must_use]
    pub fn objects_arn(&self, pattern: &str) -> String {
        format!("{}/{}{pattern}", self.bucket_arn(), self.prefix())
    }
}
