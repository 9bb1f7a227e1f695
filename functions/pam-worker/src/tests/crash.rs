//! What becomes of everything when a call fails, its answer is lost, or the process dies, at every call there is.

use job::Worker as _;
use testkit::cloud::{ADMIN, READONLY};
use testkit::fuse::{Fault, Fuse};
use testkit::later;

use super::world::{KEPT, World, within};

const FAULTS: [fn(u32) -> Fault; 4] = [Fault::Fail, Fault::LoseAnswer, Fault::Die, Fault::DieAfter];

async fn with_denies(fuse: &Fuse) -> World {
    let world = World::with_fuse(fuse).await;
    world.make_project(None).await;
    world.terminated(READONLY, "ada@example.com", 0).await;
    world.terminated(READONLY, "bob@example.com", 0).await;
    world.terminated(ADMIN, "ada@example.com", 0).await;
    // Still somebody's.
    world.terminated(READONLY, "eve@example.com", 3_000).await;
    world
}

/// A tick that may break anywhere; an error is one of its answers.
async fn tick(world: &World, seconds: u64) {
    world.cloud.state().now = later(seconds);
    drop(world.worker.tick(within(seconds, 60)).await);
}

#[tokio::test]
async fn a_tick_that_breaks_at_any_call_is_made_good_by_the_next_ones() {
    let fuse = Fuse::default();
    let world = with_denies(&fuse).await;
    fuse.arm(Fault::None);
    tick(&world, KEPT).await;
    let calls = fuse.calls();
    // The index; for each role a project and a way in; for each Deny a read, a removal and a transaction.
    assert_eq!(calls, 1 + 2 * 2 + 3 * 3);

    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            fuse.arm(Fault::None);
            let world = with_denies(&fuse).await;
            fuse.arm(fault(n));
            tick(&world, KEPT).await;
            fuse.arm(Fault::None);
            assert!(
                world.policies(READONLY).iter().any(|name| name.starts_with("DrawbridgeEnd-")),
                "{what}: eve's"
            );
            // A call that failed is passing trouble: what it befell is due again after a minute.
            tick(&world, KEPT + 60).await;
            assert_eq!((world.policies(READONLY).len(), world.policies(ADMIN).len()), (1, 0), "{what}");
            assert_eq!(world.outstanding().await, 1, "{what}: a record still promises a removal");
            world.nobody_was_let_go_early();
            tick(&world, KEPT + 3_000).await;
            assert_eq!((world.policies(READONLY).len(), world.outstanding().await), (0, 0), "{what}");
        }
    }
}
