//! Syncs that have a certificate: they follow its renewal.

use std::time::Duration;

use model::application::Application;
use model::certificate_sync::attach::attached;
use model::certificate_sync::{
    CertificateSync, CertificateSyncRun, CertificateSyncs, Destination, DestinationConfig, Slot, SyncOptions,
};
use model::id::{ApplicationId, CertificateId, CertificateSyncId};
use store::{Attached, Change, Stored};
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{DAY, HOUR, World, line};

impl World {
    /// A sync that has the certificate.
    pub(crate) async fn sync_of(&self, id: CertificateId) -> CertificateSyncId {
        let application = Application {
            id: ApplicationId::random(),
            organization_id: self.organization,
            project_id: self.project,
            name: "web".into(),
            description: None,
            profiles: 0,
            certificate_syncs: 0,
            created_by: "user:ada@example.com".into(),
        };
        let sync = CertificateSync {
            id: CertificateSyncId::random(),
            organization_id: self.organization,
            project_id: self.project,
            application_id: application.id,
            name: "acm".into(),
            description: None,
            connection_id: self.connection,
            is_auto_sync_enabled: true,
            destination: DestinationConfig::AwsCertificateManager { region: "us-east-1".parse().unwrap() },
            options: SyncOptions::default_of(Destination::AwsCertificateManager),
            created_by: "user:ada@example.com".into(),
        };
        let now = clock::now();
        let connection = self.safe.connection(self.connection).await.unwrap().unwrap();
        let run = CertificateSyncRun::new(sync.id, self.project, true);
        let made = Change::new(now).create(&application);
        self.safe.commit(made, &line()).await.unwrap();
        let made = Change::new(now).create_certificate_sync(&sync, &run, &connection, &application);
        self.safe.commit(made, &line()).await.unwrap();
        let certificate = self.safe.certificate(id).await.unwrap().unwrap();
        let slot = attached(&sync, [], &CertificateSyncs::none(id), &certificate, now).unwrap().unwrap();
        let places = self.safe.places_of([id]).await.unwrap();
        let attached = [Attached { certificate, before: None, slot }];
        self.safe.attach_certificates(&run, &attached, &places, None, now, &line()).await.unwrap();
        sync.id
    }

    /// The one slot of a sync.
    pub(crate) async fn slot_of(&self, sync: CertificateSyncId) -> Stored<Slot> {
        let mut slots = self.safe.certificate_sync_slots(sync).await.unwrap();
        assert_eq!(slots.len(), 1);
        slots.remove(0)
    }
}

#[tokio::test]
async fn a_certificate_that_is_renewed_by_itself_is_renewed_where_it_is_attached() {
    let world = World::new().await;
    let (authority, _) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    world.work(id).await.unwrap();
    let (old, _) = world.certificate(id).await;
    let sync = world.sync_of(old.id).await;
    let slot = world.slot_of(sync).await;
    assert_eq!(world.pki.receive("syncs"), None, "nobody renewed anything yet");
    let renews =
        |certificate: &model::certificate::Certificate| (Some(certificate.configured(true, None)), ());
    world.safe.amend_certificate(old.id, clock::now(), None, renews).await.unwrap();
    clock::advance(Duration::from_secs(25 * DAY));
    world.pass(2 * HOUR, 60).await;
    let new = world.safe.certificate(old.id).await.unwrap().unwrap().renewed_by.unwrap();
    let moved = world.slot_of(sync).await;
    assert_eq!((moved.id, moved.wanted.certificate_id, moved.wanted.previous), (slot.id, new, Some(old.id)));
    assert_eq!(world.pki.receive("syncs"), Some(sync.to_string()));
    assert!(world.safe.certificate_sync_run(sync).await.unwrap().unwrap().due_at.is_some());
}
