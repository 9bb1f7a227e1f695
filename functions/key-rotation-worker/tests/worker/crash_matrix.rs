//! Whatever befalls the messages of the worker, and its tick. What befalls the steps that a message takes is shown where they
//! are, in `shared/rotation/tests`.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use job::{Worker as _, handle};
use model::key_rotation::RotationStatus;
use model::message::Noun;
use serde_json::json;
use testkit::fuse::Fault;
use testkit::matrix;

use crate::world::{World, deadline, message, pass};

async fn comes(world: &World, id: &str) {
    let answer = handle(&world.process(1), message(id), deadline(), "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty(), "{id}");
}

async fn tick(world: &World, fault: Fault) -> u32 {
    let process = world.process(1);
    world.life.arm(fault);
    let _ = process.tick(deadline()).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    calls
}

fn received(world: &World) -> BTreeSet<String> {
    std::iter::from_fn(|| world.iam.receive("rotations")).collect()
}

async fn is_done(world: &World, id: model::id::KeyRotationId, user: &str) {
    let read = world.store.key_rotation(id).await.unwrap().unwrap();
    assert_eq!(read.state.progress.status, RotationStatus::Success, "{:?}", read.state.progress);
    assert_eq!(world.iam.keys(user).len(), 1);
}

#[tokio::test]
async fn a_tick_that_dies_between_the_index_and_the_queue_loses_nothing_that_is_due() {
    const COUNT: usize = 12;
    let world = World::new().await;
    let mut all = BTreeSet::new();
    for number in 0..COUNT {
        all.insert(world.wanted(&format!("user-{number}")).await.to_string());
    }
    let calls = tick(&world, Fault::None).await;
    assert_eq!(calls, 3, "one read, and ten messages a call");
    assert_eq!(received(&world), all);
    for fault in matrix::deaths(calls) {
        tick(&world, fault).await;
        assert!(received(&world).is_subset(&all), "{fault:?}");
        pass(Duration::from_secs(60));
        tick(&world, Fault::None).await;
        assert_eq!(received(&world), all, "{fault:?}: everything is due still");
    }
    matrix::tell("tick", calls, matrix::deaths(calls).len(), "nothing due is lost");
}

#[tokio::test]
async fn a_message_whose_process_dies_anywhere_is_followed_by_one_that_ends_the_work() {
    let attempt = async |fault: Fault| {
        let world = World::new().await;
        let id = world.wanted("svc").await;
        let process = world.process(1);
        world.life.arm(fault);
        let _ = process.work(Noun::KeyRotation, &id.to_string(), deadline()).await;
        let calls = world.life.calls();
        world.life.arm(Fault::None);
        // An orphan of an interrupted call is kept inactive for an hour.
        for _ in 0..12 {
            pass(Duration::from_secs(600));
            tick(&world, Fault::None).await;
            for id in received(&world) {
                comes(&world, &id).await;
            }
        }
        is_done(&world, id, "svc").await;
        calls
    };
    let calls = attempt(Fault::None).await;
    assert!(calls > 15, "{calls}");
    let faults = matrix::sample(matrix::moments(calls));
    for fault in &faults {
        attempt(*fault).await;
    }
    matrix::tell("a message", calls, faults.len(), "converges, no key is nobody's");
}

#[tokio::test]
async fn messages_that_come_twice_or_in_any_order_make_one_key_for_each() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in ORDERS {
        let world = World::new().await;
        let mut ids = Vec::new();
        for user in ["a", "b", "c"] {
            ids.push((world.wanted(user).await, user));
        }
        for which in order.into_iter().chain(order) {
            comes(&world, &ids[which].0.to_string()).await;
        }
        for (id, user) in ids {
            is_done(&world, id, user).await;
        }
        assert_eq!(world.iam.count("iam:CreateAccessKey"), 3, "{order:?}");
    }
    matrix::tell("messages twice and in another order", 1, ORDERS.len(), "one key for each");
}

#[tokio::test]
async fn messages_that_are_lost_cost_one_tick() {
    let world = World::new().await;
    let id = world.wanted("svc").await;
    handle(&world.process(1), json!({ "tick": true }), deadline(), "i").await.unwrap();
    assert_eq!(received(&world).len(), 1, "and nobody hears of it");
    assert!(world.iam.keys("svc").is_empty());
    pass(Duration::from_secs(60));
    tick(&world, Fault::None).await;
    for id in received(&world) {
        comes(&world, &id).await;
    }
    is_done(&world, id, "svc").await;
    matrix::tell("messages that are lost", 1, 1, "cost one tick");
}

#[tokio::test]
async fn two_or_five_workers_with_one_message_make_one_key() {
    for count in [2, 5] {
        let world = World::new().await;
        let id = world.wanted("svc").await;
        let workers: Vec<_> = (0..count).map(|_| world.process(count)).collect();
        let text = id.to_string();
        world.life.arm(Fault::None);
        let all = join_all(workers.iter().map(|one| one.work(Noun::KeyRotation, &text, deadline()))).await;
        let calls = world.life.calls();
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        assert_eq!(world.iam.count("iam:CreateAccessKey"), 1, "{all:?}");
        is_done(&world, id, "svc").await;
        matrix::tell(&format!("{count} workers at once"), calls, 1, "one key is made");
    }
}
