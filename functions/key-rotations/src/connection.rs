//! The connection of a rotation: whether the caller may use it, in this project and for this user.

use model::connection::{Connection, Way};
use model::id::{ConnectionId, ProjectId};
use model::key_rotation::Parameters;
use model::permission::{Action, Scope, Subject};
use store::Stored;
use web::{Permissions, Problem};

use crate::error;

/// The connection, if the caller may use it, and the rotation with it. Whoever has its own key replaced changes it.
pub(crate) fn usable(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    project: ProjectId,
    parameters: &Parameters,
) -> Result<Stored<Connection>, Problem> {
    let connection =
        permissions.open(Action::Connect, Subject::Connections, found, || error::absent_connection(id))?;
    match connection.scope {
        Scope::Project(other) if other != project => {
            return Err(Problem::bad_request(format!(
                "App Connection \"{}\" belongs to another project and cannot be used in this one",
                connection.name
            )));
        }
        Scope::Project(_) | Scope::Organization => {}
    }
    if parameters.own_key {
        permissions.may(Action::Edit, Subject::Connections, connection.scope)?;
    }
    reaches(&connection, parameters)?;
    Ok(connection)
}

/// A role is of one partition, and so is a region: `cn-north-1` is behind another door than `us-east-1`.
fn reaches(connection: &Connection, parameters: &Parameters) -> Result<(), Problem> {
    let Some(region) = &parameters.region else { return Ok(()) };
    match &connection.way {
        Way::AssumeRole { role_arn, .. } if role_arn.partition() != region.partition() => {
            Err(Problem::bad_request(format!(
                "App Connection \"{}\" leads into the partition {}, and the region {region} is in {}",
                connection.name,
                role_arn.partition().name(),
                region.partition().name()
            )))
        }
        Way::AssumeRole { .. } | Way::AccessKey { .. } => Ok(()),
    }
}
