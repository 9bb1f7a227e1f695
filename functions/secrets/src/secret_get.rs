//! One secret: by its name in a folder, or by its id wherever it is.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use model::id::SecretId;
use model::permission::{Action, Scoped as _, Subject};
use model::project::Project;
use model::secret::{Secret, SecretName};
use serde::Serialize;
use store::Stored;
use vault::{Error, Found, Lookup, OpenSecret};
use web::{Caller, Path, Permissions, Problem, Query};

use crate::Ctx;
use crate::etag::ETag;
use crate::secret_place::{is_own, kind};
use crate::secret_query::{Family, GetQuery};
use crate::secret_view::{RawSecret, Tags, View};
use crate::vault_error::problem;

/// The answer about one secret.
#[derive(Debug, Serialize)]
struct One<'a> {
    secret: RawSecret<'a>,
}

/// `GET /api/v3/secrets/raw/{secretName}`.
pub(crate) async fn v3(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    query: Query<GetQuery>,
) -> Result<Response, Problem> {
    get(&ctx, &caller, &name, &headers, &query, Family::V3).await
}

/// `GET /api/v4/secrets/{secretName}`.
pub(crate) async fn v4(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    query: Query<GetQuery>,
) -> Result<Response, Problem> {
    get(&ctx, &caller, &name, &headers, &query, Family::V4).await
}

/// `GET /api/v4/secrets/batch`: of all names the one that is also the path of many.
pub(crate) async fn v4_batch(
    State(ctx): State<Ctx>,
    caller: Caller,
    headers: HeaderMap,
    query: Query<GetQuery>,
) -> Result<Response, Problem> {
    get(&ctx, &caller, "batch", &headers, &query, Family::V4).await
}

async fn get(
    ctx: &Ctx,
    caller: &Caller,
    name: &str,
    headers: &HeaderMap,
    query: &Query<GetQuery>,
    family: Family,
) -> Result<Response, Problem> {
    let GetQuery { place, sight, version, personal } = query.read_with(family)?;
    let found = place.find(ctx, caller, Action::Read).await?;
    let (name, kind) = (existing(name)?, kind(caller, personal)?);
    let values = sight.values && found.allows(Action::ReadValue);
    let lookup = Lookup { kind, version, values, expand: sight.expanded, imports: sight.imports };
    let secret = ctx.vault.get(&found.place(), &name, &lookup).await.map_err(problem)?;
    answer(ctx, &found.project, headers, secret).await
}

/// `GET /api/v3/secrets/raw/id/{secretId}` and `GET /api/v4/secrets/id/{secretId}`. Terraform reads secrets in no other way,
/// and takes a 404 for the news that one is gone.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Identified { project, secret, permissions } = identified(&ctx, &caller, &id, Action::Read).await?;
    let values = permissions.allows(Action::ReadValue, Subject::Secrets, project.scope());
    let found = ctx.vault.open(&project, secret, values, false).await.map_err(|error| gone(error, &id))?;
    answer(&ctx, &project, &headers, found).await
}

async fn answer(
    ctx: &Ctx,
    project: &Project,
    headers: &HeaderMap,
    found: Found,
) -> Result<Response, Problem> {
    let Found { secret, read } = found;
    let tags = Tags::on(ctx, project.id, std::iter::once(&secret)).await?;
    let view = View { project, tags: &tags };
    let hidden = if secret.value.is_none() { "hidden" } else { "shown" };
    let etag = ETag(read.etag(view.surroundings(&secret).chain([hidden.into()])));
    etag.answer(headers, || Json(One { secret: view.secret(&secret) }))
}

/// The answer about a secret that was written.
pub(crate) async fn one(ctx: &Ctx, project: &Project, secret: &OpenSecret) -> Result<Response, Problem> {
    let tags = Tags::on(ctx, project.id, std::iter::once(secret)).await?;
    let view = View { project, tags: &tags };
    Ok(Json(One { secret: view.secret(secret) }).into_response())
}

/// A secret that a route names by its id.
pub(crate) struct Identified {
    pub(crate) project: Stored<Project>,
    pub(crate) secret: Stored<Secret>,
    pub(crate) permissions: Permissions,
}

/// The secret with this id, if the caller may do `action` to it; another's personal one is none. Permissions and the
/// secret are read side by side.
pub(crate) async fn identified(
    ctx: &Ctx,
    caller: &Caller,
    text: &str,
    action: Action,
) -> Result<Identified, Problem> {
    let store = &ctx.store;
    let id: SecretId = text.parse().map_err(|_| absent(text))?;
    let (permissions, found) = tokio::try_join!(caller.permissions(store), store.secret_by_id(id))?;
    let found = found.filter(|secret| is_own(caller, &secret.kind));
    let secret = permissions.open(action, Subject::Secrets, found, || absent(text))?;
    let project = store.project(secret.project_id).await?.ok_or_else(|| absent(text))?;
    Ok(Identified { project, secret, permissions })
}

/// A secret whose folder or environment was deleted a moment ago is gone with it.
pub(crate) fn gone(error: Error, id: &str) -> Problem {
    let is_gone = matches!(error, Error::NoEnvironment | Error::NoFolder { .. });
    if is_gone { absent(id) } else { problem(error) }
}

fn absent(id: &str) -> Problem {
    Problem::not_found(format!("Secret with ID '{id}' was not found"))
}

/// The name of a secret that should be there. What cannot be a name is nobody's.
pub(crate) fn existing(name: &str) -> Result<SecretName, Problem> {
    name.parse().map_err(|_| Problem::not_found(format!("Secret with name '{name}' was not found")))
}
