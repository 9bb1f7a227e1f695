//! The end of a connection that nothing uses.

use axum::Json;
use axum::extract::State;
use model::id::ConnectionId;
use model::permission::Action;
use store::{Change, Conflict};
use web::{Caller, Path, Problem};

use crate::Ctx;
use crate::get::permitted;
use crate::view::{One, one};

/// Attempts against changes of the connection at the same moment.
const ATTEMPTS: u32 = 3;

/// `DELETE /api/v1/app-connections/aws/{connectionId}`: answers the connection as it was.
///
/// The dependents are counted on the connection itself, so a sync that is made at the same moment either finds it gone
/// or makes it stay.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<ConnectionId>,
) -> Result<Json<One>, Problem> {
    let mut attempt = 1;
    loop {
        let connection = permitted(&ctx, &caller, id, Action::Delete).await?;
        if let Some(uses) = connection.dependents.in_words() {
            return Err(Problem::bad_request(format!(
                "Cannot delete App Connection \"{}\": it is still used by {uses}",
                connection.name
            )));
        }
        let mut change = Change::new(caller.now).delete(&connection);
        if let Some(project) = connection.scope.project()
            && let Some(project) = ctx.store.project(project).await?
        {
            change = change.lose_connection(&project);
        }
        let audit = caller.audit("connection.delete", id, &connection.name, connection.scope);
        match ctx.store.commit(change, &audit).await {
            Ok(()) => return one(&ctx, caller.now, connection, Vec::new()).await,
            Err(error) if attempt < ATTEMPTS && matches!(error.conflict(), Some(Conflict::Stale { .. })) => {
                attempt += 1
            }
            Err(error) => return Err(error.into()),
        }
    }
}
