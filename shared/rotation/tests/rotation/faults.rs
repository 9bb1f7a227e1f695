//! Bad days.

use std::collections::BTreeSet;
use std::time::Duration;

use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus, Wanted};
use rotation::{Deletion, Error};
use store::Change;
use vault::{Absent, NewSecret, SecretChange, Write};

use crate::clock;
use crate::world::{DAY, HOUR, ID, SECRET, USER, World, author, line, rotate, soon};

#[tokio::test]
async fn each_missing_permission_is_named_and_the_rotation_goes_on_when_it_is_there() {
    for action in ["ListUsers", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"] {
        let world = World::new().await;
        let rotation = world.rotated().await;
        let before = world.published().await.unwrap();
        clock::advance(Duration::from_secs(8 * HOUR));
        world.iam.deny(&format!("iam:{action}"));
        let told = world.want(rotation.id, rotate()).await.unwrap();
        let message = told.state.progress.message.clone().unwrap_or_default();
        assert_eq!(told.state.progress.status, RotationStatus::Failed, "{action}: {message}");
        assert!(message.contains(&format!("iam:{action}")), "{action}: {message}");
        assert!(world.iam.events().iter().any(|(what, _)| what == "KeyRotationFailed"));
        assert_eq!(world.published().await, Some(before.clone()), "{action}");
        world.iam.allow(&format!("iam:{action}"));
        world.settle(rotation.id, HOUR).await;
        assert_ne!(world.published().await, Some(before), "{action}");
        assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    }
}

#[tokio::test]
async fn without_the_permission_to_know_the_last_use_the_grace_alone_decides() {
    let world = World::new().await;
    world.iam.deny("iam:GetAccessKeyLastUsed");
    let rotation = world.rotated().await;
    let before = world.published().await.unwrap();
    assert!(!world.read(rotation.id).await.state.progress.is_blind, "nothing has depended on it yet");
    world.settle(rotation.id, 40 * DAY).await;
    assert_ne!(world.published().await, Some(before));
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    assert!(world.read(rotation.id).await.state.progress.is_blind, "it says so");
    // With it, what it said is taken back at the next chance.
    world.iam.allow("iam:GetAccessKeyLastUsed");
    world.settle(rotation.id, 40 * DAY).await;
    assert!(!world.read(rotation.id).await.state.progress.is_blind);
}

#[tokio::test]
async fn a_whole_life_calls_nothing_but_what_the_documented_policy_allows() {
    const DOCUMENTED: [&str; 5] =
        ["ListUsers", "ListAccessKeys", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"];
    let world = World::new().await;
    world.iam.deny("iam:GetAccessKeyLastUsed");
    let rotation = world.rotated().await;
    world.want(rotation.id, Wanted::Rollback).await.unwrap();
    world.settle(rotation.id, 70 * DAY).await;
    let deletion = Deletion { delete_secrets: true, revoke: true };
    world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
    world.settle(rotation.id, DAY).await;
    assert_eq!(world.iam.keys(USER).len(), 0);
    let called: BTreeSet<String> = world.iam.calls().into_iter().map(|call| call.action).collect();
    let mut allowed: BTreeSet<String> = DOCUMENTED.iter().map(|action| format!("iam:{action}")).collect();
    // What nobody needs a permission for, the trust policy's, and the one that is tried and not needed.
    allowed
        .extend(["sts:GetCallerIdentity", "sts:AssumeRole", "iam:GetAccessKeyLastUsed"].map(str::to_owned));
    assert_eq!(called, allowed);
}

#[tokio::test]
async fn a_new_key_that_iam_refuses_for_half_a_minute_is_published_when_it_has_worked_twice() {
    let world = World::new().await;
    let rotation = world.made().await;
    let before = world.published().await.unwrap();
    clock::advance(Duration::from_secs(DAY));
    world.iam.set_slowness(Duration::from_secs(30));
    let asked = clock::now();
    world.want(rotation.id, rotate()).await.unwrap();
    while world.published().await.as_ref() == Some(&before) {
        assert!(clock::now().since(asked) < Duration::from_secs(120));
        world.settle(rotation.id, 5).await;
    }
    let after = world.published().await.unwrap();
    let proofs = world.iam.proofs(&after);
    assert_eq!(proofs.len(), 2);
    assert!(proofs[0].since(asked) >= Duration::from_secs(30), "{proofs:?} of {asked}");
    assert!(proofs[1].since(proofs[0]) >= Duration::from_secs(10), "{proofs:?}");
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 2);
}

#[tokio::test]
async fn keys_of_a_deleted_rotation_that_nobody_lets_it_delete_are_told_and_given_up() {
    let world = World::new().await;
    let rotation = world.made().await;
    world.iam.deny("iam:DeleteAccessKey");
    let deletion = Deletion { delete_secrets: true, revoke: true };
    world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
    world.settle(rotation.id, 20 * DAY).await;
    assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
    assert_eq!(world.iam.keys(USER).len(), 1);
    let told = world.iam.events().iter().filter(|(what, _)| what == "KeyRotationFailed").count();
    assert!(told > 10, "each day, and at last: {told}");
}

#[tokio::test]
async fn a_previous_key_that_is_used_is_not_taken_away() {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let current = world.published().await.unwrap();
    let previous = world.iam.keys(USER).into_iter().find(|key| key.id != current).unwrap().id;
    world.iam.change_key(&previous, |key| Some(testkit::iam::Key { last_used: Some(clock::now()), ..key }));
    let told = world.want(rotation.id, rotate()).await.unwrap();
    let message = told.state.progress.message.clone().unwrap();
    assert!(
        message.contains("still in use") && message.contains(&previous[previous.len() - 4..]),
        "{message}"
    );
    assert!(world.iam.keys(USER).iter().all(|key| key.is_active));
}

#[tokio::test]
async fn a_rotation_that_a_used_key_is_in_the_way_of_is_not_made_once_it_does_not_happen_by_itself() {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let current = world.published().await.unwrap();
    let previous = world.iam.keys(USER).into_iter().find(|key| key.id != current).unwrap().id;
    let due = world.read(rotation.id).await.state.progress.next_rotation_at.unwrap();
    let used = move |key| Some(testkit::iam::Key { last_used: Some(due), ..key });
    world.iam.change_key(&previous, used);
    clock::advance_to(due);
    world.settle(rotation.id, 60).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Failed);
    let manually = |read: &KeyRotation| {
        let mut next = read.clone();
        next.schedule.is_auto_rotation_enabled = false;
        // The previous key itself has much time.
        next.timings.overlap_hours = Some(24 * 365);
        next
    };
    world.rotations.update(rotation.id, &author(), manually, soon()).await.unwrap();
    assert_eq!(world.told(rotation.id).await, (RotationStatus::Success, String::new()));
    world.settle(rotation.id, 40 * DAY).await;
    assert_eq!(world.published().await, Some(current));
    let keys = world.iam.keys(USER);
    assert!(keys.len() == 2 && keys.iter().all(|key| key.is_active), "{keys:?}");
}

#[tokio::test]
async fn keys_of_others_are_named_by_their_last_four_and_never_touched() {
    let world = World::new().await;
    let foreign = [world.iam.put_key(USER), world.iam.put_key(USER)];
    let rotation = world.define();
    let refused = world.create(&rotation, TakeOver::Nothing).await.unwrap_err();
    let message = refused.to_string();
    assert!(matches!(refused, Error::Blocked(_)), "{message}");
    for id in &foreign {
        assert!(message.contains(&id[id.len() - 4..]) && !message.contains(id.as_str()), "{message}");
    }
    assert_eq!(world.iam.keys(USER).len(), 2);
    assert!(world.safe.key_rotation(rotation.id).await.unwrap().is_none());
    // Those that it may have it may delete, once they are out of use.
    let taken = TakeOver::These(vec![foreign[0].parse().unwrap()]);
    world.create(&rotation, taken).await.unwrap();
    world.settle(rotation.id, 3 * DAY).await;
    let left: Vec<_> = world.iam.keys(USER).into_iter().map(|key| key.id).collect();
    assert!(!left.contains(&foreign[0]) && left.contains(&foreign[1]), "{left:?}");
    assert!(world.published().await.is_some());
}

#[tokio::test]
async fn a_user_that_is_absent_or_another_one_is_refused() {
    let world = World::new().await;
    let mut rotation = world.define();
    rotation.parameters.user_name = "nobody".into();
    let refused = world.create(&rotation, TakeOver::Nothing).await.unwrap_err();
    assert!(refused.to_string().contains("does not exist"), "{refused}");

    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.iam.put_user(USER);
    let theirs = world.iam.put_key(USER);
    world.iam.forget_calls();
    let told = world.want(rotation.id, rotate()).await.unwrap();
    assert!(told.state.progress.message.clone().unwrap().contains("another user"));
    assert_eq!(world.iam.keys(USER).len(), 1, "{theirs} alone");
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 0);
}

#[tokio::test]
async fn throttling_and_lost_answers_pass_and_leave_no_key_behind() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.iam.throttle("iam:CreateAccessKey", 1);
    let told = world.want(rotation.id, rotate()).await.unwrap();
    assert_eq!(told.state.progress.status, RotationStatus::Failed);
    assert_eq!(told.state.progress.intent, None, "AWS said that it did nothing");
    world.settle(rotation.id, HOUR).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);

    clock::advance(Duration::from_secs(DAY));
    world.iam.lose_answers("iam:CreateAccessKey", 1);
    world.want(rotation.id, rotate()).await.unwrap();
    assert_eq!(world.iam.keys(USER).len(), 2, "one of them nobody knows");
    world.settle(rotation.id, 2 * HOUR).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    let known: Vec<_> =
        world.read(rotation.id).await.state.progress.keys.iter().map(|key| key.id.to_string()).collect();
    assert!(world.iam.keys(USER).iter().all(|key| known.contains(&key.id)), "{known:?}");
    world.published().await.unwrap();
}

#[tokio::test]
async fn the_secrets_are_the_rotations_to_write_and_nobody_elses() {
    let world = World::new().await;
    let rotation = world.made().await;
    let before = world.secrets().await;
    let update = |change| Write::Update { name: ID.parse().unwrap(), change, absent: Absent::Refuse };
    let value = SecretChange { value: Some("mine".to_owned().into()), ..SecretChange::default() };
    let name = SecretChange { new_name: Some("OTHER".parse().unwrap()), ..SecretChange::default() };
    let free = SecretChange { rotation_id: Some(None), ..SecretChange::default() };
    for write in [update(value), update(name), update(free), Write::Delete { name: SECRET.parse().unwrap() }]
    {
        let refused = world.write(vec![write]).await.unwrap_err();
        assert!(refused.to_string().contains(&rotation.id.to_string()), "{refused}");
    }
    assert_eq!(world.secrets().await, before);
    let comment = SecretChange { comment: Some("by Ada".to_owned().into()), ..SecretChange::default() };
    world.write(vec![update(comment)]).await.unwrap();
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_before_there_is_a_key() {
    let world = World::new().await;
    world
        .write(vec![Write::Create(NewSecret::new(SECRET.parse().unwrap(), "x".to_owned().into()))])
        .await
        .unwrap();
    let refused = world.create(&world.define(), TakeOver::Nothing).await.unwrap_err();
    assert!(matches!(refused, Error::SecretExists { ref name } if name.as_str() == SECRET), "{refused}");
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 0);
}

#[tokio::test]
async fn a_first_key_that_aws_refuses_leaves_nothing_behind() {
    let world = World::new().await;
    world.iam.deny("iam:CreateAccessKey");
    let rotation = world.define();
    let refused = world.create(&rotation, TakeOver::Nothing).await.unwrap_err();
    assert!(matches!(refused, Error::NotMade(ref said) if said.contains("iam:CreateAccessKey")), "{refused}");
    assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
    assert_eq!(world.safe.project(world.project.id).await.unwrap().unwrap().key_rotations, 0);
    world.iam.allow("iam:CreateAccessKey");
    world.create(&rotation, TakeOver::Nothing).await.unwrap();
}

#[tokio::test]
async fn a_secret_that_vanished_from_the_table_comes_back_with_the_next_key() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    let secrets = world.safe.secrets_in(rotation.environment_id, rotation.folder_id).await.unwrap();
    let lost = secrets.iter().find(|secret| secret.name.as_str() == SECRET).unwrap();
    world.safe.commit(Change::new(clock::now()).delete_secret(lost), &line()).await.unwrap();
    world.want(rotation.id, rotate()).await.unwrap();
    world.settle(rotation.id, 120).await;
    assert!(world.published().await.is_some(), "both halves are there");
    let secrets = world.safe.secrets_in(rotation.environment_id, rotation.folder_id).await.unwrap();
    assert!(secrets.iter().all(|secret| secret.rotation_id == Some(rotation.id)));
}

#[tokio::test]
async fn a_secret_that_somebody_made_in_its_place_is_not_overwritten() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    let secrets = world.safe.secrets_in(rotation.environment_id, rotation.folder_id).await.unwrap();
    let lost = secrets.iter().find(|secret| secret.name.as_str() == SECRET).unwrap();
    world.safe.commit(Change::new(clock::now()).delete_secret(lost), &line()).await.unwrap();
    let theirs = NewSecret::new(SECRET.parse().unwrap(), "theirs".to_owned().into());
    world.write(vec![Write::Create(theirs)]).await.unwrap();
    world.want(rotation.id, rotate()).await.unwrap();
    world.settle(rotation.id, 120).await;
    let (status, message) = world.told(rotation.id).await;
    assert!(status == RotationStatus::Failed && message.contains(SECRET), "{message}");
    assert_eq!(world.secrets().await[SECRET], "theirs");
}
