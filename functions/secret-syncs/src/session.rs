//! The way to the destination of a sync, for looking alone.

use std::time::Duration;

use access::{Purpose, SHORTEST_SESSION};
use destination::Remote;
use model::Timestamp;
use model::connection::Connection;
use model::policy::SessionPolicy;
use model::policy::session::reaches;
use model::secret_sync::Owned;
use model::secret_sync::plan::Place;
use tokio::time::Instant;
use web::Problem;

use crate::Ctx;
use crate::error::closed;

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
    let region = Some(place.config.region());
    let purpose = Purpose { region, policy: &policy, duration: SHORTEST_SESSION };
    let secret = ctx.sealer.open_access_key(connection);
    let session = ctx.access.open(connection, &purpose, now, secret).await.map_err(closed)?;
    Ok(ctx.destinations.open(place, session.provider(), Some(Instant::now() + ctx.patience)))
}
