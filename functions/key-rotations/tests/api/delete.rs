//! The end of a rotation, in its four ways.

use serde_json::json;

use crate::world::{World, key_ids, text};

#[tokio::test]
async fn secrets_and_keys_go_as_the_query_says() {
    for (query, secrets, keys) in [
        ("", 2, 2),
        ("?deleteSecrets=false&revokeGeneratedCredentials=false", 2, 2),
        ("?deleteSecrets=true", 0, 2),
        ("?revokeGeneratedCredentials=true", 2, 0),
        ("?deleteSecrets=TRUE&revokeGeneratedCredentials=true", 0, 0),
    ] {
        let world = World::new().await;
        let path = world.rotated("a").await;
        let was = world.ok("GET", &path, None).await;
        let gone = world.ok("DELETE", &format!("{path}{query}"), None).await;
        assert_eq!(text(&gone, "id"), text(&was, "id"), "{query}");
        assert_eq!((world.secrets("/api").await.len(), key_ids(&world).len()), (secrets, keys), "{query}");
        assert_eq!(world.refused("GET", &path, None).await.0, 404, "{query}");
        assert_eq!(world.refused("DELETE", &path, None).await.0, 404, "{query}");
        assert_eq!(world.counted().await, (0, 0), "{query}");
        assert_eq!(world.audited("key-rotation.delete").await, 1, "{query}");
        world.put("/api", "KEY_ID", "by hand").await.unwrap();
    }
}

#[tokio::test]
async fn a_query_that_is_neither_true_nor_false_changes_nothing() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    assert_eq!(world.refused("DELETE", &format!("{path}?deleteSecrets=1"), None).await.0, 422);
    assert_eq!((world.counted().await, world.secrets("/api").await.len()), ((1, 1), 2));
}

#[tokio::test]
async fn a_rotation_may_say_itself_that_its_keys_go() {
    let world = World::new().await;
    let mut body = world.body("a");
    body["revokeOnDelete"] = json!(true);
    let made = world.ok("POST", "", Some(body)).await;
    world.ok("DELETE", &format!("/{}", text(&made, "id")), Some(json!({ "ID": "x" }))).await;
    assert_eq!((key_ids(&world).len(), world.secrets("/api").await.len()), (0, 2));
    // The query has the last word.
    let mut body = world.body("b");
    body["revokeOnDelete"] = json!(true);
    body["secretPath"] = json!("/");
    let made = world.ok("POST", "", Some(body)).await;
    let path = format!("/{}?revokeGeneratedCredentials=false", text(&made, "id"));
    world.ok("DELETE", &path, None).await;
    assert_eq!(key_ids(&world).len(), 1);
}

#[tokio::test]
async fn somebody_elses_keys_stay_whatever_is_asked() {
    let world = World::new().await;
    let theirs = world.iam.put_key(crate::world::USER);
    let path = world.rotation("a").await;
    world.ok("DELETE", &format!("{path}?revokeGeneratedCredentials=true"), None).await;
    assert_eq!(key_ids(&world), [theirs]);
}

#[tokio::test]
async fn a_rotation_whose_folder_is_gone_can_go_too() {
    let world = World::new().await;
    let path = world.rotation("a").await;
    world.delete_folder("/api").await;
    world.ok("DELETE", &format!("{path}?deleteSecrets=true"), None).await;
    assert_eq!(world.counted().await, (0, 0));
}
