//! A profile of an application less.

use axum::Json;
use axum::extract::State;
use model::application::view::Place;
use model::id::{ApplicationId, CertificateProfileId};
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use super::enrollment::open_profile;
use super::{ATTEMPTS, NOUN};
use crate::Ctx;

/// `DELETE /api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}`, with how it was enrolled for. Certificates
/// of both stay.
pub(super) async fn detach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(ids): Path<(ApplicationId, CertificateProfileId)>,
) -> Result<Json<Place>, Problem> {
    for _ in 0..ATTEMPTS {
        let (application, attached) = open_profile(&ctx, &caller, ids, Action::Edit).await?;
        let profile = ctx.store.certificate_profile(ids.1).await?;
        let place = Place::from(&attached.value);
        let details = profile.iter().map(|profile| format!("profile: {}", profile.slug)).collect();
        let gone: Vec<_> = profile.map(|profile| (attached, profile.value)).into_iter().collect();
        let change = Change::new(caller.now).gain_profiles(&application, -1).detach_profiles(&gone);
        let mut audit = caller.audit(
            "certificate-application.detach",
            application.id,
            &application.name,
            application.scope(),
        );
        audit.details = details;
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(Json(place)),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}
