//! URLs by which many objects can be put.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::recording::{ChunkIndex, PresignPut, PresignPuts};
use presign::Put;
use serde::Serialize;
use web::{Caller, JsonBody, Path, Problem};

use super::announce::announce;
use super::presign::Presigned;
use super::{CONTENT_TYPE, object_key, open};
use crate::Ctx;
use crate::gateway::{UploadToken, uploading};

/// The answer, in the order of the request.
#[derive(Serialize)]
struct Many {
    chunks: Vec<One>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct One {
    chunk_index: ChunkIndex,
    is_keyframe: bool,
    #[serde(flatten)]
    presigned: Presigned,
}

/// `POST /api/v1/pam/sessions/{sessionId}/chunks/presigned-put-batch`: up to 1,000 at once.
///
/// The table: three GetItems and Queries as for one, one Query of the chunks (a BatchGetItem for each 100 where they are far from
/// each other), one transaction for each 25 that are new. AWS is asked for a session when none is in memory, and for nothing
/// else: URLs are signed here.
pub(crate) async fn many(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(session): Path<PamSessionId>,
    token: UploadToken,
    body: JsonBody<PresignPuts>,
) -> Result<Json<impl Serialize>, Problem> {
    let recording = uploading(&ctx, &caller, session, token).await?;
    let PresignPuts(puts) = body.read()?;
    let bucket = open(&ctx, &caller, &recording).await?;
    announce(&ctx, &recording, &puts, caller.now).await?;
    let window = bucket.window(caller.now)?;
    let (at, credentials) = bucket.presigning().await?;
    let signer = |headers: &[(&str, &str)]| {
        let times = presign::Window { at: window.from, expires_in: window.expires_in };
        Put::new(&at, &credentials, times, headers).map_err(|error| Problem::bug("presign PUTs", error))
    };
    const USUAL: (&str, &str) = ("content-type", CONTENT_TYPE);
    const CAREFUL: (&str, &str) = ("if-none-match", "*");
    let (mut usual, mut careful) = (signer(&[USUAL])?, signer(&[USUAL, CAREFUL])?);
    let mut one = |put: PresignPut| {
        let key = object_key(&recording, &put);
        let url = match put.sha256.map(|digest| digest.to_string()) {
            // A digest is of one object alone, and so is what signs it.
            Some(digest) => {
                let digest = ("x-amz-checksum-sha256", digest.as_str());
                let headers = [USUAL, digest, CAREFUL];
                signer(if put.only_if_absent { &headers } else { &headers[..2] })?.url(&key, put.bytes)
            }
            None if put.only_if_absent => careful.url(&key, put.bytes),
            None => usual.url(&key, put.bytes),
        };
        Ok::<_, Problem>(One {
            chunk_index: put.index,
            is_keyframe: put.is_keyframe,
            presigned: Presigned::new(url, key, window),
        })
    };
    Ok(Json(Many { chunks: puts.into_iter().map(&mut one).collect::<Result<_, _>>()? }))
}
