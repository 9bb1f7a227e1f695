//! What a gateway records a session with: given once.

use aws_lc_rs::rand;
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::id::{PamSessionId, ProjectId};
use model::permission::{Action, Scoped as _, Subject};
use model::recording::{Given, Recording, STORAGE_BACKEND, SessionKey, Sha256, UPLOAD_TOKEN_BYTES};
use serde::Serialize;
use store::{Change, Stored};
use web::{Caller, Exposed, Path, Problem};
use zeroize::Zeroizing;

use crate::gateway::name_of;
use crate::recording::seen;
use crate::{Ctx, error};

/// How often it is tried against others who ask at the same moment.
const ATTEMPTS: u32 = 4;

/// The answer. Its secrets are in it and nowhere else.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    /// Those of the account: whoever calls has them, or got them from elsewhere.
    credentials: Nothing,
    recording: Secrets,
}

#[derive(Debug, Serialize)]
struct Nothing {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Secrets {
    session_key: Exposed,
    upload_token: Exposed,
    storage_backend: &'static str,
    project_id: ProjectId,
    session_id: PamSessionId,
}

/// Bytes in base64.
fn exposed(bytes: &[u8]) -> Exposed {
    Exposed(STANDARD.encode(bytes).into())
}

/// `GET /api/v1/pam/sessions/{sessionId}/credentials`: to the identity that asks first, and to it again until a chunk is
/// committed, each time with a new upload token in place of the last.
///
/// KMS: one Encrypt, or one Decrypt when it was asked before.
pub(crate) async fn credentials(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(session): Path<PamSessionId>,
) -> Result<Json<Answer>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    for _ in 0..ATTEMPTS {
        let found = ctx.store.recording(session).await?;
        let absent = || error::absent_recording(session);
        let read = permissions.open(Action::Record, Subject::Recordings, found, absent)?;
        let (seen, days_kept) =
            tokio::try_join!(seen(&ctx.store, &read, caller.now), ctx.store.audit_days(read.project_id))?;
        seen.may_have_key(&name_of(&caller)).map_err(error::refused)?;
        let (key, wrapped_key) = key(&ctx, &read).await?;
        let token = token()?;
        let given = Given {
            to: name_of(&caller),
            name: caller.name.clone(),
            at: caller.now,
            wrapped_key,
            upload_token_sha256: Sha256::of(token.as_slice()),
        };
        if give(&ctx, &caller, &read, given, days_kept).await? {
            let recording = Secrets {
                session_key: exposed(key.expose()),
                upload_token: exposed(token.as_slice()),
                storage_backend: STORAGE_BACKEND,
                project_id: read.project_id,
                session_id: session,
            };
            return Ok(Json(Answer { credentials: Nothing {}, recording }));
        }
    }
    Err(Problem::crowded("recording"))
}

async fn key(ctx: &Ctx, recording: &Recording) -> Result<(SessionKey, String), Problem> {
    let (project, session) = (recording.project_id, recording.session_id);
    Ok(match &recording.given {
        Some(given) => {
            (ctx.keys.open(project, session, &given.wrapped_key).await?, given.wrapped_key.clone())
        }
        None => ctx.keys.make(project, session).await?,
    })
}

fn token() -> Result<Zeroizing<[u8; UPLOAD_TOKEN_BYTES]>, Problem> {
    let mut token = Zeroizing::new([0; UPLOAD_TOKEN_BYTES]);
    rand::fill(token.as_mut_slice()).map_err(|_| Problem::bug("make an upload token", "no random bytes"))?;
    Ok(token)
}

/// Writes down who has it. Whether nobody was faster.
async fn give(
    ctx: &Ctx,
    caller: &Caller,
    read: &Stored<Recording>,
    given: Given,
    days_kept: Option<u32>,
) -> Result<bool, Problem> {
    let verb = if read.given.is_some() { "recording.give-again" } else { "recording.give" };
    let mut audit = caller.audit(verb, read.session_id, read.path(), read.scope());
    audit.details = vec![format!("session key and upload token to: {}", given.to)];
    let next = Recording { given: Some(given), ..read.value.clone() };
    match ctx.store.commit_kept(Change::new(caller.now).replace(read, &next), &audit, days_kept).await {
        Ok(()) => Ok(true),
        Err(refused) if refused.is_outpaced() => Ok(false),
        Err(refused) => Err(refused.into()),
    }
}
