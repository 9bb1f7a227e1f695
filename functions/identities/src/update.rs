//! `PATCH /api/v1/identities/{identityId}`.

use axum::Json;
use model::form::rule;
use model::id::IdentityId;
use model::identity::Identity;
use model::permission::{Action, Role, Scope, Subject};
use serde_json::{Value, json};
use store::Change;
use web::{Caller, JsonBody, Path, Problem};

use crate::create::{MAX_NAME_CHARACTERS, metadata, within};
use crate::login_method::changeable;
use crate::{State, error, get, view};

pub(crate) async fn update(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody,
) -> Result<Json<Value>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let found = get::found(&ctx, id).await?;
    let before = permissions.open(Action::Edit, Subject::Identities, found, || error::no_identity(id))?;
    changeable(&ctx, id)?;
    let after = body.read(|form| {
        let name = form.optional("name", rule::trimmed(1, MAX_NAME_CHARACTERS));
        let role = form.optional("role", rule::one_of(Role::NAMES));
        let protected = form.optional("hasDeleteProtection", rule::boolean());
        let metadata = metadata(form);
        let before = before.value.clone();
        Some(Identity {
            name: name?.unwrap_or(before.name),
            role: role?.unwrap_or(before.role),
            has_delete_protection: protected?.unwrap_or(before.has_delete_protection),
            metadata: metadata?.unwrap_or(before.metadata),
            ..before
        })
    })?;
    within(&caller, before.role)?;
    within(&caller, after.role)?;
    let mut audit = caller.audit("identity.update", id, &after.name, Scope::Organization);
    if after.role != before.role {
        audit.details.push(format!("role: {} to {}", before.role.name(), after.role.name()));
    }
    ctx.store.commit(Change::new(caller.now).replace(&before, &after), &audit).await?;
    Ok(Json(json!({ "identity": view::identity(&before.replaced(after, caller.now)) })))
}
