//! Attaching certificates to a sync: all that are named, or none.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use model::certificate::Certificate;
use model::certificate_sync::attach::{NotAttachable, attachable, attached};
use model::certificate_sync::body::CertificateIds;
use model::certificate_sync::run::Refused;
use model::certificate_sync::{CertificateSync, MOST_SLOTS, Slot};
use model::id::{CertificateId, CertificateSlotId, CertificateSyncId};
use model::permission::{Action, Scoped as _};
use serde::Serialize;
use store::{Attached, CertificateSyncAndRun, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Path, Permissions, Problem};

use super::{detach, views};
use crate::get::{Opened, open};
use crate::view::CertificateView;
use crate::{Ctx, error};

/// Attempts against changes at the same moment: of the sync, of its certificates, of where they are.
const ATTEMPTS: u32 = 8;

/// How many renewals are followed to the newest certificate.
const MOST_RENEWALS: u32 = 50;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Added {
    added_certificates: Vec<CertificateView>,
}

/// `POST …/{syncId}/certificates` `{certificateIds}`: those that are attached already are no fault, and not in the answer.
pub(crate) async fn attach(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<CertificateSyncId>,
    body: JsonBody<CertificateIds>,
) -> Result<Json<Added>, Problem> {
    let Opened { permissions, .. } = open(&ctx, &caller, id, Action::Edit).await?;
    let CertificateIds(ids) = body.read()?;
    let (found, added) = attach_all(&ctx, &caller, &permissions, id, &ids).await?;
    let added_certificates = views(&ctx, &caller, &found, &added).await?;
    Ok(Json(Added { added_certificates }))
}

/// Attaches certificates to a sync that the caller may edit; answers it with the slots that are new. What was attached before
/// something was found to be wrong is detached again.
pub(crate) async fn attach_all(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    id: CertificateSyncId,
    ids: &[CertificateId],
) -> Result<(CertificateSyncAndRun, Vec<Stored<Slot>>), Problem> {
    let mut added = Vec::new();
    for _ in 0..ATTEMPTS {
        match attempt(ctx, caller, permissions, id, ids, &mut added).await {
            Ok(()) => return answer(ctx, id, &added).await,
            Err(Ended::Again) => {}
            Err(Ended::Refused(problem)) => {
                undo(ctx, caller, id, &added).await;
                return Err(*problem);
            }
        }
    }
    undo(ctx, caller, id, &added).await;
    Err(Problem::crowded("certificate sync"))
}

enum Ended {
    /// Something changed since it was read.
    Again,
    Refused(Box<Problem>),
}

impl<E: Into<Problem>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Refused(Box::new(error.into()))
    }
}

/// Checks all, and then attaches in groups that fit into a transaction.
async fn attempt(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    id: CertificateSyncId,
    ids: &[CertificateId],
    added: &mut Vec<CertificateSlotId>,
) -> Result<(), Ended> {
    let found = ctx.store.certificate_sync(id).await?.ok_or_else(|| error::absent(id))?;
    if found.run.is_going() || found.run.deleted {
        return Err(error::refused(Refused::Going).into());
    }
    let sync = &found.sync.value;
    let certificates = checked(ctx, caller, permissions, sync, ids).await?;
    let (places, slots) =
        tokio::try_join!(ctx.store.places_of(ids.iter().copied()), ctx.store.certificate_sync_slots(id))?;
    let mut open: Vec<Attached> = Vec::new();
    for certificate in certificates {
        let values = slots.iter().map(|slot| &slot.value);
        // A slot is given once.
        let values = values.filter(|slot| open.iter().all(|one| one.slot.id != slot.id));
        let slot = attached(sync, values, &places.of(certificate.id), &certificate, caller.now)
            .map_err(|refused| Problem::bad_request(refused.to_string()))?;
        if let Some(slot) = slot {
            let before = slots.iter().find(|before| before.id == slot.id).cloned();
            open.push(Attached { certificate, before, slot });
        }
    }
    room(&found, open.len())?;
    let mut run = found.run.value.clone();
    for group in open.chunks(Attached::AT_ONCE) {
        let ids: Vec<_> = group.iter().map(|one| one.certificate.id).collect();
        let mut audit = caller.audit("certificate-sync.attach", id, &sync.name, sync.scope());
        audit.details = ids.iter().map(|id| format!("certificate: {id}")).collect();
        let first = group.first().map(|one| one.slot.id);
        let default = first.filter(|_| run.default_slot.is_none() && wants_default(sync));
        // Places as they were read when the slots were given: who attached meanwhile is noticed.
        let places = places.only(&ids);
        match ctx.store.attach_certificates(&run, group, &places, default, caller.now, &audit).await {
            Ok(()) => {
                run.default_slot = run.default_slot.or(default);
                added.extend(group.iter().map(|one| one.slot.id));
            }
            Err(CommitError::Conflict(
                Conflict::Stale { .. } | Conflict::Exists { .. } | Conflict::Contended,
            )) => return Err(Ended::Again),
            Err(error) => return Err(error.into()),
        }
    }
    ctx.queue.wake([id]).await;
    Ok(())
}

/// Whether the first certificate of a sync becomes the default: where a listener says so.
fn wants_default(sync: &CertificateSync) -> bool {
    sync.destination.listeners().iter().any(|listener| listener.set_as_default == Some(true))
}

fn room(found: &CertificateSyncAndRun, more: usize) -> Result<(), Problem> {
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    if found.run.slots.saturating_add(more) <= i64::from(MOST_SLOTS) {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "The certificate sync \"{}\" has {} certificates and room for {MOST_SLOTS}: {more} more cannot be attached",
        found.sync.name, found.run.slots
    )))
}

/// The certificates, if each may be attached; all that speaks against them is told at once.
async fn checked(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    sync: &CertificateSync,
    ids: &[CertificateId],
) -> Result<Vec<Stored<Certificate>>, Problem> {
    let read = ctx.store.certificates(ids).await?;
    let mut read: HashMap<_, _> =
        read.into_iter().filter(|read| permissions.sees(read.scope())).map(|read| (read.id, read)).collect();
    let absent: Vec<_> = ids.iter().copied().filter(|id| !read.contains_key(id)).collect();
    if !absent.is_empty() {
        return Err(error::absent_certificates(&absent));
    }
    let certificates: Vec<_> = ids.iter().filter_map(|id| read.remove(id)).collect();
    let (mut faults, mut is_gone) = (Vec::new(), true);
    for certificate in &certificates {
        let Err(mut fault) = attachable(sync, certificate, caller.now) else { continue };
        if let NotAttachable::Renewed(newer) = fault {
            fault = NotAttachable::Renewed(newest(ctx, newer).await?);
        }
        is_gone &= matches!(fault, NotAttachable::Inactive(_));
        faults.push(format!("The certificate with ID \"{}\" cannot be attached: {fault}", certificate.id));
    }
    match (faults.is_empty(), is_gone) {
        (true, _) => Ok(certificates),
        // As the peer has it: a certificate that is not active is as good as none.
        (false, true) => Err(Problem::not_found(web::limited(faults.join(". ")))),
        (false, false) => Err(Problem::bad_request(web::limited(faults.join(". ")))),
    }
}

/// The last of the renewals that began with this one.
async fn newest(ctx: &Ctx, mut id: CertificateId) -> Result<CertificateId, Problem> {
    for _ in 0..MOST_RENEWALS {
        match ctx.store.certificate(id).await?.and_then(|read| read.renewed_by) {
            Some(newer) => id = newer,
            None => break,
        }
    }
    Ok(id)
}

/// Takes back what was attached before the rest could not be. Whatever is left is for the log: it is seen in the list.
async fn undo(ctx: &Ctx, caller: &Caller, id: CertificateSyncId, added: &[CertificateSlotId]) {
    if added.is_empty() {
        return;
    }
    if let Err(problem) = detach::detach_slots(ctx, caller, id, |slot| added.contains(&slot.id)).await {
        tracing::warn!(certificate_sync.id = %id, cause = problem.text(), "an attachment was taken back in part");
    }
}

/// The sync as it is now, and the slots in the order in which they were attached.
async fn answer(
    ctx: &Ctx,
    id: CertificateSyncId,
    added: &[CertificateSlotId],
) -> Result<(CertificateSyncAndRun, Vec<Stored<Slot>>), Problem> {
    let (found, slots) =
        tokio::try_join!(ctx.store.certificate_sync(id), ctx.store.certificate_sync_slots(id))?;
    let mut slots: HashMap<_, _> = slots.into_iter().map(|slot| (slot.id, slot)).collect();
    let added = added.iter().filter_map(|id| slots.remove(id)).collect();
    Ok((found.ok_or_else(|| error::absent(id))?, added))
}
