//! A new application, with its first profiles.

use axum::Json;
use axum::extract::State;
use model::application::Application;
use model::application::body::Create;
use model::certificate_profile::CertificateProfile;
use model::id::{ApplicationId, CertificateProfileId, ProjectId};
use model::permission::{Action, Scope, Subject};
use store::{Change, CommitError, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Problem};

use super::{NOUN, One, one};
use crate::{Ctx, error, project};

/// `POST /api/v1/cert-manager/applications`.
pub(super) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let id = project::permitted(&ctx, &caller, &body.project, Action::Create, Subject::Applications).await?;
    let project = project::ensured(&ctx, &caller, id).await?;
    let profiles = profiles(&ctx, &body.profile_ids, id).await?;
    let application = Application {
        id: ApplicationId::random(),
        organization_id: ctx.organization,
        project_id: id,
        name: body.name,
        description: body.description,
        profiles: i64::try_from(profiles.len()).unwrap_or_default(),
        certificate_syncs: 0,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    };
    let change = Change::new(caller.now)
        .create_application(&application, &project)
        .attach_profiles(&application, &profiles);
    let mut audit =
        caller.audit("certificate-application.create", application.id, &application.name, Scope::Project(id));
    audit.details = described(&profiles);
    match ctx.store.commit_in_project(change, &audit).await {
        Ok(()) => Ok(one(Stored::created(application, caller.now))),
        Err(refused) => Err(told(refused, &application)),
    }
}

/// The profiles with these ids, which must all be of this project. A BatchGetItem, or none for none.
pub(super) async fn profiles(
    ctx: &Ctx,
    ids: &[CertificateProfileId],
    project: ProjectId,
) -> Result<Vec<Stored<CertificateProfile>>, Problem> {
    let mut found = ctx.store.certificate_profiles(ids).await?;
    found.retain(|profile| profile.project_id == project);
    let absent: Vec<String> = ids
        .iter()
        .filter(|id| !found.iter().any(|profile| profile.id == **id))
        .map(ToString::to_string)
        .collect();
    if absent.is_empty() { Ok(found) } else { Err(absent_profiles(&absent)) }
}

fn absent_profiles(absent: &[String]) -> Problem {
    Problem::bad_request(format!(
        "This project has no certificate profiles with these IDs: {}",
        absent.join(", ")
    ))
}

/// For the audit trail: what certificates it may ask for from now on.
pub(super) fn described(profiles: &[Stored<CertificateProfile>]) -> Vec<String> {
    profiles.iter().map(|profile| format!("profile: {}", profile.slug)).collect()
}

/// The name is taken, or what it names went at the same moment.
fn told(refused: CommitError, application: &Application) -> Problem {
    match refused.conflict() {
        Some(Conflict::NameTaken { .. }) => error::name_taken(NOUN, &application.name),
        Some(Conflict::Stale { kind }) if *kind == CertificateProfile::KIND => {
            absent_profiles(&["one was deleted just now".to_owned()])
        }
        Some(Conflict::Stale { .. }) => error::absent_project(application.project_id),
        Some(Conflict::Exists { .. } | Conflict::Unmet(_) | Conflict::Contended) | None => refused.into(),
    }
}
