//! What follows a renewal, a revocation and a rollback, in the transaction of each.

use model::certificate::RevocationReason;
use model::certificate_sync::{Place, Role};

use crate::certificates::{at, audit};
use crate::house::House;

#[tokio::test]
async fn a_renewal_takes_the_place_of_the_certificate_in_its_slot_and_wakes_the_sync() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    let slot_id = house.attach(&sync, first).await.unwrap();
    let done = |run: &model::certificate_sync::CertificateSyncRun| {
        let next = model::certificate_sync::CertificateSyncRun {
            source_changed_at: None,
            due_at: None,
            ..run.clone()
        };
        (Some(next), ())
    };
    house.store.amend_certificate_sync_run(sync.id, at(3), done).await.unwrap();
    let (order, second) = house.renew(&order, first).await;
    let slot = house.slot(sync.id).await;
    assert_eq!((slot.id, slot.wanted.certificate_id, slot.wanted.previous), (slot_id, second, Some(first)));
    assert_eq!((slot.wanted.revision, slot.is_open()), (2, true));
    let run = house.read(sync.id).await.run;
    assert!(run.source_changed_at.is_some() && run.due_at.is_some(), "{run:?}");
    let place = |role| Place { sync_id: sync.id, slot_id, role };
    assert_eq!(house.places(first).await, [place(Role::Previous)]);
    assert_eq!(house.places(second).await, [place(Role::Present)]);
    let (_, third) = house.renew(&order, second).await;
    assert_eq!(house.places(first).await, []);
    assert_eq!(house.places(second).await, [place(Role::Previous)]);
    assert_eq!(house.places(third).await, [place(Role::Present)]);
}

#[tokio::test]
async fn what_was_rolled_back_goes_forward_again_and_follows_the_next_renewal() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    let slot_id = house.attach(&sync, first).await.unwrap();
    let (order, second) = house.renew(&order, first).await;
    for (present, previous) in [(first, second), (second, first), (first, second)] {
        let slot = house.slot(sync.id).await;
        let next = slot.wanted.rolled_back(at(20)).unwrap();
        let certificate = house.store.certificate(present).await.unwrap().unwrap();
        house.store.roll_back_slot(&slot, &next, &certificate, at(20), &audit()).await.unwrap();
        let slot = house.slot(sync.id).await;
        assert_eq!((slot.wanted.certificate_id, slot.wanted.previous), (present, Some(previous)));
        let place = |role| Place { sync_id: sync.id, slot_id, role };
        assert_eq!(house.places(present).await, [place(Role::Present)]);
        assert_eq!(house.places(previous).await, [place(Role::Previous)]);
    }
    let (_, third) = house.renew(&order, second).await;
    let slot = house.slot(sync.id).await;
    assert_eq!((slot.wanted.certificate_id, slot.wanted.previous), (third, Some(first)));
    assert_eq!(house.places(second).await, []);
}

#[tokio::test]
async fn a_rollback_to_a_certificate_that_was_changed_meanwhile_is_asked_again() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    house.attach(&sync, first).await.unwrap();
    house.renew(&order, first).await;
    let slot = house.slot(sync.id).await;
    let previous = house.store.certificate(first).await.unwrap().unwrap();
    let next = slot.wanted.rolled_back(at(20)).unwrap();
    let revoke = |read: &model::certificate::Certificate| {
        (Some(read.revoking(RevocationReason::KeyCompromise, at(20))), ())
    };
    house.store.amend_certificate(first, at(20), None, revoke).await.unwrap();
    let late = house.store.roll_back_slot(&slot, &next, &previous, at(20), &audit()).await;
    assert!(late.is_err(), "it was revoked");
}

#[tokio::test]
async fn a_revocation_wakes_the_syncs_that_have_the_certificate_and_so_does_its_refusal() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    house.attach(&sync, id).await.unwrap();
    let changed = async || house.read(sync.id).await.run.source_changed_at;
    let revoke = |read: &model::certificate::Certificate| {
        (Some(read.revoking(RevocationReason::KeyCompromise, at(50))), ())
    };
    house.store.amend_certificate(id, at(50), None, revoke).await.unwrap();
    assert_eq!(changed().await, Some(at(50)));
    let noticed = |read: &model::certificate::Certificate| (Some(read.noticed(7)), ());
    house.store.amend_certificate(id, at(60), None, noticed).await.unwrap();
    assert_eq!(changed().await, Some(at(50)), "a notice is nothing to a sync");
    let not = |read: &model::certificate::Certificate| (Some(read.not_revoked()), ());
    house.store.amend_certificate(id, at(70), None, not).await.unwrap();
    assert_eq!(changed().await, Some(at(70)));
}

#[tokio::test]
async fn a_renewal_while_the_worker_writes_loses_nothing_of_either() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    let slot_id = house.attach(&sync, first).await.unwrap();
    house.work(sync.id, "w").await;
    let renewal = house.renewal(&order, first).await;
    let writes = async {
        for number in 0..10 {
            let held = House::held(&format!("arn:{number}"));
            house.store.keep_slot(sync.id, "w", at(20), slot_id, &held).await.unwrap();
        }
    };
    let ((), second) = tokio::join!(writes, crate::certificates::issued(&house.store, &renewal, "b", 180));
    let slot = house.slot(sync.id).await;
    assert_eq!((slot.wanted.certificate_id, slot.held.clone()), (second, House::held("arn:9")));
}
