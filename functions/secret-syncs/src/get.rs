//! One sync, by id or by name.

use axum::Json;
use axum::extract::State;
use model::id::SecretSyncId;
use model::permission::{Action, Scope, Scoped, Subject};
use model::project::{OfProject, Project};
use model::secret_sync::Destination;
use store::{Stored, SyncAndRun};
use web::{Caller, Path, Permissions, Problem, Query};

use crate::Ctx;
use crate::error;
use crate::view::{One, one};

/// A sync that the caller may do something with.
pub(crate) struct Opened {
    pub(crate) found: SyncAndRun,
    /// What else the caller may do.
    pub(crate) permissions: Permissions,
    /// Its project; a project with syncs is not deleted.
    pub(crate) project: Option<Stored<Project>>,
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

/// The sync with this id at this destination, if the caller may do `action` to it. Permissions and sync are read side by
/// side, then the project.
pub(crate) async fn open(
    ctx: &Ctx,
    caller: &Caller,
    (asked, id): (String, SecretSyncId),
    action: Action,
) -> Result<Opened, Problem> {
    let asked = destination(&asked)?;
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.secret_sync(id))?;
    let (sync, run) = found.map(|found| (found.sync, found.run)).unzip();
    let sync = permissions.open(action, Subject::SecretSyncs, sync, || error::absent(id))?;
    let Some(run) = run else { return Err(error::absent(id)) };
    if sync.destination.destination() != asked {
        return Err(error::other_destination(id, asked));
    }
    let project = ctx.store.project(sync.project_id).await?;
    Ok(Opened { found: SyncAndRun { sync, run }, permissions, project })
}

/// `GET /api/v1/secret-syncs/{destination}/{syncId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
) -> Result<Json<One>, Problem> {
    let Opened { found, project, .. } = open(&ctx, &caller, path, Action::Read).await?;
    Ok(one(&ctx.store, project.as_deref(), found).await?)
}

/// `GET /api/v1/secret-syncs/{destination}/sync-name/{name}?projectId=`.
pub(crate) async fn by_name(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((asked, name)): Path<(String, String)>,
    query: Query<OfProject>,
) -> Result<Json<One>, Problem> {
    destination(&asked)?;
    let OfProject(project) = query.read()?;
    let (permissions, id) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.secret_sync_named(project, &name))?;
    permissions.may(Action::Read, Subject::SecretSyncs, Scope::Project(project))?;
    let id = id.ok_or_else(|| error::absent_name(&name, project))?;
    by_id(State(ctx), caller, Path((asked, id))).await
}
