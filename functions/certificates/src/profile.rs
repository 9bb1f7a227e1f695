//! Certificate profiles.

mod create;
mod delete;
mod get;
mod list;
mod update;

use axum::Json;
use model::certificate_profile::CertificateProfile;
use model::certificate_profile::view::View;
use model::id::CertificateProfileId;
use model::permission::{Action, Subject};
use serde::Serialize;
use store::Stored;
use web::Access::Caller as Anybody;
use web::{Caller, Problem, Routes};

use crate::{Ctx, error};

const NOUN: &str = "certificate profile";

/// The routes of profiles.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    routes
        .get(Anybody, "/api/v1/cert-manager/certificate-profiles", list::list)
        .post(Anybody, "/api/v1/cert-manager/certificate-profiles", create::create)
        .get(Anybody, "/api/v1/cert-manager/certificate-profiles/slug/{slug}", get::by_slug)
        .get(Anybody, "/api/v1/cert-manager/certificate-profiles/{profileId}", get::by_id)
        .patch(Anybody, "/api/v1/cert-manager/certificate-profiles/{profileId}", update::update)
        .delete(Anybody, "/api/v1/cert-manager/certificate-profiles/{profileId}", delete::delete)
}

/// The answer about one profile.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    certificate_profile: View,
}

fn one(found: Stored<CertificateProfile>, includes_configs: bool) -> Json<One> {
    Json(One { certificate_profile: view(found, includes_configs) })
}

fn view(found: Stored<CertificateProfile>, includes_configs: bool) -> View {
    View::new(found.value, includes_configs, (found.created_at, found.updated_at))
}

/// The profile with this id, if the caller may do `action` to it. Permissions and profile are read side by side.
async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateProfileId,
    action: Action,
) -> Result<Stored<CertificateProfile>, Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_profile(id))?;
    permissions.open(action, Subject::CertificateProfiles, found, || error::absent(NOUN, id))
}
