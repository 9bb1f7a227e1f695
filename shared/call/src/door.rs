//! The way in: a connection, opened for one deed.

use std::time::{Duration, Instant};

use access::{Access, OpenError, Purpose, SHORTEST_SESSION};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use model::Timestamp;
use model::connection::{Connection, Way};
use model::policy::SessionPolicy;
use model::region::Region;
use seal::Sealer;

use crate::Error;

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(10);

/// When.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// What time it is.
    pub now: Timestamp,
    /// After that no call begins, by the clock of the [`Pace`](crate::Pace).
    pub until: Option<Instant>,
}

/// The way into customers' accounts. Cheap to clone; clones share connections and sessions.
#[derive(Debug, Clone)]
pub struct Door {
    config: SdkConfig,
    access: Access,
    sealer: Sealer,
}

impl Door {
    /// The way in over the connections of `config`, whose own credentials are never used for it.
    #[must_use]
    pub fn new(config: &SdkConfig, access: Access, sealer: Sealer) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        // Retries are this crate's: the SDK knows neither the deadline nor the pace of others.
        let config =
            config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
        Self { config, access, sealer }
    }

    /// A configuration whose clients act for the connection in this region, and may do what the policy says. At most one
    /// AssumeRole; for a connection by access key, whose session has all that its user has, at most one KMS call.
    ///
    /// # Errors
    /// [`Error`] when the connection does not open.
    pub async fn open(
        &self,
        connection: &Connection,
        region: &Region,
        policy: &SessionPolicy,
        now: Timestamp,
    ) -> Result<SdkConfig, Error> {
        let purpose = Purpose { region: Some(region), policy, duration: SHORTEST_SESSION };
        let secret = self.sealer.open_access_key(connection);
        let opened = self.access.open(connection, &purpose, now, secret).await;
        let session = opened.map_err(|error| closed(connection, &error))?;
        let region = aws_config::Region::new(region.to_string());
        Ok(self.config.to_builder().region(region).credentials_provider(session.provider()).build())
    }
}

/// Why a connection did not open, and what of it.
fn closed(connection: &Connection, error: &OpenError<seal::Error>) -> Error {
    let role = match &connection.way {
        Way::AssumeRole { role_arn, .. } => role_arn.to_string(),
        Way::AccessKey { .. } => String::new(),
    };
    match error {
        OpenError::Role(error) => Error::opening(&role, error),
        OpenError::Key(error) => Error::unsealing(&connection.name, error),
        OpenError::NoKey => Error::incomplete("kms:Decrypt", &connection.name, "an access key"),
    }
}
