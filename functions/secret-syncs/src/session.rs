//! The way to the destination of a sync, for looking alone.

use std::time::Duration;

use access::{AccessKey, Purpose, RoleChain, SHORTEST_SESSION, Session};
use destination::Remote;
use model::Timestamp;
use model::connection::{Connection, Way};
use model::policy::SessionPolicy;
use model::policy::session::reaches;
use model::secret_sync::Owned;
use model::secret_sync::plan::Place;
use tokio::time::Instant;
use web::Problem;

use crate::Ctx;
use crate::error::{from_access, from_seal};

/// API Gateway gives up after 30 s; what is read until then must still be compared and told.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The destination, through a session that may read and do nothing else (an access key has all that its user has; nothing
/// of this function writes). A ledger that names things outside of the key schema widens it to the region, as a run does.
///
/// One AssumeRole, or none while an earlier session lives; for an access key at most one KMS call.
pub(crate) async fn open(
    ctx: &Ctx,
    connection: &Connection,
    place: &Place<'_>,
    ledger: &[Owned],
    now: Timestamp,
) -> Result<Remote, Problem> {
    let own = ledger.iter().all(|entry| reaches(place.config, place.affixes, &entry.name));
    let affixes = Some(place.affixes).filter(|_| own);
    let policy = SessionPolicy::secret_sync(place.config, affixes, place.account, None);
    let session = session(ctx, connection, place, &policy, now).await?;
    Ok(ctx.destinations.open(place, session.provider(), Some(Instant::now() + ctx.patience)))
}

async fn session(
    ctx: &Ctx,
    connection: &Connection,
    place: &Place<'_>,
    policy: &SessionPolicy,
    now: Timestamp,
) -> Result<Session, Problem> {
    let region = Some(place.config.region());
    if let Some(chain) = RoleChain::of(connection) {
        let purpose = Purpose { region, policy, duration: SHORTEST_SESSION };
        return ctx.access.session(&chain, &purpose, now).await.map_err(from_access);
    }
    let secret = ctx.sealer.open_access_key(connection).await.map_err(from_seal)?;
    match (&connection.way, secret) {
        (Way::AccessKey { access_key_id, .. }, Some(secret_access_key)) => {
            let key = AccessKey { access_key_id: access_key_id.clone(), secret_access_key };
            Ok(ctx.access.access_key_session(&key, region))
        }
        (Way::AccessKey { .. } | Way::AssumeRole { .. }, _) => {
            Err(Problem::bug("open a connection", "neither a role nor an access key"))
        }
    }
}
