//! The way into AWS: from a connection to a session, and the proof that a role is protected.
//!
//! * [`ConnectionRole`] is what a connection assumes, with the one External ID of its scope;
//! * [`Access::session`] opens it, confined to a session policy, and remembers the session until shortly before it ends;
//! * [`Access::open`] opens a stored connection, whether by its role or by its access key;
//! * [`Access::probe`] shows whether the role really requires the External ID, and [`protection`] says what follows;
//! * [`Access::fetch_identity`] asks AWS who a session is;
//! * [`ConsoleChain`] is the way of a person into the console, which [`Access::enter`] opens.
//!
//! One function, in `assume`, builds every AssumeRole of the system. This is the only crate with the SDK of STS, and the
//! only one that makes credentials.
//!
//! Depends on `model` and the SDK of STS; it does not know the table.
//!
//! **Not here**: what connections are and who may use them (`model`, the functions), and the sign-in to the console (`pam`).

mod assume;
mod cache;
mod console;
mod error;
mod identity;
mod open;
mod place;
mod probe;
pub mod protection;
mod role;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sts::Client;
use aws_sdk_sts::config::Builder;
use model::Timestamp;
use model::policy::SessionPolicy;
use model::region::Region;

pub use console::{ChainError, ConsoleChain, Door, Stay};
pub use error::Error;
pub use identity::CallerIdentity;
pub use open::OpenError;
pub use probe::Outcome;
pub use role::ConnectionRole;
pub use session::{AccessKey, IssuedCredentials, Session};

use cache::{Key, Sessions};
use console::Bridge;

/// How long a session lasts that is used at once: the least that AWS allows
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
pub const SHORTEST_SESSION: Duration = Duration::from_secs(900);

/// How long a chained session may last; the role of a Lambda function is a session itself, so every one of ours is chained
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
pub const LONGEST_SESSION: Duration = Duration::from_secs(3_600);

/// One call to STS may take this long with all its attempts: a create makes two in a row and answers within 8 s.
const CALL: Duration = Duration::from_millis(3_300);
const ATTEMPT: Duration = Duration::from_millis(2_000);
const CONNECT: Duration = Duration::from_millis(1_000);

/// What a session is for.
#[derive(Debug, Clone)]
pub struct Purpose<'a> {
    /// The region that the work is in, for choosing the STS; `None` when it is in none.
    pub region: Option<&'a Region>,
    /// All that the session may do.
    pub policy: &'a SessionPolicy,
    /// How long it should last: brought between [`SHORTEST_SESSION`] and [`LONGEST_SESSION`].
    pub duration: Duration,
}

/// The way into customers' accounts, from this function's own role. Cheap to clone; clones share their sessions.
#[derive(Debug, Clone)]
pub struct Access {
    sts: Client,
    own_region: Region,
    sessions: Arc<Sessions<Key>>,
    bridges: Arc<Sessions<Bridge>>,
}

impl Access {
    /// The way in with the credentials of `config`, from `own_region`.
    #[must_use]
    pub fn new(config: &SdkConfig, own_region: Region) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL)
            .build();
        let sts = Client::from_conf(Builder::from(config).timeout_config(timeouts).build());
        Self { sts, own_region, sessions: Arc::default(), bridges: Arc::default() }
    }

    /// A session in the role of a connection, from memory while it has more than five minutes to live.
    ///
    /// AWS calls: none or one AssumeRole; one caller asks, however many wait.
    ///
    /// # Errors
    /// [`Error`]. A failure is not remembered.
    pub async fn session(
        &self,
        role: &ConnectionRole,
        purpose: &Purpose<'_>,
        now: Timestamp,
    ) -> Result<Session, Error> {
        let key = Key::of(role, purpose);
        let open = || {
            let (access, role) = (self.clone(), role.clone());
            let (region, policy) = (purpose.region.cloned(), purpose.policy.clone());
            let duration = purpose.duration;
            async move {
                let purpose = Purpose { region: region.as_ref(), policy: &policy, duration };
                access.assume(&role.hop(&purpose), None).await
            }
        };
        self.sessions.get(key, now, open).await
    }
}
