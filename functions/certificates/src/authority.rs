//! Certificate authorities, each type under its own path; bare on the wire.

mod create;
mod delete;
mod list;
mod update;

use axum::Json;
use axum::extract::State;
use model::certificate_authority::view::View;
use model::certificate_authority::{AuthorityType, CertificateAuthority};
use model::id::CertificateAuthorityId;
use model::permission::{Action, Subject};
use store::Stored;
use web::Access::Caller as Anybody;
use web::{Caller, Path, Permissions, Problem, Routes};

use crate::{Ctx, error};

const NOUN: &str = "certificate authority";

/// The routes of authorities.
pub(crate) fn routes(routes: Routes<Ctx>) -> Routes<Ctx> {
    routes
        .get(Anybody, "/api/v1/cert-manager/ca/{type}", list::list)
        .post(Anybody, "/api/v1/cert-manager/ca/{type}", create::create)
        .get(Anybody, "/api/v1/cert-manager/ca/{type}/{caId}", get)
        .patch(Anybody, "/api/v1/cert-manager/ca/{type}/{caId}", update::update)
        .delete(Anybody, "/api/v1/cert-manager/ca/{type}/{caId}", delete::delete)
}

/// The type that a path names, if it is one of ours.
fn authority_type(name: &str) -> Result<AuthorityType, Problem> {
    AuthorityType::named(name).ok_or_else(|| {
        let ours: Vec<&str> = AuthorityType::ALL.into_iter().map(AuthorityType::name).collect();
        Problem::bad_request(format!(
            "Certificate authorities of the type \"{name}\" are not supported; these are: {}",
            ours.join(", ")
        ))
    })
}

/// The authority with this id, if it is of this type and the caller may do `action` to it, with what else the caller may do.
/// Permissions and authority are read side by side.
async fn open(
    ctx: &Ctx,
    caller: &Caller,
    (asked, id): &(String, CertificateAuthorityId),
    action: Action,
) -> Result<(Stored<CertificateAuthority>, Permissions), Problem> {
    let authority_type = authority_type(asked)?;
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_authority(*id))?;
    let found = found.filter(|found| found.configuration.authority_type() == authority_type);
    let found =
        permissions.open(action, Subject::CertificateAuthorities, found, || error::absent(NOUN, id))?;
    Ok((found, permissions))
}

fn view(found: Stored<CertificateAuthority>) -> View {
    View::new(found.value, (found.created_at, found.updated_at))
}

/// `GET /api/v1/cert-manager/ca/{type}/{caId}`.
async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateAuthorityId)>,
) -> Result<Json<View>, Problem> {
    let (found, _) = open(&ctx, &caller, &path, Action::Read).await?;
    Ok(Json(view(found)))
}
