//! The default certificate of a sync's listeners.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::run::Refused;
use model::certificate_sync::{Destination, Listener};
use model::id::{CertificateId, CertificateSyncId};
use model::permission::Action;
use store::CertificateSyncAndRun;
use web::{Caller, Path, Problem};

use crate::get::{Opened, open_at};
use crate::trigger::Told;
use crate::{Ctx, error, get};

/// Attempts against changes at the same moment.
const ATTEMPTS: u32 = 5;

/// `POST …/{syncId}/certificates/{certificateId}/default`: of all listeners that take one. What was the default there is put
/// back when this one is not it any more.
pub(crate) async fn set(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((destination, id, certificate)): Path<(String, CertificateSyncId, CertificateId)>,
) -> Result<Json<Told>, Problem> {
    change(&ctx, &caller, &(destination, id), Some(certificate)).await?;
    Ok(Json(Told { message: "Default certificate set successfully" }))
}

/// `DELETE …/{syncId}/certificates/default`.
pub(crate) async fn unset(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
) -> Result<Json<Told>, Problem> {
    change(&ctx, &caller, &path, None).await?;
    Ok(Json(Told { message: "Default certificate cleared successfully" }))
}

/// Makes the slot of a certificate the default, or none. As it is already, nothing is written.
async fn change(
    ctx: &Ctx,
    caller: &Caller,
    path: &(String, CertificateSyncId),
    certificate: Option<CertificateId>,
) -> Result<(), Problem> {
    for _ in 0..ATTEMPTS {
        let opened = open_at(ctx, caller, path, Action::Edit).await?;
        if get::destination(&path.0)? != Destination::AwsElasticLoadBalancer {
            return Err(error::only_load_balancers());
        }
        let scope = opened.scope();
        let Opened { found: CertificateSyncAndRun { sync, run }, .. } = opened;
        if run.is_going() {
            return Err(error::refused(Refused::Going));
        }
        let slots = ctx.store.certificate_sync_slots(sync.id).await?;
        let after = match certificate {
            Some(certificate) => {
                let found = slots
                    .iter()
                    .find(|slot| slot.wanted.is_attached() && slot.wanted.certificate_id == certificate);
                let slot = found.ok_or_else(|| error::not_attached(certificate))?;
                if !sync.destination.listeners().iter().any(Listener::takes_default) {
                    return Err(error::no_listener_takes());
                }
                Some(slot)
            }
            None => None,
        };
        if after.map(|slot| slot.id) == run.default_slot {
            return Ok(());
        }
        let before = slots.iter().find(|slot| Some(slot.id) == run.default_slot);
        let mut audit = caller.audit("certificate-sync.default", sync.id, &sync.name, scope);
        audit.details = certificate.iter().map(|id| format!("certificate: {id}")).collect();
        match ctx.store.set_default_slot(&run, (before, after), caller.now, &audit).await {
            Ok(()) => {
                ctx.queue.wake([sync.id]).await;
                return Ok(());
            }
            Err(error) if error.is_outpaced() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("certificate sync"))
}
