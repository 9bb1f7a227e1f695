//! Announcements: which objects will come, written down before anybody can put them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::try_join_all;
use model::Timestamp;
use model::recording::{Chunk, ChunkIndex, PresignPut, Recording};
use store::{Bookkeeping, Change, CommitError, Conflict, Stored};
use web::Problem;

use crate::{Ctx, error};

/// So many chunks are written in one transaction: small enough to be written again when two gateways collide.
const AT_ONCE: usize = 25;
/// So many transactions at the same time.
const SIDE_BY_SIDE: usize = 8;
/// From so many indexes for each that is announced on, those between are not read.
const SPARSE: usize = 2;
/// How often it is tried against others who announce the same.
const ATTEMPTS: u32 = 4;

/// Writes down what is announced and not known yet. One Query (a BatchGetItem for each 100 where most indexes between are left
/// out), and one transaction for each 25 chunks of which something is
/// new; all or nothing where an announcement contradicts what is committed.
pub(super) async fn announce(
    ctx: &Ctx,
    recording: &Recording,
    puts: &[PresignPut],
    now: Timestamp,
) -> Result<(), Problem> {
    for _ in 0..ATTEMPTS {
        let known = known(ctx, recording, puts).await?;
        let news = news(recording, &known, puts, now)?;
        match write(ctx, &known, &news, now).await {
            Ok(()) => return Ok(()),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Exists { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. } | Conflict::Unmet(_)) | None => return Err(refused.into()),
            },
        }
    }
    Err(Problem::crowded("chunk"))
}

type Known = HashMap<ChunkIndex, Stored<Chunk>>;

async fn known(ctx: &Ctx, recording: &Recording, puts: &[PresignPut]) -> Result<Known, Problem> {
    let session = recording.session_id;
    let indexes: BTreeSet<ChunkIndex> = puts.iter().map(|put| put.index).collect();
    let chunks = match (indexes.first(), indexes.last()) {
        (Some(only), Some(last)) if only == last => {
            ctx.store.chunk(session, *only).await?.into_iter().collect()
        }
        (Some(first), Some(last)) if span(*first, *last) > SPARSE * indexes.len() => {
            ctx.store.chunks_at(session, &Vec::from_iter(indexes)).await?
        }
        (Some(first), Some(last)) => ctx.store.chunks(session, *first, *last).await?,
        (None, _) | (_, None) => Vec::new(),
    };
    Ok(chunks.into_iter().map(|chunk| (chunk.index, chunk)).collect())
}

/// How many indexes there are from `first` to `last`.
fn span(first: ChunkIndex, last: ChunkIndex) -> usize {
    usize::try_from(last.number().saturating_sub(first.number()).saturating_add(1)).unwrap_or(usize::MAX)
}

/// The chunks of which something new is announced.
fn news(
    recording: &Recording,
    known: &Known,
    puts: &[PresignPut],
    now: Timestamp,
) -> Result<Vec<Chunk>, Problem> {
    let mut news: BTreeMap<ChunkIndex, Chunk> = BTreeMap::new();
    for put in puts {
        let before = news.get(&put.index).cloned();
        let before = before.or_else(|| known.get(&put.index).map(|stored| stored.value.clone()));
        let before = before.unwrap_or_else(|| Chunk::new(recording.session_id, put.index));
        let after = before.announce(put.bytes, put.is_keyframe, now).map_err(error::contradicted)?;
        news.extend(after.map(|after| (put.index, after)));
    }
    Ok(news.into_values().collect())
}

/// Eight transactions side by side.
async fn write(ctx: &Ctx, known: &Known, news: &[Chunk], now: Timestamp) -> Result<(), CommitError> {
    for part in news.chunks(AT_ONCE * SIDE_BY_SIDE) {
        let changes = part.chunks(AT_ONCE).map(|group| Bookkeeping(change(known, group, now)));
        try_join_all(changes.map(|change| ctx.store.keep_count(change))).await?;
    }
    Ok(())
}

fn change(known: &Known, chunks: &[Chunk], now: Timestamp) -> Change {
    chunks.iter().fold(Change::new(now), |change, chunk| match known.get(&chunk.index) {
        Some(read) => change.replace(read, chunk),
        None => change.create(chunk),
    })
}
