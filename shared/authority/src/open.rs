//! The way in: a connection, opened for one deed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use access::Access;
use aws_config::SdkConfig;
use call::{At, Door};
use model::arn::Arn;
use model::connection::Connection;
use model::region::Region;
use seal::Sealer;

use crate::api::{Caller, Pace};
use crate::private_ca::Known;
use crate::zones::bare;
use crate::{Acm, Error, PrivateCa, Zones, policy};

/// The authorities that a process can reach. Cheap to clone; clones share connections, sessions and pace.
#[derive(Debug, Clone)]
pub struct Authorities {
    door: Door,
    pace: Pace,
    known: Arc<Mutex<HashMap<String, Known>>>,
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
        Self { door: Door::new(config, access, sealer), pace, known: Arc::default() }
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
        let config = self.door.open(connection, &region, &policy, at.now).await?;
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
        let config = self.door.open(connection, region, &policy, at.now).await?;
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
        let config = self.door.open(connection, &region, &policy, at.now).await?;
        Ok(Zones::new(&config, self.caller(connection, &region, at)))
    }

    fn caller(&self, connection: &Connection, region: &Region, at: At) -> Caller {
        Caller::new(&self.pace, connection, region, at)
    }
}
