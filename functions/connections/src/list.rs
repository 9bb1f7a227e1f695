//! All connections, or those of one project.

use axum::Json;
use axum::extract::State;
use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use serde::Serialize;
use web::{Caller, Problem, Query};

use crate::Ctx;
use crate::asked::OfAnyProject;
use crate::view::AppConnection;

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    app_connections: Vec<AppConnection>,
}

/// `GET /api/v1/app-connections/aws` and, as AWS is the only app, `GET /api/v1/app-connections`: with `projectId` that
/// project's connections, without it all that the caller may see. One Query for each MB, beside the caller's own.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<OfAnyProject>,
) -> Result<Json<Many>, Problem> {
    let OfAnyProject(project) = query.read()?;
    let connections = async {
        match project {
            Some(project) => ctx.store.connections_in(ctx.organization, Scope::Project(project)).await,
            None => ctx.store.connections_of(ctx.organization).await,
        }
    };
    let (permissions, mut connections) = tokio::try_join!(caller.permissions(&ctx.store), connections)?;
    if let Some(project) = project {
        permissions.may(Action::Read, Subject::Connections, Scope::Project(project))?;
    }
    connections.retain(|found| permissions.allows(Action::Read, Subject::Connections, found.scope));
    let ids: Vec<ProjectId> = connections.iter().filter_map(|found| found.scope.project()).collect();
    let names = ctx.project_names.of(&ctx.store, caller.now, &ids).await?;
    let mut app_connections: Vec<AppConnection> = connections
        .into_iter()
        .map(|found| {
            let project = found.scope.project().and_then(|id| names.get(&id).cloned());
            AppConnection::new(found, project)
        })
        .collect();
    // Names are slugs: lower case already.
    app_connections.sort_by(|one, other| one.name().cmp(other.name()));
    Ok(Json(Many { app_connections }))
}
