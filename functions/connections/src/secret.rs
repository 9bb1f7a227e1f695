//! Secret access keys, opened for one use; and the sessions of stored connections.

use access::{AccessKey, OpenError, Purpose, SHORTEST_SESSION, Session};
use model::Timestamp;
use model::connection::{Connection, Way};
use model::policy::SessionPolicy;
use model::region::Region;
use web::Problem;

use crate::Ctx;
use crate::error::{from_aws, from_seal};

/// The connection with the secret of `key`, if it has one, sealed for the place that the connection has: its item, its
/// attribute, its credentials version.
pub(crate) async fn sealed(
    ctx: &Ctx,
    connection: Connection,
    key: Option<&AccessKey>,
) -> Result<Connection, Problem> {
    let Some(key) = key else { return Ok(connection) };
    let blob = ctx.sealer.seal_access_key(&connection, &key.secret_access_key).await.map_err(from_seal)?;
    let way =
        Way::AccessKey { access_key_id: key.access_key_id.clone(), secret_access_key: blob.to_string() };
    Ok(Connection { way, ..connection })
}

/// Opens the secret access key of a stored connection; `None` for one by role.
pub(crate) async fn open(ctx: &Ctx, connection: &Connection) -> Result<Option<AccessKey>, Problem> {
    let Way::AccessKey { access_key_id, .. } = &connection.way else { return Ok(None) };
    let opened = ctx.sealer.open_access_key(connection).await.map_err(from_seal)?;
    Ok(opened.map(|secret_access_key| AccessKey { access_key_id: access_key_id.clone(), secret_access_key }))
}

/// A session of a stored connection, confined to `policy` where AWS lets us: an access key has all that its user has.
pub(crate) async fn session(
    ctx: &Ctx,
    connection: &Connection,
    region: Option<&Region>,
    policy: &SessionPolicy,
    now: Timestamp,
) -> Result<Session, Problem> {
    let purpose = Purpose { region, policy, duration: SHORTEST_SESSION };
    let secret = ctx.sealer.open_access_key(connection);
    ctx.access.open(connection, &purpose, now, secret).await.map_err(|error| match error {
        OpenError::Role(error) => from_aws("Unable to use the connection", error),
        OpenError::Key(error) => from_seal(error),
        OpenError::NoKey => Problem::bug("open a connection", "neither a role nor an access key"),
    })
}
