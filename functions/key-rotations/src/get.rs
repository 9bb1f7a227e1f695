//! One rotation, by id or by name.

use axum::Json;
use axum::extract::State;
use model::form::{Form, Read, rule};
use model::id::{KeyRotationId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::secret::SecretPath;
use store::RotationAndState;
use web::{Caller, Path, Permissions, Problem, Query};

use crate::view::{One, one};
use crate::{Ctx, error, place};

/// The rotation with this id, if the caller may do `action` to it, with what else the caller may do. Permissions and
/// rotation are read side by side.
pub(crate) async fn open(
    ctx: &Ctx,
    caller: &Caller,
    id: KeyRotationId,
    action: Action,
) -> Result<(RotationAndState, Permissions), Problem> {
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.key_rotation(id))?;
    let (rotation, state) = found.map(|found| (found.rotation, found.state)).unzip();
    let rotation = permissions.open(action, Subject::SecretRotations, rotation, || error::absent(id))?;
    let state = state.ok_or_else(|| error::absent(id))?;
    Ok((RotationAndState { rotation, state }, permissions))
}

/// `GET …/{rotationId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<KeyRotationId>,
) -> Result<Json<One>, Problem> {
    let (found, _) = open(&ctx, &caller, id, Action::Read).await?;
    Ok(one(&ctx.store, found).await?)
}

/// The folder that a rotation writes to.
pub(crate) struct Where {
    project: ProjectId,
    environment: String,
    path: SecretPath,
}

impl Read for Where {
    fn read(form: &mut Form<'_>) -> Option<Self> {
        let project = form.required("projectId", rule::id());
        let environment = form.required("environment", rule::string(1, 64));
        let path = form.required("secretPath", rule::parsed());
        Some(Self { project: project?, environment: environment?, path: path? })
    }
}

/// `GET …/rotation-name/{name}?projectId=&environment=&secretPath=`.
pub(crate) async fn by_name(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    query: Query<Where>,
) -> Result<Json<One>, Problem> {
    let Where { project, environment, path } = query.read()?;
    let (permissions, found) = tokio::try_join!(caller.permissions(&ctx.store), ctx.store.project(project))?;
    permissions.may(Action::Read, Subject::SecretRotations, Scope::Project(project))?;
    let found = found.ok_or_else(|| error::absent_project(&project.to_string()))?;
    let (_, folder) = place::named(&ctx.store, &found, &environment, &path).await?;
    let id = ctx.store.key_rotation_named(folder, &name).await?;
    let id = id.ok_or_else(|| error::absent_name(&name, &environment, &path))?;
    by_id(State(ctx), caller, Path(id)).await
}
