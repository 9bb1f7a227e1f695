//! A new policy.

use axum::Json;
use axum::extract::State;
use model::certificate_policy::CertificatePolicy;
use model::certificate_policy::body::Create;
use model::id::CertificatePolicyId;
use model::permission::{Action, Scope, Subject};
use store::{Change, Conflict, Stored};
use web::{Caller, JsonBody, Problem};

use super::{NOUN, One, one};
use crate::{Ctx, error, project};

/// `POST /api/v1/cert-manager/certificate-policies`.
pub(super) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let id = project::permitted(&ctx, &caller, &body.project, Action::Create, Subject::CertificatePolicies)
        .await?;
    let project = project::ensured(&ctx, &caller, id).await?;
    let policy = CertificatePolicy {
        id: CertificatePolicyId::random(),
        organization_id: ctx.organization,
        project_id: id,
        name: body.name,
        description: body.description,
        rules: body.rules,
        profiles: 0,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    };
    let change = Change::new(caller.now).create_certificate_policy(&policy, &project);
    let audit = caller.audit("certificate-policy.create", policy.id, &policy.name, Scope::Project(id));
    match ctx.store.commit_in_project(change, &audit).await {
        Ok(()) => Ok(one(Stored::created(policy, caller.now))),
        Err(refused) => match refused.conflict() {
            Some(Conflict::NameTaken { .. }) => Err(error::name_taken(NOUN, &policy.name)),
            Some(Conflict::Stale { .. }) => Err(error::absent_project(id)),
            Some(Conflict::Exists { .. } | Conflict::Unmet(_) | Conflict::Contended) | None => {
                Err(refused.into())
            }
        },
    }
}
