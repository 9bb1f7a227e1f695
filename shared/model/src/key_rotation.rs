//! Rotations of IAM users' access keys: a user that cannot go away gets a new key on schedule, and the key is a pair of
//! secrets.
//!
//! What people decide is a [`KeyRotation`]; how far it got is its [`Progress`]. A rotation is a pure machine:
//! [`Progress::next`] looks at the record, at what IAM shows ([`Seen`]) and at the time, and says the one [`Step`] to
//! take; whoever takes it stores what came of it by one of the record's outcomes and asks again.
//!
//! ```text
//! create → prove (twice) → publish → … overlap … → quiet? → deactivate → grace → delete
//! ```
//!
//! The promises, held by tests over random histories: once a key was published, a published key works at every moment;
//! never more than two keys; no key is touched that this rotation did not make or was not told to take over; what is
//! published was proved.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>
//!
//! **Not here**: the secret halves of keys (they are sealed, and stored beside the record), how IAM is asked, any HTTP.

pub mod body;
mod key;
mod next;
mod outcomes;
mod progress;
mod schedule;
mod seen;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod timings;
pub mod view;

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, EnvironmentId, FolderId, KeyRotationId, OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};
use crate::region::Region;
use crate::secret::SecretName;

pub use key::{AccessKeyId, NotAnAccessKeyId, Origin, OwnKey, Phase};
pub use progress::{Intent, Mend, Progress, Removed, RotationStatus, Suspect, Trigger, Wanted};
pub use schedule::{Schedule, UtcTime};
pub use seen::{LastUsed, Seen, SeenKey};
pub use state::RotationState;
pub use step::{Blocked, Step};
pub use timings::Timings;

/// What people decided about a rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRotation {
    /// Its id.
    pub id: KeyRotationId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// A slug, unique in its folder.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// The way into the user's account.
    pub connection_id: ConnectionId,
    /// The environment that the two secrets are in.
    pub environment_id: EnvironmentId,
    /// The folder that the two secrets are in.
    pub folder_id: FolderId,
    /// Whose keys.
    pub parameters: Parameters,
    /// Which two secrets.
    pub secrets_mapping: SecretsMapping,
    /// When.
    pub schedule: Schedule,
    /// How gently.
    pub timings: Timings,
    /// Ours, additive: whether deleting the rotation deletes its keys, for clients that cannot say so when they delete.
    pub revoke_on_delete: bool,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

/// Whose keys are rotated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The name of the IAM user.
    pub user_name: String,
    /// Where IAM and STS are asked; IAM itself has no regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Ours, additive: whether the key is the connection's own, which is replaced together with the secrets.
    #[serde(default)]
    pub own_key: bool,
}

/// The secrets that hold the current key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretsMapping {
    /// The name of the secret with the access key's id.
    pub access_key_id: SecretName,
    /// The name of the secret with the secret access key.
    pub secret_access_key: SecretName,
}

impl SecretsMapping {
    /// Whether it names one secret for both.
    #[must_use]
    pub fn is_one_secret(&self) -> bool {
        self.access_key_id == self.secret_access_key
    }
}

impl Scoped for KeyRotation {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
