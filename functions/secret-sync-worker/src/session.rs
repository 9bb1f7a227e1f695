//! The way into the account for one run: a session that may touch this sync's names and nothing else, as far as AWS
//! lets us.

use std::time::Duration;

use access::{Purpose, SHORTEST_SESSION};
use aws_credential_types::provider::SharedCredentialsProvider;
use destination::Remote;
use job::Deadline;
use model::policy::SessionPolicy;
use model::policy::session::reaches;

use crate::Fault;
use crate::target::Target;
use crate::worker::SecretSyncWorker;

/// No call to the destination begins in the last moments of an invocation: what is under way ends, and is written down.
const TO_PUT_AWAY: Duration = Duration::from_secs(30);

/// Whether it was for want of time that steps were not begun, give or take a wait between two calls.
pub(crate) fn is_time_up(deadline: &Deadline) -> bool {
    deadline.is_near(TO_PUT_AWAY * 2)
}

/// How long calls to the destination may begin.
pub(crate) fn left(deadline: &Deadline) -> Duration {
    deadline.left().saturating_sub(TO_PUT_AWAY)
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Looking at the destination.
    Look,
    /// Changing it.
    Change,
}

/// Opens the connection for a run that concerns `names` besides those of the key schema: names of an earlier schema are
/// the sync's too, and then the session is not narrowed to the one of today.
///
/// One AssumeRole, or none while the session of an earlier run lives; for an access key, whose session has all that its
/// user has, at most one KMS call.
pub(crate) async fn open<'n>(
    worker: &SecretSyncWorker,
    target: &Target,
    intent: Intent,
    names: impl IntoIterator<Item = &'n str>,
    deadline: &Deadline,
) -> Result<Remote, Fault> {
    let credentials = credentials(worker, target, intent, names, deadline).await?;
    let until = worker.pace.now() + left(deadline);
    Ok(worker.destinations.open(&target.place(), credentials, Some(until.into())))
}

async fn credentials<'n>(
    worker: &SecretSyncWorker,
    target: &Target,
    intent: Intent,
    names: impl IntoIterator<Item = &'n str>,
    deadline: &Deadline,
) -> Result<SharedCredentialsProvider, Fault> {
    let (connection, config) = (&target.connection, &target.sync.destination);
    let region = Some(config.region());
    let own = target.affixes.as_ref();
    let own = own.filter(|own| names.into_iter().all(|name| reaches(config, own, name)));
    let writer = (intent == Intent::Change).then_some(target.sync.id);
    let policy = SessionPolicy::secret_sync(config, own, &connection.account_id, writer);
    let purpose = Purpose { region, policy: &policy, duration: SHORTEST_SESSION };
    let secret = worker.sealer.open_access_key(connection);
    Ok(worker.access.open(connection, &purpose, deadline.now(), secret).await?.provider())
}
