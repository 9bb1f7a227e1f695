//! Users who are renamed, or exchanged for others.

use std::time::Duration;

use model::key_rotation::{KeyRotation, RotationStatus};
use rotation::Error;

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
