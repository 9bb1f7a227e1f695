//! `POST /api/v1/identities`.

use axum::Json;
use model::form::{Form, Read, rule};
use model::id::{IdentityId, OrganizationId};
use model::identity::{Identity, Metadata};
use model::permission::{Action, Role, Scope, Subject};
use serde_json::{Value, json};
use store::{Change, Stored};
use web::{Caller, JsonBody, Problem};

use crate::{State, view};

/// The longest name of an identity.
pub(crate) const MAX_NAME_CHARACTERS: usize = 255;

const MAX_LABELS: usize = 100;

/// The identity that the body describes.
pub(crate) struct Create(Identity);

impl Read for Create {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let name = form.required("name", rule::trimmed(1, MAX_NAME_CHARACTERS));
        let organization = form.required("organizationId", rule::id::<OrganizationId>());
        let role = form.or("role", rule::one_of(Role::NAMES), Role::NoAccess);
        let protected = form.or("hasDeleteProtection", rule::boolean(), false);
        let metadata = metadata(form);
        Some(Self(Identity {
            id: IdentityId::random(),
            organization_id: organization?,
            name: name?,
            role: role?,
            has_delete_protection: protected?,
            metadata: metadata?.unwrap_or_default(),
            auth_methods: Vec::new(),
        }))
    }
}

pub(crate) async fn create(
    axum::extract::State(ctx): State,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<Value>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    permissions.may(Action::Create, Subject::Identities, Scope::Organization)?;
    let Create(identity) = body.read()?;
    if identity.organization_id != ctx.organization.id {
        return Err(Problem::forbidden("You are not a member of this organization"));
    }
    within(&caller, identity.role)?;
    let audit = caller.audit("identity.create", identity.id, &identity.name, Scope::Organization);
    ctx.store.commit(Change::new(caller.now).create(&identity), &audit).await?;
    let created = Stored::created(identity, caller.now);
    Ok(Json(json!({ "identity": view::identity(&created) })))
}

/// Labels; `None` when there are none in the body.
#[expect(
    clippy::option_option,
    reason = "the outer None is an issue that was noted, the inner an absent field"
)]
pub(crate) fn metadata(form: &mut Form<'_>) -> Option<Option<Vec<Metadata>>> {
    let labels = form.optional_objects("metadata", 0, |label| {
        let key = label.required("key", rule::trimmed(1, 255));
        let value = label.required("value", rule::trimmed(1, 1_020));
        Some(Metadata { key: key?, value: value? })
    })?;
    match labels {
        Some(labels) if labels.len() > MAX_LABELS => {
            form.refuse("metadata", format!("Array must contain at most {MAX_LABELS} element(s)"))
        }
        labels => Some(labels),
    }
}

/// Nobody hands out more than they have.
pub(crate) fn within(caller: &Caller, role: Role) -> Result<(), Problem> {
    if role <= caller.organization_role {
        return Ok(());
    }
    let (role, own) = (role.name(), caller.organization_role.name());
    Err(Problem::forbidden(format!("The role {role} allows more than your own role {own}"))
        .named("PermissionBoundaryError"))
}
