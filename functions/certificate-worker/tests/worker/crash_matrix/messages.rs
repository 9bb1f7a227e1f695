//! Messages that come twice, in any order, or not at all.

use job::handle;
use testkit::fuse::Fault;
use testkit::matrix;
use testkit::pki::PrivateCa;

use crate::clock;
use crate::world::{HOUR, World, message};

async fn comes(world: &World, id: &str) {
    let event = message("certificateRequestId", id);
    let answer = handle(&world.worker, event, World::deadline(), "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty(), "{id}");
}

#[tokio::test]
async fn a_message_that_comes_five_times_is_paid_for_once() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    for _ in 0..4 {
        comes(&world, &id.to_string()).await;
    }
    world.certificate(id).await;
    world.life.arm(Fault::None);
    comes(&world, &id.to_string()).await;
    let calls = world.life.calls();
    assert_eq!(calls, 1, "a message too many costs one read");
    assert_eq!((world.pki.issued(&arn).len(), world.heard("CertificateIssued")), (1, 1));
    matrix::tell("messages that come twice", calls, 5, "paid once");
}

/// One authority serves two of them, and the third takes several messages.
#[tokio::test]
async fn messages_in_any_order_issue_each_certificate_once() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in ORDERS {
        let world = World::new().await;
        let zone = world.pki.put_zone("example.com", false);
        let (private, arn) = world.private_ca(PrivateCa::default(), None).await;
        let public = world.public_ca(&[&zone], None).await;
        let ids = [
            world.ask(&world.private_order(private)).await,
            world.ask(&world.private_order(private)).await,
            world.ask(&world.public_order(public, &["example.com"])).await,
        ];
        for which in order {
            comes(&world, &ids[which].to_string()).await;
        }
        for which in order {
            comes(&world, &ids[which].to_string()).await;
            world.settle(ids[which], HOUR).await;
            world.certificate(ids[which]).await;
        }
        assert_eq!((world.pki.issued(&arn).len(), world.pki.certificates().len()), (2, 1), "{order:?}");
    }
    matrix::tell("messages in another order", 1, ORDERS.len(), "paid once");
}

#[tokio::test]
async fn messages_that_are_lost_cost_one_tick() {
    let world = World::new().await;
    let (authority, arn) = world.private_ca(PrivateCa::default(), None).await;
    let id = world.ask(&world.private_order(authority)).await;
    handle(&world.worker, serde_json::json!({ "tick": true }), World::deadline(), "i").await.unwrap();
    assert_eq!(world.pki.receive("certificates"), Some(id.to_string()), "and nobody hears of it");
    assert!(world.pki.issued(&arn).is_empty());
    clock::advance(std::time::Duration::from_secs(60));
    handle(&world.worker, serde_json::json!({ "tick": true }), World::deadline(), "i").await.unwrap();
    let again = world.pki.receive("certificates").unwrap();
    comes(&world, &again).await;
    world.certificate(id).await;
    assert_eq!(world.pki.issued(&arn).len(), 1);
    matrix::tell("messages that are lost", 1, 1, "cost one tick");
}
