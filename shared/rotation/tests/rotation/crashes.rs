//! A process that dies, at every call.

use std::time::Duration;

use model::key_rotation::RotationStatus;
use testkit::fuse::Fault;

use crate::clock;
use crate::world::{DAY, HOUR, USER, World, rotate};

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
async fn a_death_before_every_call_is_made_good() {
    let calls = rotates_although(Fault::None).await;
    assert!(calls > 20, "{calls}");
    for number in 1..=calls {
        rotates_although(Fault::Die(number)).await;
    }
}

#[tokio::test]
async fn a_death_after_every_call_is_made_good() {
    let calls = rotates_although(Fault::None).await;
    for number in 1..=calls {
        rotates_although(Fault::DieAfter(number)).await;
    }
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
