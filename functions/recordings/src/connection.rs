//! The connection of a configuration: whether the caller may use it, in this project and for this Region.

use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Subject};
use model::region::Region;
use store::Stored;
use web::{Permissions, Problem};

use crate::{Ctx, error};

/// The connection, if the caller may use it, and the project with it. One GetItem.
pub(crate) async fn usable(
    ctx: &Ctx,
    permissions: &Permissions,
    project: ProjectId,
    id: ConnectionId,
    region: &Region,
) -> Result<Stored<Connection>, Problem> {
    let found = ctx.store.connection(id).await?;
    let connection =
        permissions.open(Action::Connect, Subject::Connections, found, || error::absent_connection(id))?;
    connection.serves(project).map_err(unfit)?;
    connection.reaches(region).map_err(unfit)?;
    Ok(connection)
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
