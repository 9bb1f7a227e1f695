//! Trying a bucket without saving anything.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read};
use model::id::ProjectId;
use model::policy::Document;
use model::recording::{SaveRecordingConfig, bucket_policy, cors_rules};
use serde::Serialize;
use serde_json::Value;
use web::{Caller, JsonBody, Path, Problem};

use super::save::{open, permitted};
use crate::probe::Check;
use crate::public_url::PublicUrl;
use crate::{Ctx, error, probe};

/// What came of it, and what the bucket and the connection's role need.
#[derive(Debug, Serialize)]
pub(crate) struct Tried {
    passed: bool,
    checks: Vec<Check>,
    policy: Document,
    cors: Value,
}

/// `POST /api/v1/pam/projects/{projectId}/recording-config/test`: the body of a save, or none for what is saved.
pub(crate) async fn test(
    State(ctx): State<Ctx>,
    caller: Caller,
    PublicUrl(origin): PublicUrl,
    Path(project): Path<ProjectId>,
    body: JsonBody<Wanted>,
) -> Result<Json<Tried>, Problem> {
    let permissions = permitted(&ctx, &caller, project).await?;
    let wanted = match body.read()? {
        Wanted(Some(wanted)) => wanted,
        Wanted(None) => saved(&ctx, project).await?,
    };
    let opened = open(&ctx, &caller, &permissions, project, &wanted).await?;
    let checks = probe::checks(&ctx, &opened.bucket, project, &origin).await;
    Ok(Json(Tried {
        passed: checks.iter().all(|check| check.passed),
        checks,
        policy: bucket_policy(&wanted.place),
        cors: cors_rules(&origin),
    }))
}

/// The configuration that the body describes, or none: the saved one.
pub(crate) struct Wanted(Option<SaveRecordingConfig>);

impl Read for Wanted {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let given = ["storageBackend", "connectionId", "bucket", "region", "keyPrefix"];
        if given.iter().any(|name| form.names(name)) {
            return <SaveRecordingConfig as Read>::read(form).map(|wanted| Self(Some(wanted)));
        }
        Some(Self(None))
    }
}

async fn saved(ctx: &Ctx, project: ProjectId) -> Result<SaveRecordingConfig, Problem> {
    let config = ctx.store.recording_config(project).await?;
    let config = config.ok_or_else(|| error::unconfigured(project))?.value;
    Ok(SaveRecordingConfig { connection_id: config.connection_id, place: config.place })
}
