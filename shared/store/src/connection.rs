//! Connections: alone in their partition, listed by scope and name, counted by what uses them.

use std::collections::HashMap;

use model::connection::{Connection, DependentKind};
use model::id::{ConnectionId, OrganizationId, ProjectId};
use model::permission::Scope;

use crate::entity::{Entity, NameGuard, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

impl Entity for Connection {
    const KIND: &'static str = "connection";

    fn keys(&self) -> Keys {
        Keys::own(key(self.id)).listed(
            list(self.organization_id),
            format!("{}{}", position(self.scope), self.name.to_lowercase()),
        )
    }

    fn names(&self) -> Vec<NameGuard> {
        vec![NameGuard::new(Self::KIND, &namespace(self.organization_id, self.scope), &self.name, self.id)]
    }
}

fn key(id: ConnectionId) -> String {
    format!("CONNECTION#{id}")
}

fn list(organization: OrganizationId) -> String {
    format!("ORG#{organization}")
}

/// The beginning of the list positions of a scope.
fn position(scope: Scope) -> String {
    match scope {
        Scope::Organization => "CONNECTION#ORG#".to_owned(),
        Scope::Project(project) => format!("CONNECTION#PROJECT#{project}#"),
    }
}

/// Where names are unique.
fn namespace(organization: OrganizationId, scope: Scope) -> String {
    match scope {
        Scope::Organization => format!("ORG#{organization}"),
        Scope::Project(project) => format!("PROJECT#{project}"),
    }
}

impl Store {
    /// A connection by its id. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Stored<Connection>>, ReadError> {
        let key = key(id);
        self.get(&key, &key).await
    }

    /// The id of the connection of this name in a scope. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn connection_named(
        &self,
        organization: OrganizationId,
        scope: Scope,
        name: &str,
    ) -> Result<Option<ConnectionId>, ReadError> {
        self.owner_id(Connection::KIND, &namespace(organization, scope), name).await
    }

    /// All connections of the organisation, also those of its projects. One eventually consistent Query for each MB,
    /// which is about 1,500 connections.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn connections_of(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<Stored<Connection>>, ReadError> {
        self.list(From::List, &list(organization), "CONNECTION#").await
    }

    /// The connections of one scope, by name. One eventually consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn connections_in(
        &self,
        organization: OrganizationId,
        scope: Scope,
    ) -> Result<Vec<Stored<Connection>>, ReadError> {
        self.list(From::List, &list(organization), &position(scope)).await
    }

    /// The names of the connections that things of a project can have. Two eventually consistent Queries side by side: one that
    /// was made a moment ago may be missing.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn connection_names(
        &self,
        organization: OrganizationId,
        project: ProjectId,
    ) -> Result<HashMap<ConnectionId, String>, ReadError> {
        let (shared, own) = tokio::try_join!(
            self.connections_in(organization, Scope::Organization),
            self.connections_in(organization, Scope::Project(project))
        )?;
        Ok(shared.into_iter().chain(own).map(|found| (found.id, found.value.name)).collect())
    }
}

impl Change {
    /// Something of this kind uses the connection from now on. Belongs into the change that makes it: a connection that
    /// is being deleted at the same moment refuses one of the two.
    #[must_use]
    pub fn gain_dependent(self, connection: &Connection, kind: DependentKind) -> Self {
        self.count(connection, kind.attribute(), 1, None, Conflict::Stale { kind: Connection::KIND })
    }

    /// Something of this kind does not use the connection any more. Belongs into the change that removes it.
    #[must_use]
    pub fn lose_dependent(self, connection: &Connection, kind: DependentKind) -> Self {
        self.count(connection, kind.attribute(), -1, None, Conflict::Stale { kind: Connection::KIND })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use aws_sdk_dynamodb::types::AttributeValue;
    use model::connection::{Dependents, Way};
    use model::id::ProjectId;

    use super::*;
    use crate::entity::item_of;

    /// DynamoDB's size of an item: names and values, numbers and null at their longest here
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
    fn size(value: &AttributeValue) -> usize {
        // Numbers, true, false and null need at most 21 bytes.
        value.as_s().map_or(21, String::len)
    }

    #[test]
    fn a_thousand_connections_fit_into_two_pages_of_a_query() {
        let project = ProjectId::random();
        let connection = Connection {
            id: ConnectionId::random(),
            organization_id: OrganizationId::random(),
            scope: Scope::Project(project),
            name: "n".repeat(64),
            description: Some("d".repeat(256)),
            legacy: false,
            way: Way::AssumeRole {
                role_arn: format!("arn:aws:iam::123456789012:role/path/of/some/length/{}", "r".repeat(64))
                    .parse()
                    .unwrap(),
                sts_endpoint: Some(
                    "https://vpce-0123456789abcdef0-abcd1234-eu-west-1a.sts.eu-west-1.vpce.amazonaws.com"
                        .parse()
                        .unwrap(),
                ),
            },
            credentials_version: 1,
            account_id: "123456789012".parse().unwrap(),
            created_by: format!("identity:{project}"),
            dependents: Dependents::default(),
        };
        let now = model::Timestamp::from_unix_seconds(1_767_323_045);
        let item = item_of(&connection, 1, now, now).unwrap();
        let bytes: usize = item.iter().map(|(name, value)| name.len() + size(value)).sum();
        assert!(bytes * 1_000 < 2 * 1024 * 1024, "{bytes}");
    }

    #[test]
    fn lists_of_the_organisation_and_of_a_scope_are_beginnings_of_the_same_list() {
        let project = ProjectId::random();
        assert!(position(Scope::Organization).starts_with("CONNECTION#"));
        assert_eq!(position(Scope::Project(project)), format!("CONNECTION#PROJECT#{project}#"));
        let organization = OrganizationId::random();
        assert_ne!(
            namespace(organization, Scope::Organization),
            namespace(organization, Scope::Project(project))
        );
    }
}
