//! Requests at the same moment.

use futures::future::join_all;
use serde_json::json;

use crate::world::{World, key_ids, text};

#[tokio::test]
async fn of_creates_with_one_name_one_is_made_with_one_key() {
    let world = World::new().await;
    let bodies: Vec<_> = (0..4)
        .map(|n| {
            let mut body = world.body("a");
            body["description"] = json!(n.to_string());
            body
        })
        .collect();
    let answers = join_all(bodies.iter().map(|body| world.by(world.member, "POST", "", Some(body)))).await;
    let made = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(made, 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [200, 400].contains(status)), "{answers:?}");
    assert_eq!((key_ids(&world).len(), world.counted().await), (1, (1, 1)));
}

#[tokio::test]
async fn the_same_create_twice_at_once_is_one_rotation_with_one_key() {
    let world = World::new().await;
    let body = world.body("a");
    let answers = join_all((0..3).map(|_| world.by(world.member, "POST", "", Some(&body)))).await;
    let ids: Vec<String> = answers.iter().map(|(_, answer)| text(&answer["secretRotation"], "id")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{answers:?}");
    assert_eq!((key_ids(&world).len(), world.counted().await), (1, (1, 1)));
}

#[tokio::test]
async fn two_rotations_into_the_same_secrets_are_not_both_published() {
    let world = World::new().await;
    let (first, second) = (world.body("a"), world.body("b"));
    let (one, other) = tokio::join!(
        world.by(world.member, "POST", "", Some(&first)),
        world.by(world.member, "POST", "", Some(&second))
    );
    let published = [&one, &other]
        .into_iter()
        .filter(|(status, answer)| *status == 200 && answer["secretRotation"]["rotationStatus"] == "success");
    assert_eq!(published.count(), 1, "{one:?} {other:?}");
    assert_eq!(world.secrets("/api").await.len(), 2);
}

#[tokio::test]
async fn of_two_wishes_at_once_one_key_is_made() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    let rotate = format!("{path}/rotate-secrets");
    let answers = join_all((0..2).map(|_| world.by(world.member, "POST", &rotate, None))).await;
    assert!(answers.iter().any(|(status, _)| *status == 200), "{answers:?}");
    world.work(&path).await;
    assert_eq!(key_ids(&world).len(), 2);
}
