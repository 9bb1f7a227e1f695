//! Saying that one is done.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::permission::{Action, Scoped as _};
use store::{Change, Stored};
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::session_get::permitted;
use crate::session_view::{One, one};

/// `POST /api/v1/pam/sessions/{sessionId}/end`. The record ends; the credentials work until they expire, and the session can
/// still be terminated until then.
pub(crate) async fn end(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
) -> Result<Json<One>, Problem> {
    let read = permitted(&ctx, &caller, id, Action::Terminate).await?;
    let next = read
        .ended(caller.now)
        .map_err(|state| Problem::bad_request(format!("Only an active session can be ended; {state}")))?;
    let path = format!("{}/{}", read.resource_name, read.account_name);
    let audit = caller.audit("pam-session.end", id, path, read.scope());
    ctx.store.commit(Change::new(caller.now).replace(&read, &next), &audit).await?;
    let version = read.version.saturating_add(1);
    Ok(one(Stored { value: next, version, created_at: read.created_at, updated_at: caller.now }, caller.now))
}
