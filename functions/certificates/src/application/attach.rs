//! The profiles of an application: which, and more of them.

use axum::Json;
use axum::extract::State;
use model::application::body::ProfileIds;
use model::application::view::Attached;
use model::application::{Application, MOST_PROFILES};
use model::certificate_profile::CertificateProfile;
use model::id::{ApplicationId, CertificateProfileId};
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use store::{Change, CommitError, Conflict, ReadError, Stored};
use web::{Caller, JsonBody, Path, Problem};

use super::create::{described, profiles};
use super::{ATTEMPTS, NOUN, open};
use crate::Ctx;

/// The answer about the profiles of an application.
#[derive(Debug, Serialize)]
pub(crate) struct Many {
    profiles: Vec<Attached>,
}

/// `GET /api/v1/cert-manager/applications/{applicationId}/profiles`.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
) -> Result<Json<Many>, Problem> {
    open(&ctx, &caller, id, Action::Read).await?;
    Ok(Json(many(&ctx, id).await?))
}

/// `POST /api/v1/cert-manager/applications/{applicationId}/profiles`: answers all that are attached then. One that is attached
/// already stays as it is.
pub(super) async fn attach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
    body: JsonBody<ProfileIds>,
) -> Result<Json<Many>, Problem> {
    let ProfileIds(ids) = body.read()?;
    for _ in 0..ATTEMPTS {
        let application = open(&ctx, &caller, id, Action::Edit).await?;
        let wanted = profiles(&ctx, &ids, application.project_id).await?;
        let attached = ctx.store.application_profiles(id).await?;
        let is_new = |id: CertificateProfileId| !attached.iter().any(|attached| attached.profile_id == id);
        let new: Vec<_> = wanted.into_iter().filter(|profile| is_new(profile.id)).collect();
        if attached.len() + new.len() > MOST_PROFILES {
            return Err(Problem::bad_request(format!("An application has at most {MOST_PROFILES} profiles")));
        }
        if new.is_empty() {
            return Ok(Json(many(&ctx, id).await?));
        }
        match commit(&ctx, &caller, &application, &new).await {
            Ok(()) => return Ok(Json(many(&ctx, id).await?)),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Exists { .. } | Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. } | Conflict::Unmet(_)) | None => return Err(refused.into()),
            },
        }
    }
    Err(Problem::crowded(NOUN))
}

async fn commit(
    ctx: &Ctx,
    caller: &Caller,
    application: &Application,
    new: &[Stored<CertificateProfile>],
) -> Result<(), CommitError> {
    let count = i64::try_from(new.len()).unwrap_or_default();
    let change = Change::new(caller.now).gain_profiles(application, count).attach_profiles(application, new);
    let mut audit = caller.audit(
        "certificate-application.attach",
        application.id,
        &application.name,
        application.scope(),
    );
    audit.details = described(new);
    ctx.store.commit_in_project(change, &audit).await
}

/// All profiles of an application by their names. One Query, and then a BatchGetItem.
async fn many(ctx: &Ctx, id: ApplicationId) -> Result<Many, ReadError> {
    let attached = ctx.store.application_profiles(id).await?;
    let ids: Vec<_> = attached.iter().map(|attached| attached.profile_id).collect();
    let mut found = ctx.store.certificate_profiles(&ids).await?;
    found.sort_by(|one, other| one.slug.cmp(&other.slug));
    let profiles = found.into_iter().filter_map(|profile| {
        let attached = attached.iter().find(|attached| attached.profile_id == profile.id)?;
        let times = (attached.created_at, attached.updated_at);
        Some(Attached::new(attached, (profile.value.slug, profile.value.description), times))
    });
    Ok(Many { profiles: profiles.collect() })
}
