//! The life of a rotation when nothing goes wrong.

use std::time::Duration;

use model::key_rotation::body::TakeOver;
use model::key_rotation::{RotationStatus, Wanted};

use crate::clock;
use crate::world::{DAY, HOUR, ID, USER, World, rotate};

#[tokio::test]
async fn a_first_key_is_made_proved_and_published_within_the_request() {
    let counted = testkit::metrics();
    let world = World::new().await;
    let rotation = world.made().await;
    let keys = world.iam.keys(USER);
    assert_eq!(keys.len(), 1);
    assert_eq!(world.published().await.as_deref(), Some(keys[0].id.as_str()));
    let told: Vec<_> = world.iam.events().into_iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!(["Done", "Failures"].map(|metric| counted.sum_of(metric, "key-rotation")), [1, 0]);
    assert_eq!(
        (told[0].0.as_str(), &told[0].1["keyRotationId"]),
        ("KeyRotated", &rotation.id.to_string().into())
    );
    assert!(!told[0].1.to_string().contains("AKIA"), "ids of ours, and nothing of the key");
    let policy = world.iam.policies().pop().unwrap();
    assert!(policy.contains("user/svc") && !policy.contains("user/*\""), "{policy}");
}

#[tokio::test]
async fn a_key_that_iam_does_not_know_yet_is_published_later() {
    let world = World::new().await;
    world.iam.set_slowness(Duration::from_secs(30));
    let rotation = world.define();
    let made = world.create(&rotation, TakeOver::Nothing).await.unwrap();
    assert_eq!(made.state.progress.status, RotationStatus::Pending);
    assert!(world.secrets().await.is_empty(), "a key that was not proved is not published");
    world.settle(rotation.id, 120).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    assert!(world.published().await.is_some());
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 1);
}

#[tokio::test]
async fn the_schedule_gives_a_new_key_and_the_old_one_works_until_its_time_is_over() {
    let world = World::new().await;
    let rotation = world.made().await;
    let first = world.published().await.unwrap();
    let next = world.read(rotation.id).await.state.progress.next_rotation_at.unwrap();
    clock::advance_to(next);
    world.settle(rotation.id, 300).await;
    let second = world.published().await.unwrap();
    assert_ne!(first, second);
    assert_eq!(world.read(rotation.id).await.state.progress.active_index(), 1);
    let proofs = world
        .iam
        .calls()
        .into_iter()
        .filter(|call| call.action == "sts:GetCallerIdentity" && call.key == second);
    let proofs: Vec<_> = proofs.map(|call| call.at).collect();
    let works = world.iam.keys(USER).iter().find(|key| key.id == second).unwrap().works_from;
    let proofs: Vec<_> = proofs.into_iter().filter(|at| *at >= works).collect();
    assert!(proofs.len() >= 2 && proofs[1].since(proofs[0]) >= Duration::from_secs(10), "{proofs:?}");

    let active = |id: &str| world.iam.keys(USER).iter().find(|key| key.id == id).map(|key| key.is_active);
    world.settle(rotation.id, 28 * DAY).await;
    assert_eq!(active(&first), Some(true), "it works for nearly the whole interval");
    // A day of grace and an hour before the next rotation.
    world.settle(rotation.id, DAY + 2 * HOUR).await;
    assert_eq!(active(&first), Some(false), "inactive, which can be undone");
    assert!(world.iam.events().iter().any(|(what, _)| what == "KeyDeactivated"));
    world.settle(rotation.id, 2 * DAY).await;
    assert_eq!(active(&first), None);
    let third = world.published().await.unwrap();
    assert!(third != second && active(&second) == Some(true));
    assert_eq!(world.iam.keys(USER).len(), 2);
}

#[tokio::test]
async fn missed_times_run_once_and_late() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(200 * DAY));
    world.iam.forget_calls();
    world.settle(rotation.id, DAY).await;
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 1);
    let next = world.read(rotation.id).await.state.progress.next_rotation_at.unwrap();
    assert!(next.since(clock::now()) > Duration::from_secs(27 * DAY));
}

#[tokio::test]
async fn a_rotation_by_hand_shifts_the_schedule() {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let progress = world.read(rotation.id).await.state.value.progress;
    let (next, last) = (progress.next_rotation_at.unwrap(), progress.rotated_at.unwrap());
    assert!(next.since(last) > Duration::from_secs(30 * DAY), "past midnight, a day more");
    assert_eq!(progress.last_trigger, Some(model::key_rotation::Trigger::Manual));
}

#[tokio::test]
async fn a_rollback_brings_the_previous_key_back_also_from_inactivity() {
    for waits in [HOUR, 30 * DAY - 6 * HOUR] {
        let world = World::new().await;
        let rotation = world.made().await;
        let first = world.published().await.unwrap();
        clock::advance(Duration::from_secs(3 * DAY));
        world.want(rotation.id, rotate()).await.unwrap();
        world.settle(rotation.id, 120).await;
        let second = world.published().await.unwrap();
        world.settle(rotation.id, waits).await;
        world.want(rotation.id, Wanted::Rollback).await.unwrap();
        world.settle(rotation.id, 120).await;
        assert_eq!(world.published().await.as_ref(), Some(&first), "after {waits} s");
        assert!(world.iam.keys(USER).iter().any(|key| key.id == second && key.is_active));
        assert_eq!(world.secrets().await[ID], first);
    }
}
