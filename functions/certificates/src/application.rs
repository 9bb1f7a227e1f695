//! Applications: who asks for certificates, and of which profiles.

mod attach;
mod create;
mod delete;
mod detach;
mod enrollment;
mod get;
mod list;
mod update;

use axum::Json;
use model::application::Application;
use model::application::view::View;
use model::id::ApplicationId;
use model::permission::{Action, Subject};
use serde::Serialize;
use store::Stored;
use web::Access::Caller as Anybody;
use web::{Caller, Problem, Routes};

use crate::{Ctx, error};

const NOUN: &str = "application";

/// Attempts against changes at the same moment: an attachment of a profile is one.
const ATTEMPTS: u32 = 5;

/// The routes of applications.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    const ONE: &str = "/api/v1/cert-manager/applications/{applicationId}";
    const PROFILES: &str = "/api/v1/cert-manager/applications/{applicationId}/profiles";
    const PROFILE: &str = "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}";
    const ENROLLMENT: &str =
        "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment";
    const METHOD: &str =
        "/api/v1/cert-manager/applications/{applicationId}/profiles/{profileId}/enrollment/{method}";
    routes
        .get(Anybody, "/api/v1/cert-manager/applications", list::list)
        .post(Anybody, "/api/v1/cert-manager/applications", create::create)
        .get(Anybody, "/api/v1/cert-manager/applications/by-name/{name}", get::by_name)
        .get(Anybody, ONE, get::by_id)
        .patch(Anybody, ONE, update::update)
        .delete(Anybody, ONE, delete::delete)
        .get(Anybody, PROFILES, attach::list)
        .post(Anybody, PROFILES, attach::attach)
        .delete(Anybody, PROFILE, detach::detach)
        .get(Anybody, ENROLLMENT, enrollment::get)
        .put(Anybody, METHOD, enrollment::put)
        .delete(Anybody, METHOD, enrollment::delete)
}

/// The answer about one application.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    application: View,
}

fn one(found: Stored<Application>) -> Json<One> {
    Json(One { application: view(found) })
}

fn view(found: Stored<Application>) -> View {
    View::new(found.value, (found.created_at, found.updated_at))
}

/// The application with this id, if the caller may do `action` to it. Permissions and application are read side by side.
async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: ApplicationId,
    action: Action,
) -> Result<Stored<Application>, Problem> {
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.application(id))?;
    permissions.open(action, Subject::Applications, found, || error::absent(NOUN, id))
}
