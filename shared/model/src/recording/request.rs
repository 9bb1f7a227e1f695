//! What clients and gateways send.

use serde_json::Value;

use super::bytes::{Iv, Sha256};
use super::chunk::{ChunkIndex, LARGEST_CHUNK};
use super::noun::Claim;
use crate::form::{self, Fault, Form, Issues, Read, Rule, rule};
use crate::id::ProjectId;

/// The most chunks that one request announces.
const MOST_AT_ONCE: usize = 1_000;

/// The longest session: what a double holds without loss.
const LONGEST_MS: u64 = 9_007_199_254_740_991;

const NOT_HERE: &str =
    "Recordings are kept in a bucket of yours: upload the ciphertext there by the presigned PUT";

/// The wish to record a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRecording {
    /// The project.
    pub project_id: ProjectId,
    /// What kind of account, in lower case: `ssh`, `postgres`, ….
    pub account_type: String,
    /// The account, as people call it.
    pub account_name: String,
    /// What the account belongs to.
    pub resource_name: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl CreateRecording {
    /// Reads the body.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn read(body: &Value) -> Result<Self, Issues> {
        form::read(body, <Self as Read>::read)
    }
}

impl Read for CreateRecording {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project_id = form.required("projectId", rule::id());
        let account_type = form.required("accountType", rule::slug(1, 64));
        let account_name = form.required("accountName", rule::trimmed(1, 255));
        let resource_name = form.nullish("resourceName", rule::trimmed(0, 255));
        let reason = form.nullish("reason", rule::trimmed(0, 1_000));
        Some(Self {
            project_id: project_id?,
            account_type: account_type?,
            account_name: account_name?,
            resource_name: resource_name?.filter(|name| !name.is_empty()),
            reason: reason?.filter(|reason| !reason.is_empty()),
        })
    }
}

/// The announcement of an object, for which a URL is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresignPut {
    /// The chunk.
    pub index: ChunkIndex,
    /// The exact length of what will be put.
    pub bytes: u64,
    /// Whether it is the picture at the chunk's beginning, not the chunk.
    pub is_keyframe: bool,
    /// Whether S3 shall refuse to overwrite. Whoever puts then sends `If-None-Match: *`.
    pub only_if_absent: bool,
    /// What S3 shall hold the upload against, and remember. Whoever puts then sends it as `x-amz-checksum-sha256`: a header of
    /// that kind is refused where it is not signed.
    pub sha256: Option<Sha256>,
}

impl Read for PresignPut {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let index = form.required("chunkIndex", index());
        let bytes = form.required("ciphertextBytes", rule::integer(1, LARGEST_CHUNK));
        let is_keyframe = form.nullish("isKeyframe", rule::boolean());
        let only_if_absent = form.nullish("onlyIfAbsent", rule::boolean());
        let sha256 = form.nullish("ciphertextSha256", rule::parsed());
        Some(Self {
            index: index?,
            bytes: bytes?,
            is_keyframe: is_keyframe?.unwrap_or_default(),
            only_if_absent: only_if_absent?.unwrap_or_default(),
            sha256: sha256?,
        })
    }
}

/// Several announcements at once, each object once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignPuts(pub Vec<PresignPut>);

impl Read for PresignPuts {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let Some(puts) = form.optional_objects("chunks", 1, PresignPut::read)? else {
            return form.refuse("chunks", "Required");
        };
        if puts.len() > MOST_AT_ONCE {
            return form.refuse("chunks", format!("At most {MOST_AT_ONCE} chunks at once"));
        }
        let mut objects: Vec<_> = puts.iter().map(|put| (put.index, put.is_keyframe)).collect();
        objects.sort_unstable();
        match objects.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => {
                form.refuse("chunks", format!("chunkIndex {} is there more than once", twice[0].0))
            }
            None => Some(Self(puts)),
        }
    }
}

/// What a gateway says of a chunk that it uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChunk {
    /// The chunk.
    pub index: ChunkIndex,
    /// Where in the session it begins, in milliseconds.
    pub start_elapsed_ms: u64,
    /// Where it ends.
    pub end_elapsed_ms: u64,
    /// The digest of the ciphertext.
    pub ciphertext_sha256: Sha256,
    /// Its length, with the tag.
    pub ciphertext_bytes: u64,
    /// What it was sealed with.
    pub iv: Iv,
    /// The picture at its beginning: the object's key and its length.
    pub keyframe: Option<(String, u64)>,
}

impl Read for CommitChunk {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let index = form.required("chunkIndex", index());
        let start = form.required("startElapsedMs", rule::integer(0, LONGEST_MS));
        let end = form.required("endElapsedMs", rule::integer(0, LONGEST_MS));
        let ciphertext_sha256 = form.required("ciphertextSha256", rule::parsed());
        let ciphertext_bytes = form.required("ciphertextBytes", rule::integer(1, LARGEST_CHUNK));
        let iv = form.required("iv", rule::parsed());
        let keyframe_key = form.nullish("keyframeObjectKey", rule::trimmed(0, 1_024));
        let keyframe_bytes = form.nullish("keyframeSizeBytes", rule::integer(1, LARGEST_CHUNK));
        form.absent("ciphertext", NOT_HERE);
        let (start, end) = (start?, end?);
        if end < start {
            return form.refuse("endElapsedMs", "A chunk does not end before it begins");
        }
        let keyframe = match (keyframe_key?.filter(|key| !key.is_empty()), keyframe_bytes?) {
            (Some(key), Some(bytes)) => Some((key, bytes)),
            (None, None) => None,
            (Some(_), None) => return form.refuse("keyframeSizeBytes", "A keyframe has a length"),
            (None, Some(_)) => return form.refuse("keyframeObjectKey", "A keyframe has an object"),
        };
        Some(Self {
            index: index?,
            start_elapsed_ms: start,
            end_elapsed_ms: end,
            ciphertext_sha256: ciphertext_sha256?,
            ciphertext_bytes: ciphertext_bytes?,
            iv: iv?,
            keyframe,
        })
    }
}

/// What a gateway says when a session has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndSession {
    /// What it uploaded, when it says so.
    pub claim: Option<Claim>,
}

impl Read for EndSession {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let chunk_count =
            form.nullish("chunkCount", rule::integer(0, u64::from(ChunkIndex::LAST.number()) + 1));
        let chain_head = form.nullish("chainHead", rule::parsed());
        let claim = match (chunk_count?, chain_head?) {
            (Some(count), chain_head) => {
                Some(Claim { chunk_count: u32::try_from(count).unwrap_or(u32::MAX), chain_head })
            }
            (None, None) => None,
            (None, Some(_)) => return form.refuse("chunkCount", "A chain has a number of chunks"),
        };
        Some(Self { claim })
    }
}

fn index() -> impl Rule<Output = ChunkIndex> {
    let range = rule::integer(0, u64::from(ChunkIndex::LAST.number()));
    rule::json("number", move |value| {
        let number = range.read(value)?;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        number.try_into().map_err(|error: super::NotAnIndex| vec![Fault::custom(error.to_string())])
    })
}
