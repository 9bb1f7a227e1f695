//! Detaching certificates from a sync.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::Slot;
use model::certificate_sync::body::CertificateIds;
use model::id::CertificateSyncId;
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use store::{Attached, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::get::open;
use crate::{Ctx, error};

/// Attempts against changes at the same moment.
const ATTEMPTS: u32 = 8;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Removed {
    removed_count: usize,
}

/// `DELETE …/{syncId}/certificates` `{certificateIds}`: what AWS has of them goes when the sync may remove, and stays
/// otherwise. Those that are not attached are no fault, and not counted.
pub(crate) async fn detach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateSyncId>,
    body: JsonBody<CertificateIds>,
) -> Result<Json<Removed>, Problem> {
    open(&ctx, &caller, id, Action::Edit).await?;
    let CertificateIds(ids) = body.read()?;
    let wanted = |slot: &Slot| ids.contains(&slot.wanted.certificate_id);
    let removed_count = detach_slots(&ctx, &caller, id, wanted).await?;
    Ok(Json(Removed { removed_count }))
}

/// Detaches the attached slots that are meant; answers how many. One transaction for each thirty.
pub(super) async fn detach_slots(
    ctx: &Ctx,
    caller: &Caller,
    id: CertificateSyncId,
    is_meant: impl Fn(&Slot) -> bool,
) -> Result<usize, Problem> {
    let (mut removed, mut attempts) = (0, 0);
    while attempts < ATTEMPTS {
        let (found, slots) =
            tokio::try_join!(ctx.store.certificate_sync(id), ctx.store.certificate_sync_slots(id))?;
        let found = found.ok_or_else(|| error::absent(id))?;
        let open: Vec<Stored<Slot>> =
            slots.into_iter().filter(|slot| slot.wanted.is_attached() && is_meant(slot)).collect();
        let Some(group) = open.chunks(Attached::AT_ONCE).next() else {
            if removed > 0 {
                ctx.queue.wake([id]).await;
            }
            return Ok(removed);
        };
        let goes = found.sync.options.can_remove_certificates;
        let mut audit = caller.audit("certificate-sync.detach", id, &found.sync.name, found.sync.scope());
        audit.details =
            group.iter().map(|slot| format!("certificate: {}", slot.wanted.certificate_id)).collect();
        match ctx.store.detach_certificates(&found.run, group, goes, caller.now, &audit).await {
            Ok(()) => removed += group.len(),
            Err(error) if error.is_outpaced() => attempts += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::crowded("certificate sync"))
}
