//! The worker with everything that it has at hand.

use access::Access;
use authority::{Authorities, Pace};
use aws_config::SdkConfig;
use bus::Bus;
use futures::FutureExt as _;
use job::{Clock, Deadline, Report, Worker};
use model::id::OrganizationId;
use model::message::Noun;
use model::region::Region;
use queue::Queue;
use seal::Sealer;
use store::Store;

use crate::{Fault, certificate, order};

/// So many orders, and so many certificates, in one tick. What is left comes a minute later.
const AT_ONCE: u16 = 1_000;

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
    pub certificate_queue_url: String,
    /// The queue of the certificate-sync worker.
    pub certificate_sync_queue_url: String,
    /// How often a second authorities may be called, and by which clock.
    pub pace: Pace,
}

/// What takes the steps of orders, and looks after certificates. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CertificateWorker {
    pub(crate) store: Store,
    pub(crate) sealer: Sealer,
    pub(crate) authorities: Authorities,
    pub(crate) bus: Bus,
    pub(crate) orders: Queue,
    pub(crate) certificates: Queue,
    /// Who carries certificates to where they are used.
    pub(crate) syncs: Queue,
}

impl CertificateWorker {
    /// Clients of this deployment's AWS, over `store`; `clock` tells the time.
    #[must_use]
    pub fn new(config: &SdkConfig, store: Store, settings: Settings, clock: Clock) -> Self {
        let Settings {
            organization,
            region,
            sealing_key_id,
            certificate_queue_url: url,
            certificate_sync_queue_url,
            pace,
        } = settings;
        let kms = aws_sdk_kms::Client::new(config);
        let sealer = Sealer::new(kms, store.clone(), sealing_key_id, organization);
        let access = Access::new(config, region);
        Self {
            authorities: Authorities::new(config, access, sealer.clone(), pace),
            sealer,
            bus: Bus::new(config),
            orders: Queue::new(config, url.clone(), Noun::CertificateRequest, clock),
            certificates: Queue::new(config, url, Noun::Certificate, clock),
            syncs: Queue::new(config, certificate_sync_queue_url, Noun::CertificateSync, clock),
            store,
        }
    }
}

impl Worker for CertificateWorker {
    type Error = Fault;

    const NOUNS: &'static [Noun] = &[Noun::CertificateRequest, Noun::Certificate];

    /// Two Queries, which cost what is due, and one call for ten that are.
    async fn tick(&self, deadline: Deadline) -> Result<Report, Fault> {
        let now = deadline.now();
        let (orders, certificates) = tokio::try_join!(
            self.store.certificate_orders_due(now, AT_ONCE).boxed(),
            self.store.certificates_due(now, AT_ONCE).boxed(),
        )?;
        let most = usize::from(AT_ONCE);
        let truncated = orders.len() >= most || certificates.len() >= most;
        let due = orders.len() + certificates.len();
        let due_since = orders.since.into_iter().chain(certificates.since).min();
        self.orders.send(orders.ids).boxed().await?;
        self.certificates.send(certificates.ids).boxed().await?;
        Ok(Report { due, advanced: due, failed: Vec::new(), truncated, due_since })
    }

    async fn work(&self, noun: Noun, id: &str, deadline: Deadline) -> Result<&'static str, Fault> {
        // The futures of the SDKs are deep; on the heap the compiler has an end to them.
        match noun {
            Noun::CertificateRequest => match id.parse() {
                Ok(id) => order::run(self, id, &deadline).boxed().await,
                Err(_) => Ok(not_an_id()),
            },
            Noun::Certificate => match id.parse() {
                Ok(id) => certificate::look(self, id, &deadline).boxed().await,
                Err(_) => Ok(not_an_id()),
            },
            Noun::CertificateSync | Noun::KeyRotation | Noun::SecretSync => Ok(not_an_id()),
        }
    }
}

fn not_an_id() -> &'static str {
    tracing::warn!("a message without an id of ours");
    "no id of ours"
}
