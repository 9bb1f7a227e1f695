//! The end of a certificate here; it goes on holding.

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::id::CertificateId;
use model::permission::{Action, Scoped as _};
use store::{Change, Conflict};
use web::{Caller, Path, Problem};

use super::{NOUN, One, called, open_with_bundle, view};
use crate::{Ctx, error};

/// Attempts against changes at the same moment, of which the worker makes some.
const ATTEMPTS: u32 = 5;

/// `DELETE …/{certificateId}`: certificate and key are gone here. At the authority nothing happens: who wants it to hold no
/// longer revokes it first. Refused while it is being revoked or renewed, for that would be forgotten.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let (read, bundle, _) = open_with_bundle(&ctx, &caller, id, Action::Delete).await?;
        idle(&read)?;
        let answer = One { certificate: view(&ctx, &caller, &read, &bundle).await? };
        let audit = caller.audit("certificate.delete", id, called(&read), read.scope());
        let change = Change::new(caller.now).delete_certificate(&read, &bundle);
        match ctx.store.commit(change, &audit).await {
            Ok(()) => return Ok(Json(answer)),
            Err(refused) => match refused.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. } | Conflict::Exists { .. } | Conflict::Unmet(_)) | None => {
                    return Err(refused.into());
                }
            },
        }
    }
    Err(error::crowded(NOUN))
}

fn idle(certificate: &Certificate) -> Result<(), Problem> {
    if certificate.revocation.is_some_and(|revocation| revocation.revoked_at.is_none()) {
        return Err(Problem::bad_request("The certificate is being revoked; delete it when that is done"));
    }
    match certificate.life.renewing {
        Some(order) => Err(Problem::bad_request(format!(
            "The certificate is being renewed by the certificate request with ID \"{order}\"; delete it when that is done"
        ))),
        None => Ok(()),
    }
}
