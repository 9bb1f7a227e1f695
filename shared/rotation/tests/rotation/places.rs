//! Where the secrets are: folders and environments that go, secrets that somebody takes away, syncs that do not get through.

use std::time::Duration;

use model::folder::FolderTree;
use model::id::SecretSyncId;
use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus};
use model::secret_sync::SecretSyncRun;
use rotation::{Deletion, Error};
use store::{Bookkeeping, Change, FolderState};

use crate::clock;
use crate::world::{DAY, HOUR, USER, World, author, line, rotate, soon};

impl World {
    /// One with its first key in the secrets of a folder, and the folder's tree.
    async fn made_in_a_folder(&self) -> KeyRotation {
        let mut tree = FolderTree::new(self.project.id, self.environment());
        let folder = tree.create(&"/".parse().unwrap(), "keys".parse().unwrap(), None, clock::now()).unwrap();
        self.safe.commit(Change::new(clock::now()).create(&tree), &line()).await.unwrap();
        let rotation = KeyRotation { folder_id: folder, ..self.define() };
        let made = self.create(&rotation, TakeOver::Nothing).await.unwrap();
        assert_eq!(made.state.progress.status, RotationStatus::Success, "{:?}", made.state.progress);
        rotation
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_stops_the_rotation_and_costs_no_key() {
    for with_environment in [false, true] {
        let world = World::new().await;
        let rotation = world.made_in_a_folder().await;
        clock::advance(Duration::from_secs(DAY));
        let read = world.safe.folder_tree(world.environment()).await.unwrap().unwrap();
        let change = Change::new(clock::now());
        let change = match with_environment {
            true => {
                let project = world.safe.project(world.project.id).await.unwrap().unwrap();
                let mut next = project.value.clone();
                next.environments.remove(world.environment()).unwrap();
                change.replace(&project, &next).end_folders(Some(&read), next.id, world.environment())
            }
            false => {
                let mut tree = read.value.clone();
                tree.remove(rotation.folder_id).unwrap();
                change.replace(&read, &tree)
            }
        };
        world.safe.commit(change, &line()).await.unwrap();
        let told = world.want(rotation.id, rotate()).await.unwrap();
        world.settle(rotation.id, 3 * DAY).await;
        let (status, message) = world.told(rotation.id).await;
        assert_eq!(status, RotationStatus::Failed, "{:?}", told.state.progress);
        assert!(message.contains("the folder of this rotation does not exist any more"), "{message}");
        // Whoever still has the key that was published goes on, and what was made since is ours.
        assert!(world.iam.keys(USER).iter().all(|key| key.is_active));
        assert_eq!(world.iam.count("iam:DeleteAccessKey"), 0);
        let kept = world.rotations.credentials(&world.read(rotation.id).await).await.unwrap();
        assert_eq!(kept.len(), world.iam.keys(USER).len(), "no key of ours is lost");
        let deletion = Deletion { delete_secrets: true, revoke: true };
        world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
        world.settle(rotation.id, DAY).await;
        assert_eq!(world.iam.keys(USER).len(), 0);
        assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn of_two_rotations_into_one_secret_the_second_is_refused_before_it_has_a_key() {
    let world = World::new().await;
    // The first one's key is not in the secrets yet.
    world.iam.set_slowness(Duration::from_secs(60));
    let first = world.define();
    let pending = world.create(&first, TakeOver::Nothing).await.unwrap();
    assert_eq!(pending.state.progress.status, RotationStatus::Pending);
    let mut second = KeyRotation { name: "second".into(), ..world.define() };
    world.iam.put_user("other");
    second.parameters.user_name = "other".into();
    second.secrets_mapping.access_key_id = "ANOTHER".parse().unwrap();
    let refused = world.create(&second, TakeOver::Nothing).await.unwrap_err();
    assert!(matches!(refused, Error::SecretExists { .. }), "{refused}");
    assert_eq!(world.iam.keys("other").len(), 0);
    // Nor does one get there by a change of its names.
    second.secrets_mapping.secret_access_key = "YET_ANOTHER".parse().unwrap();
    world.iam.set_slowness(Duration::from_secs(3));
    world.create(&second, TakeOver::Nothing).await.unwrap();
    let into = |read: &KeyRotation| {
        let mut next = read.clone();
        next.secrets_mapping.secret_access_key = first.secrets_mapping.secret_access_key.clone();
        next
    };
    let refused = world.rotations.update(second.id, &author(), into, soon()).await.unwrap_err();
    assert!(matches!(refused, Error::SecretExists { .. }), "{refused}");
    world.settle(first.id, 120).await;
    assert_eq!(world.told(first.id).await.0, RotationStatus::Success);
}

#[tokio::test]
async fn a_sync_whose_destination_is_down_is_woken_and_holds_up_nothing() {
    let world = World::new().await;
    let rotation = world.made().await;
    // It watches the folder, and has failed for as long as anybody knows.
    let sync = SecretSyncRun::new(SecretSyncId::random(), world.project.id, true);
    let state = FolderState::new(world.environment(), rotation.folder_id);
    let read = world.safe.folder_state(world.environment(), rotation.folder_id).await.unwrap();
    assert_eq!(read.folder_id, state.folder_id);
    let change = Change::new(clock::now()).create(&sync).set_watchers(&read, &[sync.id]);
    world.safe.keep_count(Bookkeeping(change)).await.unwrap();
    let before = world.published().await.unwrap();
    clock::advance(Duration::from_secs(DAY));
    world.want(rotation.id, rotate()).await.unwrap();
    assert!(world.safe.secret_sync_run(sync.id).await.unwrap().unwrap().source_changed_at.is_none());
    world.settle(rotation.id, 120).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    // In the transaction that published: whoever syncs finds it due, whether or not a message came.
    let woken = world.safe.secret_sync_run(sync.id).await.unwrap().unwrap();
    assert!(woken.source_changed_at.is_some() && woken.due_at.is_some(), "{:?}", woken.value);
    let mut told = Vec::new();
    while let Some(id) = world.iam.receive("syncs") {
        told.push(id);
    }
    assert!(told.contains(&sync.id.to_string()), "{told:?}");
    // What the destination still has works on, for nearly a whole interval.
    world.settle(rotation.id, 28 * DAY).await;
    assert!(world.iam.keys(USER).iter().any(|key| key.id == before && key.is_active));
    world.settle(rotation.id, 4 * DAY + HOUR).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
}
