//! A URL by which one object can be put.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::id::PamSessionId;
use model::recording::PresignPut;
use serde::Serialize;
use web::{Caller, JsonBody, Path, Problem};

use super::announce::announce;
use super::{CONTENT_TYPE, object_key, open};
use crate::Ctx;
use crate::bucket::Window;
use crate::gateway::{UploadToken, uploading};

/// The answer. Whoever has the URL can put the object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Presigned {
    url: String,
    object_key: String,
    method: &'static str,
    /// For how long the URL works, in whole seconds,
    expires_in_seconds: u64,
    /// and until when.
    expires_at: Timestamp,
}

impl Presigned {
    pub(super) fn new(url: String, object_key: String, window: Window) -> Self {
        Self {
            url,
            object_key,
            method: "PUT",
            expires_in_seconds: window.expires_in.as_secs(),
            expires_at: window.expires_at(),
        }
    }
}

/// `POST /api/v1/pam/sessions/{sessionId}/chunks/presigned-put`. The URL wants `Content-Type: application/octet-stream` and the
/// announced `Content-Length`; `If-None-Match: *` and `x-amz-checksum-sha256` where those were asked for; nothing else.
pub(crate) async fn one(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(session): Path<PamSessionId>,
    token: UploadToken,
    body: JsonBody<PresignPut>,
) -> Result<Json<impl Serialize>, Problem> {
    let recording = uploading(&ctx, &caller, session, token).await?;
    let put = body.read()?;
    let bucket = open(&ctx, &caller, &recording).await?;
    announce(&ctx, &recording, &[put], caller.now).await?;
    let (key, window) = (object_key(&recording, &put), bucket.window(caller.now)?);
    let length = i64::try_from(put.bytes).unwrap_or(i64::MAX);
    let request = bucket.client().put_object().bucket(bucket.place().bucket.as_str()).key(&key);
    let request = request.content_type(CONTENT_TYPE).content_length(length);
    let request = request.set_if_none_match(put.only_if_absent.then(|| "*".to_owned()));
    let request = request.set_checksum_sha256(put.sha256.map(|digest| digest.to_string()));
    let presigned = request.presigned(window.presigning()?).await;
    let presigned = presigned.map_err(|_| Problem::bug("presign a PUT", "the SDK did not sign"))?;
    Ok(Json(Presigned::new(presigned.uri().to_owned(), key, window)))
}
