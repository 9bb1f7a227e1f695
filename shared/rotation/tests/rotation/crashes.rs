//! A process that dies, at every call.

use std::time::Duration;

use model::id::KeyRotationId;
use model::key_rotation::body::TakeOver;
use model::key_rotation::{RotationStatus, Wanted};
use rotation::Deletion;
use testkit::fuse::Fault;

use crate::clock;
use crate::world::{DAY, HOUR, USER, World, author, rotate, soon};

/// Rotates once by hand, to the end; the process dies where it is told to, and is followed by another. What must hold holds
/// whatever happens.
async fn rotates_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let theirs = world.iam.put_key(USER);
    let rotation = world.made().await;
    // Room for one key of ours, and the human's is there all the time.
    let first = world.published().await.unwrap();
    clock::advance(Duration::from_secs(DAY));
    world.iam.change_key(&theirs, |_| None);
    world.life.arm(fault);
    let _ = world.want(rotation.id, rotate()).await;
    world.published().await.unwrap();
    for _ in 0..4 {
        clock::advance(Duration::from_secs(12));
        let _ = world.advance(rotation.id).await;
        assert!(world.iam.keys(USER).len() <= 2);
        world.published().await.unwrap();
    }
    let calls = world.life.calls();
    world.recover(rotation.id).await;
    if world.published().await.as_ref() == Some(&first) {
        // It died before anything was wanted.
        assert_eq!(world.read(rotation.id).await.state.progress.wanted, None, "{fault:?}");
    }
    let progress = world.read(rotation.id).await.state.value.progress;
    assert_eq!(progress.status, RotationStatus::Success, "{fault:?}: {progress:?}");
    assert_eq!((progress.intent.is_none(), progress.wanted), (true, None), "{fault:?}");
    let known: Vec<String> = progress.keys.iter().map(|key| key.id.to_string()).collect();
    for key in world.iam.keys(USER) {
        assert!(known.contains(&key.id), "{fault:?}: {} is nobody's", key.id);
    }
    assert_eq!(world.read(rotation.id).await.state.lease, None, "{fault:?}");
    calls
}

#[tokio::test]
async fn a_death_before_or_after_any_call_is_made_good() {
    at_every_call(rotates_although).await;
}

#[tokio::test]
async fn a_call_that_fails_or_whose_answer_is_lost_is_made_good() {
    let calls = rotates_although(Fault::None).await;
    for number in 1..=calls {
        rotates_although(Fault::Fail(number)).await;
        rotates_although(Fault::LoseAnswer(number)).await;
    }
}

#[tokio::test]
async fn a_lease_ends_and_another_process_takes_over() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(40 * DAY));
    world.life.arm(Fault::Die(6));
    let _ = world.advance(rotation.id).await;
    world.life.arm(Fault::None);
    let state = world.read(rotation.id).await.state.value;
    assert!(state.lease.is_some(), "{state:?}");
    clock::advance(Duration::from_secs(HOUR));
    world.settle(rotation.id, 300).await;
    assert_eq!(world.iam.keys(USER).len(), 2);
}

impl World {
    /// Ticks as [`World::settle`]; whoever dies is followed by another process.
    async fn live(&self, id: KeyRotationId, seconds: u64) {
        let end = clock::now().plus(Duration::from_secs(seconds));
        while clock::now() < end {
            let due = self.safe.key_rotations_due(clock::now(), 100).await.unwrap();
            if due.contains(&id) && self.advance(id).await.is_err() {
                self.life.arm(Fault::None);
            }
            assert!(self.iam.keys(USER).len() <= 2);
            self.published().await;
            let next = self.safe.key_rotation_state(id).await.unwrap().and_then(|state| state.due_at);
            let next = next.map_or(end, |at| at.max(clock::now().plus(Duration::from_secs(1))));
            clock::advance_to(next.min(end));
        }
    }

    /// Everything is as if nothing had happened: the key in the secrets works, and every key is known.
    async fn is_whole(&self, id: KeyRotationId, fault: Fault) {
        let read = self.read(id).await;
        let progress = &read.state.progress;
        assert_eq!(
            (progress.status, &read.state.lease),
            (RotationStatus::Success, &None),
            "{fault:?}: {progress:?}"
        );
        assert!(progress.intent.is_none() && progress.wanted.is_none(), "{fault:?}: {progress:?}");
        assert!(self.published().await.is_some(), "{fault:?}");
        let known: Vec<String> = progress.keys.iter().map(|key| key.id.to_string()).collect();
        for key in self.iam.keys(USER) {
            assert!(known.contains(&key.id), "{fault:?}: {} is nobody's: {progress:?}", key.id);
        }
    }
}

/// A first key.
async fn is_made_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let rotation = world.define();
    world.life.arm(fault);
    let made = world.create(&rotation, TakeOver::Nothing).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    if world.safe.key_rotation_state(rotation.id).await.unwrap().is_none() {
        assert!(made.is_err() && world.iam.keys(USER).is_empty(), "{fault:?}: a key of no rotation");
        world.create(&rotation, TakeOver::Nothing).await.unwrap();
    }
    world.settle(rotation.id, 3 * HOUR).await;
    world.is_whole(rotation.id, fault).await;
    calls
}

/// A whole interval: the previous key goes slowly, and the schedule brings a new one.
async fn goes_on_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let first = world.published().await;
    world.life.arm(fault);
    world.live(rotation.id, 32 * DAY).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    world.settle(rotation.id, 3 * HOUR).await;
    world.is_whole(rotation.id, fault).await;
    assert_ne!(world.published().await, first, "{fault:?}");
    calls
}

/// The way back.
async fn goes_back_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let current = world.published().await;
    world.life.arm(fault);
    let _ = world.want(rotation.id, Wanted::Rollback).await;
    clock::advance(Duration::from_secs(12));
    let _ = world.advance(rotation.id).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    world.published().await.unwrap();
    world.settle(rotation.id, HOUR).await;
    world.is_whole(rotation.id, fault).await;
    let untouched = world.read(rotation.id).await.state.progress.rotated_at.unwrap();
    let is_back = world.published().await != current;
    assert!(is_back || clock::now().since(untouched) > Duration::from_secs(HOUR), "{fault:?}");
    calls
}

/// The end, with all keys.
async fn ends_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let theirs = world.iam.put_key(USER);
    let rotation = world.made().await;
    world.life.arm(fault);
    let deletion = Deletion { delete_secrets: true, revoke: true };
    let _ = Box::pin(world.rotations.delete(rotation.id, &author(), deletion, soon())).await;
    let calls = world.life.calls();
    world.life.arm(Fault::None);
    if world.safe.key_rotation(rotation.id).await.unwrap().is_some() {
        // It died before anything was decided, and holds the rotation for a while.
        clock::advance(Duration::from_secs(120));
        world.published().await.unwrap();
        Box::pin(world.rotations.delete(rotation.id, &author(), deletion, soon())).await.unwrap();
    }
    world.settle(rotation.id, DAY).await;
    let left: Vec<String> = world.iam.keys(USER).into_iter().map(|key| key.id).collect();
    assert_eq!(left, [theirs], "{fault:?}");
    assert!(world.secrets().await.is_empty(), "{fault:?}");
    assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none(), "{fault:?}");
    assert_eq!(world.safe.project(world.project.id).await.unwrap().unwrap().key_rotations, 0, "{fault:?}");
    calls
}

/// The story without a death, and with one before and after each of its calls. Dying after a call is dying before the next
/// one, since nothing but reads goes side by side.
async fn at_every_call(story: impl AsyncFn(Fault) -> u32) {
    let calls = Box::pin(story(Fault::None)).await;
    assert!(calls > 10, "{calls}");
    for number in 1..=calls {
        Box::pin(story(Fault::Die(number))).await;
    }
    Box::pin(story(Fault::DieAfter(calls))).await;
}

#[tokio::test]
async fn a_first_key_comes_although_its_maker_dies_at_any_call() {
    at_every_call(is_made_although).await;
}

#[tokio::test]
async fn an_interval_ends_well_although_the_worker_dies_at_any_call() {
    at_every_call(goes_on_although).await;
}

#[tokio::test]
async fn a_rollback_ends_well_although_its_maker_dies_at_any_call() {
    at_every_call(goes_back_although).await;
}

#[tokio::test]
async fn a_deletion_ends_well_although_its_maker_dies_at_any_call() {
    at_every_call(ends_although).await;
}
