//! The connection of a sync: whether the caller may use it, in this project and for this destination.

use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Subject};
use model::secret_sync::DestinationConfig;
use store::Stored;
use web::{Permissions, Problem};

/// The connection, if the caller may use it, and the sync with it.
pub(crate) fn usable(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    project: ProjectId,
    destination: &DestinationConfig,
) -> Result<Stored<Connection>, Problem> {
    let absent = || Problem::absent_connection(id);
    let connection = permissions.open(Action::Connect, Subject::Connections, found, absent)?;
    connection.serves(project).map_err(unfit)?;
    connection.reaches(destination.region()).map_err(unfit)?;
    Ok(connection)
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
