//! Certificates that syncs carry to where they are used.

use model::certificate_sync::attach::attached;
use model::certificate_sync::{
    CertificateSync, CertificateSyncRun, CertificateSyncs, Destination, DestinationConfig, SyncOptions,
};
use model::id::{CertificateId, CertificateSyncId};
use serde_json::json;
use store::{Attached, Change};
use testkit::{later, now};

use super::house::House;
use crate::world::APPLICATIONS;

impl House {
    /// A sync of an application "web" that has the certificate.
    async fn sync_of(&self, id: CertificateId) -> (CertificateSync, String) {
        let application = self.application("web", &[]).await;
        let sync = CertificateSync {
            id: CertificateSyncId::random(),
            organization_id: self.organization,
            project_id: self.project,
            application_id: application.parse().unwrap(),
            name: "load balancer".into(),
            description: None,
            connection_id: self.connection,
            is_auto_sync_enabled: true,
            destination: DestinationConfig::AwsCertificateManager { region: "us-east-1".parse().unwrap() },
            options: SyncOptions::default_of(Destination::AwsCertificateManager),
            created_by: "user:ada@example.com".into(),
        };
        let run = CertificateSyncRun::new(sync.id, self.project, true);
        let connection = self.store.connection(self.connection).await.unwrap().unwrap();
        let read = self.store.application(sync.application_id).await.unwrap().unwrap();
        self.commit(Change::new(now()).create_certificate_sync(&sync, &run, &connection, &read)).await;
        let certificate = self.store.certificate(id).await.unwrap().unwrap();
        let slot = attached(&sync, [], &CertificateSyncs::none(id), &certificate, now()).unwrap().unwrap();
        let places = self.store.places_of([id]).await.unwrap();
        let attached = [Attached { certificate, before: None, slot }];
        let line = crate::world::line(now());
        self.store.attach_certificates(&run, &attached, &places, None, now(), &line).await.unwrap();
        (sync, application)
    }
}

#[tokio::test]
async fn an_attached_certificate_is_not_deleted_and_the_syncs_are_named() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let (sync, application) = house.sync_of(made.id).await;
    let (status, message) = house.refused("DELETE", &format!("/{}", made.id), None).await;
    assert_eq!((status, message.contains("\"load balancer\"")), (400, true), "{message}");
    let path = format!("{APPLICATIONS}/{application}");
    let (status, message) = house.world.refused("DELETE", &path, None).await;
    assert_eq!((status, message.contains("1 certificate sync")), (400, true), "{message}");
    let read = house.store.certificate_sync(sync.id).await.unwrap().unwrap();
    let (connection, owner) = tokio::try_join!(
        house.store.connection(sync.connection_id),
        house.store.application(sync.application_id)
    )
    .unwrap();
    let gone = Change::new(now()).delete_certificate_sync(&read, connection.as_deref(), owner.as_deref());
    house.commit(gone).await;
    let (status, message) = house.refused("DELETE", &format!("/{}", made.id), None).await;
    assert_eq!((status, message.contains("try again")), (503, true), "{message}");
    house.store.purge_certificate_sync(sync.id, later(1)).await.unwrap();
    house.ok("DELETE", &format!("/{}", made.id), None).await;
    house.world.ok("DELETE", &path, None).await;
}

#[tokio::test]
async fn a_revocation_wakes_the_syncs_and_so_does_its_refusal() {
    let house = House::new().await;
    let made = house.issued("www.example.com").await;
    let (sync, _) = house.sync_of(made.id).await;
    house.pki.deny("acm-pca:RevokeCertificate");
    let revoke = format!("/{}/revoke", made.id);
    let reason = json!({ "revocationReason": "KEY_COMPROMISE" });
    assert_eq!(house.refused("POST", &revoke, Some(reason.clone())).await.0, 400);
    for _ in 0..2 {
        assert_eq!(house.pki.receive("syncs"), Some(sync.id.to_string()), "revoked, and not after all");
    }
    house.pki.allow("acm-pca:RevokeCertificate");
    house.ok("POST", &revoke, Some(reason)).await;
    assert_eq!(house.pki.receive("syncs"), Some(sync.id.to_string()));
    assert_eq!(house.pki.receive("syncs"), None, "once");
    let run = house.store.certificate_sync_run(sync.id).await.unwrap().unwrap();
    assert!(run.source_changed_at.is_some() && run.due_at.is_some());
}
