//! What a connection assumes: its role, with the External ID of its scope.

use model::arn::RoleArn;
use model::connection::{Connection, ExternalId, Way};
use model::id::ConnectionId;
use model::sts_endpoint::StsEndpoint;

use crate::Purpose;
use crate::assume::{Hop, Presented};

/// The role of a connection. It cannot be made without the connection, whose External ID it carries.
#[derive(Debug, Clone)]
pub struct ConnectionRole {
    connection: ConnectionId,
    credentials_version: u64,
    external_id: ExternalId,
    sts_endpoint: Option<StsEndpoint>,
    role: RoleArn,
}

impl ConnectionRole {
    /// The role of a connection by role; `None` for one by access key.
    #[must_use]
    pub fn of(connection: &Connection) -> Option<Self> {
        match &connection.way {
            Way::AssumeRole { role_arn, sts_endpoint } => Some(Self {
                connection: connection.id,
                credentials_version: connection.credentials_version,
                external_id: connection.external_id(),
                sts_endpoint: sts_endpoint.clone(),
                role: role_arn.clone(),
            }),
            Way::AccessKey { .. } => None,
        }
    }

    pub(crate) const fn connection(&self) -> (ConnectionId, u64) {
        (self.connection, self.credentials_version)
    }

    pub(crate) const fn arn(&self) -> &RoleArn {
        &self.role
    }

    pub(crate) const fn external_id(&self) -> &ExternalId {
        &self.external_id
    }

    pub(crate) const fn sts_endpoint(&self) -> Option<&StsEndpoint> {
        self.sts_endpoint.as_ref()
    }

    /// How every job assumes it.
    pub(crate) fn hop<'a>(&'a self, purpose: &Purpose<'a>) -> Hop<'a> {
        Hop {
            role: &self.role,
            presented: Presented::Connections(&self.external_id),
            // CloudTrail of the customer's account then names the connection.
            session_name: format!("drawbridge-{}", self.connection),
            sts_endpoint: self.sts_endpoint(),
            region: purpose.region.cloned(),
            policy: Some(purpose.policy.clone()),
            duration: purpose.duration,
        }
    }
}
