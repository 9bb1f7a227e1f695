//! A project's recordings, newest first.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{PamSessionId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::recording::view::SessionView;
use serde::Serialize;
use web::{Caller, Problem, Query};

use super::view;
use crate::{Ctx, error};

/// The answer of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Many {
    sessions: Vec<SessionView>,
    /// What to give as `after` for the next part; `null` when this is the last.
    next: Option<PamSessionId>,
}

/// The part of a project's recordings that the query asks for.
pub(crate) struct Asked {
    project: ProjectId,
    /// The last one of the part before.
    after: Option<PamSessionId>,
    limit: u64,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = form.required("projectId", rule::id());
        let after = form.optional("after", rule::id());
        let limit = form.or("limit", rule::numeral(1, 100), 20);
        Some(Self { project: project?, after: after?, limit: limit? })
    }
}

/// `GET /api/v1/pam/recordings?projectId&limit&after`. One Query, and one GetItem after the first part.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Asked>,
) -> Result<Json<Many>, Problem> {
    let Asked { project, after, limit } = query.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    if !permissions.sees(Scope::Project(project)) {
        return Err(error::absent_project(project));
    }
    permissions.may(Action::Read, Subject::Recordings, Scope::Project(project))?;
    let after = match after {
        Some(id) => {
            let last = ctx.store.recording(id).await?.filter(|last| last.project_id == project);
            Some(last.ok_or_else(|| error::absent_recording(id))?.value)
        }
        None => None,
    };
    let limit = u16::try_from(limit).unwrap_or(u16::MAX);
    let page = ctx.store.recordings(project, after.as_ref(), limit).await?;
    let next = page.recordings.last().filter(|_| page.is_followed).map(|last| last.session_id);
    Ok(Json(Many { sessions: page.recordings.iter().map(|read| view(read, caller.now)).collect(), next }))
}
