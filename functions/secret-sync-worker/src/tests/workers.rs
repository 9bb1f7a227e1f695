//! What a worker does besides its runs.

use std::pin::pin;
use std::time::Duration;

use job::{Deadline, Worker as _};
use testkit::fuse::Fault;

use super::clock;
use super::world::{PARAMETER_STORE, SECRETS_MANAGER, World};

#[tokio::test]
async fn a_change_during_a_run_is_in_the_next_one_at_once() {
    let world = World::new().await;
    world.put_four().await;
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
