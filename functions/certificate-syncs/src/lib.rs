//! Certificate syncs: their definitions, the certificates that are attached to them, and what people ask of them.
//!
//! What is wanted is written down in the transaction of the request; the message that wakes the worker afterwards is a
//! courtesy, for the worker's tick finds what is due as well. AWS is only looked at: when a load balancer is named, in lists
//! of load balancers, and for a plan.
//!
//! Depends on `store`, `placement` for AWS, `seal` and `access` for the connections that are opened, `queue` for the worker's
//! messages, and `web`.
//!
//! **Not here**: the carrying itself (`certificate-sync-worker`), what a plan is made of (`model::certificate_sync::plan`), the
//! certificates (`certificates`).

mod asked;
mod aws;
mod certificates;
mod connection;
mod create;
mod default;
mod delete;
mod error;
mod get;
mod list;
mod load_balancers;
mod options;
mod plan;
mod rollback;
mod routes;
mod trigger;
mod update;
mod view;

use access::Access;
use aws_config::SdkConfig;
use model::id::OrganizationId;
use model::message::Noun;
use model::region::Region;
use placement::{Pace, Placements, Quotas};
use queue::{Clock, Queue};
use seal::Sealer;
use store::Store;

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
    /// The queue of the certificate-sync worker.
    pub certificate_sync_queue_url: String,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    placements: Placements,
    queue: Queue,
    organization: OrganizationId,
}

impl Ctx {
    /// Clients of this deployment's AWS, over `store`. `clock` tells when a message to the worker leaves.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        // What is asked of AWS here is asked by people, one thing at a time.
        let pace = Pace::new(Quotas { processes: 1, are_off: false });
        Self::paced(config, store, settings, clock, pace)
    }

    /// The same with another pace of calls to AWS.
    #[must_use]
    pub fn paced(config: &SdkConfig, store: Store, settings: Settings, clock: Clock, pace: Pace) -> Self {
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), settings.sealing_key_id, settings.organization);
        let access = Access::new(config, settings.region);
        Self {
            placements: Placements::new(config, access, sealer, pace),
            queue: Queue::new(config, settings.certificate_sync_queue_url, Noun::CertificateSync, clock),
            organization: settings.organization,
            store,
        }
    }
}
