//! A new sync: stored with its run state, its drift check, its name and its line of the audit trail, or not at all.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::connection::Connection;
use model::id::{ProjectId, SecretSyncId};
use model::permission::{Action, Scope, Subject};
use model::project::Project;
use model::secret_sync::body::Create;
use model::secret_sync::{
    DRIFT_CHECK_INTERVAL_HOURS, Destination, SecretSync, SecretSyncDrift, SecretSyncRun,
};
use store::{Change, Conflict, Entity as _, Stored, SyncAndRun};
use web::{Caller, JsonBody, Path, Problem};

use crate::connection::usable;
use crate::neighbours::refuse_duplicate;
use crate::source::{self, Source};
use crate::view::{One, one};
use crate::{Ctx, error, get};

/// A client that heard nothing repeats its create; within this time the repeat is answered with the first result.
const REPEAT: Duration = Duration::from_secs(60);

/// `POST /api/v1/secret-syncs/{destination}`.
///
/// Permissions, project, connection and name are read side by side, then the folders; with auto-sync its first run is
/// wanted at once.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let destination = get::destination(&asked)?;
    let body = body.read_with(destination)?;
    let Place { project, connection, source, owner } = authorised(&ctx, &caller, &body).await?;
    let sync = candidate(&ctx, &caller, body, &project, &source);
    if let Some(id) = owner {
        return repeated(&ctx, &caller, id, &sync, &project).await;
    }
    refuse_duplicate(&ctx, &sync, &connection.account_id, &source.environment.slug).await?;
    let (run, drift) = (first_run(&sync, caller.now), drift_check(&sync, caller.now));
    let change = Change::new(caller.now).create_secret_sync(&sync, &run, &drift, &connection, &project);
    let mut audit = caller.audit("secret-sync.create", sync.id, &sync.name, Scope::Project(sync.project_id));
    audit.details = described(destination, &connection, &source);
    match ctx.store.commit(change, &audit).await {
        Ok(()) => {}
        Err(error) => {
            return match error.conflict() {
                Some(Conflict::NameTaken { .. }) => {
                    match ctx.store.secret_sync_named(sync.project_id, &sync.name).await? {
                        Some(winner) => repeated(&ctx, &caller, winner, &sync, &project).await,
                        None => Err(error::name_taken(&sync.name)),
                    }
                }
                Some(Conflict::Stale { kind }) if *kind == Connection::KIND => {
                    Err(Problem::absent_connection(sync.connection_id))
                }
                Some(Conflict::Stale { kind }) if *kind == Project::KIND => {
                    Err(error::absent_project(&sync.project_id.to_string()))
                }
                Some(
                    Conflict::Exists { .. }
                    | Conflict::Stale { .. }
                    | Conflict::Unmet(_)
                    | Conflict::Contended,
                )
                | None => Err(error.into()),
            };
        }
    }
    if run.wants_sync {
        ctx.queue.wake([sync.id]).await;
    }
    let found = SyncAndRun { sync: Stored::created(sync, caller.now), run: Stored::created(run, caller.now) };
    Ok(one(&ctx.store, Some(&project), found).await?)
}

/// What a sync is made of.
struct Place {
    project: Stored<Project>,
    connection: Stored<Connection>,
    source: Source,
    /// The sync that has the name already.
    owner: Option<SecretSyncId>,
}

/// What the body names, if it exists and the caller may make syncs of it.
async fn authorised(ctx: &Ctx, caller: &Caller, body: &Create) -> Result<Place, Problem> {
    let unknown = || error::absent_project(&body.project_id);
    let id: ProjectId = body.project_id.parse().map_err(|_| unknown())?;
    let (permissions, project, connection, owner) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.project(id),
        ctx.store.connection(body.connection_id),
        ctx.store.secret_sync_named(id, &body.name)
    )?;
    permissions.may(Action::Create, Subject::SecretSyncs, Scope::Project(id))?;
    let project = project.ok_or_else(unknown)?;
    let connection = usable(&permissions, connection, body.connection_id, id, &body.destination)?;
    let source = source::named(&ctx.store, &project, &body.environment, &body.secret_path).await?;
    Ok(Place { project, connection, source, owner })
}

fn candidate(ctx: &Ctx, caller: &Caller, body: Create, project: &Project, source: &Source) -> SecretSync {
    SecretSync {
        id: SecretSyncId::random(),
        organization_id: ctx.organization,
        project_id: project.id,
        name: body.name,
        description: body.description,
        connection_id: body.connection_id,
        environment_id: source.environment.id,
        folder_id: source.folder,
        is_auto_sync_enabled: body.is_auto_sync_enabled,
        destination: body.destination,
        options: body.options,
        created_by: format!("{}:{}", caller.kind.name(), caller.id),
    }
}

fn first_run(sync: &SecretSync, now: Timestamp) -> SecretSyncRun {
    let run = SecretSyncRun::new(sync.id, sync.project_id, sync.is_auto_sync_enabled);
    if sync.is_auto_sync_enabled { run.queue_sync(now) } else { run }
}

fn drift_check(sync: &SecretSync, now: Timestamp) -> SecretSyncDrift {
    SecretSyncDrift::new(sync.id, sync.project_id, drift_hours(sync), now)
}

/// How often the destination of a sync is compared, in hours; 0 is never.
pub(crate) fn drift_hours(sync: &SecretSync) -> u16 {
    sync.options.drift_check_interval_hours.unwrap_or(DRIFT_CHECK_INTERVAL_HOURS)
}

/// For the audit trail: where to, by which way, from where.
pub(crate) fn described(destination: Destination, connection: &Connection, source: &Source) -> Vec<String> {
    vec![
        format!("destination: {}", destination.name()),
        format!("connection: {}", connection.name),
        format!("source: {} {}", source.environment.slug, source.path),
    ]
}

/// The first result, when this is the same create again; else the name is taken.
async fn repeated(
    ctx: &Ctx,
    caller: &Caller,
    id: SecretSyncId,
    candidate: &SecretSync,
    project: &Project,
) -> Result<Json<One>, Problem> {
    let existing = ctx.store.secret_sync(id).await?.filter(|existing| {
        let again = SecretSync { id, ..candidate.clone() };
        existing.sync.value == again && caller.now.since(existing.sync.created_at) < REPEAT
    });
    match existing {
        Some(existing) => Ok(one(&ctx.store, Some(project), existing).await?),
        None => Err(error::name_taken(&candidate.name)),
    }
}
