//! The way in: a connection, opened for one deed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use access::{Access, AccessKey, Purpose, RoleChain, SHORTEST_SESSION};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use model::Timestamp;
use model::arn::Arn;
use model::connection::{Connection, Way};
use model::policy::SessionPolicy;
use model::region::Region;
use seal::Sealer;

use crate::api::{Lanes, Pace};
use crate::call::Caller;
use crate::private_ca::Known;
use crate::zones::bare;
use crate::{Acm, Error, PrivateCa, Zones, policy};

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(10);

/// The authorities that a process can reach. Cheap to clone; clones share connections, sessions and pace.
#[derive(Debug, Clone)]
pub struct Authorities {
    config: SdkConfig,
    access: Access,
    sealer: Sealer,
    pace: Pace,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

/// When.
#[derive(Debug, Clone, Copy)]
pub struct At {
    /// What time it is.
    pub now: Timestamp,
    /// After that no call begins, by the clock of the [`Pace`].
    pub until: Option<Instant>,
}

/// What is to be done with a Private CA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// It is looked at.
    Look,
    /// It issues certificates.
    Issue,
    /// It revokes them.
    Revoke,
}

/// What is to be done with ACM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AcmDeed<'a> {
    /// It is looked at: certificates are listed, and nothing of them is read.
    Look,
    /// Certificates are requested, listed and described.
    Request,
    /// The certificate with this ARN is described, renewed and exported.
    Use(&'a str),
    /// The certificate with this ARN is revoked.
    Revoke(&'a str),
}

/// What is to be done with zones of Route 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZoneDeed {
    /// They are looked at.
    Look,
    /// They are looked at and get validation records.
    Prove,
}

impl Authorities {
    /// The authorities over the connections of `config`, whose own credentials are never used for them.
    #[must_use]
    pub fn new(config: &SdkConfig, access: Access, sealer: Sealer, pace: Pace) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        // Retries are this crate's: the SDK knows neither the deadline nor the pace of others.
        let config =
            config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
        Self { config, access, sealer, pace, known: Arc::default() }
    }

    /// What its calls are made by.
    #[must_use]
    pub const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The Private CA with this ARN, through a connection. At most one AssumeRole; for a connection by access key, whose
    /// session has all that its user has, at most one KMS call.
    ///
    /// # Errors
    /// [`Error`] when the connection does not open.
    pub async fn private_ca(
        &self,
        connection: &Connection,
        authority: &Arn,
        deed: Deed,
        at: At,
    ) -> Result<PrivateCa, Error> {
        let region = match &authority.region {
            Some(region) => region.clone(),
            None => authority.partition.default_region(),
        };
        let policy = policy::private_ca(authority, deed);
        let config = self.open(connection, &region, &policy, at).await?;
        let (connection_id, version) = (connection.id, connection.credentials_version);
        let key = format!("{connection_id} {version} {authority}");
        Ok(PrivateCa::new(
            &config,
            authority,
            self.caller(connection, &region, at),
            Arc::clone(&self.known),
            key,
        ))
    }

    /// ACM in a region, through a connection. Calls as [`Authorities::private_ca`].
    ///
    /// # Errors
    /// [`Error`] when the connection does not open.
    pub async fn acm(
        &self,
        connection: &Connection,
        region: &Region,
        deed: AcmDeed<'_>,
        at: At,
    ) -> Result<Acm, Error> {
        let policy = policy::acm(&connection.account_id, region, deed);
        let config = self.open(connection, region, &policy, at).await?;
        Ok(Acm::new(&config, self.caller(connection, region, at)))
    }

    /// Zones of Route 53 in the partition of `region`, through a connection. Ids may begin with `/hostedzone/`. Calls as
    /// [`Authorities::private_ca`].
    ///
    /// # Errors
    /// [`Error`] when the connection does not open.
    pub async fn zones(
        &self,
        connection: &Connection,
        region: &Region,
        zone_ids: &[String],
        deed: ZoneDeed,
        at: At,
    ) -> Result<Zones, Error> {
        // Route 53 has one door for each partition.
        let region = region.partition().default_region();
        let ids: Vec<&str> = zone_ids.iter().map(|id| bare(id)).collect();
        let policy = policy::zones(region.partition(), &ids, deed);
        let config = self.open(connection, &region, &policy, at).await?;
        Ok(Zones::new(&config, self.caller(connection, &region, at)))
    }

    fn caller(&self, connection: &Connection, region: &Region, at: At) -> Caller {
        let lanes =
            Lanes { pace: self.pace.clone(), account: connection.account_id.clone(), region: region.clone() };
        Caller { lanes, until: at.until }
    }

    async fn open(
        &self,
        connection: &Connection,
        region: &Region,
        policy: &SessionPolicy,
        at: At,
    ) -> Result<SdkConfig, Error> {
        let credentials = self.credentials(connection, region, policy, at.now).await?;
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
