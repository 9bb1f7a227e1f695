//! No more recordings of a project. Those that there are stay where they are, and can be watched as before.

use axum::Json;
use axum::extract::State;
use model::connection::DependentKind;
use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use model::recording::view::ConfigView;
use serde::Serialize;
use store::{Change, Conflict};
use web::{Caller, Path, Problem};

use super::{ATTEMPTS, view};
use crate::{Ctx, error};

/// The answer: what there was.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    config: ConfigView,
}

/// `DELETE /api/v1/pam/projects/{projectId}/recording-config`.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(project): Path<ProjectId>,
) -> Result<Json<Deleted>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    if !permissions.sees(Scope::Project(project)) {
        return Err(error::absent_project(project));
    }
    permissions.may(Action::Delete, Subject::Recordings, Scope::Project(project))?;
    for _ in 0..ATTEMPTS {
        let (config, owner) =
            tokio::try_join!(ctx.store.recording_config(project), ctx.store.project(project))?;
        let owner = owner.ok_or_else(|| error::absent_project(project))?;
        let config = config.ok_or_else(|| error::unconfigured(project))?;
        let connection = ctx.store.connection(config.connection_id).await?;
        let mut change = Change::new(caller.now).delete(&config).lose_recording_config(&owner);
        if let Some(connection) = &connection {
            change = change.lose_dependent(connection, DependentKind::RecordingConfig);
        }
        let audit =
            caller.audit("recording-config.delete", config.id, &config.place.bucket, Scope::Project(project));
        let kept = owner.audit_logs_retention_days;
        match ctx.store.commit_kept(change, &audit, kept).await {
            Ok(()) => return Ok(Json(Deleted { config: view(&config) })),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::Exists { .. } | Conflict::NameTaken { .. } | Conflict::Unmet(_)) | None => {
                    return Err(refused.into());
                }
            },
        }
    }
    Err(Problem::crowded("recording configuration"))
}
