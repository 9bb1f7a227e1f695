//! For how long a project keeps its audit trail.

use model::id::ProjectId;
use store::ReadError;

use crate::Ctx;

/// For how many days `project` keeps its audit trail, when it says so; the deployment's days are the least. One GetItem.
pub(crate) async fn days_kept(ctx: &Ctx, project: ProjectId) -> Result<Option<u32>, ReadError> {
    let project = ctx.store.project(project).await?;
    Ok(project.and_then(|project| project.value.audit_logs_retention_days))
}
