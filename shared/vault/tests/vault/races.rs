//! Several writers at once.

use std::collections::BTreeSet;

use super::world::*;
use futures::future::join_all;
use model::folder::FolderChange;
use store::{Bookkeeping, Change, Conflict, Touch};
use vault::Error;

#[tokio::test]
async fn twenty_writers_in_one_folder_all_succeed_and_each_wakes_the_sync() {
    let world = World::new().await;
    let sync = world.sync(&[("dev", "/")]).await;
    let writes = (0..20).map(|number| {
        let world = &world;
        async move { world.write("dev", "/", vec![new(&format!("K{number:02}"), "1")]).await }
    });
    for written in join_all(writes).await {
        assert_eq!(written.unwrap().syncs, [sync]);
    }
    assert_eq!(world.list("dev", "/", &OPEN).await.len(), 20);
    let root = model::id::FolderId::root_of(world.environment("dev"));
    let state = world.store.folder_state(world.environment("dev"), root).await.unwrap();
    assert_eq!((state.revision, state.secrets_changed_at), (20, Some(testkit::now())));
}

#[tokio::test]
async fn of_many_who_make_one_secret_exactly_one_succeeds() {
    let world = World::new().await;
    let writes = (0..8).map(|number: u32| {
        let world = &world;
        async move { world.write("dev", "/", vec![new("K", &number.to_string())]).await }
    });
    let (good, bad): (Vec<_>, Vec<_>) = join_all(writes).await.into_iter().partition(Result::is_ok);
    assert_eq!(good.len(), 1);
    assert!(bad.into_iter().all(|refused| matches!(refused, Err(Error::Exists { .. }))));
}

#[tokio::test]
async fn changes_of_one_secret_at_once_are_all_kept_as_versions() {
    let world = World::new().await;
    world.put("dev", "/", &[("K", "0")]).await;
    let writes = (1..=8).map(|number: u32| {
        let world = &world;
        async move { world.write("dev", "/", vec![set("K", &number.to_string())]).await }
    });
    for written in join_all(writes).await {
        written.unwrap();
    }
    let secret = world.get("dev", "/", "K").await.unwrap().stored;
    assert_eq!(secret.version, 9);
    let versions = world.vault.versions(&world.project, &secret, true).await.unwrap();
    let mut values: Vec<_> = versions.iter().map(value).collect();
    values.sort_unstable();
    assert_eq!(values, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[tokio::test]
async fn a_rename_and_a_change_of_one_secret_at_once_lose_neither() {
    let world = World::new().await;
    for _ in 0..5 {
        let made = world.write("dev", "/", vec![new("K", "0")]).await.unwrap();
        let id = made.secrets[0].as_ref().unwrap().stored.id;
        let (renamed, changed) = tokio::join!(
            world.write("dev", "/", vec![rename("K", "L")]),
            world.write("dev", "/", vec![set("K", "1")]),
        );
        renamed.unwrap();
        let now = world.store.secret_by_id(id).await.unwrap().unwrap();
        let now = world.vault.open(&world.project, now, true, false).await.unwrap().secret;
        match changed {
            Ok(_) => assert_eq!((now.stored.name.as_str(), value(&now)), ("L", "1")),
            Err(error) => {
                assert!(matches!(error, Error::NoSecret { .. }), "{error}");
                assert_eq!((now.stored.name.as_str(), value(&now)), ("L", "0"));
            }
        }
        world.write("dev", "/", vec![delete("L")]).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_read_a_folder_before_a_sync_came_to_watch_it_cannot_change_it_without_waking_that_sync() {
    let world = World::new().await;
    let folder = world.folder("dev", "/a").await;
    let environment = world.environment("dev");
    for round in 0..2 {
        // In the first round there is no state yet, in the second there is one.
        let read = world.store.folder_state(environment, folder).await.unwrap();
        let sync = world.sync(&[("dev", "/a")]).await;
        let late = Change::new(testkit::now()).touch_folder(&read, Touch::Secrets, &[]);
        let refused = world.store.keep_count(Bookkeeping(late)).await.unwrap_err();
        assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "folder state" }), "{round}");
        let written = world.write("dev", "/a", vec![new(&format!("K{round}"), "1")]).await.unwrap();
        assert!(written.syncs.contains(&sync) && world.was_woken(sync).await);
    }
}

#[tokio::test]
async fn whoever_read_the_folders_before_a_sync_came_to_watch_one_cannot_move_it_without_waking_that_sync() {
    let world = World::new().await;
    world.folder("dev", "/a/b/c").await;
    let read = world.store.folder_tree(world.environment("dev")).await.unwrap().unwrap();
    let sync = world.sync(&[("dev", "/a/b/c")]).await;
    let to = FolderChange { name: Some("z".parse().unwrap()), description: None };
    let a = world.folder_id("dev", "/a").await;
    let mut next = read.value.clone();
    next.change(a, to.clone(), testkit::now()).unwrap();
    let late = Change::new(testkit::now()).replace(&read, &next);
    let refused = world.store.keep_count(Bookkeeping(late)).await.unwrap_err();
    assert_eq!(refused.conflict(), Some(&Conflict::Stale { kind: "folder tree" }));
    let renamed = world.edit("dev", |tree| tree.change(a, to.clone(), testkit::now())).await.unwrap();
    assert_eq!(renamed.syncs, [sync]);
}

#[tokio::test]
async fn syncs_that_come_and_go_while_others_write_are_woken_from_the_moment_they_came() {
    let world = World::new().await;
    world.folder("dev", "/a").await;
    let watched = BTreeSet::from([world.watched("dev", "/a").await]);
    for round in 0..5 {
        let sync = world.sync(&[]).await;
        let key = format!("K{round}");
        let (written, came) = tokio::join!(
            world.write("dev", "/a", vec![new(&key, "1")]),
            world.vault.watch(sync, &watched, testkit::now()),
        );
        assert!(came.unwrap());
        assert_eq!(written.unwrap().syncs.contains(&sync), world.was_woken(sync).await);
        let again = world.write("dev", "/a", vec![set(&key, "2")]).await.unwrap();
        assert!(again.syncs.contains(&sync) && world.was_woken(sync).await);
        world.vault.unwatch(sync, testkit::now()).await.unwrap();
        let after = world.write("dev", "/a", vec![set(&key, "3")]).await.unwrap();
        assert!(after.syncs.is_empty() && !world.was_woken(sync).await);
    }
}
