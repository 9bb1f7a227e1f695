//! A new profile.

use axum::Json;
use axum::extract::State;
use model::application::ApiEnrollment;
use model::certificate_authority::CertificateAuthority;
use model::certificate_policy::CertificatePolicy;
use model::certificate_profile::body::Create;
use model::certificate_profile::{CertificateProfile, Defaults};
use model::id::{CertificateProfileId, ProjectId};
use model::permission::{Action, Scope, Subject};
use store::{Change, CommitError, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Problem};

use super::{NOUN, One, one};
use crate::{Ctx, error, project};

/// `POST /api/v1/cert-manager/certificate-profiles`: its authority and its policy are of the same project.
pub(super) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let id = project::permitted(&ctx, &caller, &body.project, Action::Create, Subject::CertificateProfiles)
        .await?;
    let project = project::ensured(&ctx, &caller, id).await?;
    let (authority, policy) = named(&ctx, &body, id).await?;
    allowed(&policy, body.defaults.as_ref())?;
    let profile = candidate(&ctx, &caller, body, id);
    let change = Change::new(caller.now).create_certificate_profile(&profile, &authority, &policy, &project);
    let mut audit = caller.audit("certificate-profile.create", profile.id, &profile.slug, Scope::Project(id));
    audit.details =
        vec![format!("certificate authority: {}", authority.name), format!("policy: {}", policy.name)];
    match ctx.store.commit_in_project(change, &audit).await {
        Ok(()) => Ok(one(Stored::created(profile, caller.now), true)),
        Err(refused) => Err(told(refused, &profile)),
    }
}

/// The authority and the policy, if they are of this project. Read side by side.
async fn named(
    ctx: &Ctx,
    body: &Create,
    project: ProjectId,
) -> Result<(Stored<CertificateAuthority>, Stored<CertificatePolicy>), Problem> {
    let (authority, policy) = tokio::try_join!(
        ctx.store.certificate_authority(body.ca_id),
        ctx.store.certificate_policy(body.certificate_policy_id)
    )?;
    let authority = authority.filter(|found| found.project_id == project);
    let authority = authority.ok_or_else(|| error::absent("certificate authority", body.ca_id))?;
    let policy = policy.filter(|found| found.project_id == project);
    let policy = policy.ok_or_else(|| error::absent("certificate policy", body.certificate_policy_id))?;
    Ok((authority, policy))
}

/// What is asked for by default must be what the policy allows: else every request that says less is refused.
pub(super) fn allowed(policy: &CertificatePolicy, defaults: Option<&Defaults>) -> Result<(), Problem> {
    let checked = defaults.map_or(Ok(()), |defaults| policy.rules.check_defaults(defaults));
    checked.map_err(|found| {
        Problem::bad_request(format!(
            "The defaults are not what the certificate policy \"{}\" allows: {found}",
            policy.name
        ))
    })
}

fn candidate(ctx: &Ctx, caller: &Caller, body: Create, project: ProjectId) -> CertificateProfile {
    CertificateProfile {
        id: CertificateProfileId::random(),
        organization_id: ctx.organization,
        project_id: project,
        ca_id: body.ca_id,
        certificate_policy_id: body.certificate_policy_id,
        slug: body.slug,
        description: body.description,
        defaults: body.defaults,
        api: body.api.map(|settings| ApiEnrollment::with(None, settings)),
        applications: 0,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    }
}

/// The name is taken, or what it names went at the same moment.
fn told(refused: CommitError, profile: &CertificateProfile) -> Problem {
    match refused.conflict() {
        Some(Conflict::NameTaken { .. }) => error::name_taken(NOUN, &profile.slug),
        Some(Conflict::Stale { kind }) if *kind == CertificateAuthority::KIND => {
            error::absent("certificate authority", profile.ca_id)
        }
        Some(Conflict::Stale { kind }) if *kind == CertificatePolicy::KIND => {
            error::absent("certificate policy", profile.certificate_policy_id)
        }
        Some(Conflict::Stale { .. }) => error::absent_project(profile.project_id),
        Some(Conflict::Exists { .. } | Conflict::Unmet(_) | Conflict::Contended) | None => refused.into(),
    }
}
