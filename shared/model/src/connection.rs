//! AWS connections: a stored way into an account, by a role or by an IAM user's access key.
//!
//! The wire calls them app connections of the app `aws`.

pub mod body;
mod dependents;
mod external_id;

use serde::{Deserialize, Serialize};

use crate::arn::{AccountId, RoleArn};
use crate::id::{ConnectionId, OrganizationId, ProjectId};
use crate::partition::Partition;
use crate::permission::{Scope, Scoped};
use crate::region::Region;
use crate::sts_endpoint::StsEndpoint;

pub use dependents::{DependentKind, Dependents};
pub use external_id::ExternalId;

/// A connection to one AWS account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// Whether the whole organisation or one project may use it.
    #[serde(flatten)]
    pub scope: Scope,
    /// A slug, unique in its scope.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// Brought along from a time when the External ID was the organisation's id for projects too; `version` 1 on the
    /// wire.
    pub legacy: bool,
    /// How it gets into the account.
    #[serde(flatten)]
    pub way: Way,
    /// Counts the changes of its credentials, from 1.
    pub credentials_version: u64,
    /// The account that AWS named when the credentials were validated.
    pub account_id: AccountId,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
    /// How many things use it.
    #[serde(flatten)]
    pub dependents: Dependents,
}

/// The way into the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Way {
    /// By assuming a role with an External ID.
    AssumeRole {
        /// The customer's role.
        role_arn: RoleArn,
        /// Another STS than the region's usual one.
        sts_endpoint: Option<StsEndpoint>,
    },
    /// By an access key of an IAM user.
    AccessKey {
        /// The public half.
        access_key_id: String,
        /// The secret half, sealed for this connection, this attribute and this credentials version.
        secret_access_key: String,
    },
}

/// How a connection gets into the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `assume-role`.
    AssumeRole,
    /// `access-key`.
    AccessKey,
}

impl Method {
    /// Each method with its name on the wire.
    pub const NAMES: &[(&str, Self)] = &[("assume-role", Self::AssumeRole), ("access-key", Self::AccessKey)];

    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AssumeRole => "assume-role",
            Self::AccessKey => "access-key",
        }
    }
}

impl Connection {
    /// Its method, which never changes.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self.way {
            Way::AssumeRole { .. } => Method::AssumeRole,
            Way::AccessKey { .. } => Method::AccessKey,
        }
    }

    /// The External ID that every AssumeRole of this connection presents.
    #[must_use]
    pub fn external_id(&self) -> ExternalId {
        ExternalId::of(self.scope, self.organization_id, self.legacy)
    }

    /// `version` on the wire: 1 for legacy connections, else 2.
    #[must_use]
    pub const fn wire_version(&self) -> u8 {
        if self.legacy { 1 } else { 2 }
    }

    /// Whether things of this project may go through it.
    ///
    /// # Errors
    /// [`Unfit::OtherProject`].
    pub fn serves(&self, project: ProjectId) -> Result<(), Unfit> {
        match self.scope {
            Scope::Project(other) if other != project => Err(Unfit::OtherProject { name: self.name.clone() }),
            Scope::Project(_) | Scope::Organization => Ok(()),
        }
    }

    /// Whether it leads to this region, as far as that is known: a role is of one partition, and so is a region.
    /// `cn-north-1` is behind another door than `us-east-1`.
    ///
    /// # Errors
    /// [`Unfit::OtherPartition`].
    pub fn reaches(&self, region: &Region) -> Result<(), Unfit> {
        match &self.way {
            Way::AssumeRole { role_arn, .. } if role_arn.partition() != region.partition() => {
                Err(Unfit::OtherPartition {
                    name: self.name.clone(),
                    partition: role_arn.partition(),
                    region: region.clone(),
                })
            }
            Way::AssumeRole { .. } | Way::AccessKey { .. } => Ok(()),
        }
    }
}

/// Why something cannot go through a connection, in words for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The connection is another project's.
    #[error("App Connection \"{name}\" belongs to another project and cannot be used in this one")]
    OtherProject {
        /// The connection.
        name: String,
    },
    /// The region is in another partition than the connection's role.
    #[error(
        "App Connection \"{name}\" leads into the partition {}, and the region {region} is in {}",
        partition.name(),
        region.partition().name()
    )]
    OtherPartition {
        /// The connection.
        name: String,
        /// Where its role is.
        partition: Partition,
        /// Where it was to lead.
        region: Region,
    },
}

impl Scoped for Connection {
    fn scope(&self) -> Scope {
        self.scope
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn connection(way: Way) -> Connection {
        Connection {
            id: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
            organization_id: "22222222-2222-4222-8222-222222222222".parse().unwrap(),
            scope: Scope::Project("33333333-3333-4333-8333-333333333333".parse().unwrap()),
            name: "prod".into(),
            description: Some(String::new()),
            legacy: false,
            way,
            credentials_version: 3,
            account_id: "123456789012".parse().unwrap(),
            created_by: "identity:x".into(),
            dependents: Dependents::default(),
        }
    }

    #[test]
    fn a_connection_reads_back_from_its_stored_form() {
        let role = Way::AssumeRole {
            role_arn: "arn:aws:iam::123456789012:role/a".parse().unwrap(),
            sts_endpoint: Some("https://sts-fips.us-east-1.amazonaws.com".parse().unwrap()),
        };
        let key = Way::AccessKey { access_key_id: "AKIA".into(), secret_access_key: "sealed".into() };
        for way in [role, key] {
            for scope in [Scope::Organization, connection(way.clone()).scope] {
                let connection = Connection { scope, ..connection(way.clone()) };
                let stored = serde_json::to_value(&connection).unwrap();
                assert_eq!(serde_json::from_value::<Connection>(stored).unwrap(), connection);
            }
        }
    }

    #[test]
    fn the_stored_form_is_flat_and_keeps_its_attribute_names() {
        let way = Way::AccessKey { access_key_id: "AKIA".into(), secret_access_key: "sealed".into() };
        assert_eq!(
            serde_json::to_value(connection(way)).unwrap(),
            json!({
                "id": "11111111-1111-4111-8111-111111111111",
                "organization_id": "22222222-2222-4222-8222-222222222222",
                "scope": "project", "project_id": "33333333-3333-4333-8333-333333333333",
                "name": "prod", "description": "", "legacy": false,
                "method": "access-key", "access_key_id": "AKIA", "secret_access_key": "sealed",
                "credentials_version": 3, "account_id": "123456789012", "created_by": "identity:x",
                "secret_syncs": 0, "key_rotations": 0, "certificate_authorities": 0, "certificate_syncs": 0,
                "pam_resources": 0, "recording_configs": 0
            })
        );
    }
}
