//! Definitions: unique names, counted by connection and application, listed, deleted and purged.

use model::connection::DependentKind;
use store::{Change, CommitError, Conflict};

use crate::certificates::{at, audit};
use crate::house::House;

impl House {
    async fn counts(&self) -> (i64, i64) {
        let connection = self.store.connection(self.connection.id).await.unwrap().unwrap();
        let application = self.store.application(self.application.id).await.unwrap().unwrap();
        (connection.dependents.count(DependentKind::CertificateSync), application.certificate_syncs)
    }

    async fn delete(&self, id: model::id::CertificateSyncId) -> Result<(), CommitError> {
        let read = self.read(id).await;
        let change = Change::new(at(1)).delete_certificate_sync(
            &read,
            Some(&self.connection),
            Some(&self.application),
        );
        self.store.commit(change, &audit()).await
    }
}

#[tokio::test]
async fn a_sync_is_read_back_listed_counted_and_its_name_taken() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let read = house.read(sync.id).await;
    assert_eq!((&read.sync.value, read.run.slots, read.run.due_at), (&sync, 0, None));
    let listed = house.store.certificate_syncs_of(house.project.id).await.unwrap();
    assert_eq!(listed, [read]);
    assert_eq!(house.counts().await, (1, 1));
    assert_eq!(house.store.certificate_sync_named(sync.project_id, "WEB").await.unwrap(), Some(sync.id));
    let again = house.definition("web");
    let run = model::certificate_sync::CertificateSyncRun::new(again.id, again.project_id, true);
    let change = Change::new(at(1));
    let change = change.create_certificate_sync(&again, &run, &house.connection, &house.application);
    let refused = house.store.commit(change, &audit()).await;
    assert!(
        matches!(refused, Err(CommitError::Conflict(Conflict::NameTaken { kind: "certificate sync" }))),
        "{refused:?}"
    );
    assert_eq!(house.counts().await, (1, 1));
}

#[tokio::test]
async fn a_deleted_sync_is_gone_at_once_and_its_rest_when_it_is_purged() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    house.attach(&sync, first).await.unwrap();
    let (_, second) = house.renew(&order, first).await;
    house.delete(sync.id).await.unwrap();
    assert_eq!(house.store.certificate_sync(sync.id).await.unwrap(), None);
    assert_eq!(house.counts().await, (0, 0));
    assert_eq!(house.store.certificate_syncs_due(at(1), 9).await.unwrap(), [sync.id], "for the purge");
    house.sync("web").await;
    assert_eq!(house.places(second).await.len(), 1, "until it is purged");
    for _ in 0..2 {
        house.store.purge_certificate_sync(sync.id, at(2)).await.unwrap();
        assert_eq!(house.slots(sync.id).await, []);
        assert_eq!((house.places(first).await, house.places(second).await), (vec![], vec![]));
        assert_eq!(house.store.certificate_sync_run(sync.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_sync_that_was_not_deleted_is_not_purged() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, certificate) = house.certificate().await;
    house.attach(&sync, certificate).await.unwrap();
    house.store.purge_certificate_sync(sync.id, at(2)).await.unwrap();
    assert_eq!(house.slots(sync.id).await.len(), 1);
    assert!(house.store.certificate_sync(sync.id).await.unwrap().is_some());
}
