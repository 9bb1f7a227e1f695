//! A change of a definition.

use axum::Json;
use axum::extract::State;
use model::certificate_sync::CertificateSync;
use model::certificate_sync::body::Update;
use model::certificate_sync::run::Refused;
use model::connection::{Connection, DependentKind};
use model::id::CertificateSyncId;
use model::permission::Action;
use store::{CertificateSyncAndRun, Change, CommitError, Conflict, Stored};
use web::{Caller, JsonBody, Path, Problem};

use crate::connection::usable;
use crate::get::{Opened, open_at};
use crate::view::{One, one};
use crate::{Ctx, aws, error};

/// Attempts against changes of the sync at the same moment: a renewal is one.
const ATTEMPTS: u32 = 5;

/// `PATCH …/{destination}/{syncId}`: with auto-sync a run follows, whatever was changed.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, CertificateSyncId)>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let opened = open_at(&ctx, &caller, &path, Action::Edit).await?;
        let sync = &opened.found.sync;
        if opened.found.run.is_going() {
            return Err(error::refused(Refused::Going));
        }
        let change = body.read_with(sync.destination.destination())?;
        let next = change.onto(sync);
        let connections = connections(&ctx, &opened, &next).await?;
        stays(&ctx, sync, &next, connections.as_ref()).await?;
        if let Some((_, after)) = &connections {
            aws::check(&ctx, after, &next.destination, caller.now).await?;
        }
        match commit(&ctx, &caller, &opened, next.clone(), connections.as_ref()).await {
            Ok(found) => {
                if found.run.wants_sync {
                    ctx.queue.wake([found.sync.id]).await;
                }
                return Ok(one(&ctx.store, found).await?);
            }
            Err(error) => match error.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(&next.name)),
                Some(Conflict::Exists { .. } | Conflict::Unmet(_)) | None => return Err(error.into()),
            },
        }
    }
    Err(Problem::crowded("certificate sync"))
}

/// The connection before and after; the same one, when only the destination is another.
type Connections = (Option<Stored<Connection>>, Stored<Connection>);

/// The connections, when the sync is to go elsewhere. Whoever points a connection at something else uses it.
async fn connections(
    ctx: &Ctx,
    opened: &Opened,
    next: &CertificateSync,
) -> Result<Option<Connections>, Problem> {
    let sync = &opened.found.sync;
    if sync.connection_id == next.connection_id && sync.destination == next.destination {
        return Ok(None);
    }
    let (before, after) =
        tokio::try_join!(ctx.store.connection(sync.connection_id), ctx.store.connection(next.connection_id))?;
    let region = next.destination.region();
    let after = usable(&opened.permissions, after, next.connection_id, sync.project_id, region)?;
    Ok(Some((before, after)))
}

/// What AWS has of a sync's certificates is in one account and region: a sync that has something there does not go elsewhere,
/// for it could remove nothing of it any more.
async fn stays(
    ctx: &Ctx,
    sync: &CertificateSync,
    next: &CertificateSync,
    connections: Option<&Connections>,
) -> Result<(), Problem> {
    let Some((before, after)) = connections else { return Ok(()) };
    let is_same_account = before.as_ref().is_none_or(|before| before.account_id == after.account_id);
    if is_same_account && sync.destination.region() == next.destination.region() {
        return Ok(());
    }
    let slots = ctx.store.certificate_sync_slots(sync.id).await?;
    // Also what was replaced, or detached, and is still in use: it is removed when nothing uses it any more.
    if slots.iter().all(|slot| slot.arns().next().is_none() && slot.held.intent.is_none()) {
        return Ok(());
    }
    Err(Problem::bad_request(
        "The sync has certificates at its destination: detach them, or make another sync, before it goes to another AWS account or region",
    ))
}

async fn commit(
    ctx: &Ctx,
    caller: &Caller,
    opened: &Opened,
    next: CertificateSync,
    connections: Option<&Connections>,
) -> Result<CertificateSyncAndRun, CommitError> {
    let CertificateSyncAndRun { sync, run } = &opened.found;
    let mut next_run = run.amended(next.is_auto_sync_enabled);
    if next.is_auto_sync_enabled {
        next_run = next_run.queue_sync(caller.now);
    }
    let mut change = Change::new(caller.now).replace(sync, &next).replace(run, &next_run);
    let mut audit = caller.audit("certificate-sync.update", sync.id, &next.name, opened.scope());
    if let Some((before, after)) = connections.filter(|(_, after)| after.id != sync.connection_id) {
        audit.details.push(format!("connection: {}", after.name));
        change = change.gain_dependent(after, DependentKind::CertificateSync);
        if let Some(before) = before {
            change = change.lose_dependent(before, DependentKind::CertificateSync);
        }
    }
    audit.details.extend(differences(sync, &next));
    ctx.store.commit_in_project(change, &audit).await?;
    Ok(CertificateSyncAndRun {
        sync: sync.clone().replaced(next, caller.now),
        run: run.clone().replaced(next_run, caller.now),
    })
}

/// For the audit trail: which parts of the definition are different.
fn differences(before: &CertificateSync, after: &CertificateSync) -> Vec<String> {
    let parts = [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("destinationConfig", before.destination != after.destination),
        ("syncOptions", before.options != after.options),
        ("isAutoSyncEnabled", before.is_auto_sync_enabled != after.is_auto_sync_enabled),
    ];
    parts.iter().filter(|(_, changed)| *changed).map(|(part, _)| format!("changed: {part}")).collect()
}
