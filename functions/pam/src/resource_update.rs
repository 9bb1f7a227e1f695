//! A change of a resource: a role only after AWS has confirmed it.

use axum::Json;
use axum::extract::State;
use model::id::PamResourceId;
use model::pam::{PamResource, UpdateResource};
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::resource_create::name_taken;
use crate::resource_get::permitted;
use crate::resource_view::{One, one};
use crate::validate;

/// Attempts against accounts that are counted on the resource at the same moment.
const ATTEMPTS: u32 = 3;

/// `PATCH /api/v1/pam/resources/aws-iam/{resourceId}`. A role that is given is probed again, also when it looks the same.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamResourceId>,
    body: JsonBody<UpdateResource>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let mut read = permitted(&ctx, &caller, id, Action::Edit).await?;
    let days_kept = ctx.store.audit_days(read.project_id).await?;
    let candidate = changed(&read, &body);
    let warnings = match &body.connection_details {
        Some(_) => validate::resource(&ctx, &candidate).await?,
        None => Vec::new(),
    };
    let mut attempt = 1;
    loop {
        let next = changed(&read, &body);
        let mut audit = caller.audit("pam-resource.update", id, &next.name, next.scope());
        audit.details = differences(&read, &next);
        audit.details.extend(warnings.iter().cloned());
        let change = Change::new(caller.now).replace(&read, &next);
        let error = match ctx.store.commit_kept(change, &audit, days_kept).await {
            Ok(()) => return Ok(one(read.replaced(next, caller.now), warnings)),
            Err(error) => error,
        };
        match error.conflict() {
            Some(Conflict::NameTaken { .. }) => return Err(name_taken(&next.name)),
            Some(Conflict::Stale { .. }) if attempt < ATTEMPTS => {
                let again = permitted(&ctx, &caller, id, Action::Edit).await?;
                // Only the count has changed: the same change still makes sense. Anything else was somebody's decision.
                if (PamResource { accounts: again.accounts, ..read.value.clone() }) != again.value {
                    return Err(error.into());
                }
                read = again;
                attempt += 1;
            }
            Some(
                Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Unmet(_) | Conflict::Contended,
            )
            | None => return Err(error.into()),
        }
    }
}

fn changed(read: &PamResource, body: &UpdateResource) -> PamResource {
    let mut next = read.clone();
    if let Some(name) = &body.name {
        next.name.clone_from(name);
    }
    if let Some((role_arn, region)) = &body.connection_details {
        next.role_arn.clone_from(role_arn);
        next.region.clone_from(region);
    }
    if let Some(metadata) = &body.metadata {
        next.metadata.clone_from(metadata);
    }
    next
}

fn differences(before: &PamResource, after: &PamResource) -> Vec<String> {
    let mut words = Vec::new();
    if before.name != after.name {
        words.push(format!("name: {} to {}", before.name, after.name));
    }
    if before.role_arn != after.role_arn {
        words.push(format!("role: {} to {}", before.role_arn, after.role_arn));
    }
    if before.region != after.region {
        words.push("region".to_owned());
    }
    if before.metadata != after.metadata {
        words.push("metadata".to_owned());
    }
    words
}
