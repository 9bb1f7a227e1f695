//! A change of a definition.

use axum::Json;
use axum::extract::State;
use model::connection::{Connection, DependentKind};
use model::error::chain;
use model::id::SecretSyncId;
use model::permission::Action;
use model::project::Project;
use model::secret_sync::body::{Present, Update};
use model::secret_sync::run::Refused;
use model::secret_sync::{SecretSync, SecretSyncDrift};
use store::{Change, Conflict, ReadError, Stored, SyncAndRun};
use web::{Caller, JsonBody, Path, Permissions, Problem};

use crate::connection::usable;
use crate::create::drift_hours;
use crate::get::{Opened, open};
use crate::neighbours::refuse_duplicate;
use crate::view::{One, one};
use crate::{Ctx, error, source};

/// Attempts against changes of the sync at the same moment: a change of the source is one.
const ATTEMPTS: u32 = 5;

/// `PATCH /api/v1/secret-syncs/{destination}/{syncId}`: with auto-sync a run follows, whatever was changed.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(path): Path<(String, SecretSyncId)>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    for _ in 0..ATTEMPTS {
        let opened = open(&ctx, &caller, path.clone(), Action::Edit).await?;
        if opened.found.run.is_going() {
            return Err(error::refused(Refused::Going));
        }
        let Some(project) = &opened.project else {
            return Err(error::absent_project(&opened.found.sync.project_id.to_string()));
        };
        let change = body.read_with(Present::of(&opened.found.sync))?;
        let next = moved(&ctx, project, &opened.found.sync, &change).await?;
        let connections = connections(&ctx, &opened.permissions, &opened.found.sync, &next).await?;
        keep_apart(&ctx, project, &opened.found.sync, &next).await?;
        match commit(&ctx, &caller, &opened, next.clone(), connections).await {
            Ok(found) => {
                if found.run.wants_sync {
                    ctx.queue.wake([found.sync.id]).await;
                }
                if opened.found.sync.is_auto_sync_enabled && !next.is_auto_sync_enabled {
                    leave_folders(&ctx, &caller, found.sync.id).await;
                }
                return Ok(one(&ctx.store, Some(project), found).await?);
            }
            Err(error) => match error.conflict() {
                Some(Conflict::Stale { .. } | Conflict::Contended) => {}
                Some(Conflict::NameTaken { .. }) => return Err(error::name_taken(&next.name)),
                Some(Conflict::Exists { .. } | Conflict::Unmet(_)) | None => return Err(error.into()),
            },
        }
    }
    Err(Problem::crowded("secret sync"))
}

/// Takes a sync that follows its source no more off the folders' lists. One that stays on a list is woken in vain, and does
/// nothing: that this failed is for the log.
async fn leave_folders(ctx: &Ctx, caller: &Caller, id: SecretSyncId) {
    if let Err(error) = ctx.vault.unwatch(id, caller.now).await {
        tracing::warn!(secret_sync.id = %id, cause = chain(&error), "the sync is still on the lists of its folders");
    }
}

/// The definition after the change, with the source that it names: what it does not name of it stays.
async fn moved(
    ctx: &Ctx,
    project: &Project,
    sync: &SecretSync,
    change: &Update,
) -> Result<SecretSync, Problem> {
    let mut next = change.onto(sync);
    if change.environment.is_none() && change.secret_path.is_none() {
        return Ok(next);
    }
    let (environment, folder) = source::of(&ctx.store, Some(project), sync).await?;
    let environment = change.environment.clone().or_else(|| environment.map(|found| found.slug));
    let path = change.secret_path.clone().or_else(|| folder.map(|(_, path)| path));
    let (Some(environment), Some(path)) = (environment, path) else {
        return Err(error::source_gone(&sync.name));
    };
    let source = source::named(&ctx.store, project, &environment, &path).await?;
    (next.environment_id, next.folder_id) = (source.environment.id, source.folder);
    Ok(next)
}

/// The connection before and after, when another one is used. Whoever points a connection at other secrets uses it: a
/// change of the destination asks for the same permission as a change of the connection.
async fn connections(
    ctx: &Ctx,
    permissions: &Permissions,
    sync: &SecretSync,
    next: &SecretSync,
) -> Result<Option<(Option<Stored<Connection>>, Stored<Connection>)>, Problem> {
    let points_elsewhere = sync.moves_to(next) || sync.options.key_schema != next.options.key_schema;
    if !points_elsewhere {
        return Ok(None);
    }
    let (before, after) =
        tokio::try_join!(ctx.store.connection(sync.connection_id), ctx.store.connection(next.connection_id))?;
    let after = usable(permissions, after, next.connection_id, sync.project_id, &next.destination)?;
    Ok((sync.connection_id != next.connection_id).then_some((before, after)))
}

/// Refuses a change after which the sync may write other names than before, and another sync the same ones, where the deployment
/// blocks that.
async fn keep_apart(
    ctx: &Ctx,
    project: &Project,
    sync: &SecretSync,
    next: &SecretSync,
) -> Result<(), Problem> {
    let names = |sync: &SecretSync| {
        let environment = project.environments.find(sync.environment_id);
        environment.map(|(_, environment)| sync.options.affixes(&environment.slug))
    };
    if !sync.moves_to(next) && names(sync) == names(next) {
        return Ok(());
    }
    let environment = project.environments.find(next.environment_id);
    let connection = ctx.store.connection(next.connection_id).await?;
    match (environment, connection) {
        (Some((_, environment)), Some(connection)) => {
            refuse_duplicate(ctx, next, &connection.account_id, &environment.slug).await
        }
        // It writes nothing.
        (None, _) | (_, None) => Ok(()),
    }
}

async fn commit(
    ctx: &Ctx,
    caller: &Caller,
    opened: &Opened,
    next: SecretSync,
    connections: Option<(Option<Stored<Connection>>, Stored<Connection>)>,
) -> Result<SyncAndRun, store::CommitError> {
    let SyncAndRun { sync, run } = &opened.found;
    // Another way into the same account leads to the same place: what is nobody's there is not adopted once more.
    let is_same_account = connections.as_ref().is_none_or(|(before, after)| {
        before.as_ref().is_some_and(|before| before.account_id == after.account_id)
    });
    let moves = sync.destination != next.destination || !is_same_account;
    let mut next_run = run.amended(next.is_auto_sync_enabled, moves);
    if next.is_auto_sync_enabled {
        next_run = next_run.queue_sync(caller.now);
    }
    let mut change = Change::new(caller.now).replace(sync, &next).replace(run, &next_run);
    let mut audit = caller.audit("secret-sync.update", sync.id, &next.name, opened.scope());
    if let Some((before, after)) = &connections {
        audit.details.push(format!("connection: {}", after.name));
        change = change.gain_dependent(after, DependentKind::SecretSync);
        if let Some(before) = before {
            change = change.lose_dependent(before, DependentKind::SecretSync);
        }
    }
    if let Some((read, drift)) = drift_after(ctx, caller, sync, &next).await? {
        change = change.replace(&read, &drift);
    }
    audit.details.extend(differences(sync, &next));
    ctx.store.commit(change, &audit).await?;
    Ok(SyncAndRun {
        sync: sync.clone().replaced(next, caller.now),
        run: run.clone().replaced(next_run, caller.now),
    })
}

/// The drift check before and after, when the change concerns it.
async fn drift_after(
    ctx: &Ctx,
    caller: &Caller,
    sync: &SecretSync,
    next: &SecretSync,
) -> Result<Option<(Stored<SecretSyncDrift>, SecretSyncDrift)>, ReadError> {
    let moved = sync.moves_to(next);
    if !moved && drift_hours(sync) == drift_hours(next) {
        return Ok(None);
    }
    let read = ctx.store.secret_sync_drift(sync.id).await?;
    Ok(read.map(|read| {
        let drift = read.every(drift_hours(next), caller.now);
        (read, if moved { drift.forgotten() } else { drift })
    }))
}

/// For the audit trail: which parts of the definition are different.
fn differences(before: &SecretSync, after: &SecretSync) -> Vec<String> {
    let parts = [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("source", (before.environment_id, before.folder_id) != (after.environment_id, after.folder_id)),
        ("destinationConfig", before.destination != after.destination),
        ("syncOptions", before.options != after.options),
        ("isAutoSyncEnabled", before.is_auto_sync_enabled != after.is_auto_sync_enabled),
    ];
    parts.iter().filter(|(_, changed)| *changed).map(|(part, _)| format!("changed: {part}")).collect()
}
