//! Secret syncs: their definitions, what people ask of them, and what they would do and have found.
//!
//! What is wanted of a sync is written into its run state in the transaction of the request; the message that wakes the
//! worker afterwards is a courtesy, for the worker's tick finds what is due as well.
//!
//! Depends on `store`, `vault` for the source of a plan, `access` and `seal` for the connection that a plan reads its
//! `destination` through, `queue` for the worker's messages, and `web`. It changes nothing in customers' accounts.
//!
//! **Not here**: the pushing itself (`secret-sync-worker`), what a plan is made of (`model::secret_sync::plan`), who is woken
//! by a change of a secret (`vault`).

mod asked;
mod check_destination;
mod connection;
mod create;
mod delete;
mod drift;
mod error;
mod get;
mod list;
mod neighbours;
mod options;
mod plan;
mod plan_view;
mod routes;
mod session;
mod source;
mod trigger;
mod update;
mod view;

use std::time::Duration;

use access::Access;
use aws_config::SdkConfig;
use destination::{Destinations, Pace, Quotas};
use model::id::OrganizationId;
use model::message::Noun;
use model::region::Region;
use queue::{Clock, Queue};
use seal::Sealer;
use store::Store;
use vault::Vault;

pub use routes::routes;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The region that Drawbridge runs in.
    pub region: Region,
    /// The KMS key that wraps data keys.
    pub sealing_key_id: String,
    /// The queue of the secret-sync worker.
    pub secret_sync_queue_url: String,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    vault: Vault,
    sealer: Sealer,
    access: Access,
    destinations: Destinations,
    queue: Queue,
    organization: OrganizationId,
    patience: Duration,
    blocks_duplicates: bool,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`. `clock` tells when a message to the worker leaves.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), settings.sealing_key_id, settings.organization);
        Self {
            vault: Vault::new(store.clone(), sealer.clone()),
            sealer,
            access: Access::new(config, settings.region),
            // Nothing is written here: the quotas of reading are the documented ones.
            destinations: Destinations::new(config, Pace::new(Quotas::default())),
            queue: Queue::new(config, settings.secret_sync_queue_url, Noun::SecretSync, clock),
            organization: settings.organization,
            patience: session::PATIENCE,
            blocks_duplicates: false,
            store,
        }
    }

    /// Whether a sync is refused whose destination overlaps with another sync's. Off, as long as nobody says otherwise.
    #[must_use]
    pub fn blocking_duplicates(self, blocks_duplicates: bool) -> Self {
        Self { blocks_duplicates, ..self }
    }

    /// With another limit to how long a plan looks at its destination.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}
