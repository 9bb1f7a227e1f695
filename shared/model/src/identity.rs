//! Machine identities.

use serde::{Deserialize, Serialize};

use crate::id::{IdentityId, OrganizationId};
use crate::permission::{Role, Scope, Scoped};

/// The name of the identity that the stack's parameter `AdminPrincipalArns` makes; its id is the organisation's.
pub const ADMINISTRATOR_NAME: &str = "administrator";

/// A way for a machine to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AuthMethod {
    /// Client id and client secret.
    #[serde(rename = "universal-auth")]
    Universal,
    /// A signed GetCallerIdentity request.
    #[serde(rename = "aws-auth")]
    Aws,
    /// A token of another issuer.
    #[serde(rename = "oidc-auth")]
    Oidc,
}

impl AuthMethod {
    /// As the wire spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Universal => "universal-auth",
            Self::Aws => "aws-auth",
            Self::Oidc => "oidc-auth",
        }
    }
}

/// A label that its owner attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The label's name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A machine that may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// As people call it. Not unique.
    pub name: String,
    /// What it may do in the organisation.
    pub role: Role,
    /// Whether deletion is refused.
    pub has_delete_protection: bool,
    /// Its labels.
    #[serde(default)]
    pub metadata: Vec<Metadata>,
    /// The ways in which it can log in, in the order in which they were set up.
    #[serde(default)]
    pub auth_methods: Vec<AuthMethod>,
}

impl Identity {
    /// The identity that the stack's parameters make, for whoever deployed it. It has no record.
    #[must_use]
    pub fn administrator(organization_id: OrganizationId) -> Self {
        Self {
            id: administrator_id(organization_id),
            organization_id,
            name: ADMINISTRATOR_NAME.to_owned(),
            role: Role::Admin,
            has_delete_protection: true,
            metadata: Vec::new(),
            auth_methods: vec![AuthMethod::Aws],
        }
    }

    /// With one more way to log in.
    #[must_use]
    pub fn with(&self, method: AuthMethod) -> Self {
        let mut changed = self.without(method);
        changed.auth_methods.push(method);
        changed
    }

    /// Without that way to log in.
    #[must_use]
    pub fn without(&self, method: AuthMethod) -> Self {
        let mut changed = self.clone();
        changed.auth_methods.retain(|other| *other != method);
        changed
    }
}

/// The id of the built-in administrator: the organisation's.
#[must_use]
pub fn administrator_id(organization_id: OrganizationId) -> IdentityId {
    IdentityId::from(organization_id.uuid())
}

impl Scoped for Identity {
    fn scope(&self) -> Scope {
        Scope::Organization
    }
}
