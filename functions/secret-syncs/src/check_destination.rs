//! Whether another sync writes to the same place.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use model::arn::AccountId;
use model::connection::Connection;
use model::id::ProjectId;
use model::permission::{Action, Scope, Subject};
use model::secret_sync::body::CheckDestination;
use model::secret_sync::overlap::Territory;
use model::secret_sync::{Affixes, SecretSync};
use serde::Serialize;
use store::Stored;
use web::{Caller, JsonBody, Path, Permissions, Problem};

use crate::neighbours::Neighbours;
use crate::{Ctx, get};

/// The answer: of another project nothing but its id.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    has_duplicate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_project_id: Option<ProjectId>,
}

/// `POST /api/v1/secret-syncs/{destination}/check-destination`: whether any other sync of the organisation may write a
/// name that this one may write, in the same account and region.
///
/// The contract's question names neither the connection nor the key schema. A sync that is to change lends them
/// (`excludeSyncId`); for a new one every account counts that the project has a connection into, and no schema. Whoever
/// gives `connectionId`, `keySchema` and `environment` (ours alone) gets the exact answer, and must be allowed to use the
/// connection.
pub(crate) async fn check_destination(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(asked): Path<String>,
    body: JsonBody<CheckDestination>,
) -> Result<Json<Answer>, Problem> {
    let destination = get::destination(&asked)?;
    let asked = body.read_with(destination)?;
    let project = Scope::Project(asked.project_id);
    let permissions = caller.permissions(&ctx.store).await?;
    permissions.may(Action::Read, Subject::SecretSyncs, project)?;
    let neighbours = Neighbours::read(&ctx).await?;
    // Another project's sync lends nothing: its schema is not the caller's to find out.
    let itself = asked.exclude_sync_id.and_then(|id| neighbours.sync(id));
    let itself = itself.filter(|sync| sync.project_id == asked.project_id);
    may_aim(&permissions, &asked, itself, &neighbours.connections)?;
    let territory = Territory::of(&asked.destination, &affixes(&asked, itself, &neighbours));
    let accounts = accounts(&asked, itself, &neighbours.connections);
    let duplicates = neighbours.in_territory(&territory, &accounts, asked.exclude_sync_id);
    let duplicates: Vec<ProjectId> = duplicates.map(|sync| sync.project_id).collect();
    let own = duplicates.iter().find(|id| **id == asked.project_id);
    let duplicate_project_id = own.or(duplicates.first()).copied();
    Ok(Json(Answer { has_duplicate: duplicate_project_id.is_some(), duplicate_project_id }))
}

/// Whoever chooses the place tries out what others hold there: only who could make such a sync may. A question that chooses
/// nothing says no more than the sync, or the project, already does.
fn may_aim(
    permissions: &Permissions,
    asked: &CheckDestination,
    itself: Option<&SecretSync>,
    connections: &[Stored<Connection>],
) -> Result<(), Problem> {
    let lent = itself.filter(|_| asked.key_schema.is_some()).map(|sync| sync.connection_id);
    let Some(id) = asked.connection_id.or(lent) else {
        return match asked.key_schema {
            Some(_) => {
                permissions.may(Action::Connect, Subject::Connections, Scope::Project(asked.project_id))
            }
            None => Ok(()),
        };
    };
    let absent = || Problem::absent_connection(id);
    let found =
        connections.iter().find(|connection| connection.id == id && usable(connection, asked.project_id));
    permissions.open(Action::Connect, Subject::Connections, found.cloned(), absent).map(drop)
}

/// The accounts that the sync of the question may write to.
fn accounts<'a>(
    asked: &CheckDestination,
    itself: Option<&SecretSync>,
    connections: &'a [Stored<Connection>],
) -> HashSet<&'a AccountId> {
    let named = asked.connection_id.or(itself.map(|sync| sync.connection_id));
    let may_lead = |connection: &&Stored<Connection>| {
        usable(connection, asked.project_id) && named.is_none_or(|id| connection.id == id)
    };
    connections.iter().filter(may_lead).map(|connection| &connection.value.account_id).collect()
}

/// Whether syncs of the project may use the connection.
fn usable(connection: &Connection, project: ProjectId) -> bool {
    match connection.scope {
        Scope::Organization => true,
        Scope::Project(own) => own == project,
    }
}

/// What stands around the keys of the sync of the question.
fn affixes(asked: &CheckDestination, itself: Option<&SecretSync>, neighbours: &Neighbours) -> Affixes {
    let own = itself.and_then(|sync| neighbours.slug(sync.environment_id));
    let environment = asked.environment.as_deref().or(own).unwrap_or_default();
    match (&asked.key_schema, itself) {
        (Some(schema), _) => schema.affixes(environment),
        (None, Some(sync)) => sync.options.affixes(environment),
        (None, None) => Affixes::default(),
    }
}
