//! The way in: a connection, opened for one deed.

use std::time::{Duration, Instant};

use access::{Access, AccessKey, Purpose, RoleChain, SHORTEST_SESSION};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
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
        let credentials = self.credentials(connection, region, policy, now).await?;
        let region = aws_config::Region::new(region.to_string());
        Ok(self.config.to_builder().region(region).credentials_provider(credentials).build())
    }

    async fn credentials(
        &self,
        connection: &Connection,
        region: &Region,
        policy: &SessionPolicy,
        now: Timestamp,
    ) -> Result<SharedCredentialsProvider, Error> {
        match (&connection.way, RoleChain::of(connection)) {
            (Way::AccessKey { access_key_id, .. }, _) => {
                let name = connection.name.as_str();
                let secret = self.sealer.open_access_key(connection).await;
                let secret = secret.map_err(|error| Error::unsealing(name, &error))?;
                let secret_access_key = secret.unwrap_or_default();
                let key = AccessKey { access_key_id: access_key_id.clone(), secret_access_key };
                Ok(self.access.access_key_session(&key, Some(region)).provider())
            }
            (Way::AssumeRole { role_arn, .. }, chain) => {
                let role = role_arn.to_string();
                let missing = "a role";
                let chain = chain.ok_or_else(|| Error::incomplete("sts:AssumeRole", &role, missing))?;
                let purpose = Purpose { region: Some(region), policy, duration: SHORTEST_SESSION };
                let session = self.access.session(&chain, &purpose, now).await;
                Ok(session.map_err(|error| Error::opening(&role, &error))?.provider())
            }
        }
    }
}
