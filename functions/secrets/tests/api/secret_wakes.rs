//! Which secret syncs see a change of a secret: exactly those that watch its folder, in the transaction of the change.

use serde_json::json;

use crate::aws::woken;
use crate::secret_world::{BATCH, RAW};
use crate::wakes::{is_due, watcher};
use crate::world::{World, text};

#[tokio::test]
async fn every_change_of_a_secret_wakes_who_watches_its_folder_and_nobody_else() {
    let world = World::new().await;
    let (root, a) = (world.environment("dev").await, world.folder("/", "a").await);
    let (of_root, of_a) = (watcher(&world, &[&root]).await, watcher(&world, &[&a]).await);
    let of_both = watcher(&world, &[&root, &a]).await;
    let id = text(&world.put("/a", "A", "1").await, "id");
    let at = |fields: serde_json::Value| Some(world.at("/a", fields));
    let many = |value: &str| at(json!({ "secrets": [{ "secretKey": "X", "secretValue": value }] }));
    for (method, path, body) in [
        ("PATCH", format!("{RAW}/A"), at(json!({ "secretValue": "2" }))),
        ("PATCH", format!("{RAW}/A"), at(json!({ "newSecretName": "B" }))),
        // Metadata and tags may become tags at the destination.
        ("PATCH", format!("{RAW}/B"), at(json!({ "secretMetadata": [{ "key": "k", "value": "v" }] }))),
        ("POST", format!("/api/v1/secret/{id}/rollback"), Some(json!({ "version": 1 }))),
        ("POST", BATCH.to_owned(), many("1")),
        ("PATCH", BATCH.to_owned(), many("2")),
        ("DELETE", BATCH.to_owned(), many("")),
        ("DELETE", format!("{RAW}/B"), at(json!({}))),
    ] {
        let before = woken(&world.calls).len();
        world.ok(method, &path, body.clone()).await;
        let mut new = woken(&world.calls)[before..].to_vec();
        new.sort();
        let mut expected = [of_a.to_string(), of_both.to_string()];
        expected.sort();
        assert_eq!(new, expected, "{method} {path} {body:?}");
    }
    assert!(is_due(&world, of_a).await && is_due(&world, of_both).await);
    assert!(!is_due(&world, of_root).await);
}

#[tokio::test]
async fn what_changes_nothing_wakes_nobody() {
    let world = World::new().await.with_ada().await;
    world.put("/", "A", "1").await;
    let root = world.environment("dev").await;
    let watching = watcher(&world, &[&root]).await;
    let path = format!("{RAW}/A");
    // The same again, as Terraform sends it.
    world.ok("PATCH", &path, Some(world.at("/", json!({ "secretValue": "1", "tagIds": [] })))).await;
    assert_eq!(world.ok("GET", &world.target(&path, "/", ""), None).await["secret"]["version"], json!(1));
    world.refused("POST", &path, Some(world.at("/", json!({ "secretValue": "2" })))).await;
    world.refused("DELETE", &format!("{RAW}/GONE"), Some(world.at("/", json!({})))).await;
    world.secrets("/", "expandSecretReferences=true&include_imports=true").await;
    // Nobody but its owner ever sees a personal secret.
    let own = world.at("/", json!({ "secretValue": "x", "type": "personal" }));
    assert_eq!(world.ada("POST", &path, Some(own)).await.0, 200);
    let gone = world.at("/", json!({ "type": "personal" }));
    assert_eq!(world.ada("DELETE", &path, Some(gone)).await.0, 200);
    assert_eq!(woken(&world.calls), [""; 0]);
    assert!(!is_due(&world, watching).await);
}
