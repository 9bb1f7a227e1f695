//! A project with an application, a connection, syncs and certificates.

use model::application::Application;
use model::certificate::order::Order;
use model::certificate_authority::AuthorityType;
use model::certificate_sync::attach::attached;
use model::certificate_sync::{
    CertificateSync, CertificateSyncRun, Destination, DestinationConfig, Slot, SyncOptions,
};
use model::connection::Connection;
use model::id::{
    ApplicationId, CertificateId, CertificateRequestId, CertificateSlotId, CertificateSyncId, OrganizationId,
    ProjectId,
};
use model::permission::Scope;
use model::project::Project;
use store::{Attached, CertificateSyncAndRun, Change, CommitError, Store, Stored};

use crate::certificates::{at, audit, held, issued, order, ordered};

pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) project: Project,
    pub(crate) connection: Connection,
    pub(crate) application: Application,
}

impl House {
    pub(crate) async fn new() -> Self {
        let store = testkit::tables().await.unwrap();
        let organization_id = OrganizationId::random();
        let id = ProjectId::random();
        let project = Project { id, slug: id.to_string(), ..testkit::project(organization_id, "Web") };
        let connection = testkit::connection(organization_id, Scope::Project(id), "123456789012");
        let application = Application {
            id: ApplicationId::random(),
            organization_id,
            project_id: id,
            name: "web".into(),
            description: None,
            profiles: 0,
            certificate_syncs: 0,
            created_by: "user:a".into(),
        };
        let made = Change::new(testkit::now()).create(&project).create(&connection).create(&application);
        store.commit(made, &audit()).await.unwrap();
        Self { store, project, connection, application }
    }

    pub(crate) fn definition(&self, name: &str) -> CertificateSync {
        CertificateSync {
            id: CertificateSyncId::random(),
            organization_id: self.project.organization_id,
            project_id: self.project.id,
            application_id: self.application.id,
            name: name.to_owned(),
            description: Some(String::new()),
            connection_id: self.connection.id,
            is_auto_sync_enabled: true,
            destination: DestinationConfig::AwsCertificateManager { region: "eu-west-1".parse().unwrap() },
            options: SyncOptions::default_of(Destination::AwsCertificateManager),
            created_by: "user:a".into(),
        }
    }

    /// A stored sync of this name.
    pub(crate) async fn sync(&self, name: &str) -> CertificateSync {
        let sync = self.definition(name);
        let run = CertificateSyncRun::new(sync.id, sync.project_id, true);
        let change = Change::new(testkit::now()).create_certificate_sync(
            &sync,
            &run,
            &self.connection,
            &self.application,
        );
        self.store.commit(change, &audit()).await.unwrap();
        sync
    }

    pub(crate) async fn read(&self, id: CertificateSyncId) -> CertificateSyncAndRun {
        self.store.certificate_sync(id).await.unwrap().unwrap()
    }

    pub(crate) async fn slots(&self, id: CertificateSyncId) -> Vec<Stored<Slot>> {
        self.store.certificate_sync_slots(id).await.unwrap()
    }

    /// The only slot of a sync.
    pub(crate) async fn slot(&self, id: CertificateSyncId) -> Stored<Slot> {
        let mut slots = self.slots(id).await;
        assert_eq!(slots.len(), 1);
        slots.remove(0)
    }

    /// A certificate of the project, with the order that it came of.
    pub(crate) async fn certificate(&self) -> (Order, CertificateId) {
        let order = Order { project_id: self.project.id, ..order(AuthorityType::AwsPca) };
        held(&self.store, &order, "a").await;
        ordered(&self.store, &order, "a", &format!("arn:{}", order.id)).await;
        let id = issued(&self.store, &order, "a", 90).await;
        (order, id)
    }

    /// An order that renews it, ready to be completed by "b".
    pub(crate) async fn renewal(&self, before: &Order, id: CertificateId) -> Order {
        let read = self.store.certificate(id).await.unwrap().unwrap();
        let new = CertificateRequestId::random();
        let renewal = Order::renewal(new, &read, before, "renewal".into(), at(10)).unwrap();
        self.store.commit(Change::new(at(10)).create_order(&renewal, Some(&read)), &audit()).await.unwrap();
        let claim = |order: &Order| {
            let claimed = order.claim(at(10), "b", crate::certificates::LEASE).unwrap();
            (Some(claimed.key_made("k".into(), "c".into())), ())
        };
        self.store.amend_order(renewal.id, at(10), None, claim).await.unwrap();
        ordered(&self.store, &renewal, "b", &format!("arn:{new}")).await;
        renewal
    }

    /// Renews it.
    pub(crate) async fn renew(&self, before: &Order, id: CertificateId) -> (Order, CertificateId) {
        let renewal = self.renewal(before, id).await;
        let new = issued(&self.store, &renewal, "b", 180).await;
        (renewal, new)
    }

    /// What attaching a certificate would write.
    pub(crate) async fn to_attach(&self, sync: &CertificateSync, id: CertificateId) -> Vec<Attached> {
        let slots = self.slots(sync.id).await;
        let places = self.store.places_of([id]).await.unwrap();
        let certificate = self.store.certificate(id).await.unwrap().unwrap();
        let values = slots.iter().map(|slot| &slot.value);
        let slot = attached(sync, values, &places.of(id), &certificate, testkit::now()).unwrap();
        let attachment = |slot: Slot| {
            let before = slots.iter().find(|before| before.id == slot.id).cloned();
            Attached { certificate: certificate.clone(), before, slot }
        };
        slot.map(attachment).into_iter().collect()
    }

    pub(crate) async fn attach(
        &self,
        sync: &CertificateSync,
        id: CertificateId,
    ) -> Result<CertificateSlotId, CommitError> {
        let attached = self.to_attach(sync, id).await;
        let run = self.read(sync.id).await.run;
        let places = self.store.places_of([id]).await.unwrap();
        self.store.attach_certificates(&run, &attached, &places, None, testkit::now(), &audit()).await?;
        Ok(attached[0].slot.id)
    }

    pub(crate) async fn detach(&self, sync: &CertificateSync, goes: bool) -> Result<(), CommitError> {
        let slots: Vec<_> =
            self.slots(sync.id).await.into_iter().filter(|slot| slot.wanted.is_attached()).collect();
        let run = self.read(sync.id).await.run;
        self.store.detach_certificates(&run, &slots, goes, testkit::now(), &audit()).await
    }

    /// Where a certificate is: sync, slot and role.
    pub(crate) async fn places(&self, id: CertificateId) -> Vec<model::certificate_sync::Place> {
        self.store.syncs_of_certificate(id).await.unwrap().places
    }
}
