//! Reading projects: one by id or slug, and all that the caller belongs to.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::ProjectId;
use model::permission::{Action, Subject};
use model::project::{Project, ProjectType};
use serde_json::{Map, Value, json};
use store::Stored;
use web::{Caller, Path, Problem, Query};

use crate::which::{Which, open};
use crate::{Ctx, view};

type Answer = Result<Json<Value>, Problem>;

/// `GET /api/v1/workspace/{projectId}`.
pub(crate) async fn workspace(State(ctx): State<Ctx>, caller: Caller, Path(id): Path<ProjectId>) -> Answer {
    read(&ctx, &caller, Which::Id(id)).await.map(|project| view::workspace(&project))
}

/// `GET /api/v1/projects/{projectId}`.
pub(crate) async fn project(State(ctx): State<Ctx>, caller: Caller, Path(id): Path<ProjectId>) -> Answer {
    read(&ctx, &caller, Which::Id(id)).await.map(|project| view::bare_and_wrapped(&project))
}

/// `GET /api/v1/projects/slug/{slug}`.
pub(crate) async fn project_by_slug(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(slug): Path<String>,
) -> Answer {
    read(&ctx, &caller, Which::Slug(slug)).await.map(|project| view::bare_and_wrapped(&project))
}

/// `GET /api/v2/workspace/{slug}`.
pub(crate) async fn by_slug(State(ctx): State<Ctx>, caller: Caller, Path(slug): Path<String>) -> Answer {
    read(&ctx, &caller, Which::Slug(slug)).await.map(|project| view::bare(&project))
}

/// The projects that the query asks for.
pub(crate) struct Asked {
    project_type: Option<ProjectType>,
    limit: usize,
    offset: usize,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        const TYPES: [(&str, Option<ProjectType>); 7] = {
            let mut types = [("all", None); 7];
            let mut index = 0;
            while index < ProjectType::NAMES.len() {
                let (name, project_type) = ProjectType::NAMES[index];
                types[index + 1] = (name, Some(project_type));
                index += 1;
            }
            types
        };
        let project_type = form.or("type", rule::one_of(&TYPES), None);
        let limit = form.or("limit", rule::parsed::<usize>(), usize::MAX);
        let offset = form.or("offset", rule::parsed::<usize>(), 0);
        Some(Self { project_type: project_type?, limit: limit?, offset: offset? })
    }
}

/// `GET /api/v1/projects`.
pub(crate) async fn all_projects(State(ctx): State<Ctx>, caller: Caller, query: Query<Asked>) -> Answer {
    Ok(Json(json!({ "projects": list(&ctx, &caller, &query).await? })))
}

/// `GET /api/v1/workspace`.
pub(crate) async fn all_workspaces(State(ctx): State<Ctx>, caller: Caller, query: Query<Asked>) -> Answer {
    Ok(Json(json!({ "workspaces": list(&ctx, &caller, &query).await? })))
}

async fn read(ctx: &Ctx, caller: &Caller, which: Which) -> Result<Stored<Project>, Problem> {
    open(ctx, caller, &which, Action::Read, Subject::Project).await
}

/// The caller's projects by name; all of them for the organisation's administrators. `type` narrows the list down,
/// `limit` and `offset` show a part of it.
async fn list(ctx: &Ctx, caller: &Caller, query: &Query<Asked>) -> Result<Vec<Map<String, Value>>, Problem> {
    let Asked { project_type, limit, offset } = query.read()?;
    let projects = match caller.permissions(&ctx.store).await?.projects() {
        None => ctx.store.projects_of(ctx.organization.id).await?,
        Some(ids) => ctx.store.projects(&ids).await?,
    };
    let wanted =
        projects.iter().filter(|project| project_type.is_none_or(|wanted| project.project_type == wanted));
    Ok(wanted.skip(offset).take(limit).map(view::project).collect())
}
