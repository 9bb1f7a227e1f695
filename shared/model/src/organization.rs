//! The one organisation of a deployment.

use crate::id::OrganizationId;

/// The organisation that a deployment serves. Its id is part of the stack's own id, so it is stable, random,
/// and never stored; its name is a parameter of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The UUID in the id of the CloudFormation stack.
    pub id: OrganizationId,
    /// As people call it.
    pub name: String,
}

impl Organization {
    /// The name in lower case with hyphens for everything but letters and digits.
    #[must_use]
    pub fn slug(&self) -> String {
        crate::form::slugify(&self.name)
    }
}
