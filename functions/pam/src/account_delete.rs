//! The end of an account. Sessions that are open in it stay as they are, and can still be terminated.

use axum::Json;
use axum::extract::State;
use model::id::PamAccountId;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::account_list::permitted;
use crate::account_view::{One, one};
use crate::find::Found;

/// `DELETE /api/v1/pam/accounts/aws-iam/{accountId}`: answers the account as it was.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamAccountId>,
) -> Result<Json<One>, Problem> {
    let found = permitted(&ctx, &caller, id, Action::Delete).await?;
    let audit = caller.audit("pam-account.delete", id, found.path(), found.account.scope());
    let Found { account, resource, days_kept } = found;
    let change = Change::new(caller.now).delete(&account).lose_account(&resource);
    ctx.store.commit_kept(change, &audit, days_kept).await?;
    Ok(one(account, &resource))
}
