//! Saying that one is done.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::pam::SessionStatus;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::session_get::permitted;
use crate::session_view::{One, one};
use crate::trail::days_kept;

/// `POST /api/v1/pam/sessions/{sessionId}/end`. The record ends; the credentials work until they expire, and the session can
/// still be terminated until then.
///
/// A session that is over is answered as it is: the peer's command line says so when its credentials have expired, too.
pub(crate) async fn end(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
) -> Result<Json<One>, Problem> {
    let read = permitted(&ctx, &caller, id, Action::Terminate).await?;
    match read.status(caller.now) {
        SessionStatus::Active => {}
        SessionStatus::Ended | SessionStatus::Terminated => return Ok(one(read, caller.now)),
        status @ (SessionStatus::Starting | SessionStatus::Failed) => {
            let message = format!("Only an active session can be ended; the session is {}", status.name());
            return Err(Problem::bad_request(message));
        }
    }
    let next = read.ended(caller.now).map_err(|state| Problem::bug("end an active session", state))?;
    let path = format!("{}/{}", read.resource_name, read.account_name);
    let audit = caller.audit("pam-session.end", id, path, read.scope());
    let days_kept = days_kept(&ctx, read.project_id).await?;
    ctx.store.commit_kept(Change::new(caller.now).replace(&read, &next), &audit, days_kept).await?;
    Ok(one(read.replaced(next, caller.now), caller.now))
}
