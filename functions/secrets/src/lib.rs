//! Folders, tags, secrets with their versions, imports and references.
//!
//! Every change of what a secret sync reads names the syncs that see it, in the transaction of the change itself; the
//! message that wakes them afterwards is a courtesy, for the worker's tick finds them as well.
//!
//! Depends on `vault` and `store`, `seal` for KMS, `queue` for the worker's messages, and `web`; of AWS it calls DynamoDB, KMS and SQS.
//!
//! **Not here**: what a path, an import or a reference means (`model`, `vault`), the syncs themselves (`secret-syncs`),
//! environments (`projects`).

mod amend;
mod batch;
mod batch_form;
mod error;
mod etag;
mod folder_batch;
mod folder_create;
mod folder_delete;
mod folder_form;
mod folder_get;
mod folder_update;
mod folder_view;
mod import_create;
mod import_delete;
mod import_form;
mod import_get;
mod import_update;
mod import_view;
mod place;
mod routes;
mod secret_create;
mod secret_delete;
mod secret_filter;
mod secret_form;
mod secret_get;
mod secret_list;
mod secret_place;
mod secret_query;
mod secret_tags;
mod secret_update;
mod secret_view;
mod secret_write;
mod tag_create;
mod tag_delete;
mod tag_get;
mod tag_update;
mod tag_view;
mod vault_error;
mod version_list;
mod version_rollback;

use aws_config::SdkConfig;
use model::id::OrganizationId;
use model::message::Noun;
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
    queue: Queue,
    organization: OrganizationId,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`. `clock` tells when a message to the worker leaves.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let organization = settings.organization;
        let sealer = Sealer::new(kms, store.clone(), settings.sealing_key_id, organization);
        Self {
            vault: Vault::new(store.clone(), sealer),
            queue: Queue::new(config, settings.secret_sync_queue_url, Noun::SecretSync, clock),
            organization,
            store,
        }
    }
}
