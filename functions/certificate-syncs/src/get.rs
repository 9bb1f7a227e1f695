//! One sync.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use model::certificate_sync::Destination;
use model::form::{Fault, Issues};
use model::id::CertificateSyncId;
use model::permission::{Action, Scope, Scoped as _, Subject};
use model::project::Asked;
use store::CertificateSyncAndRun;
use web::{Caller, Path, Permissions, Problem, Query};

use crate::view::{One, one};
use crate::{Ctx, error, list};

/// A sync that the caller may do something with.
pub(crate) struct Opened {
    pub(crate) found: CertificateSyncAndRun,
    /// What else the caller may do.
    pub(crate) permissions: Permissions,
}

impl Opened {
    /// The scope of the sync.
    pub(crate) fn scope(&self) -> Scope {
        self.found.sync.scope()
    }
}

/// The destination of a path.
pub(crate) fn destination(name: &str) -> Result<Destination, Problem> {
    Destination::named(name).ok_or_else(error::no_destination)
}

/// The sync with this id, if the caller may do `action` to it. Permissions and sync are read side by side.
pub(crate) async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateSyncId,
    action: Action,
) -> Result<Opened, Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_sync(id))?;
    let (sync, run) = found.map(|found| (found.sync, found.run)).unzip();
    let sync = permissions.open(action, Subject::CertificateSyncs, sync, || error::absent(id))?;
    let Some(run) = run else { return Err(error::absent(id)) };
    Ok(Opened { found: CertificateSyncAndRun { sync, run }, permissions })
}

/// The same at this destination.
pub(crate) async fn open_at(
    ctx: &Ctx,
    caller: &Caller,
    (asked, id): &(String, CertificateSyncId),
    action: Action,
) -> Result<Opened, Problem> {
    let asked = destination(asked)?;
    let opened = open(ctx, caller, *id, action).await?;
    if opened.found.sync.destination.destination() != asked {
        return Err(error::other_destination(*id, asked));
    }
    Ok(opened)
}

/// `GET …/{destination}`, the syncs of a kind; `GET …/{syncId}`, one of any kind.
pub(crate) async fn named(
    state: State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    query: Query<Asked>,
) -> Result<Response, Problem> {
    if let Some(destination) = Destination::named(&asked) {
        return Ok(list::of(&state.0, &caller, &query, Some(destination)).await?.into_response());
    }
    let malformed = |_| Problem::validation(Issues::one("id", Fault::invalid("uuid", "Invalid uuid")));
    let id: CertificateSyncId = asked.parse().map_err(malformed)?;
    let Opened { found, .. } = open(&state.0, &caller, id, Action::Read).await?;
    Ok(one(&state.0.store, found).await?.into_response())
}

/// `GET …/{destination}/{syncId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
) -> Result<Json<One>, Problem> {
    let Opened { found, .. } = open_at(&ctx, &caller, &path, Action::Read).await?;
    Ok(one(&ctx.store, found).await?)
}
