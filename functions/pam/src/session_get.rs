//! One session.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::pam::PamSession;
use model::permission::{Action, Subject};
use store::Stored;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::error::no_session;
use crate::session_view::{One, one};

/// The session with this id, if it is the caller's own or the caller may do `action` to it. Permissions and session are
/// read side by side.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    id: PamSessionId,
    action: Action,
) -> Result<Stored<PamSession>, Problem> {
    let (permissions, session) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.pam_session(id))?;
    match session {
        Some(own) if own.actor.kind == caller.kind && own.actor.id == caller.id => Ok(own),
        session => permissions.open(action, Subject::PamSessions, session, || no_session(id)),
    }
}

/// `GET /api/v1/pam/sessions/{sessionId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
) -> Result<Json<One>, Problem> {
    Ok(one(permitted(&ctx, &caller, id, Action::Read).await?, caller.now))
}
