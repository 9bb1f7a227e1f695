//! What a connection assumes: its role, and the roles behind it, all with the External ID of its scope.

use model::arn::RoleArn;
use model::connection::{Connection, ExternalId, Way};
use model::id::ConnectionId;
use model::sts_endpoint::StsEndpoint;

use crate::Purpose;
use crate::assume::{Hop, Presented};

/// The roles that a connection goes through, first to last. It cannot be made without a connection, whose External
/// ID it carries to every hop.
#[derive(Debug, Clone)]
pub struct RoleChain {
    connection: ConnectionId,
    credentials_version: u64,
    external_id: ExternalId,
    sts_endpoint: Option<StsEndpoint>,
    roles: Vec<RoleArn>,
}

impl RoleChain {
    /// The chain of a connection by role; `None` for one by access key.
    #[must_use]
    pub fn of(connection: &Connection) -> Option<Self> {
        match &connection.way {
            Way::AssumeRole { role_arn, sts_endpoint } => Some(Self {
                connection: connection.id,
                credentials_version: connection.credentials_version,
                external_id: connection.external_id(),
                sts_endpoint: sts_endpoint.clone(),
                roles: vec![role_arn.clone()],
            }),
            Way::AccessKey { .. } => None,
        }
    }

    /// The chain with one more role behind its last, assumed with the same External ID.
    #[must_use]
    pub fn then(mut self, role: RoleArn) -> Self {
        self.roles.push(role);
        self
    }

    /// The roles, first to last; at least one.
    #[must_use]
    pub fn roles(&self) -> &[RoleArn] {
        &self.roles
    }

    pub(crate) const fn connection(&self) -> (ConnectionId, u64) {
        (self.connection, self.credentials_version)
    }

    pub(crate) const fn sts_endpoint(&self) -> Option<&StsEndpoint> {
        self.sts_endpoint.as_ref()
    }

    /// One hop, as every job makes it.
    pub(crate) fn hop<'a>(&'a self, role: &'a RoleArn, purpose: &Purpose<'a>) -> Hop<'a> {
        Hop {
            role,
            presented: Presented::Connections(&self.external_id),
            // CloudTrail of the customer's account then names the connection.
            session_name: format!("drawbridge-{}", self.connection),
            sts_endpoint: self.sts_endpoint(),
            region: purpose.region.cloned(),
            // A policy confines the session that does the work; on the way there it would confine the next hop.
            policy: (self.roles.last() == Some(role)).then(|| purpose.policy.clone()),
            duration: purpose.duration,
        }
    }

    pub(crate) const fn external_id(&self) -> &ExternalId {
        &self.external_id
    }
}
