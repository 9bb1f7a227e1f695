//! The connection of a sync: whether the caller may use it, in this project and for this destination.

use model::connection::{Connection, Way};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Scope, Subject};
use model::secret_sync::DestinationConfig;
use store::Stored;
use web::{Permissions, Problem};

use crate::error;

/// The connection, if the caller may use it, and the sync with it.
pub(crate) fn usable(
    permissions: &Permissions,
    found: Option<Stored<Connection>>,
    id: ConnectionId,
    project: ProjectId,
    destination: &DestinationConfig,
) -> Result<Stored<Connection>, Problem> {
    let absent = || error::absent_connection(id);
    let connection = permissions.open(Action::Connect, Subject::Connections, found, absent)?;
    match connection.scope {
        Scope::Project(other) if other != project => {
            return Err(Problem::bad_request(format!(
                "App Connection \"{}\" belongs to another project and cannot be used in this one",
                connection.name
            )));
        }
        Scope::Project(_) | Scope::Organization => {}
    }
    reaches(&connection, destination)?;
    Ok(connection)
}

/// A role is of one partition, and so is a region: `cn-north-1` is behind another door than `us-east-1`.
fn reaches(connection: &Connection, destination: &DestinationConfig) -> Result<(), Problem> {
    let region = destination.region();
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
