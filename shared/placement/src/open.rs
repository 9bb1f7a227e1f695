//! The way in: a connection, opened for one deed.

use access::Access;
use aws_config::SdkConfig;
use call::{At, Door, Error};
use model::arn::Arn;
use model::connection::Connection;
use model::region::Region;
use seal::Sealer;

use crate::api::{Caller, Pace};
use crate::{Acm, LoadBalancers, policy};

/// The places that a process can reach. Cheap to clone; clones share connections, sessions and pace.
#[derive(Debug, Clone)]
pub struct Placements {
    door: Door,
    pace: Pace,
}

/// What is to be done with the certificates of one account and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AcmDeed<'a> {
    /// They are listed, described, and read with their tags.
    Look,
    /// New ones are imported, with tags or without.
    Import,
    /// These are imported over and tagged: at most about sixteen can be named, more are not told apart from others.
    Replace(&'a [&'a str]),
    /// These are deleted: at most about sixteen can be named, more are not told apart from others.
    Delete(&'a [&'a str]),
}

/// What is to be done with load balancers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BalancerDeed<'a> {
    /// They and their listeners are looked at.
    Look,
    /// The certificates of these listeners are changed: about sixteen of one load balancer are named, more are all of it.
    Change(&'a [Arn]),
}

impl Placements {
    /// The places over the connections of `config`, whose own credentials are never used for them.
    #[must_use]
    pub fn new(config: &SdkConfig, access: Access, sealer: Sealer, pace: Pace) -> Self {
        Self { door: Door::new(config, access, sealer), pace }
    }

    /// What its calls are made by.
    #[must_use]
    pub const fn pace(&self) -> &Pace {
        &self.pace
    }

    /// ACM in a region, through a connection. At most one AssumeRole; for a connection by access key, whose session has all
    /// that its user has, at most one KMS call.
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
        Ok(Acm::new(&config, Caller::new(&self.pace, connection, region, at)))
    }

    /// The load balancers of a region, through a connection. Calls as [`Placements::acm`].
    ///
    /// # Errors
    /// [`Error`] when the connection does not open.
    pub async fn load_balancers(
        &self,
        connection: &Connection,
        region: &Region,
        deed: BalancerDeed<'_>,
        at: At,
    ) -> Result<LoadBalancers, Error> {
        let policy = policy::load_balancers(&connection.account_id, region, deed);
        let config = self.door.open(connection, region, &policy, at.now).await?;
        Ok(LoadBalancers::new(&config, Caller::new(&self.pace, connection, region, at)))
    }
}
