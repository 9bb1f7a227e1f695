//! Certificates: which authorities, policies, profiles and applications there are, requests for certificates, and what
//! people do with certificates.
//!
//! Nothing is issued here: a request that is sound becomes an order in the table, and the message that wakes the worker is a
//! courtesy, for the worker's tick finds what is due as well. AWS is asked whether an authority can be used when it is saved.
//!
//! Depends on `store`, `authority` for AWS, `seal` for the connections that are opened, `queue` for the worker's messages, and
//! `web`.
//!
//! **Not here**: the steps of an order (`model::certificate`), who takes them (`certificate-worker`).

mod application;
mod authority;
mod certificate;
mod check;
mod connection;
mod error;
mod page;
mod policy;
mod profile;
mod project;
mod request;
mod routes;

use ::authority::{Authorities, Pace, Quotas};
use access::Access;
use aws_config::SdkConfig;
use bus::Bus;
use model::id::OrganizationId;
use model::message::Noun;
use model::region::Region;
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
    /// The queue of the certificate worker.
    pub certificate_queue_url: String,
    /// The queue of the certificate-sync worker.
    pub certificate_sync_queue_url: String,
}

/// What every handler has at hand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ctx {
    store: Store,
    sealer: Sealer,
    authorities: Authorities,
    /// About requests for certificates.
    queue: Queue,
    /// About syncs that carry certificates to where they are used.
    syncs: Queue,
    /// Who listens for what happens to certificates.
    bus: Bus,
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
            authorities: Authorities::new(config, access, sealer.clone(), pace),
            sealer,
            queue: Queue::new(config, settings.certificate_queue_url, Noun::CertificateRequest, clock),
            syncs: Queue::new(config, settings.certificate_sync_queue_url, Noun::CertificateSync, clock),
            bus: Bus::new(config),
            organization: settings.organization,
            store,
        }
    }
}
