//! The end of a resource that has no accounts.

use axum::Json;
use axum::extract::State;
use model::id::PamResourceId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::resource_get::permitted;
use crate::resource_view::{One, one};

/// Attempts against changes of the resource at the same moment.
const ATTEMPTS: u32 = 3;

/// `DELETE /api/v1/pam/resources/aws-iam/{resourceId}`: answers the resource as it was.
///
/// Its accounts are counted on the resource itself, so an account that is made at the same moment either finds it gone
/// or makes it stay.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamResourceId>,
) -> Result<Json<One>, Problem> {
    let mut attempt = 1;
    loop {
        let resource = permitted(&ctx, &caller, id, Action::Delete).await?;
        if resource.accounts > 0 {
            let accounts = if resource.accounts == 1 { "account" } else { "accounts" };
            return Err(Problem::bad_request(format!(
                "Cannot delete PAM resource \"{}\": it still has {} {accounts}",
                resource.name, resource.accounts
            )));
        }
        let audit = caller.audit("pam-resource.delete", id, &resource.name, resource.scope());
        let (mut change, mut days_kept) = (Change::new(caller.now).delete(&resource), None);
        if let Some(project) = ctx.store.project(resource.project_id).await? {
            change = change.lose_pam_resource(&project);
            days_kept = project.audit_logs_retention_days;
        }
        match ctx.store.commit_kept(change, &audit, days_kept).await {
            Ok(()) => return Ok(one(resource, Vec::new())),
            Err(error) if attempt < ATTEMPTS && matches!(error.conflict(), Some(Conflict::Stale { .. })) => {
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
