//! The syncs of a project.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::id::{ConnectionId, EnvironmentId};
use model::permission::{Action, Scope, Subject};
use model::project::OfProject;
use model::secret_sync::Destination;
use serde::Serialize;
use store::{ReadError, SyncAndRun};
use web::{Caller, Path, Problem, Query};

use crate::view::View;
use crate::{Ctx, get};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    secret_syncs: Vec<View>,
}

/// `GET /api/v1/secret-syncs?projectId=`: of all destinations.
pub(crate) async fn all(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<OfProject>,
) -> Result<Json<Many>, Problem> {
    list(&ctx, &caller, &query, None).await
}

/// `GET /api/v1/secret-syncs/{destination}?projectId=`.
pub(crate) async fn of_destination(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    query: Query<OfProject>,
) -> Result<Json<Many>, Problem> {
    let destination = get::destination(&asked)?;
    list(&ctx, &caller, &query, Some(destination)).await
}

/// Six reads side by side, then the folders of each environment that is read.
async fn list(
    ctx: &Ctx,
    caller: &Caller,
    query: &Query<OfProject>,
    destination: Option<Destination>,
) -> Result<Json<Many>, Problem> {
    let OfProject(id) = query.read()?;
    let (permissions, project, mut syncs, names) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project(id),
        ctx.store.secret_syncs_of(ctx.organization, id),
        ctx.store.connection_names(ctx.organization, id)
    )?;
    permissions.may(Action::Read, Subject::SecretSyncs, Scope::Project(id))?;
    syncs.retain(|found| destination.is_none_or(|asked| found.sync.destination.destination() == asked));
    let mut environments: Vec<EnvironmentId> = syncs.iter().map(|found| found.sync.environment_id).collect();
    environments.sort_unstable();
    environments.dedup();
    let known = |id: &EnvironmentId| project.as_ref().and_then(|project| project.environments.find(*id));
    environments.retain(|id| known(id).is_some());
    let trees = ctx.store.folders_of_each(id, &environments).await?;
    let mut secret_syncs = Vec::with_capacity(syncs.len());
    for found in syncs {
        let environment = known(&found.sync.environment_id).map(|(_, environment)| environment.clone());
        let tree = trees.get(&found.sync.environment_id);
        let path = tree.and_then(|tree| tree.path_of(found.sync.folder_id));
        let folder = path.map(|path| (found.sync.folder_id, path));
        let name = connection_name(ctx, &names, &found).await?;
        secret_syncs.push(View::new(found, name, environment, folder));
    }
    Ok(Json(Many { secret_syncs }))
}

/// The list of connections is a moment behind: one that is not in it yet is read by its id.
async fn connection_name(
    ctx: &Ctx,
    names: &HashMap<ConnectionId, String>,
    found: &SyncAndRun,
) -> Result<String, ReadError> {
    let id = found.sync.connection_id;
    match names.get(&id) {
        Some(name) => Ok(name.clone()),
        None => Ok(ctx.store.connection(id).await?.map(|found| found.value.name).unwrap_or_default()),
    }
}
