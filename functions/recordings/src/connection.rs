//! Connections to buckets: that of a configuration, and whether the caller may use it, in this project and for this Region; and
//! that of a recording.

use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Subject};
use model::recording::Recording;
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
        permissions.open(Action::Connect, Subject::Connections, found, || Problem::absent_connection(id))?;
    connection.serves(project).map_err(unfit)?;
    connection.reaches(region).map_err(unfit)?;
    Ok(connection)
}

/// The connection of a recording's own time, or once that is gone the project's own that leads to the same bucket. One GetItem,
/// and two more when it is gone.
pub(crate) async fn of(ctx: &Ctx, recording: &Recording) -> Result<Stored<Connection>, Problem> {
    if let Some(own) = ctx.store.connection(recording.connection_id).await? {
        return Ok(own);
    }
    let config = ctx.store.recording_config(recording.project_id).await?;
    let config = config.filter(|config| {
        (&config.place.bucket, &config.place.region) == (&recording.place.bucket, &recording.place.region)
    });
    let other = match config {
        Some(config) => ctx.store.connection(config.connection_id).await?,
        None => None,
    };
    other.ok_or_else(|| error::lost_connection(recording))
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
