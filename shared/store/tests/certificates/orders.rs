//! Orders: due, held, ended.

use model::certificate::order::{OrderStatus, Stage};
use model::certificate_authority::AuthorityType;
use store::{Change, CommitError, Conflict, Ended, Paying};

use crate::house::{LEASE, at, audit, certificate, held, issued, order, ordered};

#[tokio::test]
async fn an_order_is_due_until_it_has_ended_and_its_certificate_is_there_at_once() {
    let store = testkit::tables().await.unwrap();
    let order = order(AuthorityType::AwsPca);
    let now = testkit::now();
    store.commit(Change::new(now).create_order(&order, None), &audit()).await.unwrap();
    assert_eq!(store.certificate_orders_due(now, 10).await.unwrap(), [order.id]);
    let read = store.certificate_order(order.id).await.unwrap().unwrap();
    assert_eq!(read.value, order);
    store.amend_order(order.id, now, None, |read| (read.claim(now, "a", LEASE).ok(), ())).await.unwrap();
    assert_eq!(store.certificate_orders_due(now, 10).await.unwrap(), []);
    assert_eq!(store.certificate_orders_due(at(120), 10).await.unwrap(), [order.id], "if it dies");
    let made = |read: &model::certificate::order::Order| (Some(read.key_made("k".into(), "c".into())), ());
    store.amend_order(order.id, now, None, made).await.unwrap();
    ordered(&store, &order, "a", "arn:1").await;
    let id = issued(&store, &order, "a", 90).await;
    let ended = store.certificate_order(order.id).await.unwrap().unwrap();
    assert_eq!((ended.progress.certificate_id(), ended.lease.clone()), (Some(id), None));
    assert_eq!(store.certificate_orders_due(at(1_000_000), 10).await.unwrap(), []);
    let (certificate, bundle) = store.certificate_with_bundle(id).await.unwrap().unwrap();
    assert_eq!((certificate.request_id, bundle.sealed_key.as_deref()), (Some(order.id), Some("sealed")));
    let listed = store.certificate_orders_of(order.project_id).await.unwrap();
    assert_eq!(listed.iter().map(|order| order.id).collect::<Vec<_>>(), [order.id]);
    store.commit(Change::new(now).delete_certificate(&certificate, &bundle), &audit()).await.unwrap();
    assert!(store.certificate_with_bundle(id).await.unwrap().is_none());
    assert!(store.certificate(id).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_lost_the_lease_stores_nothing() {
    let store = testkit::tables().await.unwrap();
    let order = order(AuthorityType::AwsPca);
    held(&store, &order, "a").await;
    assert_eq!(store.begin_paying(order.id, at(1), "b", None).await.unwrap(), Paying::Lost);
    let pair = certificate(&order, 90);
    let ended = store.complete_order(order.id, at(1), "b", &audit(), (&pair.0, &pair.1)).await.unwrap();
    assert_eq!(ended, Ended::Lost);
    let failed = store.fail_order(order.id, at(1), "b", &audit(), Clone::clone).await.unwrap();
    assert_eq!(failed, Ended::Lost);
    assert!(store.certificate(pair.0.id).await.unwrap().is_none());
    let read = store.certificate_order(order.id).await.unwrap().unwrap();
    assert_eq!(read.progress.stage, Stage::Ready);
    assert_eq!(read.progress.status(), OrderStatus::Pending);
}

#[tokio::test]
async fn a_certificate_of_acm_is_one_orders_alone() {
    let store = testkit::tables().await.unwrap();
    let (one, other) = (order(AuthorityType::AwsAcmPublicCa), order(AuthorityType::AwsAcmPublicCa));
    for order in [&one, &other] {
        held(&store, order, "a").await;
    }
    let arn = "arn:aws:acm:us-east-1:222222222222:certificate/1";
    assert_eq!(store.certificate_order_with_arn(arn).await.unwrap(), None);
    ordered(&store, &one, "a", arn).await;
    assert_eq!(store.certificate_order_with_arn(arn).await.unwrap(), Some(one.id));
    store.begin_paying(other.id, testkit::now(), "a", None).await.unwrap();
    let taken = store
        .amend_order(other.id, testkit::now(), None, |read| {
            (Some(read.ordered(arn.to_owned(), testkit::now())), ())
        })
        .await;
    assert!(matches!(taken, Err(CommitError::Conflict(Conflict::NameTaken { .. }))), "{taken:?}");
    issued(&store, &one, "a", 198).await;
    assert_eq!(store.certificate_order_with_arn(arn).await.unwrap(), Some(one.id), "also once it has ended");
}
