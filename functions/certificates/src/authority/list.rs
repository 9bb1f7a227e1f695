//! The authorities of one type in a project.

use axum::Json;
use axum::extract::State;
use model::certificate_authority::view::View;
use model::permission::{Action, Subject};
use model::project::Asked;
use web::{Caller, Path, Problem, Query};

use super::{authority_type, view};
use crate::{Ctx, project};

/// `GET /api/v1/cert-manager/ca/{type}?projectId=`, by name.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    query: Query<Asked>,
) -> Result<Json<Vec<View>>, Problem> {
    let authority_type = authority_type(&asked)?;
    let asked = query.read()?;
    let id = project::permitted(&ctx, &caller, &asked, Action::Read, Subject::CertificateAuthorities).await?;
    let found = ctx.store.certificate_authorities_of(id).await?;
    let of_type = found.into_iter().filter(|found| found.configuration.authority_type() == authority_type);
    Ok(Json(of_type.map(view).collect()))
}
