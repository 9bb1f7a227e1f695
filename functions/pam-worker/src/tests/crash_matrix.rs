//! What becomes of everything when a call fails, its answer is lost, or the process dies, at every call there is; when ticks come
//! at once, twice or not at all; and when the clock jumps. There is no queue: a tick does everything itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::future::join_all;
use job::{Deadline, Worker as _};
use testkit::cloud::{ADMIN, READONLY};
use testkit::fuse::{Fault, Fuse};
use testkit::{later, matrix};

use super::world::{KEPT, World, within};

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

    let faults = [matrix::deaths(calls), matrix::hiccups(calls)].concat();
    for fault in &faults {
        let what = format!("{fault:?}");
        fuse.arm(Fault::None);
        let world = with_denies(&fuse).await;
        fuse.arm(*fault);
        tick(&world, KEPT).await;
        fuse.arm(Fault::None);
        is_made_good(&world, &what).await;
    }
    matrix::tell("remove Denies", calls, faults.len(), "converges, none is removed early");
}

/// By the ticks that follow.
async fn is_made_good(world: &World, what: &str) {
    assert!(world.policies(READONLY).iter().any(|name| name.starts_with("DrawbridgeEnd-")), "{what}: eve's");
    // A call that failed is passing trouble: what it befell is due again after a minute.
    tick(world, KEPT + 60).await;
    assert_eq!((world.policies(READONLY).len(), world.policies(ADMIN).len()), (1, 0), "{what}");
    assert_eq!(world.outstanding().await, 1, "{what}: a record still promises a removal");
    world.nobody_was_let_go_early();
    tick(world, KEPT + 3_000).await;
    assert_eq!((world.policies(READONLY).len(), world.outstanding().await), (0, 0), "{what}");
}

#[tokio::test]
async fn two_or_five_ticks_at_once_do_everything_once() {
    for count in [2, 5] {
        let fuse = Fuse::default();
        let world = with_denies(&fuse).await;
        let workers: Vec<_> = (0..count).map(|_| world.another(&fuse)).collect();
        fuse.arm(Fault::None);
        let ticks = join_all(workers.iter().map(|worker| world.tick_of(worker, KEPT))).await;
        let calls = fuse.calls();
        assert!(ticks.iter().all(|report| report.failed.is_empty()), "{ticks:?}");
        is_made_good(&world, &format!("{count} ticks")).await;
        assert_eq!(world.trail.actions().await.unwrap().len(), 4, "each removal is noted once");
        matrix::tell(&format!("{count} ticks at once"), calls, 1, "each is removed and noted once");
    }
}

#[tokio::test]
async fn ticks_that_come_twice_late_or_not_at_all_change_nothing_in_the_end() {
    let fuse = Fuse::default();
    // The first one comes an hour late in the last case; in between, any may be missing.
    let cases: [&[u64]; 4] = [&[KEPT, KEPT], &[KEPT, KEPT - 1, KEPT], &[KEPT - 1], &[KEPT + 2_999]];
    for seconds in cases {
        let world = with_denies(&fuse).await;
        for at in seconds {
            tick(&world, *at).await;
            world.nobody_was_let_go_early();
        }
        tick(&world, KEPT + 3_000).await;
        assert_eq!((world.policies(READONLY).len(), world.outstanding().await), (0, 0), "{seconds:?}");
        assert_eq!(world.trail.actions().await.unwrap().len(), 4, "{seconds:?}: each removal is noted once");
        world.nobody_was_let_go_early();
    }
    matrix::tell("ticks twice, late and lost", 1, cases.len(), "each is removed and noted once");
}

/// A clock that jumps when it is looked at for the `number`th time, and how often it was.
fn jumping(seconds: u64, number: u32, by: i64) -> (Deadline, Arc<AtomicU32>) {
    let looks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&looks);
    let clock = move || {
        let is_right = counted.fetch_add(1, Ordering::SeqCst) + 1 < number;
        let right = later(seconds);
        let off = std::time::Duration::from_secs(by.unsigned_abs());
        match by {
            _ if is_right => right,
            ..0 => right.minus(off),
            _ => right.plus(off),
        }
    };
    (Deadline::new(clock, later(seconds + 60)), looks)
}

/// In the middle of a tick: whoever begins it with a clock that is ahead takes Denies away early, and nobody can tell.
#[tokio::test]
async fn a_clock_that_jumps_in_the_middle_of_a_tick_lets_nobody_go_early() {
    let fuse = Fuse::default();
    let (mut number, mut looks) = (1, 2);
    for by in [3_600, -86_400, 86_400, -3_600].into_iter().cycle() {
        number += 1;
        if number > looks {
            break;
        }
        let world = with_denies(&fuse).await;
        world.cloud.state().now = later(KEPT);
        let (deadline, looked) = jumping(KEPT, number, by);
        drop(world.worker.tick(deadline).await);
        looks = looks.max(looked.load(Ordering::SeqCst));
        let what = format!("{by} s at {number}");
        let is_there = |name: &String| name.starts_with("DrawbridgeEnd-");
        assert!(world.policies(READONLY).iter().any(is_there), "{what}: eve's");
        world.nobody_was_let_go_early();
        tick(&world, KEPT + 2 * 86_400).await;
        assert_eq!(
            (world.policies(READONLY).len(), world.policies(ADMIN).len(), world.outstanding().await),
            (0, 0, 0),
            "{what}"
        );
    }
    assert!(looks > 5, "{looks}");
    matrix::tell("clock jumps an hour or a day", looks, looks as usize - 1, "none is removed early");
}
