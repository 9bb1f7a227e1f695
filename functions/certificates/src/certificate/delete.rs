//! The end of a certificate here; it goes on holding.

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::id::CertificateId;
use model::permission::{Action, Scoped as _};
use store::Change;
use web::{Caller, Path, Problem};

use super::{NOUN, One, called, open_with_bundle, view};
use crate::Ctx;

/// Attempts against changes at the same moment, of which the worker makes some.
const ATTEMPTS: u32 = 5;

/// `DELETE …/{certificateId}`: certificate and key are gone here. At the authority nothing happens: who wants it to hold no
/// longer revokes it first. Refused while it is being revoked or renewed, for that would be forgotten, and while syncs have it.
pub(super) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateId>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let (read, bundle, _) = open_with_bundle(&ctx, &caller, id, Action::Delete).await?;
        idle(&read)?;
        detached(&ctx, id).await?;
        let answer = One { certificate: view(&ctx, &caller, &read, &bundle).await? };
        let audit = caller.audit("certificate.delete", id, called(&read), read.scope());
        let change = Change::new(caller.now).delete_certificate(&read, &bundle);
        match ctx.store.commit_in_project(change, &audit).await {
            Ok(()) => return Ok(Json(answer)),
            Err(refused) if refused.is_outpaced() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Problem::crowded(NOUN))
}

/// Whether no sync has it, as the present certificate or as the one that a rollback goes back to. One GetItem, and then one
/// BatchGetItem.
async fn detached(ctx: &Ctx, id: CertificateId) -> Result<(), Problem> {
    let syncs = ctx.store.syncs_of_certificate(id).await?.syncs();
    if syncs.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> =
        ctx.store.certificate_syncs(&syncs).await?.into_iter().map(|sync| sync.value.name).collect();
    if names.is_empty() {
        let message = "The certificate is just being taken out of a certificate sync that was deleted; please try again";
        return Err(Problem::unavailable(message));
    }
    names.sort_unstable();
    let names = names.join("\", \"");
    Err(Problem::bad_request(web::limited(format!(
        "The certificate is still used by certificate syncs: \"{names}\". Detach it there first"
    ))))
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
