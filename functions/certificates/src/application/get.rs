//! One application, by its id or its name.

use axum::Json;
use axum::extract::State;
use model::id::ApplicationId;
use model::permission::{Action, Subject};
use model::project::Asked;
use web::{Caller, Path, Problem, Query};

use super::{NOUN, One, one, open};
use crate::{Ctx, error, project};

/// `GET /api/v1/cert-manager/applications/{applicationId}`.
pub(super) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ApplicationId>,
) -> Result<Json<One>, Problem> {
    Ok(one(open(&ctx, &caller, id, Action::Read).await?))
}

/// `GET /api/v1/cert-manager/applications/by-name/{name}?projectId=`.
pub(super) async fn by_name(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    query: Query<Asked>,
) -> Result<Json<One>, Problem> {
    let asked = query.read()?;
    let permissions = caller.permissions(&ctx.store).await?;
    let id = project::named(&ctx, &permissions, &asked).await?;
    let found = ctx.store.application_named(id, &name).await?;
    let absent = || error::absent_name(NOUN, &name);
    Ok(one(permissions.open(Action::Read, Subject::Applications, found, absent)?))
}
