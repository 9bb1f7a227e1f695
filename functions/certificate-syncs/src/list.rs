//! The syncs of a project.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::certificate_sync::Destination;
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::project::{Asked, certificate_manager_id};
use serde::Serialize;
use store::{CertificateSyncAndRun, ReadError};
use web::{Caller, Permissions, Problem, Query};

use crate::Ctx;
use crate::view::View;

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    pki_syncs: Vec<View>,
}

/// `GET …?projectId=`: of all destinations.
pub(crate) async fn all(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Asked>,
) -> Result<Json<Many>, Problem> {
    of(&ctx, &caller, &query, None).await
}

/// Of one destination, or of all. Permissions, then two lists side by side.
pub(crate) async fn of(
    ctx: &Ctx,
    caller: &Caller,
    query: &Query<Asked>,
    destination: Option<Destination>,
) -> Result<Json<Many>, Problem> {
    let asked = query.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    let project = project(ctx, &permissions, &asked).await?;
    permissions.may(Action::Read, Subject::CertificateSyncs, Scope::Project(project))?;
    let (mut syncs, names) = tokio::try_join!(
        ctx.store.certificate_syncs_of(project),
        ctx.store.connection_names(ctx.organization, project)
    )?;
    syncs.retain(|found| destination.is_none_or(|asked| found.sync.destination.destination() == asked));
    let mut pki_syncs = Vec::with_capacity(syncs.len());
    for found in syncs {
        let name = connection_name(ctx, &names, &found).await?;
        pki_syncs.push(View::new(found, name));
    }
    Ok(Json(Many { pki_syncs }))
}

/// The project that a list is of: the one that it names, or the organisation's own for certificates.
async fn project(ctx: &Ctx, permissions: &Permissions, asked: &Asked) -> Result<ProjectId, Problem> {
    match asked {
        Asked::Nothing => Ok(certificate_manager_id(ctx.organization)),
        Asked::Id(id) => Ok(*id),
        Asked::Slug(slug) => {
            let found = ctx.store.project_by_slug(ctx.organization, slug).await?;
            let seen = found.filter(|project| permissions.sees(Scope::Project(project.id)));
            let absent = || Problem::bad_request(format!("Could not find project with slug \"{slug}\""));
            seen.map(|project| project.id).ok_or_else(absent)
        }
    }
}

/// The list of connections is a moment behind: one that is not in it yet is read by its id.
async fn connection_name(
    ctx: &Ctx,
    names: &HashMap<ConnectionId, String>,
    found: &CertificateSyncAndRun,
) -> Result<String, ReadError> {
    let id = found.sync.connection_id;
    match names.get(&id) {
        Some(name) => Ok(name.clone()),
        None => Ok(ctx.store.connection(id).await?.map(|found| found.value.name).unwrap_or_default()),
    }
}
