//! What AWS refuses at the create: told in its words, and nothing is left of the attempt.

use serde_json::json;

use crate::world::{USER, World, key_ids};

/// Nothing is left: no rotation, no count, no secret.
async fn nothing_left(world: &World) {
    assert_eq!(world.counted().await, (0, 0));
    assert_eq!(world.secrets("/api").await, Vec::<String>::new());
    let folder = world.folder("/api").await;
    assert_eq!(world.store.key_rotation_named(folder, "a").await.unwrap(), None);
}

#[tokio::test]
async fn a_user_that_does_not_exist() {
    let world = World::new().await;
    world.iam.remove_user(USER);
    let (status, message) = world.refused("POST", "", Some(world.body("a"))).await;
    assert!(status == 400 && message.contains("user does not exist"), "{message}");
    nothing_left(&world).await;
}

#[tokio::test]
async fn each_permission_that_a_first_key_needs() {
    for action in ["sts:AssumeRole", "iam:ListUsers", "iam:ListAccessKeys", "iam:CreateAccessKey"] {
        let world = World::new().await;
        world.iam.deny(action);
        let (status, message) = world.refused("POST", "", Some(world.body("a"))).await;
        assert_eq!(status, 400, "{action}: {message}");
        assert!(message.starts_with("Unable to create the secret rotation: "), "{message}");
        assert!(message.contains(action) && message.len() <= 1_024, "{message}");
        nothing_left(&world).await;
        assert_eq!(key_ids(&world), Vec::<String>::new());
        // What was mended is tried again as if nothing had been.
        world.iam.allow(action);
        world.rotation("a").await;
    }
}

#[tokio::test]
async fn both_places_taken_by_others() {
    let world = World::new().await;
    let others = [world.iam.put_key(USER), world.iam.put_key(USER)];
    let (status, message) = world.refused("POST", "", Some(world.body("a"))).await;
    assert_eq!(status, 400, "{message}");
    for key in &others {
        assert!(message.contains(&key[key.len() - 4..]) && !message.contains(key.as_str()), "{message}");
    }
    assert!(message.contains("takeOverExistingKeys"), "{message}");
    assert_eq!(key_ids(&world), others);
    nothing_left(&world).await;
}

#[tokio::test]
async fn only_keys_of_the_user_are_taken_over() {
    let world = World::new().await;
    world.iam.put_user("somebody-else");
    let foreign = world.iam.put_key("somebody-else");
    let mut body = world.body("a");
    body["takeOverExistingKeys"] = json!([foreign]);
    let (status, message) = world.refused("POST", "", Some(body)).await;
    assert!(status == 400 && message.contains("no access key"), "{message}");
    assert_eq!(world.iam.keys("somebody-else").len(), 1);
    nothing_left(&world).await;
}

#[tokio::test]
async fn throttling_is_told_as_such() {
    let world = World::new().await;
    world.iam.throttle("iam:ListUsers", 9);
    let (status, message) = world.refused("POST", "", Some(world.body("a"))).await;
    assert!(status == 429 && message.contains("throttling"), "{message}");
    nothing_left(&world).await;
}

#[tokio::test]
async fn a_lost_answer_leaves_a_rotation_that_finds_out() {
    let world = World::new().await;
    world.iam.lose_answers("iam:CreateAccessKey", 1);
    let made = world.ok("POST", "", Some(world.body("a"))).await;
    // Whether a key was made is not known: the rotation stays, and says so.
    assert_eq!(made["rotationStatus"], "failed", "{made}");
    assert_eq!(world.counted().await, (1, 1));
    assert_eq!(world.secrets("/api").await, Vec::<String>::new());
}
