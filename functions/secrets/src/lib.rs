//! Folders, tags, secrets with their versions, imports and references.
//!
//! Every change of what a secret sync reads names the syncs that see it, in the transaction of the change itself; the
//! message that wakes them afterwards is a courtesy, for the worker's tick finds them as well.
//!
//! Depends on `store`, `seal` for KMS, and `web`; of AWS it calls DynamoDB, KMS and, to wake syncs, SQS.
//!
//! **Not here**: what a path, an import or a reference means (`model`, `vault`), the syncs themselves (`secret-syncs`),
//! environments (`projects`).

mod error;
mod routes;
mod wake;

use aws_config::SdkConfig;
use model::id::OrganizationId;
use seal::Sealer;
use store::Store;

pub use routes::routes;
use wake::Wake;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The KMS key that wraps data keys.
    pub sealing_key_id: String,
    /// The queue of the secret-sync worker.
    pub secret_sync_queue_url: String,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    sealer: Sealer,
    wake: Wake,
    organization: OrganizationId,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let organization = settings.organization;
        Self {
            sealer: Sealer::new(kms, store.clone(), settings.sealing_key_id, organization),
            wake: Wake::new(aws_sdk_sqs::Client::new(config), settings.secret_sync_queue_url),
            organization,
            store,
        }
    }
}
