//! The connection of a sync: whether the caller may use it, in this project and for this region.

use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Subject};
use model::region::Region;
use store::Stored;
use web::{Permissions, Problem};

/// The connection, if the caller may use it, and the sync with it.
pub(crate) fn usable(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    project: ProjectId,
    region: &Region,
) -> Result<Stored<Connection>, Problem> {
    let connection = opened(permissions, found, id, region)?;
    connection.serves(project).map_err(unfit)?;
    Ok(connection)
}

/// The connection, if the caller may use it.
pub(crate) fn opened(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    region: &Region,
) -> Result<Stored<Connection>, Problem> {
    let absent = || Problem::absent_connection(id);
    let connection = permissions.open(Action::Connect, Subject::Connections, found, absent)?;
    connection.reaches(region).map_err(unfit)?;
    Ok(connection)
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
