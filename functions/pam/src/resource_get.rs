//! Resources, one or many.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{PamResourceId, ProjectId};
use model::pam::PamResource;
use model::permission::{Action, Scope, Scoped as _, Subject};
use serde::Serialize;
use store::Stored;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::error::no_resource;
use crate::resource_view::{One, Resource, one};

/// The resource with this id, if the caller may do `action` to it. Permissions and resource are read side by side.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    id: PamResourceId,
    action: Action,
) -> Result<Stored<PamResource>, Problem> {
    let (permissions, resource) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.pam_resource(id))?;
    permissions.open(action, Subject::PamResources, resource, || no_resource(id))
}

/// `GET /api/v1/pam/resources/aws-iam/{resourceId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<PamResourceId>,
) -> Result<Json<One>, Problem> {
    Ok(one(permitted(&ctx, &caller, id, Action::Read).await?, Vec::new()))
}

/// The answer of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    resources: Vec<Resource>,
    total_count: usize,
}

/// The resources that the query asks for.
pub(crate) struct Asked {
    project: Option<ProjectId>,
    search: String,
    offset: u64,
    limit: u64,
}

impl Read for Asked {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = form.optional("projectId", rule::id());
        let search = form.or("search", rule::trimmed(0, 256), String::new());
        let offset = form.or("offset", rule::numeral(0, 1_000_000), 0);
        let limit = form.or("limit", rule::numeral(1, 100), 100);
        Some(Self { project: project?, search: search?.to_lowercase(), offset: offset?, limit: limit? })
    }
}

/// `GET /api/v1/pam/resources`: with `projectId` that project's, without it all that the caller may see, by name. One
/// Query for each MB, beside the caller's own.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    query: Query<Asked>,
) -> Result<Json<Many>, Problem> {
    let Asked { project, search, offset, limit } = query.read()?;
    let (permissions, mut resources) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.pam_resources(ctx.organization, project))?;
    if let Some(project) = project {
        permissions.may(Action::Read, Subject::PamResources, Scope::Project(project))?;
    }
    resources.retain(|found| permissions.allows(Action::Read, Subject::PamResources, found.scope()));
    resources.retain(|found| found.name.contains(&search));
    resources.sort_by(|a, b| a.name.cmp(&b.name));
    let total_count = resources.len();
    let resources = page(resources, offset, limit).map(Resource::new).collect();
    Ok(Json(Many { resources, total_count }))
}

/// The part of a list that a client asked for.
pub(crate) fn page<T>(list: Vec<T>, offset: u64, limit: u64) -> impl Iterator<Item = T> {
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    list.into_iter().skip(whole(offset)).take(whole(limit))
}
