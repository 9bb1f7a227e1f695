//! Secret syncs: their definitions, what people ask of them, and what they would do and have found.
//!
//! What is wanted of a sync is written into its run state in the transaction of the request; the message that wakes the
//! worker afterwards is a courtesy, for the worker's tick finds what is due as well.
//!
//! Depends on `store`, `queue` for the worker's messages, and `web`.
//!
//! **Not here**: the pushing itself (`secret-sync-worker`), what a plan is made of (`model::secret_sync::plan`), the
//! destinations (`destination`), who is woken by a change of a secret (`vault`).

mod check_destination;
mod connection;
mod create;
mod delete;
mod drift;
mod error;
mod get;
mod list;
mod options;
mod routes;
mod source;
mod trigger;
mod update;
mod view;

use aws_config::SdkConfig;
use model::id::OrganizationId;
use model::message::Noun;
use queue::{Clock, Queue};
use store::Store;

pub use routes::routes;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The queue of the secret-sync worker.
    pub secret_sync_queue_url: String,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    queue: Queue,
    organization: OrganizationId,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`. `clock` tells when a message to the worker leaves.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        Self {
            queue: Queue::new(config, settings.secret_sync_queue_url, Noun::SecretSync, clock),
            organization: settings.organization,
            store,
        }
    }
}
