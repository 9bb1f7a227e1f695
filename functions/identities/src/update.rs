//! `PATCH /api/v1/identities/{identityId}`.

use axum::Json;
use model::form::{Form, Read, rule};
use model::id::IdentityId;
use model::identity::{Identity, Metadata};
use model::permission::{Action, Role, Scope, Subject};
use serde_json::{Value, json};
use store::Change;
use web::{Caller, JsonBody, Path, Problem};

use crate::create::{MAX_NAME_CHARACTERS, metadata, within};
use crate::login_method::changeable;
use crate::{State, error, get, view};

/// What the body changes; what is absent stays.
pub(crate) struct Update {
    name: Option<String>,
    role: Option<Role>,
    has_delete_protection: Option<bool>,
    metadata: Option<Vec<Metadata>>,
}

impl Read for Update {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.optional("name", rule::trimmed(1, MAX_NAME_CHARACTERS));
        let role = form.optional("role", rule::one_of(Role::NAMES));
        let protected = form.optional("hasDeleteProtection", rule::boolean());
        let metadata = metadata(form);
        Some(Self { name: name?, role: role?, has_delete_protection: protected?, metadata: metadata? })
    }
}

impl Update {
    fn onto(self, before: Identity) -> Identity {
        Identity {
            name: self.name.unwrap_or(before.name),
            role: self.role.unwrap_or(before.role),
            has_delete_protection: self.has_delete_protection.unwrap_or(before.has_delete_protection),
            metadata: self.metadata.unwrap_or(before.metadata),
            ..before
        }
    }
}

pub(crate) async fn update(
    axum::extract::State(ctx): State,
    caller: Caller,
    Path(id): Path<IdentityId>,
    body: JsonBody<Update>,
) -> Result<Json<Value>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let found = get::found(&ctx, id).await?;
    let before = permissions.open(Action::Edit, Subject::Identities, found, || error::no_identity(id))?;
    changeable(&ctx, id)?;
    let after = body.read()?.onto(before.value.clone());
    within(&caller, before.role)?;
    within(&caller, after.role)?;
    let mut audit = caller.audit("identity.update", id, &after.name, Scope::Organization);
    if after.role != before.role {
        audit.details.push(format!("role: {} to {}", before.role.name(), after.role.name()));
    }
    ctx.store.commit(Change::new(caller.now).replace(&before, &after), &audit).await?;
    Ok(Json(json!({ "identity": view::identity(&before.replaced(after, caller.now)) })))
}
