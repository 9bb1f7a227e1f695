//! Several workers at one sync, messages in every order, and ticks.

use futures::future::join_all;
use job::{Deadline, Worker as _, handle};
use std::pin::pin;
use std::time::Duration;
use testkit::fuse::Fault;

use super::clock;
use super::sync::map;
use super::world::{ALL, PARAMETER_STORE, SECRETS_MANAGER, World, message};

const KEYS: [(&str, &str); 4] = [("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")];

async fn four_keys(world: &World) {
    world.put(&KEYS.map(|(key, value)| (key, Some(value)))).await;
}

#[tokio::test]
async fn of_two_or_five_workers_at_once_one_works_and_the_others_leave_it_alone() {
    for (kind, count) in [(SECRETS_MANAGER, 2), (SECRETS_MANAGER, 5), (PARAMETER_STORE, 5)] {
        let world = World::new().await;
        four_keys(&world).await;
        let sync = world.sync(kind).await;
        let workers: Vec<_> = (0..count).map(|_| world.another_worker()).collect();
        let worked = join_all(workers.iter().map(|worker| world.work_for(worker, sync.id, 300))).await;
        let mut words: Vec<_> = worked.into_iter().map(Result::unwrap).collect();
        words.sort_unstable();
        assert_eq!(words.pop(), Some("succeeded"), "{kind}: {words:?}");
        assert!(words.iter().all(|word| ["busy", "nothing to do"].contains(word)), "{kind}: {words:?}");
        assert_eq!(world.there(&sync), map(&KEYS), "{kind}");
        assert_eq!(world.aws.writes(), KEYS.len(), "{kind}: each key was written once");
    }
}

#[tokio::test]
async fn whoever_outlives_its_lease_writes_nothing_into_the_table_any_more() {
    let world = World::new().await;
    four_keys(&world).await;
    let sync = world.sync(PARAMETER_STORE).await;
    let mut slow = pin!(world.work(sync.id));
    // Until its first write is on its way.
    while world.aws.count("ssm:PutParameter") == 0 {
        tokio::select! {
            biased;
            done = &mut slow => panic!("it is over already: {done:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    clock::advance(400);
    world.put(&[("A", Some("newer"))]).await;
    let other = world.another_worker();
    assert_eq!(world.work_for(&other, sync.id, 300).await.unwrap(), "succeeded");
    let (state, ledger) =
        (world.run_of(sync.id).await.value, world.safe.secret_sync_ledger(sync.id).await.unwrap());

    assert_eq!(slow.await.unwrap(), "lost");
    assert_eq!(world.run_of(sync.id).await.value, state);
    assert_eq!(world.safe.secret_sync_ledger(sync.id).await.unwrap(), ledger);
}

#[tokio::test]
async fn duplicates_and_late_messages_find_nothing_to_do() {
    for kind in ALL {
        let world = World::new().await;
        four_keys(&world).await;
        let sync = world.sync(kind).await;
        for _ in 0..4 {
            let deadline = Deadline::within(clock::now(), Duration::from_secs(300));
            let answer = handle(&world.worker, message(&sync.id.to_string()), deadline, "i").await.unwrap();
            assert!(answer.batch_item_failures.is_empty());
        }
        let writes = if sync.destination.is_many_to_one() { 1 } else { KEYS.len() };
        assert_eq!(world.aws.writes(), writes, "{kind}");
        let gone = message("77777777-7777-4777-8777-777777777777");
        let deadline = Deadline::within(clock::now(), Duration::from_secs(300));
        assert!(handle(&world.worker, gone, deadline, "i").await.unwrap().batch_item_failures.is_empty());
    }
}

#[tokio::test]
async fn a_message_that_comes_before_the_change_it_is_about_costs_nothing_and_loses_nothing() {
    let world = World::new().await;
    four_keys(&world).await;
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
}

#[tokio::test]
async fn messages_that_are_lost_cost_one_tick() {
    let world = World::new().await;
    four_keys(&world).await;
    let sync = world.sync(PARAMETER_STORE).await;
    world.aws.state().loses_messages = true;
    world.settle().await;
    assert!(world.there(&sync).is_empty());
    world.aws.state().loses_messages = false;
    clock::advance(60);
    world.settle().await;
    assert_eq!(world.there(&sync), map(&KEYS));
}

#[tokio::test]
async fn a_change_during_a_run_is_in_the_next_one_at_once() {
    let world = World::new().await;
    four_keys(&world).await;
    let sync = world.sync(PARAMETER_STORE).await;
    let mut run = pin!(world.work(sync.id));
    while world.aws.count("ssm:PutParameter") == 0 {
        tokio::select! {
            biased;
            done = &mut run => panic!("it is over already: {done:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    // The source was read already.
    world.put(&[("A", Some("newer"))]).await;
    while world.aws.receive().is_some() {}
    assert_eq!(run.await.unwrap(), "succeeded");
    assert_eq!(world.aws.queued(), 1, "the worker itself sees to it");
    clock::advance(3);
    world.settle().await;
    assert_eq!(world.there(&sync)["A"], "newer");
}

#[tokio::test]
async fn a_tick_costs_what_is_due_and_not_what_exists() {
    let world = World::new().await;
    let tick = async || {
        world.life.arm(Fault::None);
        let deadline = Deadline::within(clock::now(), Duration::from_secs(60));
        let report = world.worker.tick(deadline).await.unwrap();
        (report.due, world.life.fuse.calls())
    };
    // Runs, drift checks, and folders that are gone.
    assert_eq!(tick().await, (0, 3));
    for _ in 0..40 {
        let (sync, run) = world.define(SECRETS_MANAGER);
        world.create(&sync, &run).await;
    }
    assert_eq!(tick().await, (0, 3));
    for _ in 0..23 {
        world.sync(SECRETS_MANAGER).await;
    }
    // And ten ids a message.
    assert_eq!(tick().await, (23, 3 + 3));
    assert_eq!(world.aws.queued(), 23);
}

#[tokio::test]
async fn what_deleted_folders_left_behind_goes_with_the_ticks() {
    let world = World::new().await;
    let folder = world.folder("gone").await;
    world.put_in("/gone", &[("A", Some("1"))]).await;
    let environment = world.environment("dev");
    world.remove_folder(folder).await;
    world.settle().await;
    assert!(world.safe.secrets_in(environment, folder).await.unwrap().is_empty());
    assert!(world.safe.environments_to_purge(10).await.unwrap().is_empty());
}
