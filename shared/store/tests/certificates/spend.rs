//! What an authority was asked for: once for each order, within its budget, whoever asks at the same moment.

use futures::future::join_all;
use model::certificate::order::{Failure, Order, Trouble};
use model::certificate_authority::AuthorityType;
use model::id::CertificateAuthorityId;
use store::{Paying, Store};

use crate::house::{audit, held, order};

fn of(authority: CertificateAuthorityId) -> Order {
    Order { certificate_authority_id: authority, ..order(AuthorityType::AwsPca) }
}

fn month() -> String {
    testkit::now().day().chars().take(7).collect()
}

async fn spent(store: &Store, authority: CertificateAuthorityId) -> i64 {
    store.spend(authority, &month()).await.unwrap().map_or(0, |spend| spend.orders)
}

#[tokio::test]
async fn an_order_counts_once_however_often_aws_is_asked() {
    let store = testkit::tables().await.unwrap();
    let order = of(CertificateAuthorityId::random());
    held(&store, &order, "a").await;
    for _ in 0..3 {
        let begun = store.begin_paying(order.id, testkit::now(), "a", Some(1)).await.unwrap();
        assert!(matches!(begun, Paying::Begun(_)), "a repeat needs no further room: {begun:?}");
    }
    assert_eq!(spent(&store, order.certificate_authority_id).await, 1);
}

#[tokio::test]
async fn a_budget_of_five_lets_five_of_twenty_through_that_come_at_once() {
    let store = testkit::tables().await.unwrap();
    let authority = CertificateAuthorityId::random();
    let orders: Vec<Order> = (0..20).map(|_| of(authority)).collect();
    for order in &orders {
        held(&store, order, "a").await;
    }
    let asked = join_all(orders.iter().map(|order| async {
        loop {
            // Twenty writers of one counter: whoever is crowded out asks again, as the worker does.
            match store.begin_paying(order.id, testkit::now(), "a", Some(5)).await {
                Ok(paying) => return paying,
                Err(error) => assert!(error.conflict().is_some(), "{error}"),
            }
        }
    }))
    .await;
    let begun = asked.iter().filter(|paying| matches!(paying, Paying::Begun(_))).count();
    assert_eq!((begun, spent(&store, authority).await), (5, 5));
    let over = asked.iter().find_map(|paying| paying.failure(5)).unwrap();
    assert!(matches!(&over, Failure::OverBudget { budget: 5, month: told } if *told == month()), "{over:?}");
    let refused =
        orders.iter().zip(&asked).find(|(_, paying)| !matches!(paying, Paying::Begun(_))).unwrap().0;
    let read = store.certificate_order(refused.id).await.unwrap().unwrap();
    assert_eq!(read.progress.paid, None, "nothing of it was stored");
}

#[tokio::test]
async fn a_place_comes_back_when_nothing_was_issued_for_certain_and_stays_when_it_may_have_been() {
    let store = testkit::tables().await.unwrap();
    let now = testkit::now();
    for (trouble, counts) in [
        (Trouble::Refused("AccessDeniedException".into()), 0),
        (Trouble::Passing("ThrottlingException".into()), 1),
        (Trouble::Unanswered("timed out".into()), 1),
    ] {
        let order = of(CertificateAuthorityId::random());
        held(&store, &order, "a").await;
        store.begin_paying(order.id, now, "a", None).await.unwrap();
        store.fail_order(order.id, now, "a", &audit(), |read| read.not_ordered(&trouble, now)).await.unwrap();
        assert_eq!(spent(&store, order.certificate_authority_id).await, counts, "{trouble:?}");
    }
    let order = of(CertificateAuthorityId::random());
    held(&store, &order, "a").await;
    store.begin_paying(order.id, now, "a", None).await.unwrap();
    let failure = Failure::MayBeIssued { at: now, last: None };
    store.fail_order(order.id, now, "a", &audit(), |read| read.failed(&failure, now)).await.unwrap();
    assert_eq!(spent(&store, order.certificate_authority_id).await, 1);
}

#[tokio::test]
async fn a_budget_of_nothing_lets_nothing_through() {
    let store = testkit::tables().await.unwrap();
    let order = of(CertificateAuthorityId::random());
    held(&store, &order, "a").await;
    let begun = store.begin_paying(order.id, testkit::now(), "a", Some(0)).await.unwrap();
    assert!(matches!(begun, Paying::OverBudget(_)), "{begun:?}");
}
