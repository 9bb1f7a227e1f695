//! The end of an application. Its profiles stay, attached to it no more; its certificates stay as well.

use axum::Json;
use axum::extract::State;
use model::application::ApplicationProfile;
use model::certificate_profile::CertificateProfile;
use model::id::ApplicationId;
use model::permission::{Action, Scoped as _};
use store::{Change, ReadError, Stored};
use web::{Caller, Path, Problem};

use super::{ATTEMPTS, NOUN, One, one, open};
use crate::{Ctx, error};

/// `DELETE /api/v1/cert-manager/applications/{applicationId}`. Refused while syncs carry its certificates.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let read = open(&ctx, &caller, id, Action::Delete).await?;
        if read.certificate_syncs > 0 {
            let (name, syncs) = (read.name.as_str(), read.certificate_syncs);
            return Err(error::in_use(NOUN, name, syncs, "certificate sync"));
        }
        let (attached, project) = tokio::try_join!(attached(&ctx, id), ctx.store.project(read.project_id))?;
        let change =
            Change::new(caller.now).delete_application(&read, project.as_deref()).detach_profiles(&attached);
        let audit = caller.audit("certificate-application.delete", id, &read.name, read.scope());
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(one(read)),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}

/// What is attached to an application. One Query, and then a BatchGetItem.
async fn attached(
    ctx: &Ctx,
    id: ApplicationId,
) -> Result<Vec<(Stored<ApplicationProfile>, CertificateProfile)>, ReadError> {
    let attached = ctx.store.application_profiles(id).await?;
    let ids: Vec<_> = attached.iter().map(|attached| attached.profile_id).collect();
    let mut profiles = ctx.store.certificate_profiles(&ids).await?;
    // A profile that is attached is not deleted.
    let pairs = attached.into_iter().filter_map(|attached| {
        let position = profiles.iter().position(|profile| profile.id == attached.profile_id)?;
        Some((attached, profiles.swap_remove(position).value))
    });
    Ok(pairs.collect())
}
