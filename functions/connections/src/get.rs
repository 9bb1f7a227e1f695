//! One connection, by id or by name.

use axum::Json;
use axum::extract::State;
use model::connection::Connection;
use model::id::ConnectionId;
use model::permission::{Action, Scope, Subject};
use store::Stored;
use web::{Caller, Path, Problem, Query};

use crate::Ctx;
use crate::asked::OfAnyProject;
use crate::error::place;
use crate::view::{One, one};

/// The connection with this id, if the caller may do `action` to it. Permissions and connection are read side by side.
pub(crate) async fn permitted(
    ctx: &Ctx,
    caller: &Caller,
    id: ConnectionId,
    action: Action,
) -> Result<Stored<Connection>, Problem> {
    let (permissions, connection) =
        tokio::try_join!(caller.permissions(&ctx.store), ctx.store.connection(id))?;
    permissions.open(action, Subject::Connections, connection, || Problem::absent_connection(id))
}

/// `GET /api/v1/app-connections/aws/{connectionId}`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<One>, Problem> {
    let connection = permitted(&ctx, &caller, id, Action::Read).await?;
    one(&ctx, caller.now, connection, Vec::new()).await
}

/// `GET /api/v1/app-connections/aws/connection-name/{name}`: in the organisation, or in the project of `projectId`.
pub(crate) async fn by_name(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(name): Path<String>,
    query: Query<OfAnyProject>,
) -> Result<Json<One>, Problem> {
    let OfAnyProject(project) = query.read()?;
    let scope = Scope::of(project);
    let (permissions, id) = tokio::try_join!(
        caller.permissions(&ctx.store),
        ctx.store.connection_named(ctx.organization, scope, &name)
    )?;
    permissions.may(Action::Read, Subject::Connections, scope)?;
    let connection = match id {
        Some(id) => ctx.store.connection(id).await?,
        None => None,
    };
    let connection = connection.ok_or_else(|| {
        Problem::not_found(format!("Could not find App Connection with name {name} in this {}", place(scope)))
    })?;
    one(&ctx, caller.now, connection, Vec::new()).await
}
