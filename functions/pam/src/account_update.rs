//! A change of an account: a role or a duration only after AWS has confirmed the whole way.

use axum::Json;
use axum::extract::State;
use model::id::PamAccountId;
use model::pam::{PamAccount, UpdateAccount};
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::account_create::name_taken;
use crate::account_list::permitted;
use crate::account_view::{One, one};
use crate::boundary::may_let_in;
use crate::find::Found;
use crate::validate;

/// `PATCH /api/v1/pam/accounts/aws-iam/{accountId}`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamAccountId>,
    body: JsonBody<UpdateAccount>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let Found { account: read, resource, days_kept } = permitted(&ctx, &caller, id, Action::Edit).await?;
    let next = changed(&read, &body);
    may_let_in(&ctx, &caller, read.project_id, &read.access, &next.access).await?;
    if body.target_role_arn.is_some() || body.default_duration.is_some() {
        validate::chain(&ctx, &resource, &next.target_role_arn, next.default_duration, caller.now).await?;
    }
    let path = format!("{}/{}", resource.name, next.name);
    let mut audit = caller.audit("pam-account.update", id, path, next.scope());
    audit.details = differences(&read, &next);
    match ctx.store.commit_kept(Change::new(caller.now).replace(&read, &next), &audit, days_kept).await {
        Ok(()) => Ok(one(read.replaced(next, caller.now), &resource)),
        Err(error) if matches!(error.conflict(), Some(Conflict::NameTaken { .. })) => {
            Err(name_taken(&next.name))
        }
        Err(error) => Err(error.into()),
    }
}

fn changed(read: &PamAccount, body: &UpdateAccount) -> PamAccount {
    let mut next = read.clone();
    if let Some(name) = &body.name {
        next.name.clone_from(name);
    }
    if let Some(description) = &body.description {
        next.description.clone_from(description);
    }
    if let Some(target_role_arn) = &body.target_role_arn {
        next.target_role_arn.clone_from(target_role_arn);
    }
    if let Some(duration) = body.default_duration {
        next.default_duration = duration;
    }
    if let Some(requires_reason) = body.requires_reason {
        next.requires_reason = requires_reason;
    }
    if let Some(access) = &body.access {
        next.access.clone_from(access);
    }
    if let Some(metadata) = &body.metadata {
        next.metadata.clone_from(metadata);
    }
    next
}

/// For the audit trail: who may get in from now on is what people will look for.
fn differences(before: &PamAccount, after: &PamAccount) -> Vec<String> {
    let mut words = Vec::new();
    if before.name != after.name {
        words.push(format!("name: {} to {}", before.name, after.name));
    }
    if before.description != after.description {
        words.push("description".to_owned());
    }
    if before.target_role_arn != after.target_role_arn {
        words.push(format!("role: {} to {}", before.target_role_arn, after.target_role_arn));
    }
    if before.default_duration != after.default_duration {
        words.push(format!("default duration: {} to {}", before.default_duration, after.default_duration));
    }
    if before.requires_reason != after.requires_reason {
        words.push(format!("reason required: {}", after.requires_reason));
    }
    if before.access != after.access {
        let list = &after.access;
        words.push(format!(
            "access: emails [{}], groups [{}], identities [{}], project roles [{}]",
            list.emails.join(", "),
            list.groups.join(", "),
            list.identities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            list.project_roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
        ));
    }
    if before.metadata != after.metadata {
        words.push("metadata".to_owned());
    }
    words
}
