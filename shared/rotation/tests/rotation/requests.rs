//! What people ask for besides new keys.

use std::time::Duration;

use model::connection::{Connection, Way};
use model::id::ConnectionId;
use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus, SecretsMapping};
use rotation::{Deletion, Error};
use store::Change;
use vault::{NewSecret, Write};

use crate::clock;
use crate::world::{DAY, ID, USER, World, author, line, rotate, soon};

#[tokio::test]
async fn renaming_the_secrets_is_one_change_with_the_definition() {
    let world = World::new().await;
    let rotation = world.made().await;
    world
        .write(vec![Write::Create(NewSecret::new("TAKEN".parse().unwrap(), "x".to_owned().into()))])
        .await
        .unwrap();
    let to = |name: &'static str| {
        move |read: &KeyRotation| KeyRotation {
            secrets_mapping: SecretsMapping {
                access_key_id: name.parse().unwrap(),
                ..read.secrets_mapping.clone()
            },
            ..read.clone()
        }
    };
    let refused = world.rotations.update(rotation.id, &author(), to("TAKEN"), soon()).await.unwrap_err();
    assert!(matches!(refused, Error::SecretExists { .. }), "{refused}");
    let changed = world.rotations.update(rotation.id, &author(), to("KEY_ID"), soon()).await.unwrap();
    assert_eq!(changed.rotation.secrets_mapping.access_key_id.as_str(), "KEY_ID");
    let secrets = world.secrets().await;
    assert!(secrets.contains_key("KEY_ID") && !secrets.contains_key(ID), "{:?}", secrets.keys());
    // The next key goes where the names are now.
    clock::advance(Duration::from_secs(DAY));
    world.want(rotation.id, rotate()).await.unwrap();
    world.settle(rotation.id, 120).await;
    let after = world.secrets().await;
    assert!(after["KEY_ID"] != secrets["KEY_ID"] && !after.contains_key(ID));
}

#[tokio::test]
async fn deleting_leaves_ordinary_secrets_and_keys_or_takes_both_along() {
    for (delete_secrets, revoke) in [(false, false), (true, false), (false, true), (true, true)] {
        let world = World::new().await;
        let theirs = world.iam.put_key(USER);
        let rotation = world.made().await;
        let deletion = Deletion { delete_secrets, revoke };
        world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
        assert!(world.safe.key_rotation(rotation.id).await.unwrap().is_none());
        assert_eq!(world.secrets().await.is_empty(), delete_secrets);
        let left: Vec<_> = world.iam.keys(USER).into_iter().map(|key| key.id).collect();
        assert!(left.contains(&theirs), "somebody else's");
        assert_eq!(left.len(), if revoke { 1 } else { 2 });
        assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
        assert_eq!(world.safe.project(world.project.id).await.unwrap().unwrap().key_rotations, 0);
        assert_eq!(world.connection_now(rotation.connection_id).await.dependents.in_words(), None);
        if !delete_secrets {
            world.write(vec![Write::Delete { name: ID.parse().unwrap() }]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_rotation_whose_first_key_is_not_in_the_secrets_yet_is_deleted_with_the_key_that_nobody_has() {
    for (delete_secrets, revoke) in [(false, false), (true, false), (true, true)] {
        let world = World::new().await;
        // It does not work yet, and so is not published.
        world.iam.set_slowness(Duration::from_secs(30));
        let rotation = world.define();
        world.create(&rotation, TakeOver::Nothing).await.unwrap();
        assert!(world.secrets().await.is_empty());
        let deletion = Deletion { delete_secrets, revoke };
        world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
        assert!(world.safe.key_rotation(rotation.id).await.unwrap().is_none(), "{deletion:?}");
        world.settle(rotation.id, DAY).await;
        assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none(), "{deletion:?}");
        assert!(world.iam.keys(USER).is_empty(), "{deletion:?}");
        assert!(world.secrets().await.is_empty(), "{deletion:?}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_removed_at_once_are_removed_by_the_worker() {
    let world = World::new().await;
    let rotation = world.made().await;
    world.iam.deny("iam:DeleteAccessKey");
    let deletion = Deletion { delete_secrets: true, revoke: true };
    world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap();
    assert_eq!(world.iam.keys(USER).len(), 1);
    let counted = world.connection_now(rotation.connection_id).await.dependents.in_words();
    assert!(counted.is_some(), "the way to the keys must stay");
    world.iam.allow("iam:DeleteAccessKey");
    world.settle(rotation.id, DAY).await;
    assert_eq!(world.iam.keys(USER).len(), 0);
    assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
}

#[tokio::test]
async fn generated_credentials_are_the_keys_that_the_rotation_made() {
    let world = World::new().await;
    let rotation = world.rotated().await;
    let read = world.read(rotation.id).await;
    let credentials = world.rotations.credentials(&read).await.unwrap();
    assert_eq!(credentials.iter().map(|one| one.slot).collect::<Vec<_>>(), [0, 1]);
    let active = &credentials[usize::from(read.state.progress.active_index())];
    assert_eq!(Some(active.access_key_id.to_string()), world.published().await);
    let stored = format!("{:?}", read.state.value);
    assert!(!stored.contains("secret of"), "sealed at rest");
}

#[tokio::test]
async fn a_connection_by_access_key_rotates_its_own_key() {
    let world = World::new().await;
    let own = world.iam.put_key(USER);
    let connection = world.own_connection(&own).await;
    let mut rotation = KeyRotation { connection_id: connection, ..world.define() };
    rotation.parameters.own_key = true;
    let made = world.create(&rotation, TakeOver::Nothing).await.unwrap();
    assert_eq!(made.state.progress.status, RotationStatus::Success, "{:?}", made.state.progress);
    let renewed = world.connection_now(connection).await;
    let published = world.published().await.unwrap();
    assert!(matches!(&renewed.way, Way::AccessKey { access_key_id, .. } if *access_key_id == published));
    assert_eq!(renewed.credentials_version, 2);
    // From now on it is the new key that works on the old one.
    world.settle(rotation.id, 40 * DAY).await;
    assert!(world.iam.keys(USER).iter().all(|key| key.id != own));
    assert_ne!(world.published().await.unwrap(), published);
    let deletion = Deletion { delete_secrets: false, revoke: true };
    let refused = world.rotations.delete(rotation.id, &author(), deletion, soon()).await.unwrap_err();
    assert!(matches!(refused, Error::OwnKeyInUse), "{refused}");
}

#[tokio::test]
async fn a_connection_that_somebody_gave_other_credentials_keeps_them() {
    let world = World::new().await;
    let own = world.iam.put_key(USER);
    let way =
        |id: &str, secret_access_key| Way::AccessKey { access_key_id: id.to_owned(), secret_access_key };
    let bare = Connection {
        id: ConnectionId::random(),
        name: "own".into(),
        way: way(&own, String::new()),
        ..world.connection.clone()
    };
    let sealed = world.sealer.seal_access_key(&bare, &format!("secret of {own}").into()).await.unwrap();
    let connection = Connection { way: way(&own, sealed.to_string()), ..bare };
    world.safe.commit(Change::new(clock::now()).create(&connection), &line()).await.unwrap();
    let mut rotation = KeyRotation { connection_id: connection.id, ..world.define() };
    rotation.parameters.own_key = true;
    world.create(&rotation, TakeOver::Nothing).await.unwrap();
    clock::advance(Duration::from_secs(DAY));
    // Another user's key, by hand.
    world.iam.put_user("administrator");
    let theirs = world.iam.put_key("administrator");
    let read = world.connection_now(connection.id).await;
    let unsealed =
        Connection { credentials_version: 3, way: way(&theirs, String::new()), ..read.value.clone() };
    let sealed =
        world.sealer.seal_access_key(&unsealed, &format!("secret of {theirs}").into()).await.unwrap();
    let next = Connection { way: way(&theirs, sealed.to_string()), ..unsealed };
    world.safe.commit(Change::new(clock::now()).replace(&read, &next), &line()).await.unwrap();
    let before = world.published().await;
    world.want(rotation.id, rotate()).await.unwrap();
    world.settle(rotation.id, 120).await;
    let (status, message) = world.told(rotation.id).await;
    assert!(status == RotationStatus::Failed && message.contains("credentials"), "{message}");
    assert_eq!(world.connection_now(connection.id).await.value, next);
    assert_eq!(world.published().await, before);
}

#[tokio::test]
async fn a_role_has_no_key_of_its_own() {
    let world = World::new().await;
    let mut rotation = world.define();
    rotation.parameters.own_key = true;
    let refused = world.create(&rotation, TakeOver::Nothing).await.unwrap_err();
    assert!(matches!(refused, Error::NotOwn(_)), "{refused}");
}
