//! Sessions, newest first.

use axum::Json;
use axum::extract::State;
use model::Timestamp;
use model::form::{Form, Read, rule};
use model::id::{PamAccountId, ProjectId};
use model::pam::{PamSession, SessionStatus};
use model::permission::{Action, Scope, Subject};
use serde::Serialize;
use store::Stored;
use web::{Caller, Permissions, Problem, Query};

use crate::Ctx;
use crate::newest::newest;
use crate::resource_get::page;
use crate::session_view::Session;

/// How far back a list reads, in sessions of all its projects together: about 8 MB. Who looks for older ones gives
/// `startedBefore`.
const READ: usize = 5_000;

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    sessions: Vec<Session>,
    total_count: usize,
}

/// The sessions that the query asks for.
pub(crate) struct Wishes {
    project: Option<ProjectId>,
    account: Option<PamAccountId>,
    search: String,
    status: Option<SessionStatus>,
    started_before: Option<Timestamp>,
    offset: u64,
    limit: u64,
}

/// `GET /api/v1/pam/sessions`: with `projectId` that project's, without it those of all projects that the caller sees.
///
/// What counts are the newest 5,000 sessions of those projects together. One Query for each 500 of them, and one or two for
/// each project, beside the caller's own; statuses are told by the time, so that nothing has to be written for a session to
/// have ended.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Wishes>,
) -> Result<Json<Many>, Problem> {
    let wishes = query.read()?;
    let sessions = sessions(&ctx, &caller, &wishes).await?;
    let total_count = sessions.len();
    let sessions = page(sessions, wishes.offset, wishes.limit);
    let sessions = sessions.map(|session| Session::new(session, caller.now)).collect();
    Ok(Json(Many { sessions, total_count }))
}

impl Read for Wishes {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = form.optional("projectId", rule::id());
        let account = form.optional("accountId", rule::id());
        let search = form.or("search", rule::trimmed(0, 256), String::new());
        let status = form.optional("status", rule::one_of(SessionStatus::NAMES));
        let started_before = form.optional("startedBefore", rule::parsed());
        let offset = form.or("offset", rule::numeral(0, 1_000_000), 0);
        let limit = form.or("limit", rule::numeral(1, 100), 20);
        Some(Self {
            project: project?,
            account: account?,
            search: search?.to_lowercase(),
            status: status?,
            started_before: started_before?,
            offset: offset?,
            limit: limit?,
        })
    }
}

/// Newest first.
async fn sessions(ctx: &Ctx, caller: &Caller, wishes: &Wishes) -> Result<Vec<Stored<PamSession>>, Problem> {
    let permissions = caller.permissions(&ctx.store).await?;
    let projects = projects(ctx, &permissions, wishes.project).await?;
    let mut sessions = newest(&ctx.store, projects, wishes.started_before, READ).await?;
    sessions.retain(|session| wanted(session, wishes, caller.now));
    Ok(sessions)
}

async fn projects(
    ctx: &Ctx,
    permissions: &Permissions,
    wanted: Option<ProjectId>,
) -> Result<Vec<ProjectId>, Problem> {
    if let Some(project) = wanted {
        permissions.may(Action::Read, Subject::PamSessions, Scope::Project(project))?;
        return Ok(vec![project]);
    }
    let visible = match permissions.projects() {
        Some(projects) => projects,
        None => ctx.store.projects_of(ctx.organization).await?.iter().map(|project| project.id).collect(),
    };
    let allowed = |project: &ProjectId| {
        permissions.allows(Action::Read, Subject::PamSessions, Scope::Project(*project))
    };
    Ok(visible.into_iter().filter(allowed).collect())
}

fn wanted(session: &PamSession, wishes: &Wishes, now: Timestamp) -> bool {
    let holds = |text: &str| text.to_lowercase().contains(&wishes.search);
    let texts = [
        Some(session.actor.name.as_str()),
        session.actor.email.as_deref(),
        Some(session.actor.source_ip.as_str()),
        Some(session.account_name.as_str()),
        Some(session.resource_name.as_str()),
        session.reason.as_deref(),
    ];
    wishes.account.is_none_or(|account| session.account_id == account)
        && wishes.status.is_none_or(|status| session.status(now) == status)
        && (wishes.search.is_empty() || texts.into_iter().flatten().any(holds))
}
