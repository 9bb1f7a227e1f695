//! Watching a recording: its key and its chunks' URLs, page by page.

mod cursor;
mod page;
mod reach;
mod view;

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::PamSessionId;
use model::permission::{Action, Scoped as _, Subject};
use model::recording::{ChunkIndex, Recording, SessionKey};
use store::{Change, Stored};
use web::{Caller, Path, Problem, Query};

use crate::recording::seen;
use crate::{Ctx, error};
use cursor::Cursor;
use view::Playback;

/// The most chunks of one answer, and how many there are when nobody says.
const MOST: u64 = 1_000;

/// The page that the query asks for.
pub(crate) struct Wanted {
    limit: u16,
    cursor: Option<String>,
}

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let limit = form.or("limit", rule::numeral(1, MOST), MOST);
        let cursor = form.optional("cursor", rule::string(1, 255));
        Some(Self { limit: u16::try_from(limit?).unwrap_or(u16::MAX), cursor: cursor? })
    }
}

/// `GET /api/v1/pam/sessions/{sessionId}/playback`: the session's key and up to `limit` chunks from `cursor` on. However long the
/// recording, no more than one page of it is in memory. One KMS call, one line in the audit trail; the first page reads all
/// chunks once to sum them up, and the last one again, the others one page; S3 is asked once, on the first page.
pub(crate) async fn playback(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(session): Path<PamSessionId>,
    query: Query<Wanted>,
) -> Result<Json<Playback>, Problem> {
    let wanted = query.read()?;
    let read = watched(&ctx, &caller, session).await?;
    let (recording, days_kept) =
        tokio::try_join!(seen(&ctx.store, &read, caller.now), ctx.store.audit_days(read.project_id))?;
    let key = key(&ctx, &recording).await?;
    let cursor = match wanted.cursor {
        Some(text) => Cursor::read(&text, session, &key),
        None => Some(Cursor::start(&recording)),
    };
    audit(&ctx, &caller, &recording, days_kept, cursor.as_ref()).await?;
    let cursor = cursor.ok_or_else(error::foreign_cursor)?;
    let opening = async {
        let bucket = reach::open(&ctx, &recording, caller.now).await?;
        if cursor.from == ChunkIndex::FIRST {
            reach::prove(&bucket, &recording).await?;
        }
        Ok::<_, Problem>(bucket)
    };
    let reading =
        async { page::read(&ctx.store, &recording, &cursor, wanted.limit).await.map_err(Problem::from) };
    let (bucket, page) = tokio::try_join!(opening, reading)?;
    let next = page.next.map(|from| Cursor { from, chain: page.after });
    let next = next.map(|next| next.text(session, &key));
    Ok(Json(Playback::new(&recording, key, page, next, &bucket, caller.now).await?))
}

/// `GET /api/v1/pam/sessions/{sessionId}/chunks/{chunkIndex}/ciphertext`: chunks are in the customer's bucket and nowhere else.
pub(crate) async fn ciphertext(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((session, index)): Path<(PamSessionId, ChunkIndex)>,
) -> Result<Json<()>, Problem> {
    let recording = watched(&ctx, &caller, session).await?;
    Err(Problem::bad_request(format!(
        "Chunk {index} is kept in the bucket {} and not here: fetch it by the presignedGetUrl of \
         GET /api/v1/pam/sessions/{session}/playback",
        recording.place.bucket
    )))
}

/// The recording, if the caller may watch it. One GetItem and the caller's own Query, side by side.
async fn watched(ctx: &Ctx, caller: &Caller, session: PamSessionId) -> Result<Stored<Recording>, Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.recording(session))?;
    permissions.open(Action::Play, Subject::Recordings, found, || error::absent_recording(session))
}

async fn key(ctx: &Ctx, recording: &Recording) -> Result<SessionKey, Problem> {
    let session = recording.session_id;
    let given = recording.given.as_ref().ok_or_else(|| error::unrecorded(session))?;
    Ok(ctx.keys.open(recording.project_id, session, &given.wrapped_key).await?)
}

/// For whom the key was unwrapped is written down before anything else is done with it, whatever comes of that.
async fn audit(
    ctx: &Ctx,
    caller: &Caller,
    recording: &Recording,
    days_kept: Option<u32>,
    cursor: Option<&Cursor>,
) -> Result<(), Problem> {
    let from = cursor.map_or_else(|| "nowhere".to_owned(), |cursor| cursor.from.to_string());
    let mut audit = caller.audit("recording.play", recording.session_id, recording.path(), recording.scope());
    audit.details = vec![format!("session key unwrapped, chunks from {from}")];
    Ok(ctx.store.commit_kept(Change::new(caller.now), &audit, days_kept).await?)
}
