//! A process that dies between any two of its calls: folders are whole or gone, and what is half removed is removed later.

use model::id::{EnvironmentId, FolderId, SecretId};
use serde_json::{Value, json};
use store::Purged;
use testkit::fuse::{Fault, Fuse};

use crate::world::{World, each, text};

const FOLDERS: &str = "/api/v2/folders";

fn body(world: &World, name: &str, path: &str) -> Value {
    json!({ "projectId": world.project, "environment": "dev", "name": name, "path": path })
}

/// What a tick of the worker does about deleted folders.
async fn tick(world: &World) {
    for environment in world.store.environments_to_purge(10).await.unwrap() {
        assert_eq!(world.store.purge_folders(environment, testkit::now(), 100).await.unwrap(), Purged::All);
    }
}

struct Full {
    top: String,
    inner: String,
    secrets: Vec<SecretId>,
}

/// A folder with a folder in it, each with two secrets, one of them with an earlier version.
async fn full(world: &World) -> Full {
    let (top, inner) = (world.folder("/", "top").await, world.folder("/top", "inner").await);
    let mut secrets = Vec::new();
    for path in ["/top", "/top/inner"] {
        for name in ["ONE", "TWO"] {
            secrets.push(text(&world.put(path, name, "value").await, "id").parse().unwrap());
        }
        let change = world.at(path, json!({ "secretValue": "changed" }));
        world.ok("PATCH", &format!("{}/ONE", crate::secret_world::RAW), Some(change)).await;
    }
    Full { top, inner, secrets }
}

#[tokio::test]
async fn a_deletion_that_dies_anywhere_is_nothing_or_all_in_the_end() {
    for call in 1..80 {
        if !deletion_survives(Fault::Die(call), call).await
            || !deletion_survives(Fault::DieAfter(call), call).await
        {
            assert!(call > 5, "{call}: the calls were not counted");
            return;
        }
    }
    panic!("a deletion of two folders makes fewer calls");
}

/// Whether the fault came before the end of the deletion; if so, everything is asserted that must be true after it.
async fn deletion_survives(fault: Fault, call: u32) -> bool {
    let fuse = Fuse::default();
    let world = World::through(&fuse).await;
    let Full { top, inner, secrets } = full(&world).await;
    let (path, place) = (format!("{FOLDERS}/{top}"), body(&world, "", "/"));
    fuse.arm(fault);
    let (status, answer) = world.by(world.member, "DELETE", &path, Some(&place)).await;
    let calls = fuse.calls();
    fuse.arm(Fault::None);
    if calls < call {
        assert_eq!(status, 200, "{answer}");
        return false;
    }
    // Whoever heard nothing asks again.
    let (status, answer) = world.by(world.member, "DELETE", &path, Some(&place)).await;
    assert!([200, 404].contains(&status), "{fault:?} {answer}");
    tick(&world).await;
    assert_eq!(world.list(FOLDERS, "path=/&recursive=true").await, json!([]));
    let environment: EnvironmentId = world.environment("dev").await.parse().unwrap();
    for folder in [&top, &inner] {
        let folder: FolderId = folder.parse().unwrap();
        assert!(world.store.secrets_in(environment, folder).await.unwrap().is_empty(), "{fault:?}");
        assert!(world.store.environment_of_folder(folder).await.unwrap().is_none(), "{fault:?}");
    }
    for id in &secrets {
        assert!(world.store.secret_by_id(*id).await.unwrap().is_none(), "{fault:?}");
        assert!(world.store.secret_versions(environment, *id).await.unwrap().is_empty(), "{fault:?}");
    }
    assert_eq!(world.audited("folder.delete").await.len(), 1, "{fault:?}");
    true
}

#[tokio::test]
async fn a_creation_that_dies_anywhere_leaves_no_folder_or_a_whole_one() {
    let fuse = Fuse::default();
    let mut call = 1;
    loop {
        let world = World::through(&fuse).await;
        let wanted = body(&world, "new", "/a/b");
        fuse.arm(Fault::DieAfter(call));
        let (status, _) = world.by(world.member, "POST", FOLDERS, Some(&wanted)).await;
        let calls = fuse.calls();
        fuse.arm(Fault::None);
        if calls < call {
            assert_eq!(status, 200);
            return;
        }
        let paths = each(&world.list(FOLDERS, "path=/&recursive=true").await, "relativePath");
        assert!(paths.is_empty() || paths == ["/a", "/a/b", "/a/b/new"], "{call}: {paths:?}");
        assert_eq!(world.audited("folder.create").await.len(), usize::from(!paths.is_empty()));
        let (status, answer) = world.by(world.member, "POST", FOLDERS, Some(&wanted)).await;
        assert_eq!(status, if paths.is_empty() { 200 } else { 400 }, "{call}: {answer}");
        call += 1;
        assert!(call < 40, "it never ends");
    }
}
