//! A project's configuration.

use axum::Json;
use axum::extract::State;
use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use model::recording::view::ConfigView;
use serde::Serialize;
use web::{Caller, Path, Problem};

use super::view;
use crate::{Ctx, error};

/// The answer: `null` when nobody said where.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    config: Option<ConfigView>,
}

/// `GET /api/v1/pam/projects/{projectId}/recording-config`.
pub(crate) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
) -> Result<Json<One>, Problem> {
    let (permissions, config, owner) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.recording_config(project),
        ctx.store.project(project)
    )?;
    if !permissions.sees(Scope::Project(project)) || owner.is_none() {
        return Err(error::absent_project(project));
    }
    permissions.may(Action::Read, Subject::Recordings, Scope::Project(project))?;
    Ok(Json(One { config: config.as_ref().map(view) }))
}
