//! Keys that nobody knows: those of calls that were interrupted, and those that people made at the same moment.

use std::time::Duration;

use model::id::KeyRotationId;
use model::key_rotation::{KeyRotation, RotationStatus, Seen, SeenKey};
use rotation::Deletion;
use testkit::iam::Key;

use crate::clock;
use crate::world::{DAY, HOUR, USER, World, author, rotate, soon};

impl World {
    /// The record of a process that died after its intent, before it called.
    async fn died_with_an_intent(&self, rotation: &KeyRotation) {
        let keys = self.iam.keys(USER).into_iter().map(|key| SeenKey {
            id: key.id.parse().unwrap(),
            is_active: key.is_active,
            created_at: key.created_at,
            last_used: model::key_rotation::LastUsed::Unknown,
        });
        let seen = Seen { user_id: None, keys: keys.collect(), renamed_to: None, signed_by: None };
        let now = clock::now();
        let step = |state: &model::key_rotation::RotationState| {
            let progress = state.progress.wanting(rotate()).creating(&seen, now);
            (Some(state.with(progress).released(Some(now))), ())
        };
        self.safe.amend_key_rotation(rotation.id, now, None, step).await.unwrap().unwrap();
    }

    fn is_active(&self, id: &str) -> Option<bool> {
        self.iam.keys(USER).iter().find(|key| key.id == id).map(|key| key.is_active)
    }

    async fn message(&self, id: KeyRotationId) -> String {
        self.told(id).await.1
    }
}

#[tokio::test]
async fn what_an_interrupted_call_made_is_inactive_for_an_hour_and_then_deleted() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.iam.lose_answers("iam:CreateAccessKey", 1);
    world.want(rotation.id, rotate()).await.unwrap();
    let published = world.published().await.unwrap();
    let orphan = world.iam.keys(USER).into_iter().find(|key| key.id != published).unwrap().id;
    world.settle(rotation.id, 600).await;
    assert_eq!(world.is_active(&orphan), Some(false));
    let message = world.message(rotation.id).await;
    assert!(message.contains(&orphan[orphan.len() - 4..]) && !message.contains(&orphan), "{message}");
    world.settle(rotation.id, HOUR + 600).await;
    assert_eq!(world.is_active(&orphan), None);
    assert_eq!(world.told(rotation.id).await, (RotationStatus::Success, String::new()));
    assert_ne!(world.published().await.unwrap(), published);
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 3);
}

#[tokio::test]
async fn what_an_interrupted_call_made_goes_with_a_rotation_that_is_deleted_without_its_keys() {
    // Before anybody looked for it, and while it is inactive.
    for seconds in [0, 600] {
        let world = World::new().await;
        let rotation = world.made().await;
        clock::advance(Duration::from_secs(DAY));
        world.iam.lose_answers("iam:CreateAccessKey", 1);
        world.want(rotation.id, rotate()).await.unwrap();
        world.settle(rotation.id, seconds).await;
        let published = world.published().await.unwrap();
        assert_eq!(world.iam.keys(USER).len(), 2, "{seconds}");
        let deletion = Deletion { delete_secrets: false, revoke: false };
        world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
        world.settle(rotation.id, DAY).await;
        let left: Vec<_> = world.iam.keys(USER).into_iter().map(|key| (key.id, key.is_active)).collect();
        assert_eq!(left, [(published, true)], "{seconds}");
        assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none(), "{seconds}");
    }
}

#[tokio::test]
async fn a_key_that_a_person_made_while_a_process_died_is_never_deleted_when_it_is_missed() {
    for blind in [false, true] {
        let world = World::new().await;
        let rotation = world.made().await;
        clock::advance(Duration::from_secs(DAY));
        if blind {
            world.iam.deny("iam:GetAccessKeyLastUsed");
        }
        world.died_with_an_intent(&rotation).await;
        clock::advance(Duration::from_secs(2));
        let theirs = world.iam.put_key(USER);
        world.settle(rotation.id, 600).await;
        assert_eq!(world.is_active(&theirs), Some(false), "it looks like an orphan in every way");
        // Its maker notices.
        world.iam.change_key(&theirs, |key| Some(Key { is_active: true, ..key }));
        world.settle(rotation.id, 5 * DAY).await;
        assert_eq!(world.is_active(&theirs), Some(true), "blind: {blind}");
        assert_eq!(world.iam.count("iam:DeleteAccessKey"), 0);
        let (status, message) = world.told(rotation.id).await;
        assert!(
            status == RotationStatus::Failed && message.contains("already has 2 access keys"),
            "{message}"
        );
        world.iam.change_key(&theirs, |_| None);
        world.settle(rotation.id, 2 * DAY).await;
        assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
    }
}

#[tokio::test]
async fn a_key_that_a_person_made_and_uses_is_not_taken_for_an_orphan() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.died_with_an_intent(&rotation).await;
    clock::advance(Duration::from_secs(2));
    let theirs = world.iam.put_key(USER);
    world.iam.change_key(&theirs, |key| Some(Key { last_used: Some(clock::now()), ..key }));
    world.settle(rotation.id, DAY).await;
    assert_eq!(world.is_active(&theirs), Some(true));
    assert_eq!(world.iam.count("iam:UpdateAccessKey"), 0);
}

#[tokio::test]
async fn a_use_that_aws_tells_late_brings_the_key_back() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.died_with_an_intent(&rotation).await;
    clock::advance(Duration::from_secs(2));
    let theirs = world.iam.put_key(USER);
    let used_at = clock::now();
    world.settle(rotation.id, 600).await;
    assert_eq!(world.is_active(&theirs), Some(false));
    world.iam.change_key(&theirs, |key| Some(Key { last_used: Some(used_at), ..key }));
    world.settle(rotation.id, 5 * DAY).await;
    assert_eq!(world.is_active(&theirs), Some(true));
}

#[tokio::test]
async fn a_key_that_a_person_made_since_the_last_look_stops_the_call() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    world.iam.forget_calls();
    world.iam.meanwhile("iam:ListAccessKeys", |iam| {
        // What this look shows is old before the call leaves; a person is faster.
        clock::advance(Duration::from_secs(3));
        iam.meanwhile("iam:ListAccessKeys", |iam| drop(iam.put_key(USER)));
    });
    world.want(rotation.id, rotate()).await.unwrap();
    world.settle(rotation.id, 600).await;
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 0, "it was not even called");
    assert_eq!(world.read(rotation.id).await.state.progress.intent, None);
    assert!(world.message(rotation.id).await.contains("already has 2 access keys"));
}

#[tokio::test]
async fn a_third_key_that_iam_itself_refuses_is_told_and_nothing_is_touched() {
    let world = World::new().await;
    let rotation = world.made().await;
    clock::advance(Duration::from_secs(DAY));
    // Somebody is faster, in the last moment.
    world.iam.meanwhile("iam:CreateAccessKey", |iam| drop(iam.put_key(USER)));
    let told = world.want(rotation.id, rotate()).await.unwrap();
    let message = told.state.progress.message.clone().unwrap();
    assert!(message.contains("CreateAccessKey") && message.contains("AccessKeysPerUser"), "{message}");
    assert_eq!(told.state.progress.intent, None, "IAM said that it made none");
    world.settle(rotation.id, DAY).await;
    let theirs = world
        .iam
        .keys(USER)
        .into_iter()
        .find(|key| Some(&key.id) != told.state.secrets.keys().next().map(ToString::to_string).as_ref());
    let theirs = theirs.unwrap();
    assert!(theirs.is_active);
    assert_eq!(world.iam.count("iam:UpdateAccessKey") + world.iam.count("iam:DeleteAccessKey"), 0);
    world.iam.change_key(&theirs.id, |_| None);
    world.settle(rotation.id, 2 * DAY).await;
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
}
