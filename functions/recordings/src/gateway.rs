//! Who uploads: the identity that has a session's key, with the token that it was given besides.

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use model::id::PamSessionId;
use model::permission::{Action, Subject};
use model::recording::{Recording, Refused, Sha256, UPLOAD_TOKEN_BYTES};
use store::Stored;
use subtle::ConstantTimeEq as _;
use web::{Caller, Problem};
use zeroize::Zeroizing;

use crate::{Ctx, error};

/// The header that carries the token.
pub(crate) const UPLOAD_TOKEN: &str = "X-Gateway-Upload-Token";

/// The digest of the token that a request came with. The token itself is not kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadToken(Sha256);

impl web::Argument for UploadToken {
    #[cfg(debug_assertions)]
    fn describe(operation: &mut web::openapi::Operation) {
        let thirty_two_bytes = serde_json::json!({ "type": "string", "pattern": "^[A-Za-z0-9+/]{43}=$" });
        operation.takes_header(UPLOAD_TOKEN, thirty_two_bytes);
    }
}

impl<S: Sync> FromRequestParts<S> for UploadToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = parts.headers.get(UPLOAD_TOKEN).ok_or_else(error::wrong_token)?;
        let mut token = Zeroizing::new([0; UPLOAD_TOKEN_BYTES]);
        match STANDARD.decode_slice(header.as_bytes(), token.as_mut_slice()) {
            Ok(UPLOAD_TOKEN_BYTES) => Ok(Self(Sha256::of(token.as_slice()))),
            Ok(_) | Err(_) => Err(error::wrong_token()),
        }
    }
}

/// How somebody is written down, `kind:id`.
pub(crate) fn name_of(caller: &Caller) -> String {
    format!("{}:{}", caller.kind.name(), caller.id)
}

/// The recording that the caller uploads to: it was given the key, and comes with the token. One GetItem and the caller's own
/// Query, side by side.
///
/// Whoever may not know of the session hears that there is none, whatever token they bring.
pub(crate) async fn uploading(
    ctx: &Ctx,
    caller: &Caller,
    session: PamSessionId,
    token: UploadToken,
) -> Result<Stored<Recording>, Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.recording(session))?;
    let absent = || error::absent_recording(session);
    let recording = permissions.open(Action::Record, Subject::Recordings, found, absent)?;
    admit(&recording, caller, token)?;
    Ok(recording)
}

/// Whether the recording's gateway is speaking.
pub(crate) fn admit(
    recording: &Recording,
    caller: &Caller,
    UploadToken(token): UploadToken,
) -> Result<(), Problem> {
    let given = recording.given.as_ref().ok_or_else(error::wrong_token)?;
    let is_right = given.upload_token_sha256.as_bytes().ct_eq(token.as_bytes());
    if !bool::from(is_right) {
        return Err(error::wrong_token());
    }
    if given.to != name_of(caller) {
        let (session, name) = (recording.session_id, given.name.clone());
        return Err(error::refused(Refused::Anothers { session, name }));
    }
    Ok(())
}
