//! Back to the certificate before.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::certificate::{Certificate, CertificateStatus};
use model::certificate_sync::run::Refused;
use model::id::{CertificateId, CertificateSyncId};
use model::permission::Action;
use serde::Serialize;
use store::CertificateSyncAndRun;
use web::{Caller, Path, Problem};

use crate::get::{Opened, open_at};
use crate::{Ctx, error};

/// Attempts against changes at the same moment.
const ATTEMPTS: u32 = 5;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolledBack {
    message: &'static str,
    /// The certificate that is attached now.
    certificate_id: CertificateId,
    /// The one that was left: rolling back again returns to it.
    previous_certificate_id: Option<CertificateId>,
}

/// `POST …/{destination}/{syncId}/certificates/{certificateId}/rollback`, ours alone: the sync goes back from this certificate
/// to the one that it renewed there. Refused when that one is over or revoked.
pub(crate) async fn rollback(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((destination, id, certificate)): Path<(String, CertificateSyncId, CertificateId)>,
) -> Result<Json<RolledBack>, Problem> {
    let path = (destination, id);
    for _ in 0..ATTEMPTS {
        let opened = open_at(&ctx, &caller, &path, Action::SyncCertificates).await?;
        let scope = opened.scope();
        let Opened { found: CertificateSyncAndRun { sync, run }, .. } = opened;
        if run.is_going() {
            return Err(error::refused(Refused::Going));
        }
        let slots = ctx.store.certificate_sync_slots(id).await?;
        let slot = slots
            .iter()
            .find(|slot| slot.wanted.is_attached() && slot.wanted.certificate_id == certificate)
            .ok_or_else(|| error::not_attached(certificate))?;
        let next = slot.wanted.rolled_back(caller.now);
        let next = next.map_err(|refused| Problem::bad_request(refused.to_string()))?;
        let previous = ctx.store.certificate(next.certificate_id).await?;
        let previous = previous.ok_or_else(|| error::absent_certificates(&[next.certificate_id]))?;
        usable(&previous, caller.now)?;
        let mut audit = caller.audit("certificate-sync.rollback", id, &sync.name, scope);
        audit.details = vec![
            format!("from certificate: {certificate}"),
            format!("to certificate: {}", next.certificate_id),
        ];
        match ctx.store.roll_back_slot(slot, &next, &previous, caller.now, &audit).await {
            Ok(()) => {
                ctx.queue.wake([id]).await;
                let message = if sync.is_auto_sync_enabled {
                    "Certificate rolled back; it is being carried to the destination"
                } else {
                    "Certificate rolled back; the next sync carries it to the destination"
                };
                return Ok(Json(RolledBack {
                    message,
                    certificate_id: next.certificate_id,
                    previous_certificate_id: next.previous,
                }));
            }
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("certificate sync"))
}

/// Whether there is any use in going back to it.
fn usable(previous: &Certificate, now: Timestamp) -> Result<(), Problem> {
    match previous.status(now) {
        CertificateStatus::Active => Ok(()),
        over @ (CertificateStatus::Expired | CertificateStatus::Revoked) => {
            Err(Problem::bad_request(format!(
                "The previous certificate with ID \"{}\" is not active: it is {}",
                previous.id,
                over.name()
            )))
        }
    }
}
