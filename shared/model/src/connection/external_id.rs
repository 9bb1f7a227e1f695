//! The External ID: what keeps one scope's role from being used through another scope's connection.

use std::fmt;

use crate::id::{OrganizationId, ProjectId};
use crate::permission::Scope;

/// The External ID of a scope. There is no way to make one from text: it always is a project's or the organisation's id.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    /// The External ID of a project's connections.
    #[must_use]
    pub fn of_project(project: ProjectId) -> Self {
        Self(project.to_string())
    }

    /// The External ID of the organisation's connections, and of every legacy connection.
    #[must_use]
    pub fn of_organization(organization: OrganizationId) -> Self {
        Self(organization.to_string())
    }

    /// The External ID for a connection in `scope`.
    #[must_use]
    pub fn of(scope: Scope, organization: OrganizationId, legacy: bool) -> Self {
        match (scope, legacy) {
            (Scope::Project(project), false) => Self::of_project(project),
            (Scope::Project(_), true) | (Scope::Organization, _) => Self::of_organization(organization),
        }
    }

    /// The text that AWS compares.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ExternalId {
    /// Kept out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_decides_unless_the_connection_is_a_legacy_one() {
        let (organization, project) = (OrganizationId::random(), ProjectId::random());
        for (scope, legacy, expected) in [
            (Scope::Project(project), false, project.to_string()),
            (Scope::Project(project), true, organization.to_string()),
            (Scope::Organization, false, organization.to_string()),
            (Scope::Organization, true, organization.to_string()),
        ] {
            assert_eq!(ExternalId::of(scope, organization, legacy).as_str(), expected);
        }
    }

    #[test]
    fn debug_does_not_show_it() {
        let id = ExternalId::of_project(ProjectId::random());
        assert!(!format!("{id:?}").contains(id.as_str()));
    }
}
