//! A chunk is there: the gateway says so, and S3 is asked.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ChecksumMode;
use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::recording::{Chunk, ChunkIndex, CommitChunk, Keyframe, Recording, STORAGE_BACKEND};
use serde::Serialize;
use store::{Bookkeeping, Change, Stored};
use web::{Caller, JsonBody, Path, Problem};

use super::open;
use crate::bucket::{Bucket, Failure};
use crate::gateway::{UploadToken, admit, uploading};
use crate::{Ctx, error};

/// How often it is tried against others who commit at the same moment: the first chunks of a recording write it too.
const ATTEMPTS: u32 = 6;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Done {
    ok: bool,
    storage_backend: &'static str,
}

const DONE: Done = Done { ok: true, storage_backend: STORAGE_BACKEND };

/// `POST /api/v1/pam/sessions/{sessionId}/chunks`: as often as the gateway likes, in any order, also when the session has ended.
///
/// S3: one HeadObject, and one more for a keyframe; none for what was committed before. One HeadBucket where there is no object.
pub(crate) async fn commit(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(session): Path<PamSessionId>,
    token: UploadToken,
    body: JsonBody<CommitChunk>,
) -> Result<Json<Done>, Problem> {
    let mut recording = uploading(&ctx, &caller, session, token).await?;
    let said = body.read()?;
    let keyframe = keyframe(&recording, &said)?;
    let mut is_seen = false;
    for _ in 0..ATTEMPTS {
        let found = ctx.store.chunk(session, said.index).await?;
        let known =
            found.as_ref().map_or_else(|| Chunk::new(session, said.index), |found| found.value.clone());
        let next = known.commit(&said, keyframe.clone(), caller.now).map_err(error::contradicted)?;
        let (Some(next), Some(found)) = (next, found) else { return Ok(Json(DONE)) };
        if !is_seen {
            see(&ctx, &caller, &recording, &said).await?;
            is_seen = true;
        }
        if write(&ctx, &caller, &recording, &found, &next).await? {
            return Ok(Json(DONE));
        }
        // Somebody wrote the recording or the chunk meanwhile; a token that was given anew would not be this one.
        let read = ctx.store.recording(session).await?;
        recording = read.ok_or_else(|| error::absent_recording(session))?;
        admit(&recording, &caller, token)?;
    }
    Err(Problem::crowded("chunk"))
}

/// The keyframe that the gateway says there is: no other object than the chunk's own.
fn keyframe(recording: &Recording, said: &CommitChunk) -> Result<Option<Keyframe>, Problem> {
    let Some((object_key, bytes)) = said.keyframe.clone() else { return Ok(None) };
    let own = recording.place.keyframe_key(recording.project_id, recording.session_id, said.index);
    if object_key != own {
        let message = format!("The keyframe of chunk {} is {own} and no other object", said.index);
        return Err(Problem::bad_request(message));
    }
    Ok(Some(Keyframe { object_key, bytes }))
}

/// Whether S3 has what the gateway says: of that length, and of that digest where S3 knows it.
async fn see(ctx: &Ctx, caller: &Caller, recording: &Recording, said: &CommitChunk) -> Result<(), Problem> {
    let bucket = open(ctx, caller, recording).await?;
    let key = recording.place.chunk_key(recording.project_id, recording.session_id, said.index);
    let (chunk, keyframe) = tokio::join!(head(&bucket, &key), async {
        match &said.keyframe {
            Some((key, bytes)) => Some((head(&bucket, key).await, *bytes)),
            None => None,
        }
    });
    // Where there is no bucket either, that is the answer: a HEAD does not tell the two apart.
    let chunk = match chunk {
        Err(Failure::NoObject) => Err(bucket.find().await.err().unwrap_or(Failure::NoObject)),
        chunk => chunk,
    };
    let chunk = found(&bucket, &key, said.index, chunk)?;
    is_of_length(said.index, &chunk, said.ciphertext_bytes)?;
    // A digest of parts has their number behind it, and is no digest of the whole.
    let sha256 = chunk.checksum_sha256().filter(|digest| !digest.contains('-'));
    if sha256.is_some_and(|digest| digest != said.ciphertext_sha256.to_string()) {
        return Err(Problem::bad_request(format!(
            "Chunk {}: the SHA-256 that S3 has of the object is another",
            said.index
        )));
    }
    if let (Some((head, bytes)), Some((key, _))) = (keyframe, &said.keyframe) {
        is_of_length(said.index, &found(&bucket, key, said.index, head)?, bytes)?;
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
async fn head(bucket: &Bucket, key: &str) -> Result<HeadObjectOutput, Failure> {
    let name = bucket.place().bucket.as_str();
    let asked = bucket.client().head_object().bucket(name).key(key).checksum_mode(ChecksumMode::Enabled);
    asked.send().await.map_err(|error| Failure::of(&error, true))
}

fn found(
    bucket: &Bucket,
    key: &str,
    index: ChunkIndex,
    answer: Result<HeadObjectOutput, Failure>,
) -> Result<HeadObjectOutput, Problem> {
    answer.map_err(|failure| match failure {
        Failure::NoObject => {
            Problem::bad_request(format!("Chunk {index}: there is no object {key} in the bucket yet"))
        }
        failure @ (Failure::Denied(_)
        | Failure::NoBucket
        | Failure::Elsewhere(_)
        | Failure::Refused(_)
        | Failure::Passing(_)) => {
            let place = bucket.place();
            let need = format!("s3:GetObject on {}", place.objects_arn("*"));
            error::from_bucket(place, &format!("HeadObject of chunk {index}"), &need, failure)
        }
    })
}

fn is_of_length(index: ChunkIndex, object: &HeadObjectOutput, bytes: u64) -> Result<(), Problem> {
    let there = object.content_length().and_then(|length| u64::try_from(length).ok());
    match there {
        Some(there) if there == bytes => Ok(()),
        Some(there) => Err(Problem::bad_request(format!(
            "Chunk {index}: the object in the bucket has {there} bytes, not {bytes}"
        ))),
        None => Err(Problem::unavailable("S3 did not say how long the object is; please try again")),
    }
}

/// Whether nobody was faster. The first chunk of a recording freezes to whom its key was given.
async fn write(
    ctx: &Ctx,
    caller: &Caller,
    recording: &Stored<Recording>,
    read: &Stored<Chunk>,
    next: &Chunk,
) -> Result<bool, Problem> {
    let mut change = Change::new(caller.now).replace(read, next);
    if let Some(begun) = recording.begun(caller.now) {
        change = change.replace(recording, &begun);
    }
    match ctx.store.keep_count(Bookkeeping(change)).await {
        Ok(()) => Ok(true),
        Err(refused) if refused.is_outpaced() => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}
