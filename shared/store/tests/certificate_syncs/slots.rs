//! What the worker writes: fenced by the lease, whatever else is wanted meanwhile.

use std::time::Duration;

use model::certificate::KeyAlgorithm;
use model::certificate_sync::run::Claim;
use model::certificate_sync::slot::Placed;
use model::certificate_sync::{CertificateSyncRun, Held};
use model::id::{CertificateId, CertificateSyncId};
use store::{CommitError, Conflict};

use crate::certificates::at;
use crate::house::House;

impl House {
    /// Something that AWS has.
    pub(crate) fn held(arn: &str) -> Held {
        let placed = Placed {
            arn: arn.to_owned(),
            certificate_id: CertificateId::from(uuid::Uuid::nil()),
            fingerprint_sha256: "c".repeat(64),
            serial_number: "0a".into(),
            key_algorithm: KeyAlgorithm::EcP256,
            listed: None,
            tagged: None,
            with_root: false,
            imported_at: at(0),
        };
        Held { placed: Some(placed), ..Held::default() }
    }

    /// Has `token` hold the lease of a sync.
    pub(crate) async fn work(&self, id: CertificateSyncId, token: &str) {
        let claim = |run: &CertificateSyncRun| {
            let run = run.queue_sync(at(3));
            match run.claim(at(3), token, Duration::from_secs(60)) {
                Claim::Work { next, .. } => (Some(*next), true),
                Claim::Busy(_)
                | Claim::NotBefore(_)
                | Claim::Nothing(_)
                | Claim::GivenUp(_)
                | Claim::Purge => (None, false),
            }
        };
        let claimed = self.store.amend_certificate_sync_run(id, at(3), claim).await.unwrap();
        assert_eq!(claimed, Some(true));
    }
}

#[tokio::test]
async fn only_whoever_holds_the_lease_writes_what_aws_has() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    let slot = house.attach(&sync, id).await.unwrap();
    house.work(sync.id, "w").await;
    house.store.keep_slot(sync.id, "w", at(4), slot, &House::held("arn:1")).await.unwrap();
    let late = house.store.keep_slot(sync.id, "x", at(4), slot, &House::held("arn:2")).await;
    assert!(
        matches!(late, Err(CommitError::Conflict(Conflict::Stale { kind: "certificate sync run" }))),
        "{late:?}"
    );
    let read = house.slot(sync.id).await;
    assert_eq!((read.held.clone(), read.wanted.certificate_id), (House::held("arn:1"), id));
    let gone = model::id::CertificateSlotId::random();
    let gone = house.store.keep_slot(sync.id, "w", at(4), gone, &House::held("arn:2")).await;
    assert!(
        matches!(gone, Err(CommitError::Conflict(Conflict::Stale { kind: "certificate of a sync" }))),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_slot_that_left_is_forgotten_unless_it_was_attached_again() {
    let house = House::new().await;
    let sync = house.sync("web").await;
    let (_, id) = house.certificate().await;
    let slot_id = house.attach(&sync, id).await.unwrap();
    house.work(sync.id, "w").await;
    house.store.keep_slot(sync.id, "w", at(4), slot_id, &House::held("arn:1")).await.unwrap();
    house.detach(&sync, true).await.unwrap();
    let leaving = house.slot(sync.id).await;
    house.attach(&sync, id).await.unwrap();
    assert!(!house.store.forget_slot("w", at(5), &leaving).await.unwrap());
    assert!(house.slot(sync.id).await.wanted.is_attached());
    house.detach(&sync, true).await.unwrap();
    let leaving = house.slot(sync.id).await;
    let stranger = house.store.forget_slot("x", at(6), &leaving).await;
    assert!(stranger.is_err(), "{stranger:?}");
    assert!(house.store.forget_slot("w", at(6), &leaving).await.unwrap());
    assert_eq!(house.slots(sync.id).await, []);
    assert!(!house.store.forget_slot("w", at(6), &leaving).await.unwrap(), "twice is once");
}
