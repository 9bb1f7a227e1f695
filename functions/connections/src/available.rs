//! The connections that something in a project may use.

use axum::Json;
use axum::extract::State;
use model::id::{ConnectionId, OrganizationId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::project::OfProject;
use serde::Serialize;
use web::{Caller, Problem, Query};

use crate::Ctx;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Available {
    app: &'static str,
    name: String,
    id: ConnectionId,
    project_id: Option<ProjectId>,
    org_id: OrganizationId,
}

/// The answer: the organisation's connections and the project's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    app_connections: Vec<Available>,
}

/// `GET /api/v1/app-connections/aws/available?projectId=`: those of the organisation and of the project that the caller
/// may connect. Three Queries side by side.
pub(crate) async fn available(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<OfProject>,
) -> Result<Json<Answer>, Problem> {
    let OfProject(project) = query.read()?;
    let scope = Scope::Project(project);
    let (permissions, shared, own) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.connections_in(ctx.organization, Scope::Organization),
        ctx.store.connections_in(ctx.organization, scope)
    )?;
    permissions.may(Action::Read, Subject::Connections, scope)?;
    let mut app_connections: Vec<Available> = shared
        .into_iter()
        .chain(own)
        .filter(|found| permissions.allows(Action::Connect, Subject::Connections, found.scope))
        .map(|found| Available {
            app: "aws",
            id: found.id,
            project_id: found.scope.project(),
            org_id: found.organization_id,
            name: found.value.name,
        })
        .collect();
    app_connections.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(Answer { app_connections }))
}
