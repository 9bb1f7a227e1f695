//! Certificate syncs: certificates of an application, kept in step with AWS Certificate Manager or with the listeners of a
//! load balancer.
//!
//! What people decide ([`CertificateSync`]), what happens to it ([`CertificateSyncRun`]) and each certificate that is attached
//! to it ([`Slot`]) are stored apart. A slot stays the same through all renewals of its certificate.
//!
//! **Not here**: AWS's APIs, and certificates as bytes.

pub mod attach;
pub mod attached;
pub mod body;

mod destination;
pub mod listener;
pub mod name_schema;
mod options;
pub mod ownership;
pub mod plan;
pub mod run;
pub mod slot;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::id::{ApplicationId, CertificateSyncId, ConnectionId, OrganizationId, ProjectId};
use crate::permission::{Scope, Scoped};

pub use attached::{CertificateSyncs, Place, Role};
pub use destination::{Destination, DestinationConfig};
pub use listener::{Listener, LoadBalancerArn, Protocol};
pub use name_schema::NameSchema;
pub use options::SyncOptions;
pub use run::CertificateSyncRun;
pub use slot::{Held, Slot, Standing, Wanted};

/// The most certificates that are attached to one sync.
pub const MOST_SLOTS: u32 = 500;

/// The most syncs that one certificate is attached to: they all follow its renewal in one transaction.
pub const MOST_SYNCS: usize = 20;

/// What people decided about a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateSync {
    /// Its id.
    pub id: CertificateSyncId,
    /// The organisation that it belongs to.
    pub organization_id: OrganizationId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The application whose certificates may be attached.
    pub application_id: ApplicationId,
    /// Unique in its project.
    pub name: String,
    /// What people say about it. The empty text stays one: clients compare.
    pub description: Option<String>,
    /// The way into the destination's account.
    pub connection_id: ConnectionId,
    /// Whether a change of what is attached, and of the certificates themselves, starts a run.
    pub is_auto_sync_enabled: bool,
    /// Where to, which never changes its kind.
    #[serde(flatten)]
    pub destination: DestinationConfig,
    /// How.
    pub options: SyncOptions,
    /// Who made it, `kind:id`: a repeated create of the same caller is the same create.
    pub created_by: String,
}

impl Scoped for CertificateSync {
    fn scope(&self) -> Scope {
        Scope::Project(self.project_id)
    }
}
