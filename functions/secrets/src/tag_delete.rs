//! The end of a tag. Secrets that carry its id show it no more.

use axum::Json;
use axum::extract::State;
use model::id::{ProjectId, TagId};
use model::permission::{Action, Scope};
use serde_json::Value;
use store::Change;
use web::{Caller, Path, Problem};

use crate::tag_get::permitted;
use crate::{Ctx, tag_view};

/// `DELETE …/{projectId}/tags/{tagId}`: answers the tag as it was.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, id)): Path<(ProjectId, TagId)>,
) -> Result<Json<Value>, Problem> {
    let (project, tag) = permitted(&ctx, &caller, (project, id), Action::Delete).await?;
    let audit = caller.audit("tag.delete", id, &tag.slug, Scope::Project(project.id));
    let change = Change::new(caller.now).delete(&tag);
    ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await?;
    Ok(tag_view::one(&tag))
}
