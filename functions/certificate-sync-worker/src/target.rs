//! What a run is about: the definition, its slots with their certificates, and the connection.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use model::Timestamp;
use model::certificate::Certificate;
use model::certificate_sync::plan::Question;
use model::certificate_sync::run::Job;
use model::certificate_sync::slot::Intent;
use model::certificate_sync::{CertificateSync, Slot};
use model::connection::Connection;
use model::id::{CertificateId, CertificateSlotId};
use store::{CertificateSyncAndRun, Stored};

use crate::lease::Lease;
use crate::worker::CertificateSyncWorker;
use crate::{Fault, Stop};

/// Everything that a run needs besides AWS.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) sync: CertificateSync,
    pub(crate) connection: Connection,
    /// The slots as they were read, with their versions.
    pub(crate) read: BTreeMap<CertificateSlotId, Stored<Slot>>,
    pub(crate) certificates: BTreeMap<CertificateId, Certificate>,
    slots: Vec<Slot>,
    application_name: String,
    default: Option<CertificateSlotId>,
}

impl Target {
    /// What the definition names, as it is now. One Query for each MB of slots, two GetItems, and one BatchGetItem for each
    /// hundred certificates.
    pub(crate) async fn find(
        worker: &CertificateSyncWorker,
        current: CertificateSyncAndRun,
    ) -> Result<Self, Fault> {
        let sync = current.sync.value;
        let store = &worker.store;
        let (slots, connection, application) = tokio::try_join!(
            store.certificate_sync_slots(sync.id).boxed(),
            store.connection(sync.connection_id).boxed(),
            store.application(sync.application_id).boxed()
        )?;
        let connection = connection.ok_or(Stop::ConnectionGone)?.value;
        let wanted = slots.iter().flat_map(|slot| {
            let placed = slot.held.placed.as_ref().map(|placed| placed.certificate_id);
            let intended = match &slot.held.intent {
                Some(Intent::Import { certificate_id, .. }) => Some(*certificate_id),
                Some(_) | None => None,
            };
            [Some(slot.wanted.certificate_id), slot.wanted.previous, placed, intended]
        });
        let ids: BTreeSet<CertificateId> = wanted.flatten().collect();
        let ids: Vec<CertificateId> = ids.into_iter().collect();
        let certificates = store.certificates(&ids).await?;
        Ok(Self {
            application_name: application.map(|read| read.value.name).unwrap_or_default(),
            connection,
            default: current.run.value.default_slot,
            certificates: certificates.into_iter().map(|read| (read.id, read.value)).collect(),
            slots: slots.iter().map(|read| read.value.clone()).collect(),
            read: slots.into_iter().map(|read| (read.id, read)).collect(),
            sync,
        })
    }

    /// The same, as plans are asked for.
    pub(crate) fn question(&self, lease: &Lease<'_>, now: Timestamp) -> Question<'_> {
        Question {
            sync: &self.sync,
            application_name: &self.application_name,
            default: self.default,
            slots: &self.slots,
            certificates: &self.certificates,
            removes: matches!(lease.work.job, Job::Remove(_)),
            allows_deletions: lease.work.allow_deletions,
            now,
        }
    }

    /// What slots of other syncs hold, where this sync may have lost what it imported: it must not take theirs for its own. A
    /// sync that the certificate is attached to no more may hold it still, so all of the project's in the Region are asked.
    pub(crate) async fn taken(&self, worker: &CertificateSyncWorker) -> Result<BTreeSet<String>, Fault> {
        let (mut syncs, mut is_lost) = (BTreeSet::new(), false);
        for slot in &self.slots {
            if let Some(Intent::Import { certificate_id, into: None, .. }) = &slot.held.intent {
                is_lost = true;
                syncs.extend(worker.store.syncs_of_certificate(*certificate_id).await?.syncs());
            }
        }
        if is_lost {
            let all = worker.store.certificate_syncs_of(self.sync.project_id).boxed().await?;
            let region = self.sync.destination.region();
            let near = all.iter().filter(|one| one.sync.destination.region() == region);
            syncs.extend(near.map(|one| one.sync.id));
        }
        syncs.remove(&self.sync.id);
        let mut taken = BTreeSet::new();
        for sync in syncs {
            let slots = worker.store.certificate_sync_slots(sync).await?;
            taken.extend(slots.iter().flat_map(|slot| slot.arns()).map(str::to_owned));
        }
        Ok(taken)
    }
}
