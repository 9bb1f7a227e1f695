//! One page of a recording's chunks, with the chain before and after it, and the sum of them all where the recording begins
//! and ends.

use model::recording::{Chain, Chunk, ChunkIndex, Manifest, Recording, Survey};
use store::{ReadError, Store, Stored};

use super::cursor::Cursor;

/// So many chunks are in memory at a time when all are summed up.
const AT_A_TIME: u16 = 1_000;

/// Chunks as they follow each other.
#[derive(Debug)]
pub(super) struct Page {
    /// Those that are announced, committed or not.
    pub(super) chunks: Vec<Stored<Chunk>>,
    /// The chain before the first of them.
    pub(super) before: Chain,
    /// The chain after the last of them.
    pub(super) after: Chain,
    /// The sum of the whole recording, on the first and on the last page.
    pub(super) manifest: Option<Manifest>,
    /// Where the next page begins.
    pub(super) next: Option<ChunkIndex>,
}

/// Reads a page. One Query; the first page of several reads the rest in pages as well, the last one all of them, so that what
/// it sums up is of one time.
pub(super) async fn read(
    store: &Store,
    recording: &Recording,
    cursor: &Cursor,
    limit: u16,
) -> Result<Page, ReadError> {
    let session = recording.session_id;
    let found = store.chunk_page(session, cursor.from, ChunkIndex::LAST, limit).await?;
    let after = found
        .chunks
        .iter()
        .filter_map(link)
        .fold(cursor.chain, |chain, (index, bytes, sha256)| chain.then(index, bytes, sha256));
    let is_first = cursor.from == ChunkIndex::FIRST;
    let manifest = match (is_first, found.next) {
        (true, rest) => Some(sum(store, recording, &found.chunks, rest).await?),
        (false, None) => Some(sum(store, recording, &[], Some(ChunkIndex::FIRST)).await?),
        (false, Some(_)) => None,
    };
    Ok(Page { before: cursor.chain, after, manifest, next: found.next, chunks: found.chunks })
}

fn link(chunk: &Stored<Chunk>) -> Option<(ChunkIndex, u64, &model::recording::Sha256)> {
    let committed = chunk.committed.as_ref()?;
    Some((chunk.index, committed.ciphertext_bytes, &committed.ciphertext_sha256))
}

/// Sums up what was read and what follows it from `rest` on, a page at a time.
async fn sum(
    store: &Store,
    recording: &Recording,
    read: &[Stored<Chunk>],
    mut rest: Option<ChunkIndex>,
) -> Result<Manifest, ReadError> {
    let mut survey = Survey::new(recording.project_id, recording.session_id);
    read.iter().for_each(|chunk| survey.see(chunk));
    while let Some(from) = rest {
        let page = store.chunk_page(recording.session_id, from, ChunkIndex::LAST, AT_A_TIME).await?;
        page.chunks.iter().for_each(|chunk| survey.see(chunk));
        rest = page.next;
    }
    Ok(survey.finish(recording))
}
