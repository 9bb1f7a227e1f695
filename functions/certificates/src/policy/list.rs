//! The policies of a project.

use axum::Json;
use axum::extract::State;
use model::certificate_policy::view::View;
use model::permission::{Action, Subject};
use serde::Serialize;
use web::{Caller, Problem, Query};

use super::view;
use crate::page::Listed;
use crate::{Ctx, project};

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    certificate_policies: Vec<View>,
    total_count: usize,
}

/// `GET /api/v1/cert-manager/certificate-policies?projectId=&offset=&limit=&search=`, by name.
pub(super) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Listed>,
) -> Result<Json<Many>, Problem> {
    let Listed { project: asked, page } = query.read()?;
    let id = project::permitted(&ctx, &caller, &asked, Action::Read, Subject::CertificatePolicies).await?;
    let (found, total_count) = page.cut(ctx.store.certificate_policies_of(id).await?, |found| &found.name);
    Ok(Json(Many { certificate_policies: found.into_iter().map(view).collect(), total_count }))
}
