//! The key that the connection itself runs on.

use std::time::Duration;

use model::key_rotation::body::TakeOver;
use model::key_rotation::{KeyRotation, RotationStatus};
use rotation::Error;

use crate::clock;
use crate::world::{DAY, USER, World, rotate};

/// A rotation by a connection that runs on the first of the user's keys: with that key's id.
async fn own(world: &World, own_key: bool) -> (KeyRotation, String) {
    let own = world.iam.put_key(USER);
    let connection = world.own_connection(&own).await;
    let mut rotation = KeyRotation { connection_id: connection, ..world.define() };
    rotation.parameters.own_key = own_key;
    (rotation, own)
}

fn is_active(world: &World, id: &str) -> Option<bool> {
    world.iam.keys(USER).iter().find(|key| key.id == id).map(|key| key.is_active)
}

#[tokio::test]
async fn without_room_for_its_successor_the_connections_own_key_stays_and_nothing_is_made() {
    let world = World::new().await;
    let (rotation, own) = own(&world, true).await;
    let foreign = world.iam.put_key(USER);
    for foreign_is_active in [true, false] {
        world.iam.change_key(&foreign, |key| Some(testkit::iam::Key { is_active: foreign_is_active, ..key }));
        let refused = world.create(&rotation, TakeOver::Nothing).await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(refused, Error::Blocked(_)) && said.contains("takeOverExistingKeys"), "{said}");
        for id in [&own, &foreign] {
            assert!(said.contains(&id[id.len() - 4..]) && !said.contains(id.as_str()), "{said}");
        }
        assert_eq!(
            (is_active(&world, &own), is_active(&world, &foreign)),
            (Some(true), Some(foreign_is_active))
        );
        assert!(world.safe.key_rotation_state(rotation.id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn of_two_keys_that_are_taken_over_the_connections_own_goes_when_it_has_another() {
    let world = World::new().await;
    let (rotation, own) = own(&world, true).await;
    let other = world.iam.put_key(USER);
    // By its last use, the connection's own would go first.
    world.iam.change_key(&other, |key| Some(testkit::iam::Key { last_used: Some(clock::now()), ..key }));
    clock::advance(Duration::from_secs(DAY));
    world.create(&rotation, TakeOver::All).await.unwrap();
    assert_eq!((is_active(&world, &own), is_active(&world, &other)), (Some(true), Some(false)));
    world.settle(rotation.id, 3 * DAY).await;
    let published = world.published().await.unwrap();
    assert_eq!((is_active(&world, &own), is_active(&world, &other)), (Some(true), None));
    world.settle(rotation.id, 40 * DAY).await;
    assert_eq!(is_active(&world, &own), None, "the connection has another one");
    assert_ne!(world.published().await.unwrap(), published);
    assert_eq!(world.told(rotation.id).await.0, RotationStatus::Success);
}

#[tokio::test]
async fn a_rotation_that_gives_the_connection_no_other_key_does_not_take_its_own_over() {
    let world = World::new().await;
    let (rotation, own) = own(&world, false).await;
    for taken in [TakeOver::All, TakeOver::These(vec![own.parse().unwrap()])] {
        let refused = world.create(&rotation, taken).await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(refused, Error::OwnKeyTakenOver(_)) && !said.contains(&own), "{said}");
        for part in ["takeOverExistingKeys", &own[own.len() - 4..], "parameters.ownKey"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    assert_eq!(world.iam.count("iam:CreateAccessKey"), 0);
    world.create(&rotation, TakeOver::Nothing).await.unwrap();
    let first = world.published().await.unwrap();
    // There is no place for a second: it says so, and the connection goes on.
    clock::advance(Duration::from_secs(DAY));
    let told = world.want(rotation.id, rotate()).await.unwrap();
    let said = told.state.progress.message.clone().unwrap();
    assert!(said.contains("the connection's own"), "{said}");
    assert_eq!((is_active(&world, &own), world.published().await), (Some(true), Some(first)));
}
