//! A new resource: proved in AWS first, then stored with its name and its line of the audit trail, or not at all.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::id::PamResourceId;
use model::pam::{CreateResource, PamResource};
use model::permission::{Action, Scope, Scoped as _, Subject};
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::resource_view::{One, one};
use crate::validate;

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
pub(crate) const REPEAT: Duration = Duration::from_secs(60);

/// `POST /api/v1/pam/resources/aws-iam`.
///
/// One or two round trips to the table, one to AWS (three AssumeRole calls side by side), one to the table.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<CreateResource>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let scope = Scope::Project(body.project_id);
    let (permissions, project, existing) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project(body.project_id),
        ctx.store.pam_resource_named(body.project_id, &body.name)
    )?;
    let project = project
        .ok_or_else(|| Problem::bad_request(format!("Could not find project with ID {}", body.project_id)))?;
    permissions.may(Action::Create, Subject::PamResources, scope)?;

    let resource = PamResource {
        id: PamResourceId::random(),
        organization_id: ctx.organization,
        project_id: body.project_id,
        name: body.name,
        role_arn: body.role_arn,
        region: body.region,
        metadata: body.metadata,
        accounts: 0,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    };
    if let Some(existing) = existing {
        return repeated(&caller, existing, &resource);
    }
    let warnings = validate::resource(&ctx, &resource).await?;

    let mut audit = caller.audit("pam-resource.create", resource.id, &resource.name, resource.scope());
    audit.details = vec![format!("role: {}", resource.role_arn)];
    audit.details.extend(warnings.iter().cloned());
    let change = Change::new(caller.now).create(&resource).gain_pam_resource(&project);
    match ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await {
        Ok(()) => Ok(one(Stored::created(resource, caller.now), warnings)),
        Err(error) if matches!(error.conflict(), Some(Conflict::NameTaken { .. })) => {
            match ctx.store.pam_resource_named(resource.project_id, &resource.name).await? {
                Some(winner) => repeated(&caller, winner, &resource),
                None => Err(name_taken(&resource.name)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The first result, when this is the same create again; else the name is taken.
fn repeated(
    caller: &Caller,
    existing: Stored<PamResource>,
    candidate: &PamResource,
) -> Result<Json<One>, Problem> {
    let (id, accounts) = (existing.id, existing.accounts);
    let same = PamResource { id, accounts, ..candidate.clone() } == existing.value;
    if same && caller.now.since(existing.created_at) < REPEAT {
        Ok(one(existing, Vec::new()))
    } else {
        Err(name_taken(&candidate.name))
    }
}

pub(crate) fn name_taken(name: &str) -> Problem {
    Problem::bad_request(format!("PAM resource with name \"{name}\" already exists in this project"))
}
