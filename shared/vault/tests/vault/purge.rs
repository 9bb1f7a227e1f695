//! What deleted folders and environments leave behind.

use super::world::*;
use model::folder::FolderTree;
use model::id::FolderId;
use store::{Bookkeeping, Change, Purged};
use vault::Error;

impl World {
    /// Whether nothing of these folders is left but the memory that they were there.
    async fn is_purged(&self, slug: &str, folders: &[FolderId]) -> bool {
        let environment = self.environment(slug);
        let mut left = 0;
        for folder in folders {
            left += self.store.secrets_in(environment, *folder).await.unwrap().len();
            left += self.store.all_personal_secrets_in(environment, *folder).await.unwrap().len();
            left += usize::from(self.store.environment_of_folder(*folder).await.unwrap().is_some());
        }
        left == 0 && self.store.environments_to_purge(10).await.unwrap().is_empty()
    }
}

#[tokio::test]
async fn a_deleted_folder_takes_its_secrets_and_all_below_along_and_nothing_else() {
    let world = World::new().await;
    let folders = [world.folder("dev", "/a").await, world.folder("dev", "/a/b/c").await];
    world.put("dev", "/a", &[("A", "1")]).await;
    world.put("dev", "/a/b/c", &[("C", "1")]).await;
    world.write("dev", "/a", vec![set("A", "2")]).await.unwrap();
    world.write_as(&super::personal::ada(), "dev", "/a", vec![new("A", "ada's")]).await.unwrap();
    world.put("dev", "/", &[("ROOT", "1")]).await;
    let secret = world.get("dev", "/a", "A").await.unwrap().stored.id;
    world.remove_folder("dev", "/a").await;
    assert!(world.is_purged("dev", &folders).await);
    assert!(world.store.secret_by_id(secret).await.unwrap().is_none());
    assert!(world.store.secret_versions(world.environment("dev"), secret).await.unwrap().is_empty());
    assert_eq!(world.list("dev", "/", &OPEN).await, [pair("ROOT", "1")]);
    world.folder("dev", "/a").await;
    assert!(world.list("dev", "/a", &OPEN).await.is_empty(), "a new folder of the same name is empty");
}

#[tokio::test]
async fn a_large_folder_is_purged_piece_by_piece_by_whoever_comes_by() {
    let world = World::new().await;
    let folder = world.folder("dev", "/a").await;
    let names: Vec<String> = (0..120).map(|number| format!("K{number}")).collect();
    world.write("dev", "/a", names.iter().map(|name| new(name, "1")).collect()).await.unwrap();
    let environment = world.environment("dev");
    // Someone who dies after the deletion itself.
    let tree = world.store.folder_tree(environment).await.unwrap().unwrap();
    let mut next: FolderTree = tree.value.clone();
    next.remove(folder).unwrap();
    world.store.keep_count(Bookkeeping(Change::new(testkit::now()).replace(&tree, &next))).await.unwrap();
    assert_eq!(world.store.environments_to_purge(10).await.unwrap(), [environment]);
    assert!(matches!(world.write("dev", "/a", vec![new("X", "1")]).await, Err(Error::NoFolder { .. })));
    let mut rounds = 0;
    while world.store.purge_folders(environment, testkit::now(), 1).await.unwrap() == Purged::Some {
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 2, "{rounds}");
    assert!(world.is_purged("dev", &[folder]).await);
}

#[tokio::test]
async fn whoever_read_a_folder_before_it_went_cannot_write_into_it_any_more() {
    let world = World::new().await;
    let folder = world.folder("dev", "/a").await;
    world.put("dev", "/a", &[("A", "1")]).await;
    let environment = world.environment("dev");
    let state = world.store.folder_state(environment, folder).await.unwrap();
    world.remove_folder("dev", "/a").await;
    let late = Change::new(testkit::now()).touch_folder(&state, store::Touch::Secrets, &[]);
    let refused = world.store.keep_count(Bookkeeping(late)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&store::Conflict::Stale { kind: "folder state" }));
}

#[tokio::test]
async fn an_environment_goes_with_everything_and_wakes_those_who_read_it() {
    let world = World::new().await;
    let environment = world.environment("dev");
    let folders = [world.folder("dev", "/a").await, FolderId::root_of(environment)];
    world.put("dev", "/", &[("ROOT", "1")]).await;
    world.put("dev", "/a", &[("A", "1")]).await;
    let import = world.import(("dev", "/a"), ("prod", "/")).await.unwrap();
    let sync = world.sync(&[("dev", "/"), ("dev", "/a")]).await;
    let tree = world.store.folder_tree(environment).await.unwrap();
    let change = Change::new(testkit::now()).end_folders(tree.as_ref(), world.project.id, environment);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    let place = path("/");
    assert!(matches!(world.vault.list(&world.place("dev", &place), &OPEN).await, Err(Error::NoEnvironment)));
    assert!(matches!(world.write("dev", "/", vec![new("B", "1")]).await, Err(Error::NoEnvironment)));
    assert_eq!(world.store.purge_folders(environment, testkit::now(), 100).await.unwrap(), Purged::All);
    assert!(world.is_purged("dev", &folders).await && world.was_woken(sync).await);
    assert_eq!(world.store.environment_of_import(import).await.unwrap(), None);
    let late =
        world.edit("dev", |tree| tree.create(&path("/"), "b".parse().unwrap(), None, testkit::now())).await;
    assert!(matches!(late, Err(Error::NoEnvironment)));
    assert_eq!(world.list("prod", "/", &OPEN).await, []);
}

#[tokio::test]
async fn an_environment_without_folders_goes_as_well() {
    let world = World::new().await;
    let environment = world.environment("dev");
    world.put("dev", "/", &[("ROOT", "1")]).await;
    let change = Change::new(testkit::now()).end_folders(None, world.project.id, environment);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    assert_eq!(world.store.purge_folders(environment, testkit::now(), 100).await.unwrap(), Purged::All);
    assert!(world.is_purged("dev", &[FolderId::root_of(environment)]).await);
}

#[tokio::test]
async fn two_purges_at_once_do_the_same_as_one() {
    let world = World::new().await;
    let environment = world.environment("dev");
    let names: Vec<String> = (0..60).map(|number| format!("K{number}")).collect();
    world.write("dev", "/", names.iter().map(|name| new(name, "1")).collect()).await.unwrap();
    let change = Change::new(testkit::now()).end_folders(None, world.project.id, environment);
    world.store.keep_count(Bookkeeping(change)).await.unwrap();
    let purges = (0..3).map(|_| world.store.purge_folders(environment, testkit::now(), 100));
    for purged in futures::future::join_all(purges).await {
        purged.unwrap();
    }
    assert_eq!(world.store.purge_folders(environment, testkit::now(), 100).await.unwrap(), Purged::All);
    assert!(world.is_purged("dev", &[FolderId::root_of(environment)]).await);
}
