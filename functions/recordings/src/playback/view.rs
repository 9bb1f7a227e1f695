//! The answer, as the wire shows it. What is the peer's keeps its shape; the chain, the manifest, the expiry and the cursor are
//! ours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::id::{PamSessionId, ProjectId};
use model::recording::{Chunk, ChunkIndex, Iv, Manifest, Recording, STORAGE_BACKEND, SessionKey, Sha256};
use serde::{Serialize, Serializer};
use web::Problem;
use zeroize::Zeroizing;

use super::page::Page;
use crate::bucket::Bucket;

/// A page of a recording.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Playback {
    session_complete: bool,
    session_key: Shown,
    project_id: ProjectId,
    session_id: PamSessionId,
    storage_backend: &'static str,
    chunks: Vec<ChunkView>,
    chain: ChainView,
    manifest: Option<Sealed>,
    expires_in_seconds: u64,
    expires_at: Timestamp,
    next_cursor: Option<String>,
}

/// The key on the wire, for whoever may watch.
#[derive(Debug)]
struct Shown(SessionKey);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.0.expose())))
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChainView {
    before: Sha256,
    after: Sha256,
}

/// The manifest with its seal.
#[derive(Debug, Serialize)]
struct Sealed {
    #[serde(flatten)]
    manifest: Manifest,
    mac: Sha256,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChunkView {
    chunk_index: ChunkIndex,
    start_elapsed_ms: u64,
    end_elapsed_ms: u64,
    storage_backend: &'static str,
    external_chunk_object_key: String,
    ciphertext_sha256: Sha256,
    ciphertext_bytes: u64,
    iv: Iv,
    presigned_get_url: String,
}

impl Playback {
    /// Signs the URLs of a page's chunks.
    pub(super) async fn new(
        recording: &Recording,
        key: SessionKey,
        page: Page,
        next_cursor: Option<String>,
        bucket: &Bucket,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let window = bucket.window(now)?;
        let (at, expires_in) = (window.from, window.expires_in);
        let (place, credentials) = bucket.presigning().await?;
        let get = presign::Get::new(&place, &credentials, presign::Window { at, expires_in }, &[]);
        let mut get = get.map_err(|error| Problem::bug("presign a GetObject", error))?;
        let chunks =
            page.chunks.iter().filter_map(|chunk| ChunkView::new(recording, chunk, &mut get)).collect();
        Ok(Self {
            session_complete: recording.ended.is_some(),
            project_id: recording.project_id,
            session_id: recording.session_id,
            storage_backend: STORAGE_BACKEND,
            chunks,
            chain: ChainView { before: page.before.head(), after: page.after.head() },
            manifest: page.manifest.map(|manifest| Sealed { mac: manifest.mac(&key), manifest }),
            expires_in_seconds: expires_in.as_secs(),
            expires_at: window.expires_at(),
            next_cursor,
            session_key: Shown(key),
        })
    }
}

impl ChunkView {
    /// `None` for a chunk that was announced and never came.
    fn new(recording: &Recording, chunk: &Chunk, get: &mut presign::Get) -> Option<Self> {
        let committed = chunk.committed.as_ref()?;
        let (project, session) = (recording.project_id, recording.session_id);
        let key = recording.place.chunk_key(project, session, chunk.index);
        Some(Self {
            chunk_index: chunk.index,
            start_elapsed_ms: committed.start_elapsed_ms,
            end_elapsed_ms: committed.end_elapsed_ms,
            storage_backend: STORAGE_BACKEND,
            ciphertext_sha256: committed.ciphertext_sha256,
            ciphertext_bytes: committed.ciphertext_bytes,
            iv: committed.iv,
            presigned_get_url: get.url(&key),
            external_chunk_object_key: key,
        })
    }
}
