//! Saying where a project's recordings are kept from now on, once the bucket has shown that it can be used.

use axum::Json;
use axum::extract::State;
use model::connection::{Connection, DependentKind};
use model::id::{ProjectId, RecordingConfigId};
use model::permission::{Action, Scope, Subject};
use model::project::Project;
use model::recording::view::ConfigView;
use model::recording::{Deed, RecordingConfig, SaveRecordingConfig};
use serde::Serialize;
use store::{Change, CommitError, Conflict, Entity as _, Stored};
use web::{Caller, JsonBody, Path, Permissions, Problem};

use super::{ATTEMPTS, view};
use crate::bucket::Bucket;
use crate::public_url::PublicUrl;
use crate::{Ctx, connection, error, probe};

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Saved {
    config: ConfigView,
    /// A browser that gets any answer from here is let in; there need not be such an object.
    cors_probe_url: String,
}

/// A bucket that was asked for, and all that goes with it.
pub(super) struct Wanted {
    pub(super) project: Stored<Project>,
    pub(super) connection: Stored<Connection>,
    pub(super) bucket: Bucket,
}

/// `POST /api/v1/pam/projects/{projectId}/recording-config`. Recordings that began before stay where they are.
pub(crate) async fn save(
    State(ctx): State<Ctx>,
    caller: Caller,
    PublicUrl(origin): PublicUrl,
    Path(project): Path<ProjectId>,
    body: JsonBody<SaveRecordingConfig>,
) -> Result<Json<Saved>, Problem> {
    let permissions = permitted(&ctx, &caller, project).await?;
    let body = body.read()?;
    let wanted = open(&ctx, &caller, &permissions, project, &body).await?;
    if let Some(refusal) = probe::refusal(&probe::checks(&ctx, &wanted.bucket, project, &origin).await) {
        return Err(refusal);
    }
    let stored = store(&ctx, &caller, &wanted, &body).await?;
    let window = wanted.bucket.window(caller.now)?;
    let key = stored.place.cors_probe_key();
    let cors_probe_url = wanted.bucket.presigned_get(&key, window).await?;
    Ok(Json(Saved { config: view(&stored), cors_probe_url }))
}

/// Whoever administers the project's recordings.
pub(super) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    project: ProjectId,
) -> Result<Permissions, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let scope = Scope::Project(project);
    if !permissions.sees(scope) {
        return Err(error::absent_project(project));
    }
    permissions.may(Action::Edit, Subject::Recordings, scope)?;
    Ok(permissions)
}

/// The bucket that the body names, opened for a test. Two GetItems and at most one AssumeRole.
pub(super) async fn open(
    ctx: &Ctx,
    caller: &Caller,
    permissions: &Permissions,
    project: ProjectId,
    body: &SaveRecordingConfig,
) -> Result<Wanted, Problem> {
    let found = ctx.store.project(project).await?;
    let stored = found.ok_or_else(|| error::absent_project(project))?;
    let connection =
        connection::usable(ctx, permissions, project, body.connection_id, &body.place.region).await?;
    let bucket = ctx.buckets.open(&connection, &body.place, Deed::Test, caller.now).await?;
    Ok(Wanted { project: stored, connection, bucket })
}

async fn store(
    ctx: &Ctx,
    caller: &Caller,
    wanted: &Wanted,
    body: &SaveRecordingConfig,
) -> Result<Stored<RecordingConfig>, Problem> {
    let project = wanted.project.id;
    for _ in 0..ATTEMPTS {
        let before = ctx.store.recording_config(project).await?;
        let next = RecordingConfig {
            id: before.as_ref().map_or_else(RecordingConfigId::random, |before| before.id),
            organization_id: ctx.organization,
            project_id: project,
            connection_id: wanted.connection.id,
            place: body.place.clone(),
        };
        let change = change(ctx, caller, wanted, before.as_ref(), &next).await?;
        let mut audit =
            caller.audit("recording-config.save", next.id, &next.place.bucket, Scope::Project(project));
        audit.details = vec![
            format!("objects: {}", next.place.objects_arn("*")),
            format!("region: {}", next.place.region),
            format!("connection: {}", wanted.connection.name),
        ];
        let kept = wanted.project.audit_logs_retention_days;
        match ctx.store.commit_kept(change, &audit, kept).await {
            Ok(()) => {
                return Ok(match before {
                    Some(before) => before.replaced(next, caller.now),
                    None => Stored::created(next, caller.now),
                });
            }
            Err(error) => outpaced(error, wanted)?,
        }
    }
    Err(Problem::crowded("recording configuration"))
}

async fn change(
    ctx: &Ctx,
    caller: &Caller,
    wanted: &Wanted,
    before: Option<&Stored<RecordingConfig>>,
    next: &RecordingConfig,
) -> Result<Change, Problem> {
    let change = Change::new(caller.now);
    let gain = |change: Change| change.gain_dependent(&wanted.connection, DependentKind::RecordingConfig);
    let Some(before) = before else {
        return Ok(gain(change.create(next)).gain_recording_config(&wanted.project));
    };
    let change = change.replace(before, next);
    if before.connection_id == next.connection_id {
        return Ok(change);
    }
    let change = gain(change);
    let old = ctx.store.connection(before.connection_id).await?;
    Ok(match old {
        Some(old) => change.lose_dependent(&old, DependentKind::RecordingConfig),
        None => change,
    })
}

/// Whether it is worth another try: somebody else saved at the same moment.
fn outpaced(refused: CommitError, wanted: &Wanted) -> Result<(), Problem> {
    match refused.conflict() {
        Some(Conflict::Stale { kind }) if *kind == Connection::KIND => {
            Err(Problem::absent_connection(wanted.connection.id))
        }
        Some(Conflict::Stale { kind }) if *kind == Project::KIND => {
            Err(error::absent_project(wanted.project.id))
        }
        Some(Conflict::Stale { .. } | Conflict::Exists { .. } | Conflict::Contended) => Ok(()),
        Some(Conflict::NameTaken { .. } | Conflict::Unmet(_)) | None => Err(refused.into()),
    }
}
