//! Two callers at once: each sees one of the two orders, and nothing is lost.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::world::{World, each};

const FOLDERS: &str = "/api/v2/folders";

fn body(world: &World, name: &str, path: &str) -> Value {
    json!({ "projectId": world.project, "environment": "dev", "name": name, "path": path })
}

#[tokio::test]
async fn of_two_creates_of_one_folder_one_wins() {
    let world = World::new().await;
    let body = body(&world, "raced", "/a/b");
    let (one, other) = tokio::join!(
        world.by(world.member, "POST", FOLDERS, Some(&body)),
        world.by(world.owner, "POST", FOLDERS, Some(&body)),
    );
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{one:?} {other:?}");
    let all = world.list(FOLDERS, "path=/&recursive=true").await;
    assert_eq!(each(&all, "relativePath"), ["/a", "/a/b", "/a/b/raced"]);
}

#[tokio::test]
async fn many_folders_made_at_once_are_all_there() {
    let world = World::new().await;
    let names: Vec<String> = (0..8).map(|number| format!("f{number}")).collect();
    let made = names.iter().map(|name| async {
        let body = body(&world, name, "/same/way");
        world.by(world.member, "POST", FOLDERS, Some(&body)).await
    });
    for (status, answer) in join_all(made).await {
        assert_eq!(status, 200, "{answer}");
    }
    assert_eq!(each(&world.list(FOLDERS, "path=/same/way").await, "name"), names);
    assert_eq!(world.audited("folder.create").await.len(), 8);
}

#[tokio::test]
async fn a_rename_and_a_delete_at_once_leave_no_half_folder() {
    let world = World::new().await;
    let id = world.folder("/", "contested").await;
    let path = format!("{FOLDERS}/{id}");
    let (rename, removal) = (body(&world, "renamed", "/"), body(&world, "", "/"));
    let (renamed, deleted) = tokio::join!(
        world.by(world.member, "PATCH", &path, Some(&rename)),
        world.by(world.owner, "DELETE", &path, Some(&removal)),
    );
    assert_eq!(deleted.0, 200, "{deleted:?}");
    assert!([200, 404].contains(&renamed.0), "{renamed:?}");
    assert_eq!(world.list(FOLDERS, "path=/").await, json!([]));
}

#[tokio::test]
async fn two_renames_to_one_name_do_not_both_happen() {
    let world = World::new().await;
    let (one, two) = (world.folder("/", "one").await, world.folder("/", "two").await);
    let wanted = body(&world, "same", "/");
    let (first, second) = (format!("{FOLDERS}/{one}"), format!("{FOLDERS}/{two}"));
    let (a, b) = tokio::join!(
        world.by(world.member, "PATCH", &first, Some(&wanted)),
        world.by(world.owner, "PATCH", &second, Some(&wanted)),
    );
    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{a:?} {b:?}");
}

#[tokio::test]
async fn of_two_tags_of_one_slug_at_once_one_wins() {
    let world = World::new().await;
    let path = format!("/api/v1/projects/{}/tags", world.project);
    let body = json!({ "slug": "raced", "color": "#000000" });
    let (one, other) = tokio::join!(
        world.by(world.member, "POST", &path, Some(&body)),
        world.by(world.owner, "POST", &path, Some(&body)),
    );
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{one:?} {other:?}");
}

#[tokio::test]
async fn imports_added_at_once_are_all_there() {
    let world = World::new().await;
    let body = |environment: &str| {
        json!({ "workspaceId": world.project, "environment": "dev", "path": "/",
            "import": { "environment": environment, "path": "/" } })
    };
    let (prod, staging) = (body("prod"), body("staging"));
    let (one, other) = tokio::join!(
        world.by(world.member, "POST", "/api/v1/secret-imports", Some(&prod)),
        world.by(world.owner, "POST", "/api/v1/secret-imports", Some(&staging)),
    );
    assert_eq!((one.0, other.0), (200, 200), "{one:?} {other:?}");
    let path = format!("/api/v1/secret-imports?workspaceId={}&environment=dev", world.project);
    let listed = world.ok("GET", &path, None).await["secretImports"].clone();
    let mut positions: Vec<u64> =
        listed.as_array().unwrap().iter().map(|one| one["position"].as_u64().unwrap()).collect();
    positions.sort_unstable();
    assert_eq!(positions, [1, 2]);
}
