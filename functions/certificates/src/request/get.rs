//! How far a request got, and the certificate that it became.

use axum::Json;
use axum::extract::State;
use model::certificate::view::{Became, RequestView};
use model::id::CertificateRequestId;
use model::permission::{Action, Scoped as _, Subject};
use web::{Caller, Path, Problem};

use super::NOUN;
use crate::certificate::{NotKept, audit_key, not_kept, stored};
use crate::{Ctx, error};

/// `GET /api/v1/cert-manager/certificates/certificate-requests/{requestId}`. The key is in the answer for whoever may read
/// it, which is in the audit trail before they see it. Two reads side by side; once it is issued, one more, and at most one KMS call.
pub(super) async fn get(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateRequestId>,
) -> Result<(NotKept, Json<RequestView>), Problem> {
    let (permissions, found) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.certificate_order(id))?;
    let order = permissions.open(Action::Read, Subject::Certificates, found, || error::absent(NOUN, id))?;
    let times = (order.created_at, order.updated_at);
    let found = match order.progress.certificate_id() {
        Some(id) => ctx.store.certificate_with_bundle(id).await?,
        None => None,
    };
    // A certificate that was deleted leaves its request behind.
    let Some((certificate, bundle)) = found else {
        return Ok((not_kept(), Json(RequestView::new(&order, None, times))));
    };
    let may = permissions.allows(Action::ReadPrivateKey, Subject::Certificates, certificate.scope());
    let private_key = if may { stored::key(&ctx, &bundle).await? } else { None };
    if private_key.is_some() {
        audit_key(&ctx, &caller, &certificate, "certificate request").await?;
    }
    let became = Became { certificate: &certificate, bundle: &bundle, private_key };
    Ok((not_kept(), Json(RequestView::new(&order, Some(became), times))))
}
