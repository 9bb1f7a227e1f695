//! Folders and imports: who is woken by what, and what happens to two editors at once.

use super::world::*;
use model::folder::{FolderChange, FolderRefused, FolderTree, ImportChange};
use vault::Error;

fn renamed(to: &str) -> FolderChange {
    FolderChange { name: Some(to.parse().unwrap()), description: None }
}

#[tokio::test]
async fn a_change_of_folders_wakes_exactly_those_who_read_what_changed() {
    let world = World::new().await;
    for folder in ["/a/b", "/c"] {
        world.folder("dev", folder).await;
    }
    let (root, a, b) = (
        world.sync(&[("dev", "/")]).await,
        world.sync(&[("dev", "/a")]).await,
        world.sync(&[("dev", "/a/b")]).await,
    );
    let (c, elsewhere) = (world.sync(&[("dev", "/c")]).await, world.sync(&[("prod", "/")]).await);
    let woken = async |what: &str, expected: [bool; 5]| {
        let mut got = Vec::new();
        for sync in [root, a, b, c, elsewhere] {
            got.push(world.was_woken(sync).await);
        }
        assert_eq!(got, expected, "{what}: /, /a, /a/b, /c, prod");
    };
    let a_id = world.folder_id("dev", "/a").await;
    world.folder("dev", "/a/new").await;
    woken("a folder in /a", [false, true, false, false, false]).await;
    world.edit("dev", |tree| tree.change(a_id, renamed("z"), testkit::now())).await.unwrap();
    woken("/a is /z", [true, true, true, false, false]).await;
    let described = FolderChange { name: None, description: Some(Some("why".into())) };
    world.edit("dev", |tree| tree.change(a_id, described.clone(), testkit::now())).await.unwrap();
    woken("a description", [false; 5]).await;
    let import = world.import(("dev", "/c"), ("prod", "/")).await.unwrap();
    woken("an import of /c", [false, false, false, true, false]).await;
    let moved = ImportChange { path: Some(path("/x")), ..ImportChange::default() };
    world.edit("dev", |tree| tree.change_import(import, moved.clone(), testkit::now())).await.unwrap();
    woken("the import leads elsewhere", [false, false, false, true, false]).await;
    world.edit("dev", |tree| tree.remove_import(import)).await.unwrap();
    woken("the import is gone", [false, false, false, true, false]).await;
    let told = world.remove_folder("dev", "/z").await;
    assert_eq!(told.len(), 3);
    woken("/z is gone", [true, true, true, false, false]).await;
}

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing_and_a_refused_one_says_why() {
    let world = World::new().await;
    let id = world.folder("dev", "/a").await;
    let before = world.store.folder_tree(world.environment("dev")).await.unwrap();
    world.edit("dev", |tree| tree.change(id, renamed("a"), testkit::now())).await.unwrap();
    assert_eq!(world.store.folder_tree(world.environment("dev")).await.unwrap(), before);
    let taken =
        world.edit("dev", |tree| tree.create(&path("/"), "a".parse().unwrap(), None, testkit::now())).await;
    assert!(matches!(taken, Err(Error::Folder(FolderRefused::NameTaken { .. }))));
}

#[tokio::test]
async fn folders_that_many_make_at_once_are_all_there_and_none_twice() {
    let world = World::new().await;
    let make = |number: usize| {
        let world = &world;
        async move {
            let parent = path("/shared/way");
            let name = format!("f{}", number / 2);
            let make =
                |tree: &mut FolderTree| tree.create(&parent, name.parse().unwrap(), None, testkit::now());
            world.edit("dev", make).await.map(|made| made.outcome)
        }
    };
    let made = futures::future::join_all((0..12).map(make)).await;
    let (good, bad): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (6, 6));
    assert!(bad.into_iter().all(|one| matches!(one, Err(Error::Folder(FolderRefused::NameTaken { .. })))));
    let tree = world.vault.tree(&world.project, world.environment("dev")).await.unwrap();
    assert_eq!(tree.folders().count(), 8);
}

#[tokio::test]
async fn folders_and_imports_are_found_by_their_ids_until_they_are_gone() {
    let world = World::new().await;
    let folder = world.folder("dev", "/a/b").await;
    let import = world.import(("dev", "/a/b"), ("prod", "/")).await.unwrap();
    let environment = Some(world.environment("dev"));
    assert_eq!(world.store.environment_of_folder(folder).await.unwrap(), environment);
    assert_eq!(world.store.environment_of_import(import).await.unwrap(), environment);
    world.remove_folder("dev", "/a").await;
    assert_eq!(world.store.environment_of_folder(folder).await.unwrap(), None);
    assert_eq!(world.store.environment_of_import(import).await.unwrap(), None);
}
