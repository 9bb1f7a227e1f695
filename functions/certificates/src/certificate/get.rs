//! One certificate, with its bytes and without its key.

use axum::Json;
use axum::extract::State;
use model::id::CertificateId;
use model::permission::Action;
use web::{Caller, Path, Problem};

use super::{One, open_with_bundle, view};
use crate::Ctx;

/// `GET /api/v1/cert-manager/certificates/{certificateId}`.
pub(super) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<Json<One>, Problem> {
    let (certificate, bundle, _) = open_with_bundle(&ctx, &caller, id, Action::Read).await?;
    Ok(Json(One { certificate: view(&ctx, &caller, &certificate, &bundle).await? }))
}
