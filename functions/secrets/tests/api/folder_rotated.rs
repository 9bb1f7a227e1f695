//! Folders that key rotations write to.

use serde_json::json;
use store::{Bookkeeping, Change, Stored};

use crate::world::World;

#[tokio::test]
async fn a_folder_that_a_rotation_writes_to_stays_and_so_do_those_above_it() {
    let world = World::new().await;
    world.folder("/", "api").await;
    let keys = world.folder("/api", "keys").await;
    world.folder("/", "other").await;
    let dev = world.environment("dev").await.parse().unwrap();
    let rotation = testkit::key_rotation(world.organization, world.project, dev, keys.parse().unwrap());
    let change = Change::new(testkit::now()).create(&rotation);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    let body = |path: &str| json!({ "projectId": world.project, "environment": "dev", "path": path });
    for (name, path) in [("api", "/"), ("keys", "/api")] {
        let asked = format!("/api/v1/folders/{name}");
        let (status, _, message) = world.refused("DELETE", &asked, Some(body(path))).await;
        assert!(status == 400 && message.contains("key rotations: iam"), "{name}: {status} {message}");
    }
    world.ok("DELETE", "/api/v1/folders/other", Some(body("/"))).await;
    // Renamed it may be: the rotation knows it by its id.
    let mut renamed = body("/api");
    renamed["name"] = json!("renamed");
    world.ok("PATCH", "/api/v1/folders/keys", Some(renamed)).await;
    let stored = Stored::created(rotation, testkit::now());
    world.store.keep_count(Bookkeeping(Change::new(testkit::now()).delete(&stored))).await.unwrap();
    world.ok("DELETE", "/api/v1/folders/api", Some(body("/"))).await;
}
