//! Renewals: one at a time, linked both ways, tried again later when they come to nothing.

use model::certificate::Due;
use model::certificate::order::{Failure, NotRenewable, Order};
use model::certificate_authority::AuthorityType;
use model::id::{CertificateId, CertificateRequestId};
use store::{Change, CommitError, Conflict, Store};

use crate::house::{at, audit, held, issued, order, ordered};

/// A certificate of ninety days, and the order that it came of.
async fn house() -> (Store, Order, CertificateId) {
    let store = testkit::tables().await.unwrap();
    let order = order(AuthorityType::AwsPca);
    held(&store, &order, "a").await;
    ordered(&store, &order, "a", "arn:1").await;
    let id = issued(&store, &order, "a", 90).await;
    (store, order, id)
}

async fn renew(store: &Store, before: &Order, id: CertificateId) -> Result<Order, CommitError> {
    let read = store.certificate(id).await.unwrap().unwrap();
    let new = CertificateRequestId::random();
    let renewal = Order::renewal(new, &read, before, "renewal".into(), at(10)).unwrap();
    store.commit(Change::new(at(10)).create_order(&renewal, Some(&read)), &audit()).await?;
    let claim = |order: &Order| {
        (Some(order.claim(at(10), "b", crate::house::LEASE).unwrap().key_made("k".into(), "c".into())), ())
    };
    store.amend_order(renewal.id, at(10), None, claim).await?;
    Ok(renewal)
}

#[tokio::test]
async fn the_old_certificate_and_the_new_one_name_each_other() {
    let (store, first, old) = house().await;
    let renewal = renew(&store, &first, old).await.unwrap();
    let read = store.certificate(old).await.unwrap().unwrap();
    assert_eq!(read.renewable(), Err(NotRenewable::Renewing(renewal.id)));
    ordered(&store, &renewal, "b", "arn:2").await;
    let new = issued(&store, &renewal, "b", 180).await;
    let (old, new) =
        (store.certificate(old).await.unwrap().unwrap(), store.certificate(new).await.unwrap().unwrap());
    assert_eq!((old.renewed_by, new.renewed_from), (Some(new.id), Some(old.id)));
    assert_eq!((old.due_at, old.life.renewing), (None, None));
    assert_eq!(old.renewable(), Err(NotRenewable::Renewed(new.id)));
    assert!(new.due_at.is_some());
}

#[tokio::test]
async fn of_two_that_renew_the_same_certificate_one_is_told() {
    let (store, first, old) = house().await;
    let read = store.certificate(old).await.unwrap().unwrap();
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let new = CertificateRequestId::random();
        let renewal = Order::renewal(new, &read, &first, "renewal".into(), at(10)).unwrap();
        let change = Change::new(at(10)).create_order(&renewal, Some(&read));
        outcomes.push(store.commit(change, &audit()).await);
    }
    assert!(outcomes[0].is_ok());
    let stale = matches!(outcomes[1], Err(CommitError::Conflict(Conflict::Stale { kind: "certificate" })));
    assert!(stale, "{outcomes:?}");
}

#[tokio::test]
async fn a_renewal_that_comes_to_nothing_is_told_on_the_certificate_and_tried_again() {
    let (store, first, old) = house().await;
    let renewal = renew(&store, &first, old).await.unwrap();
    let failure = Failure::Refused("AccessDeniedException".into());
    let fail = |order: &Order| order.failed(&failure, at(20));
    store.fail_order(renewal.id, at(20), "b", &audit(), fail).await.unwrap();
    let read = store.certificate(old).await.unwrap().unwrap();
    assert_eq!(read.life.message.as_deref(), Some("AccessDeniedException"));
    assert_eq!((read.life.renewing, read.life.failures), (None, 1));
    assert!(read.renewable().is_ok());
    let late = 65 * 86_400;
    assert_eq!(read.due(at(late)), Due::Renew, "when its time has come");
    renew(&store, &first, old).await.unwrap();
}
