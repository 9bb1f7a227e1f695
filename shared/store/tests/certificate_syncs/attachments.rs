//! Attaching and detaching: each at the version that was read, counted, and known where the certificate is.

use model::certificate_sync::attach::{Refused, attached};
use model::certificate_sync::{CertificateSyncs, Held, MOST_SYNCS, Place, Role, Standing};
use model::id::{CertificateSlotId, CertificateSyncId};
use store::{Change, CommitError, Conflict};

use crate::certificates::{at, audit};
use crate::house::House;

fn is_stale(outcome: &Result<CertificateSlotId, CommitError>) -> bool {
    matches!(outcome, Err(CommitError::Conflict(Conflict::Stale { .. } | Conflict::Exists { .. })))
}

#[tokio::test]
async fn an_attached_certificate_has_a_slot_and_knows_its_sync_which_is_due() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    let slot_id = house.attach(&sync, id).await.unwrap();
    let slot = house.slot(sync.id).await;
    assert_eq!(
        (slot.id, slot.wanted.certificate_id, slot.wanted.standing),
        (slot_id, id, Standing::Attached)
    );
    let place = Place { sync_id: sync.id, slot_id, role: Role::Present };
    assert_eq!(house.places(id).await, [place]);
    let run = house.read(sync.id).await.run;
    assert_eq!((run.slots, run.source_changed_at), (1, Some(testkit::now())));
    assert_eq!(house.store.certificate_syncs_due(at(2), 9).await.unwrap(), [sync.id]);
    assert!(house.to_attach(&sync, id).await.is_empty(), "again is nothing");
}

#[tokio::test]
async fn of_two_that_attach_at_once_one_reads_again_and_has_nothing_to_do() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    let run = house.read(sync.id).await.run;
    let places = house.store.places_of([id]).await.unwrap();
    let both = [house.to_attach(&sync, id).await, house.to_attach(&sync, id).await];
    let (now, line) = (testkit::now(), audit());
    let (first, second) = tokio::join!(
        house.store.attach_certificates(&run, &both[0], &places, None, now, &line),
        house.store.attach_certificates(&run, &both[1], &places, None, now, &line)
    );
    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    assert_eq!(house.read(sync.id).await.run.slots, 1);
    assert!(house.to_attach(&sync, id).await.is_empty());
}

#[tokio::test]
async fn a_certificate_that_is_renewed_while_it_is_attached_is_not_attached_as_it_was() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, id) = house.certificate().await;
    let attached = house.to_attach(&sync, id).await;
    let (run, places) = (house.read(sync.id).await.run, house.store.places_of([id]).await.unwrap());
    house.renew(&order, id).await;
    let late = house.store.attach_certificates(&run, &attached, &places, None, at(20), &audit()).await;
    assert!(is_stale(&late.map(|()| CertificateSlotId::random())));
    assert_eq!(house.slots(sync.id).await, []);
}

#[tokio::test]
async fn a_certificate_that_is_attached_while_it_is_renewed_is_renewed_there_too() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, id) = house.certificate().await;
    let renewal = house.renewal(&order, id).await;
    house.attach(&sync, id).await.unwrap();
    let new = crate::certificates::issued(&house.store, &renewal, "b", 180).await;
    let slot = house.slot(sync.id).await;
    assert_eq!((slot.wanted.certificate_id, slot.wanted.previous), (new, Some(id)));
}

#[tokio::test]
async fn an_attached_certificate_is_not_deleted_nor_is_the_previous_one() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (order, first) = house.certificate().await;
    house.attach(&sync, first).await.unwrap();
    let (_, second) = house.renew(&order, first).await;
    for id in [first, second] {
        let (read, bundle) = house.store.certificate_with_bundle(id).await.unwrap().unwrap();
        let change = Change::new(at(30)).delete_certificate(&read, &bundle);
        let refused = house.store.commit(change, &audit()).await;
        let kind = <CertificateSyncs as store::Entity>::KIND;
        assert!(
            matches!(&refused, Err(CommitError::Conflict(Conflict::Stale { kind: stale })) if *stale == kind),
            "{refused:?}"
        );
    }
    house.detach(&sync, true).await.unwrap();
    for id in [first, second] {
        let (read, bundle) = house.store.certificate_with_bundle(id).await.unwrap().unwrap();
        house.store.commit(Change::new(at(31)).delete_certificate(&read, &bundle), &audit()).await.unwrap();
    }
}

#[tokio::test]
async fn a_slot_that_aws_never_had_anything_of_goes_with_its_detachment() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    house.attach(&sync, id).await.unwrap();
    house.detach(&sync, true).await.unwrap();
    assert_eq!((house.slots(sync.id).await, house.places(id).await), (vec![], vec![]));
    assert_eq!(house.read(sync.id).await.run.slots, 0);
}

#[tokio::test]
async fn a_detached_slot_leaves_or_is_left_and_is_found_again_also_by_the_renewal() {
    for (goes, standing) in [(true, Standing::Leaving), (false, Standing::Left)] {
        let house = House::new().await;
        let sync = house.sync("web").await;
        let (order, first) = house.certificate().await;
        let slot_id = house.attach(&sync, first).await.unwrap();
        house.work(sync.id, "w").await;
        house.store.keep_slot(sync.id, "w", at(3), slot_id, &House::held("arn:acm")).await.unwrap();
        house.detach(&sync, goes).await.unwrap();
        let slot = house.slot(sync.id).await;
        assert_eq!((slot.wanted.standing, slot.held.placed.is_some()), (standing, true));
        assert_eq!((house.places(first).await, house.read(sync.id).await.run.slots), (vec![], 0));
        let (_, second) = house.renew(&order, first).await;
        assert_eq!(house.attach(&sync, second).await.unwrap(), slot_id, "with the ARN that it has");
        let slot = house.slot(sync.id).await;
        assert_eq!((slot.wanted.certificate_id, slot.wanted.standing), (second, Standing::Attached));
        assert_eq!((slot.held.clone(), slot.wanted.revision), (House::held("arn:acm"), 3));
    }
}

#[tokio::test]
async fn what_is_the_default_is_no_more_when_it_is_detached() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    house.attach(&sync, id).await.unwrap();
    let (run, slot) = (house.read(sync.id).await.run, house.slot(sync.id).await);
    house.store.set_default_slot(&run, (None, Some(&slot)), at(1), &audit()).await.unwrap();
    assert_eq!(house.read(sync.id).await.run.default_slot, Some(slot.id));
    let late = house.store.set_default_slot(&run, (None, Some(&slot)), at(1), &audit()).await;
    assert!(is_stale(&late.map(|()| slot.id)), "it was read before");
    house.detach(&sync, true).await.unwrap();
    assert_eq!(house.read(sync.id).await.run.default_slot, None);
}

#[tokio::test]
async fn a_sync_that_is_full_or_deleted_takes_no_more() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let full = |run: &model::certificate_sync::CertificateSyncRun| {
        (Some(model::certificate_sync::CertificateSyncRun { slots: 500, ..run.clone() }), ())
    };
    house.store.amend_certificate_sync_run(sync.id, at(0), full).await.unwrap();
    let (_, id) = house.certificate().await;
    assert!(is_stale(&house.attach(&sync, id).await));
    let other = house.sync("other").await;
    let attached = house.to_attach(&other, id).await;
    let run = house.read(other.id).await;
    let change = Change::new(at(1)).delete_certificate_sync(&run, None, None);
    house.store.commit(change, &audit()).await.unwrap();
    let places = house.store.places_of([id]).await.unwrap();
    let late = house.store.attach_certificates(&run.run, &attached, &places, None, at(2), &audit()).await;
    assert!(is_stale(&late.map(|()| attached[0].slot.id)));
}

#[tokio::test]
async fn a_certificate_is_in_as_many_syncs_as_one_transaction_moves_and_all_follow_it() {
    let house = House::new().await;
    let (order, id) = house.certificate().await;
    let mut syncs = Vec::new();
    for number in 0..MOST_SYNCS {
        let sync = house.sync(&format!("sync {number}")).await;
        house.attach(&sync, id).await.unwrap();
        syncs.push(sync);
    }
    let one_more = house.definition("one more");
    let certificate = house.store.certificate(id).await.unwrap().unwrap();
    let places = house.store.syncs_of_certificate(id).await.unwrap();
    let refused = attached(&one_more, &[], &places, &certificate, at(1));
    assert_eq!(refused, Err(Refused::Everywhere(id)));
    let (order, second) = house.renew(&order, id).await;
    let (_, third) = house.renew(&order, second).await;
    for sync in &syncs {
        let slot = house.slot(sync.id).await;
        assert_eq!((slot.wanted.certificate_id, slot.wanted.previous), (third, Some(second)));
    }
    let of = |places: Vec<Place>| places.iter().map(|place| place.role).collect::<Vec<_>>();
    assert_eq!(of(house.places(third).await), vec![Role::Present; MOST_SYNCS]);
    assert_eq!(of(house.places(second).await), vec![Role::Previous; MOST_SYNCS]);
    assert_eq!(house.places(id).await, []);
    let none: Vec<CertificateSyncId> = Vec::new();
    assert_eq!(CertificateSyncs::none(id).syncs(), none);
    assert_ne!(House::held("a"), Held::default());
}
