//! Certificate policies.

mod create;
mod delete;
mod list;
mod update;

use axum::Json;
use axum::extract::State;
use model::certificate_policy::CertificatePolicy;
use model::certificate_policy::view::View;
use model::id::CertificatePolicyId;
use model::permission::{Action, Subject};
use serde::Serialize;
use store::Stored;
use web::Access::Caller as Anybody;
use web::{Caller, Path, Problem, Routes};

use crate::{Ctx, error};

const NOUN: &str = "certificate policy";

/// The routes of policies.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    routes
        .get(Anybody, "/api/v1/cert-manager/certificate-policies", list::list)
        .post(Anybody, "/api/v1/cert-manager/certificate-policies", create::create)
        .get(Anybody, "/api/v1/cert-manager/certificate-policies/{policyId}", get)
        .patch(Anybody, "/api/v1/cert-manager/certificate-policies/{policyId}", update::update)
        .delete(Anybody, "/api/v1/cert-manager/certificate-policies/{policyId}", delete::delete)
}

/// The answer about one policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    certificate_policy: View,
}

fn one(found: Stored<CertificatePolicy>) -> Json<One> {
    Json(One { certificate_policy: view(found) })
}

fn view(found: Stored<CertificatePolicy>) -> View {
    View::new(found.value, (found.created_at, found.updated_at))
}

/// The policy with this id, if the caller may do `action` to it. Permissions and policy are read side by side.
async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificatePolicyId,
    action: Action,
) -> Result<Stored<CertificatePolicy>, Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_policy(id))?;
    permissions.open(action, Subject::CertificatePolicies, found, || error::absent(NOUN, id))
}

/// `GET /api/v1/cert-manager/certificate-policies/{policyId}`.
async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificatePolicyId>,
) -> Result<Json<One>, Problem> {
    Ok(one(open(&ctx, &caller, id, Action::Read).await?))
}
