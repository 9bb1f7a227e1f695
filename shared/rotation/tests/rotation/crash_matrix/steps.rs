//! Everything that a rotation does.

use std::time::Duration;

use model::connection::Way;
use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus, Wanted};
use rotation::Deletion;
use testkit::fuse::Fault;
use testkit::matrix;

use super::at_every_call;
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

/// A connection's own key, which the rotation replaces together with the secrets.
async fn own_key_is_replaced_although(fault: Fault) -> u32 {
    let world = World::new().await;
    let own = world.iam.put_key(USER);
    let connection = world.own_connection(&own).await;
    let mut rotation = KeyRotation { connection_id: connection, ..world.define() };
    rotation.parameters.own_key = true;
    world.create(&rotation, TakeOver::Nothing).await.unwrap();
    let first = world.published().await.unwrap();
    // The key that the connection had before is nobody's concern.
    world.iam.change_key(&own, |_| None);
    clock::advance(Duration::from_secs(DAY));
    world.life.arm(fault);
    let _ = world.want(rotation.id, rotate()).await;
    for _ in 0..3 {
        clock::advance(Duration::from_secs(12));
        let _ = world.advance(rotation.id).await;
    }
    let calls = world.life.calls();
    world.recover(rotation.id).await;
    if world.published().await.as_ref() == Some(&first) {
        // It died before anything was wanted.
        world.want(rotation.id, rotate()).await.unwrap();
        world.settle(rotation.id, 2 * HOUR).await;
    }
    world.is_whole(rotation.id, fault).await;
    let published = world.published().await.unwrap();
    assert_ne!(published, first, "{fault:?}");
    let has = world.connection_now(connection).await.value.way;
    let is_its_own = matches!(&has, Way::AccessKey { access_key_id, .. } if *access_key_id == published);
    assert!(is_its_own, "{fault:?}: the connection has another key than the secrets");
    calls
}

#[tokio::test]
async fn a_rotation_by_hand_is_made_good_wherever_its_maker_dies() {
    at_every_call("rotate", rotates_although).await;
}

#[tokio::test]
async fn a_first_key_comes_although_its_maker_dies_at_any_call() {
    at_every_call("create, with the first key", is_made_although).await;
}

#[tokio::test]
async fn an_interval_ends_well_although_the_worker_dies_at_any_call() {
    at_every_call("an interval: deactivate, delete, rotate", goes_on_although).await;
}

#[tokio::test]
async fn a_rollback_ends_well_although_its_maker_dies_at_any_call() {
    at_every_call("roll back", goes_back_although).await;
}

#[tokio::test]
async fn a_deletion_ends_well_although_its_maker_dies_at_any_call() {
    at_every_call("delete, with keys and secrets", ends_although).await;
}

#[tokio::test]
async fn a_connections_own_key_is_replaced_with_the_secrets_wherever_its_maker_dies() {
    at_every_call("rotate a connection's own key", own_key_is_replaced_although).await;
}

#[tokio::test]
async fn a_call_that_fails_or_whose_answer_is_lost_is_made_good() {
    let calls = rotates_although(Fault::None).await;
    for number in 1..=calls {
        rotates_although(Fault::Fail(number)).await;
        rotates_although(Fault::LoseAnswer(number)).await;
    }
    let operation = "rotate, a call fails or its answer is lost";
    matrix::tell(operation, calls, 2 * calls as usize, "converges, no key is nobody's");
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
    matrix::tell("outlive the lease of the dead", world.life.calls(), 1, "another takes over");
}
