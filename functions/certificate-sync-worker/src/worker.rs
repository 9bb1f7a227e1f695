//! The worker with everything that it has at hand.

use access::Access;
use aws_config::SdkConfig;
use futures::FutureExt as _;
use job::{Clock, Deadline, Report, Worker};
use model::id::{CertificateSyncId, OrganizationId};
use model::message::Noun;
use model::region::Region;
use placement::{Pace, Placements, Served};
use queue::Queue;
use seal::Sealer;
use store::Store;

use crate::{Fault, run};

/// So many syncs in one tick. What is left comes a minute later.
const AT_ONCE: u16 = 500;

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
    pub certificate_sync_queue_url: String,
    /// How often a second ACM and load balancers may be called, and by which clock.
    pub pace: Pace,
    /// How endpoints are reached.
    pub served: Served,
}

/// What runs certificate syncs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CertificateSyncWorker {
    pub(crate) store: Store,
    pub(crate) sealer: Sealer,
    pub(crate) placements: Placements,
    pub(crate) served: Served,
    pub(crate) queue: Queue,
}

impl CertificateSyncWorker {
    /// Clients of this deployment's AWS, over `store`; `clock` tells the time.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        let Settings { organization, region, sealing_key_id, certificate_sync_queue_url, pace, served } =
            settings;
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), sealing_key_id, organization);
        let access = Access::new(config, region);
        Self {
            placements: Placements::new(config, access, sealer.clone(), pace),
            sealer,
            served,
            queue: Queue::new(config, certificate_sync_queue_url, Noun::CertificateSync, clock),
            store,
        }
    }
}

impl Worker for CertificateSyncWorker {
    type Error = Fault;

    const NOUNS: &'static [Noun] = &[Noun::CertificateSync];

    /// One Query, which costs what is due, and one call for ten that are.
    async fn tick(&self, deadline: Deadline) -> Result<Report, Fault> {
        let due = self.store.certificate_syncs_due(deadline.now(), AT_ONCE).boxed().await?;
        let (count, truncated, due_since) = (due.len(), due.len() >= usize::from(AT_ONCE), due.since);
        self.queue.send(due.ids).boxed().await?;
        Ok(Report { due: count, advanced: count, failed: Vec::new(), truncated, due_since })
    }

    async fn work(&self, _: Noun, id: &str, deadline: Deadline) -> Result<&'static str, Fault> {
        let Ok(id) = id.parse::<CertificateSyncId>() else {
            tracing::warn!("a message without a sync's id");
            return Ok("no sync's id");
        };
        // The futures of the SDKs are deep; on the heap the compiler has an end to them.
        run::run(self, id, &deadline).boxed().await
    }
}
