//! Messages that come twice, too early, in any order, or not at all.

use std::time::Duration;

use job::{Deadline, handle};
use testkit::fuse::Fault;
use testkit::matrix;

use super::super::clock;
use super::super::sync::map;
use super::super::world::{ALL, DOCUMENT, KEYS, PARAMETER_STORE, SECRETS_MANAGER, World, message};
use super::named;

async fn comes(world: &World, id: &str) {
    let deadline = Deadline::within(clock::now(), Duration::from_secs(300));
    let answer = handle(&world.worker, message(id), deadline, "i").await.unwrap();
    assert!(answer.batch_item_failures.is_empty());
}

#[tokio::test]
async fn duplicates_and_late_messages_find_nothing_to_do() {
    for kind in ALL {
        let world = World::new().await;
        world.put_four().await;
        let sync = world.sync(kind).await;
        for _ in 0..4 {
            comes(&world, &sync.id.to_string()).await;
        }
        let writes = if sync.destination.is_many_to_one() { 1 } else { KEYS.len() };
        assert_eq!(world.aws.writes(), writes, "{kind}");
        world.life.arm(Fault::None);
        comes(&world, &sync.id.to_string()).await;
        let calls = world.life.fuse.calls();
        assert_eq!(calls, 2, "{kind}: a message too many costs two reads, of the run and of the drift check");
        comes(&world, "77777777-7777-4777-8777-777777777777").await;
        matrix::tell(&format!("messages that come twice, {}", named(kind)), calls, 5, "written once");
    }
}

#[tokio::test]
async fn a_message_that_comes_before_the_change_it_is_about_costs_nothing_and_loses_nothing() {
    let world = World::new().await;
    world.put_four().await;
    let sync = world.sync(SECRETS_MANAGER).await;
    world.settle().await;
    // Early, then the change, whose own message is lost.
    assert_eq!(world.work(sync.id).await.unwrap(), "nothing to do");
    world.put(&[("A", Some("changed"))]).await;
    while world.aws.receive().is_some() {}
    assert_eq!(world.there(&sync)["A"], "1");
    clock::advance(60);
    assert_eq!(world.settle().await, 1);
    assert_eq!(world.there(&sync)["A"], "changed");
    matrix::tell("a message before its change, and none after it", 1, 1, "converges with the tick");
}

/// Three changes, whose messages come in every order, after the last of them.
#[tokio::test]
async fn messages_in_any_order_leave_the_last_change() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let world = World::new().await;
    world.put_four().await;
    let syncs =
        [world.sync(SECRETS_MANAGER).await, world.sync(PARAMETER_STORE).await, world.sync(DOCUMENT).await];
    for (round, order) in ORDERS.iter().enumerate() {
        for change in 0..3 {
            world.put(&[("A", Some(&format!("{round} {change}")))]).await;
        }
        clock::advance(3);
        while world.aws.receive().is_some() {}
        for which in order {
            comes(&world, &syncs[*which].id.to_string()).await;
        }
        for sync in &syncs {
            assert_eq!(world.there(sync)["A"], format!("{round} 2"), "{order:?}");
        }
    }
    matrix::tell("messages in another order", 1, ORDERS.len(), "converges");
}

#[tokio::test]
async fn messages_that_are_lost_cost_one_tick() {
    for kind in ALL {
        let world = World::new().await;
        world.put_four().await;
        let sync = world.sync(kind).await;
        world.aws.state().loses_messages = true;
        world.settle().await;
        assert!(world.there(&sync).is_empty());
        world.aws.state().loses_messages = false;
        clock::advance(60);
        world.settle().await;
        assert_eq!(world.there(&sync), map(&KEYS));
        matrix::tell(&format!("messages that are lost, {}", named(kind)), 1, 1, "cost one tick");
    }
}
