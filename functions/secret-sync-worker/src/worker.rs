//! The worker with everything that it has at hand.

use access::Access;
use aws_config::SdkConfig;
use destination::{Destinations, Pace};
use futures::FutureExt as _;
use job::{Clock, Deadline, Report, Worker};
use model::Timestamp;
use model::id::{OrganizationId, SecretSyncId};
use model::message::Noun;
use model::region::Region;
use queue::Queue;
use seal::Sealer;
use store::Store;
use vault::Vault;

use crate::{Fault, drift, run, tick};

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The organisation of this deployment.
    pub organization: OrganizationId,
    /// The region that Drawbridge runs in.
    pub region: Region,
    /// The KMS key that wraps data keys.
    pub sealing_key_id: String,
    /// Its own queue.
    pub secret_sync_queue_url: String,
    /// How often a second destinations may be called, and by which clock.
    pub pace: Pace,
}

/// What runs secret syncs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SecretSyncWorker {
    pub(crate) store: Store,
    pub(crate) sealer: Sealer,
    pub(crate) vault: Vault,
    pub(crate) access: Access,
    pub(crate) destinations: Destinations,
    /// What the destinations are called by, and until when.
    pub(crate) pace: Pace,
    pub(crate) queue: Queue,
    clock: Clock,
}

impl SecretSyncWorker {
    /// Clients of this deployment's AWS, over `store`; `clock` tells the time.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        let Settings { organization, region, sealing_key_id, secret_sync_queue_url, pace } = settings;
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), sealing_key_id, organization);
        Self {
            vault: Vault::new(store.clone(), sealer.clone()),
            sealer,
            access: Access::new(config, region),
            destinations: Destinations::new(config, pace.clone()),
            pace,
            queue: Queue::new(config, secret_sync_queue_url, Noun::SecretSync, clock),
            clock,
            store,
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl Worker for SecretSyncWorker {
    type Error = Fault;

    const NOUNS: &'static [Noun] = &[Noun::SecretSync];

    async fn tick(&self, deadline: Deadline) -> Result<Report, Fault> {
        tick::tick(self, &deadline).boxed().await
    }

    async fn work(&self, _: Noun, id: &str, deadline: Deadline) -> Result<&'static str, Fault> {
        let Ok(id) = id.parse::<SecretSyncId>() else {
            tracing::warn!("a message without a sync's id");
            return Ok("no sync's id");
        };
        // The futures of the SDKs are deep; on the heap the compiler has an end to them.
        let ran = run::run(self, id, &deadline).boxed().await?;
        let looked = drift::look(self, id, &deadline).boxed().await?;
        Ok(looked.unwrap_or(ran))
    }
}
