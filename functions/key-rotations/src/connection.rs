//! The connection of a rotation: whether the caller may use it, in this project and for this user.

use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::key_rotation::Parameters;
use model::permission::{Action, Subject};
use store::Stored;
use web::{Permissions, Problem};

/// The connection, if the caller may use it, and the rotation with it. Whoever has its own key replaced changes it.
pub(crate) fn usable(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    project: ProjectId,
    parameters: &Parameters,
) -> Result<Stored<Connection>, Problem> {
    let connection =
        permissions.open(Action::Connect, Subject::Connections, found, || Problem::absent_connection(id))?;
    connection.serves(project).map_err(unfit)?;
    if parameters.own_key {
        permissions.may(Action::Edit, Subject::Connections, connection.scope)?;
    }
    if let Some(region) = &parameters.region {
        connection.reaches(region).map_err(unfit)?;
    }
    Ok(connection)
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
