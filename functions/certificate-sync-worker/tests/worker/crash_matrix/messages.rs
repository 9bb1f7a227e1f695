//! Messages that come twice, in any order, or not at all.

use std::time::Duration;

use job::{Deadline, handle};
use serde_json::{Value, json};
use testkit::fuse::Fault;
use testkit::matrix;

use crate::clock;
use crate::world::World;

fn message(id: &str) -> Value {
    json!({ "Records": [{
        "messageId": "m", "body": json!({ "certificateSyncId": id }).to_string(),
        "attributes": { "MessageGroupId": id, "ApproximateReceiveCount": "1" }, "eventSource": "aws:sqs",
    }] })
}

async fn comes(world: &World, event: Value) {
    let deadline = Deadline::new(clock::now, clock::now().plus(Duration::from_secs(300)));
    let answer = handle(&world.worker, event, deadline, "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
}

#[tokio::test]
async fn a_message_that_comes_five_times_imports_once() {
    let world = World::new().await;
    let sync = world.acm().await;
    world.attach(sync, world.issue("www.example.com").await).await;
    for _ in 0..4 {
        comes(&world, message(&sync.to_string())).await;
    }
    world.life.arm(Fault::None);
    comes(&world, message(&sync.to_string())).await;
    let calls = world.life.calls();
    assert_eq!(calls, 1, "a message too many costs one read");
    comes(&world, message("77777777-7777-4777-8777-777777777777")).await;
    assert_eq!((world.fleet.count("acm:ImportCertificate"), world.fleet.certificates().len()), (1, 1));
    world.succeed(sync).await;
    matrix::tell("messages that come twice", calls, 5, "imported once");
}

#[tokio::test]
async fn messages_in_any_order_leave_the_last_change() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let world = World::new().await;
    let mut syncs = Vec::new();
    for name in ["a.example.com", "b.example.com", "c.example.com"] {
        let sync = world.acm().await;
        syncs.push((sync, world.attach(sync, world.issue(name).await).await, name));
    }
    for order in ORDERS {
        for (sync, slot, name) in &syncs {
            world.renew(*sync, *slot, world.issue(name).await).await;
        }
        clock::advance(Duration::from_secs(60));
        for which in order {
            comes(&world, message(&syncs[which].0.to_string())).await;
        }
        for (sync, slot, _) in &syncs {
            world.succeed(*sync).await;
            let wanted = world.slot(*sync, *slot).await.wanted.certificate_id;
            let wanted = world.certificate(wanted).await.facts.fingerprint_sha256.clone();
            let there = world.fleet.certificate(&world.placed(*sync, *slot).await).unwrap();
            assert_eq!(there.fingerprint, wanted, "{order:?}");
        }
        assert_eq!(world.fleet.certificates().len(), syncs.len(), "{order:?}");
    }
    matrix::tell("messages in another order", 1, ORDERS.len(), "converges");
}

#[tokio::test]
async fn messages_that_are_lost_cost_one_tick() {
    let world = World::new().await;
    let sync = world.acm().await;
    world.attach(sync, world.issue("www.example.com").await).await;
    clock::advance(Duration::from_secs(60));
    comes(&world, json!({ "tick": true })).await;
    assert_eq!(world.fleet.receive("syncs"), Some(sync.to_string()), "and nobody hears of it");
    assert!(world.fleet.certificates().is_empty());
    clock::advance(Duration::from_secs(60));
    comes(&world, json!({ "tick": true })).await;
    let again = world.fleet.receive("syncs").unwrap();
    comes(&world, message(&again)).await;
    world.succeed(sync).await;
    assert_eq!(world.fleet.certificates().len(), 1);
    matrix::tell("messages that are lost", 1, 1, "cost one tick");
}
