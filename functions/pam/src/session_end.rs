//! Saying that one is done.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::pam::{PamSession, SessionStatus};
use model::permission::{Action, Scoped as _};
use model::recording::{Claim, EndSession, Recording};
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::session_get::Known;
use crate::session_view::{One, one_recorded, recorded};

/// How often it is tried against a gateway that commits its first chunk at the same moment.
const ATTEMPTS: u32 = 3;

/// `POST /api/v1/pam/sessions/{sessionId}/end`. The record ends; the credentials work until they expire, and the session can
/// still be terminated until then.
///
/// A session that is over is answered as it is: the peer's command line says so when its credentials have expired, too. The
/// gateway that records a session may say here what it uploaded.
pub(crate) async fn end(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
    body: JsonBody<EndSession>,
) -> Result<Json<One>, Problem> {
    let EndSession { claim } = body.read()?;
    for _ in 0..ATTEMPTS {
        if let Some(answer) = try_end(&ctx, &caller, id, claim.clone()).await? {
            return Ok(answer);
        }
    }
    Err(Problem::crowded("session"))
}

/// `None` when somebody else changed it meanwhile.
async fn try_end(
    ctx: &Ctx,
    caller: &Caller,
    id: PamSessionId,
    claim: Option<Claim>,
) -> Result<Option<Json<One>>, Problem> {
    let known = Known::read(ctx, caller, id).await?;
    let is_gateway = known.is_gateway(caller);
    let is_recording_alone = known.session.is_none() && known.recording.is_some();
    let (session, recording) = if is_recording_alone {
        (None, Some(known.recorded(caller, id, Action::Terminate)?))
    } else {
        let recording = known.recording.clone();
        (Some(known.permitted(caller, id, Action::Terminate)?), recording)
    };
    if claim.is_some() && !is_gateway {
        return Err(Problem::forbidden("Only the gateway that records a session says what it uploaded"));
    }
    let mut change = Change::new(caller.now);
    let next = session.as_ref().map(|session| over(session, caller)).transpose()?.flatten();
    if let (Some(read), Some(next)) = (&session, &next) {
        change = change.replace(read, next);
    }
    let last = recording.as_ref().map(|recording| recording.end(claim, caller.now)).transpose();
    let last = last.map_err(|error| Problem::bad_request(error.to_string()))?.flatten();
    if let (Some(read), Some(last)) = (&recording, &last) {
        change = change.replace(read, last);
    }
    if change.size() > 0 && !write(ctx, caller, change, session.as_ref(), recording.as_ref()).await? {
        return Ok(None);
    }
    let recording = recording.map(|read| replaced(read, last, caller));
    Ok(match (session, recording) {
        (Some(session), recording) => {
            let session = replaced(session, next, caller);
            Some(one_recorded(session, recording.as_deref(), caller.now))
        }
        (None, Some(recording)) => Some(recorded(&recording, caller.now)),
        (None, None) => None,
    })
}

fn replaced<T>(read: Stored<T>, next: Option<T>, caller: &Caller) -> Stored<T> {
    match next {
        Some(next) => read.replaced(next, caller.now),
        None => read,
    }
}

/// The session once it is over; `None` when it is already.
fn over(read: &PamSession, caller: &Caller) -> Result<Option<PamSession>, Problem> {
    match read.status(caller.now) {
        SessionStatus::Active => {}
        SessionStatus::Ended | SessionStatus::Terminated => return Ok(None),
        status @ (SessionStatus::Starting | SessionStatus::Failed) => {
            let message = format!("Only an active session can be ended; the session is {}", status.name());
            return Err(Problem::bad_request(message));
        }
    }
    let next = read.ended(caller.now).map_err(|state| Problem::bug("end an active session", state))?;
    Ok(Some(next))
}

/// Whether nobody was faster.
async fn write(
    ctx: &Ctx,
    caller: &Caller,
    change: Change,
    session: Option<&Stored<PamSession>>,
    recording: Option<&Stored<Recording>>,
) -> Result<bool, Problem> {
    let named = session.map(|session| {
        (session.id, format!("{}/{}", session.resource_name, session.account_name), session.scope())
    });
    let named = named.or_else(|| recording.map(|read| (read.session_id, read.path(), read.scope())));
    let Some((id, path, scope)) = named else { return Ok(false) };
    let audit = caller.audit("pam-session.end", id, path, scope);
    let days = match scope.project() {
        Some(project) => ctx.store.audit_days(project).await?,
        None => None,
    };
    match ctx.store.commit_kept(change, &audit, days).await {
        Ok(()) => Ok(true),
        Err(refused) => match refused.conflict() {
            Some(Conflict::Stale { .. }) => Ok(false),
            Some(
                Conflict::Exists { .. }
                | Conflict::NameTaken { .. }
                | Conflict::Unmet(_)
                | Conflict::Contended,
            )
            | None => Err(refused.into()),
        },
    }
}
