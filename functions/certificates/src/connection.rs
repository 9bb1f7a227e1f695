//! The connections of an authority: whether the caller may use them, in this project and for this region.

use futures::future::try_join_all;
use model::certificate_authority::Configuration;
use model::connection::{Connection, Unfit};
use model::id::{ConnectionId, ProjectId};
use model::permission::{Action, Subject};
use store::{ReadError, Stored};
use web::{Permissions, Problem};

use crate::Ctx;

/// Connections by their ids, as far as they are there. A GetItem for each, side by side.
pub(crate) async fn read(ctx: &Ctx, ids: &[ConnectionId]) -> Result<Vec<Stored<Connection>>, ReadError> {
    let found = try_join_all(ids.iter().map(|id| ctx.store.connection(*id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The connections of an authority in the configuration's order, if the caller may use them, and the authority with them.
pub(crate) async fn usable(
    ctx: &Ctx,
    permissions: &Permissions,
    project: ProjectId,
    configuration: &Configuration,
) -> Result<Vec<Stored<Connection>>, Problem> {
    let ids = configuration.connections();
    let mut found = read(ctx, &ids).await?;
    ids.into_iter()
        .map(|id| {
            let position = found.iter().position(|connection| connection.id == id);
            let connection = position.map(|position| found.swap_remove(position));
            let absent = || Problem::absent_connection(id);
            let connection = permissions.open(Action::Connect, Subject::Connections, connection, absent)?;
            connection.serves(project).map_err(unfit)?;
            connection.reaches(configuration.region()).map_err(unfit)?;
            Ok(connection)
        })
        .collect()
}

fn unfit(why: Unfit) -> Problem {
    Problem::bad_request(why.to_string())
}
