//! A session to record, in an account of any kind.

use axum::Json;
use axum::extract::State;
use model::id::PamSessionId;
use model::pam::SessionActor;
use model::permission::{Action, Scope, Subject};
use model::recording::view::SessionView;
use model::recording::{CreateRecording, Recording};
use serde::Serialize;
use store::{Change, Stored};
use web::{Caller, JsonBody, Problem};

use super::view;
use crate::{Ctx, error};

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    session: SessionView,
}

/// `POST /api/v1/pam/recordings`. AWS is not asked: the session's key is made when its gateway asks for it.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    body: JsonBody<CreateRecording>,
) -> Result<Json<One>, Problem> {
    let body = body.read()?;
    let scope = Scope::Project(body.project_id);
    let permissions = caller.permissions(&ctx.store).await?;
    if !permissions.sees(scope) {
        return Err(error::absent_project(body.project_id));
    }
    permissions.may(Action::Create, Subject::Recordings, scope)?;
    let (config, project) =
        tokio::try_join!(ctx.store.recording_config(body.project_id), ctx.store.project(body.project_id))?;
    let project = project.ok_or_else(|| error::absent_project(body.project_id))?;
    let config = config.ok_or_else(|| error::unconfigured(body.project_id))?.value;
    let recording = Recording {
        session_id: PamSessionId::random(),
        organization_id: ctx.organization,
        project_id: body.project_id,
        account_type: body.account_type,
        account_name: body.account_name,
        resource_name: body.resource_name,
        actor: SessionActor {
            kind: caller.kind,
            id: caller.id.clone(),
            name: caller.name.clone(),
            email: caller.email.clone(),
            source_ip: caller.origin.source_ip.clone(),
            user_agent: caller.origin.user_agent.clone(),
        },
        reason: body.reason,
        connection_id: config.connection_id,
        place: config.place,
        requested_at: caller.now,
        lasts_until: None,
        given: None,
        began_at: None,
        ended: None,
    };
    let mut audit = caller.audit("recording.create", recording.session_id, recording.path(), scope);
    audit.details = vec![format!("account type: {}", recording.account_type)];
    let change = Change::new(caller.now).create(&recording);
    ctx.store.commit_kept(change, &audit, project.audit_logs_retention_days).await?;
    metrics::done(metrics::Capability::Recording);
    Ok(Json(One { session: view(&Stored::created(recording, caller.now), caller.now) }))
}
