//! Which secret syncs see a change: exactly those that watch the folder, in the transaction of the change.

use model::id::{EnvironmentId, FolderId, SecretSyncId};
use model::secret_sync::SecretSyncRun;
use serde_json::{Value, json};
use store::{Bookkeeping, Change};

use crate::aws::{self, woken};
use crate::world::{World, text};

const FOLDERS: &str = "/api/v2/folders";
const IMPORTS: &str = "/api/v2/secret-imports";

/// A sync that watches these folders of the environment `dev`.
pub(crate) async fn watcher(world: &World, folders: &[&str]) -> SecretSyncId {
    let id = SecretSyncId::random();
    let run = SecretSyncRun::new(id, world.project, true);
    keep(world, Change::new(testkit::now()).create(&run)).await;
    let environment: EnvironmentId = world.environment("dev").await.parse().unwrap();
    for folder in folders {
        let folder: FolderId = folder.parse().unwrap();
        let state = world.store.folder_state(environment, folder).await.unwrap();
        let watchers: Vec<_> = state.watchers.iter().copied().chain([id]).collect();
        keep(world, Change::new(testkit::now()).set_watchers(&state, &watchers)).await;
    }
    id
}

async fn keep(world: &World, change: Change) {
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
}

/// Whether the sync's run state says that its source changed.
pub(crate) async fn is_due(world: &World, id: SecretSyncId) -> bool {
    let run = world.store.secret_sync_run(id).await.unwrap().unwrap();
    run.source_changed_at.is_some()
}

fn place(world: &World, path: &str) -> Value {
    json!({ "projectId": world.project, "environment": "dev", "path": path, "name": "changed" })
}

fn import(world: &World, path: &str, from: &str) -> Value {
    let mut body = place(world, path);
    body["import"] = json!({ "environment": "prod", "path": from });
    body
}

#[tokio::test]
async fn a_new_folder_wakes_who_watches_its_parent_and_nobody_else() {
    let world = World::new().await;
    let (root, a) = (world.environment("dev").await, world.folder("/", "a").await);
    let (of_root, of_a) = (watcher(&world, &[&root]).await, watcher(&world, &[&a]).await);
    world.folder("/a", "b").await;
    assert_eq!(woken(&world.calls), [of_a.to_string()]);
    assert!(is_due(&world, of_a).await && !is_due(&world, of_root).await);
    // With folders made on the way it is the one that they begin in.
    world.folder("/x/y", "z").await;
    assert_eq!(woken(&world.calls)[1..], [of_root.to_string()]);
}

#[tokio::test]
async fn a_rename_wakes_who_watches_the_folder_or_the_one_it_is_in() {
    let world = World::new().await;
    let (root, a) = (world.environment("dev").await, world.folder("/", "a").await);
    let beside = world.folder("/", "beside").await;
    let of_root = watcher(&world, &[&root]).await;
    let of_both = watcher(&world, &[&root, &a]).await;
    let of_beside = watcher(&world, &[&beside]).await;
    world.ok("PATCH", &format!("{FOLDERS}/{a}"), Some(place(&world, "/"))).await;
    let mut messages = woken(&world.calls);
    messages.sort();
    let mut expected = vec![of_root.to_string(), of_both.to_string()];
    expected.sort();
    assert_eq!(messages, expected, "each once");
    assert!(!is_due(&world, of_beside).await);
    // The same name once more is no change.
    world.ok("PATCH", &format!("{FOLDERS}/{a}"), Some(place(&world, "/"))).await;
    assert_eq!(woken(&world.calls).len(), 2);
}

#[tokio::test]
async fn a_delete_wakes_who_watches_any_folder_that_goes() {
    let world = World::new().await;
    let (top, inner) = (world.folder("/", "top").await, world.folder("/top", "inner").await);
    let beside = world.folder("/", "beside").await;
    let root = world.environment("dev").await;
    let watchers =
        [watcher(&world, &[&root]).await, watcher(&world, &[&top]).await, watcher(&world, &[&inner]).await];
    let of_beside = watcher(&world, &[&beside]).await;
    world.ok("DELETE", &format!("{FOLDERS}/{top}"), Some(place(&world, "/"))).await;
    for id in watchers {
        assert!(is_due(&world, id).await);
    }
    assert!(!is_due(&world, of_beside).await);
    assert!(!woken(&world.calls).contains(&of_beside.to_string()));
}

#[tokio::test]
async fn every_change_of_an_import_wakes_who_watches_its_folder() {
    let world = World::new().await;
    let (a, beside) = (world.folder("/", "a").await, world.folder("/", "beside").await);
    let (of_a, of_beside) = (watcher(&world, &[&a]).await, watcher(&world, &[&beside]).await);
    let made = world.ok("POST", IMPORTS, Some(import(&world, "/a", "/"))).await;
    let path = format!("{IMPORTS}/{}", text(&made["secretImport"], "id"));
    assert_eq!(woken(&world.calls).len(), 1);
    world.ok("PATCH", &path, Some(import(&world, "/a", "/elsewhere"))).await;
    assert_eq!(woken(&world.calls).len(), 2);
    world.ok("PATCH", &path, Some(import(&world, "/a", "/elsewhere"))).await;
    assert_eq!(woken(&world.calls).len(), 2, "no change, nobody woken");
    world.ok("DELETE", &path, Some(place(&world, "/a"))).await;
    assert_eq!(woken(&world.calls), [of_a, of_a, of_a].map(|id| id.to_string()));
    assert!(!is_due(&world, of_beside).await);
}

#[tokio::test]
async fn a_refused_change_wakes_nobody() {
    let world = World::new().await;
    let root = world.environment("dev").await;
    world.folder("/", "changed").await;
    let id = watcher(&world, &[&root]).await;
    world.refused("POST", FOLDERS, Some(place(&world, "/"))).await;
    world.refused("PATCH", &format!("{FOLDERS}/absent"), Some(place(&world, "/"))).await;
    let (status, _) =
        world.by(world.viewer, "DELETE", &format!("{FOLDERS}/changed"), Some(&place(&world, "/"))).await;
    assert_eq!(status, 403);
    assert!(woken(&world.calls).is_empty());
    assert!(!is_due(&world, id).await);
}

#[tokio::test]
async fn a_queue_that_is_away_costs_nothing_but_time() {
    let world = World::with(aws::without_queue).await;
    let root = world.environment("dev").await;
    let id = watcher(&world, &[&root]).await;
    world.folder("/", "made").await;
    assert!(is_due(&world, id).await, "the worker's tick finds it");
}

#[tokio::test]
async fn a_watcher_that_is_gone_stands_in_nobodys_way() {
    let world = World::new().await;
    let root: FolderId = world.environment("dev").await.parse().unwrap();
    let environment: EnvironmentId = world.environment("dev").await.parse().unwrap();
    let state = world.store.folder_state(environment, root).await.unwrap();
    keep(&world, Change::new(testkit::now()).set_watchers(&state, &[SecretSyncId::random()])).await;
    let living = watcher(&world, &[&root.to_string()]).await;
    world.folder("/", "made").await;
    assert_eq!(woken(&world.calls), [living.to_string()]);
    assert_eq!(world.store.folder_state(environment, root).await.unwrap().watchers, [living]);
}
