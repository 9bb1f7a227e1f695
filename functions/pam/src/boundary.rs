//! Whoever administers a project for a time lets nobody into an account for longer.

use model::id::ProjectId;
use model::membership::MembershipRole;
use model::pam::AccessList;
use model::permission::Role;
use web::{Caller, Problem};

use crate::Ctx;

/// Whether the caller may put `after` in place of `before`: whoever is let in stays so when the caller's role is over, so
/// that a temporary administrator lets in nobody. One read, which neither a change that lets in nobody needs nor an
/// organisation's administrator.
pub(crate) async fn may_let_in(
    ctx: &Ctx,
    caller: &Caller,
    project: ProjectId,
    before: &AccessList,
    after: &AccessList,
) -> Result<(), Problem> {
    if caller.organization_role == Role::Admin || !after.admits_more_than(before) {
        return Ok(());
    }
    let own = ctx.store.membership(caller.kind, &caller.id, project).await?;
    if own.is_some_and(|own| own.covers(&MembershipRole::permanent(Role::Admin), caller.now)) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "Your role in the project is temporary, and whom access lets into an account may enter for longer than that; ask a \
         permanent administrator of the project, or one of the organisation, to change access",
    )
    .named("PermissionBoundaryError"))
}
