//! One session.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::pam::{PamSession, SessionActor};
use model::permission::{Action, Scoped as _, Subject};
use model::recording::Recording;
use store::Stored;
use web::{Caller, Path, Permissions, Problem};

use crate::Ctx;
use crate::error::no_session;
use crate::session_view::{One, one_recorded, recorded};

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

/// `GET /api/v1/pam/sessions/{sessionId}`: also of a session that is known only because it is recorded. Two GetItems, side by
/// side with the caller's permissions.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamSessionId>,
) -> Result<Json<One>, Problem> {
    let known = Known::read(&ctx, &caller, id).await?;
    if known.session.is_none() && known.recording.is_some() {
        return Ok(recorded(&known.recorded(&caller, id, Action::Read)?, caller.now));
    }
    let recording = known.recording.clone();
    let session = known.permitted(&caller, id, Action::Read)?;
    Ok(one_recorded(session, recording.as_deref(), caller.now))
}

/// All that there is of a session, and what the caller may do.
pub(crate) struct Known {
    permissions: Permissions,
    pub(crate) session: Option<Stored<PamSession>>,
    pub(crate) recording: Option<Stored<Recording>>,
}

impl Known {
    pub(crate) async fn read(ctx: &Ctx, caller: &Caller, id: PamSessionId) -> Result<Self, Problem> {
        let (permissions, session, recording) = tokio::try_join!(
            caller.permissions(&ctx.store),
            ctx.store.pam_session(id),
            ctx.store.recording(id)
        )?;
        Ok(Self { permissions, session, recording })
    }

    /// Whether the caller records the session, and still belongs to its project.
    pub(crate) fn is_gateway(&self, caller: &Caller) -> bool {
        self.recording.as_ref().is_some_and(|recording| {
            recording.is_given_to(&format!("{}:{}", caller.kind.name(), caller.id))
                && self.permissions.sees(recording.scope())
        })
    }

    /// The session of console access, if it is the caller's own, or recorded by the caller, or the caller may do `action` to it.
    pub(crate) fn permitted(
        self,
        caller: &Caller,
        id: PamSessionId,
        action: Action,
    ) -> Result<Stored<PamSession>, Problem> {
        let is_gateway = self.is_gateway(caller);
        match self.session {
            Some(own) if is_gateway || is_own(&own.actor, caller) => Ok(own),
            session => self.permissions.open(action, Subject::PamSessions, session, || no_session(id)),
        }
    }

    /// The recording of a session of another kind, likewise.
    pub(crate) fn recorded(
        self,
        caller: &Caller,
        id: PamSessionId,
        action: Action,
    ) -> Result<Stored<Recording>, Problem> {
        let is_gateway = self.is_gateway(caller);
        match self.recording {
            Some(own) if is_gateway || (is_own(&own.actor, caller) && self.permissions.sees(own.scope())) => {
                Ok(own)
            }
            recording => self.permissions.open(action, Subject::PamSessions, recording, || no_session(id)),
        }
    }
}

fn is_own(actor: &SessionActor, caller: &Caller) -> bool {
    actor.kind == caller.kind && actor.id == caller.id
}
