//! Sessions in memory: asked for once however many wait, and never used in their last minutes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use model::Timestamp;
use model::arn::RoleArn;
use model::id::ConnectionId;
use model::policy::SessionPolicy;
use model::region::Region;

use crate::{ConnectionRole, Error, Purpose, Session};

/// A session in its last five minutes is not handed out: whoever gets one can still finish with it.
const MARGIN: Duration = Duration::from_secs(300);

/// So many sessions at once; a process that uses more connections than this forgets the ended ones first, then all.
const MOST: usize = 1_000;

/// What two callers must have in common to share a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    connection: ConnectionId,
    /// A change of the credentials is another session.
    credentials_version: u64,
    role: RoleArn,
    region: Option<Region>,
    policy: SessionPolicy,
}

impl Key {
    pub(crate) fn of(role: &ConnectionRole, purpose: &Purpose<'_>) -> Self {
        let (connection, credentials_version) = role.connection();
        Self {
            connection,
            credentials_version,
            role: role.arn().clone(),
            region: purpose.region.cloned(),
            policy: purpose.policy.clone(),
        }
    }
}

type Flight = Shared<BoxFuture<'static, Result<Session, Error>>>;

/// The sessions of a process, by what callers must have in common to share one.
#[derive(Debug)]
pub(crate) struct Sessions<K>(Mutex<HashMap<K, Flight>>);

impl<K> Default for Sessions<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Sessions<K> {
    /// The next caller gets a new session.
    pub(crate) fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// The session in memory, or the one that is just being opened, or a new one that `open` opens.
    pub(crate) async fn get<F>(
        &self,
        key: K,
        now: Timestamp,
        open: impl FnOnce() -> F,
    ) -> Result<Session, Error>
    where
        F: Future<Output = Result<Session, Error>> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&key).filter(|flight| is_usable(flight, now)) {
                Some(flight) => flight.clone(),
                None => {
                    if flights.len() >= MOST {
                        flights.retain(|_, flight| is_usable(flight, now));
                    }
                    if flights.len() >= MOST {
                        flights.clear();
                    }
                    let flight = open().boxed().shared();
                    flights.insert(key, flight.clone());
                    flight
                }
            }
        };
        // A failure stays in the map until the next caller, who finds it unusable and tries again.
        flight.await
    }
}

/// Still in the air, or landed with time to live.
fn is_usable(flight: &Flight, now: Timestamp) -> bool {
    flight.peek().is_none_or(|landed| landed.as_ref().is_ok_and(|session| session.outlives(now, MARGIN)))
}
