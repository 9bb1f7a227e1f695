//! Secret syncs: a folder of an environment, kept in step with AWS Secrets Manager or Parameter Store.
//!
//! What is defined by people ([`SecretSync`]) and what happens to it ([`SecretSyncRun`], [`SecretSyncDrift`]) are stored
//! apart: a change of a secret wakes the run and leaves the definition and its version alone.

pub mod body;
mod destination;
mod drift;
pub mod key_schema;
mod options;
pub mod overlap;
mod owned;
pub mod ownership;
pub mod plan;
pub mod run;

use serde::{Deserialize, Serialize};

use crate::id::{ConnectionId, EnvironmentId, FolderId, OrganizationId, ProjectId, SecretSyncId};
use crate::permission::{Scope, Scoped};

pub use destination::{Destination, DestinationConfig, Mapping};
pub use drift::{Difference, DriftReport, DriftedName, MOST_DRIFTED, SecretSyncDrift};
pub use key_schema::{Affixes, KeySchema};
pub use options::{
    DRIFT_CHECK_INTERVAL_HOURS, ImportBehavior, InitialSyncBehavior, RECOVERY_WINDOW_DAYS, SyncOptions, Tag,
};
pub use owned::Owned;
pub use run::{SecretSyncRun, SecretSyncWatches, Watched};

/// What people decided about a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSync {
    /// Its id.
    pub id: SecretSyncId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// A slug, unique in its project.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// The way into the destination's account.
    pub connection_id: ConnectionId,
    /// The environment that is pushed; it may be gone since.
    pub environment_id: EnvironmentId,
    /// The folder that is pushed; it may be gone since. The root's id is the environment's.
    pub folder_id: FolderId,
    /// Whether a change of the source starts a run.
    pub is_auto_sync_enabled: bool,
    /// Where to, which never changes its kind.
    #[serde(flatten)]
    pub destination: DestinationConfig,
    /// How.
    pub options: SyncOptions,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

impl SecretSync {
    /// Whether `next` pushes into another place than this: then nothing there was synced before, and what is owned here is
    /// left behind.
    #[must_use]
    pub fn moves_to(&self, next: &Self) -> bool {
        self.connection_id != next.connection_id || self.destination != next.destination
    }
}

impl Scoped for SecretSync {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
