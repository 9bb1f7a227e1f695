//! Users who are renamed, or exchanged for others.

use std::time::Duration;

use model::connection::DependentKind;
use model::key_rotation::{KeyRotation, RotationStatus};
use rotation::{Deletion, Error};

use crate::clock;
use crate::world::{DAY, HOUR, ID, USER, World, author, rotate, soon};

fn of(name: &'static str) -> impl Fn(&KeyRotation) -> KeyRotation {
    move |read| {
        let mut next = read.clone();
        next.parameters.user_name = name.into();
        next
    }
}

#[tokio::test]
async fn a_user_that_was_renamed_keeps_its_keys_when_the_rotation_is_told_its_new_name() {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let (before, published) = (world.iam.keys(USER), world.published().await.unwrap());
    clock::advance(Duration::from_secs(DAY));
    world.iam.rename_user(USER, "renamed");
    let told = world.want(rotation.id, rotate()).await.unwrap();
    let message = told.state.progress.message.clone().unwrap();
    assert!(message.contains("is called renamed now"), "{message}");
    assert_eq!(world.iam.keys("renamed"), before);
    let changed = world.rotations.update(rotation.id, &author(), of("renamed"), soon()).await.unwrap();
    assert_eq!(changed.state.progress.keys.len(), 2, "{:?}", changed.state.progress);
    world.settle(rotation.id, HOUR).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    let keys: Vec<_> = world.iam.keys("renamed").into_iter().map(|key| key.id).collect();
    assert!(keys.len() == 2 && keys.contains(&published), "{keys:?}");
    assert_ne!(world.secrets().await[ID], published);
}

#[tokio::test]
async fn another_user_gets_a_key_of_its_own_and_until_then_the_former_one_is_published() {
    let world = World::new().await;
    let rotation = world.made().await;
    let former = world.published().await.unwrap();
    clock::advance(Duration::from_secs(DAY));
    world.iam.put_user("next");
    let changed = world.rotations.update(rotation.id, &author(), of("next"), soon()).await.unwrap();
    assert_eq!((changed.state.progress.keys.len(), changed.state.progress.user_id.clone()), (0, None));
    assert_eq!(world.secrets().await[ID], former);
    world.settle(rotation.id, 120).await;
    let [key] = &world.iam.keys("next")[..] else { panic!("{:?}", world.iam.keys("next")) };
    assert_eq!(world.secrets().await[ID], key.id);
    assert_eq!(world.iam.keys(USER).len(), 1, "the former user's stays");
}

#[tokio::test]
async fn a_user_that_can_have_no_key_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let rotation = world.made().await;
    world.iam.put_user("full");
    let theirs = [world.iam.put_key("full"), world.iam.put_key("full")];
    for (name, said) in [("full", "already has 2 access keys"), ("nobody", "does not exist")] {
        let before = world.read(rotation.id).await;
        let refused = world.rotations.update(rotation.id, &author(), of(name), soon()).await.unwrap_err();
        assert!(matches!(refused, Error::Blocked(_)) && refused.to_string().contains(said), "{refused}");
        let after = world.read(rotation.id).await;
        assert_eq!(
            (after.rotation.value, &after.state.progress),
            (before.rotation.value, &before.state.progress)
        );
        assert_eq!(after.state.lease, None);
    }
    assert_eq!(world.iam.keys("full").into_iter().map(|key| key.id).collect::<Vec<_>>(), theirs);
}

#[tokio::test]
async fn keys_of_a_deleted_rotation_whose_user_has_another_name_are_told_and_given_up() {
    let world = World::new().await;
    let rotation = world.made().await;
    let keys = world.iam.keys(USER);
    world.iam.rename_user(USER, "renamed");
    clock::advance(Duration::from_secs(HOUR));
    let deletion = Deletion { delete_secrets: true, revoke: true };
    world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
    world.settle(rotation.id, 20 * DAY).await;
    assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none(), "it is purged");
    assert_eq!(world.safe.project(world.project.id).await.unwrap().unwrap().key_rotations, 0);
    let connection = world.connection_now(world.connection.id).await;
    assert_eq!(connection.dependents.count(DependentKind::KeyRotation), 0);
    assert_eq!(world.iam.keys("renamed"), keys, "it does not know them under that name");
    let told = world.iam.events().iter().filter(|(what, _)| what == "KeyRotationFailed").count();
    assert!((10..20).contains(&told), "each time, and at last: {told}");
}
