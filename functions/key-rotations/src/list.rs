//! The rotations of a project.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::id::{ConnectionId, EnvironmentId};
use model::key_rotation::view::View;
use model::permission::{Action, Scope, Subject};
use model::project::OfProject;
use serde::Serialize;
use store::{ReadError, RotationAndState};
use web::{Caller, Problem, Query};

use crate::Ctx;
use crate::view::{around, view};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    secret_rotations: Vec<View>,
}

/// `GET /api/v2/secret-rotations?projectId=`, and the same of this one kind, by name. Six reads side by side, then the
/// folders of each environment that has some.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<OfProject>,
) -> Result<Json<Many>, Problem> {
    let OfProject(id) = query.read()?;
    let (permissions, project, rotations, names) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project(id),
        ctx.store.key_rotations_of(id),
        ctx.store.connection_names(ctx.organization, id)
    )?;
    permissions.may(Action::Read, Subject::SecretRotations, Scope::Project(id))?;
    let mut environments: Vec<EnvironmentId> =
        rotations.iter().map(|found| found.rotation.environment_id).collect();
    environments.sort_unstable();
    environments.dedup();
    let trees = ctx.store.folders_of_each(id, &environments).await?;
    let mut secret_rotations = Vec::with_capacity(rotations.len());
    for found in rotations {
        let name = connection_name(&ctx, &names, &found).await?;
        let around = around(&found, name, project.as_deref(), &trees);
        secret_rotations.push(view(found, around));
    }
    Ok(Json(Many { secret_rotations }))
}

/// The list of connections is a moment behind: one that is not in it yet is read by its id.
async fn connection_name(
    ctx: &Ctx,
    names: &HashMap<ConnectionId, String>,
    found: &RotationAndState,
) -> Result<String, ReadError> {
    let id = found.rotation.connection_id;
    match names.get(&id) {
        Some(name) => Ok(name.clone()),
        None => Ok(ctx.store.connection(id).await?.map(|found| found.value.name).unwrap_or_default()),
    }
}
