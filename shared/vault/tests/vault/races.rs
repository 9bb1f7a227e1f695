//! Several writers at once.

use super::world::*;
use futures::future::join_all;
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
async fn a_sync_that_comes_to_watch_while_others_write_misses_nothing() {
    let world = World::new().await;
    world.folder("dev", "/a").await;
    for round in 0..5 {
        let watched = std::collections::BTreeSet::from([world.watched("dev", "/a").await]);
        let sync = world.sync(&[]).await;
        let key = format!("K{round}");
        let (written, came) = tokio::join!(
            world.write("dev", "/a", vec![new(&key, "1")]),
            world.vault.watch(sync, &watched, testkit::now()),
        );
        assert!(came.unwrap());
        // Either it is woken, or it finds the change when it reads after it came to watch.
        let woken = world.was_woken(sync).await;
        assert_eq!(written.unwrap().syncs.contains(&sync), woken);
        assert!(world.get("dev", "/a", &key).await.is_ok());
        let again = world.write("dev", "/a", vec![set(&key, "2")]).await.unwrap();
        assert!(again.syncs.contains(&sync) && world.was_woken(sync).await);
        world.vault.unwatch(sync, testkit::now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_sync_that_comes_to_watch_while_a_folder_above_is_renamed_is_woken_or_comes_after() {
    let world = World::new().await;
    world.folder("dev", "/a/b/c").await;
    let a = world.folder_id("dev", "/a").await;
    for round in 0..6 {
        let c = world.vault.tree(&world.project, world.environment("dev")).await.unwrap();
        let c = c.folders().find(|folder| folder.name.as_str() == "c").unwrap().id;
        let watched = model::secret_sync::Watched { environment_id: world.environment("dev"), folder_id: c };
        let sync = world.sync(&[]).await;
        let to = model::folder::FolderChange {
            name: Some(format!("a{round}").parse().unwrap()),
            description: None,
        };
        let wanted = std::collections::BTreeSet::from([watched]);
        let (renamed, came) = tokio::join!(
            world.edit("dev", |tree| tree.change(a, to.clone(), testkit::now())),
            world.vault.watch(sync, &wanted, testkit::now()),
        );
        came.unwrap();
        let told = renamed.unwrap().syncs.contains(&sync);
        assert_eq!(told, world.was_woken(sync).await);
        let again = model::folder::FolderChange {
            name: Some(format!("z{round}").parse().unwrap()),
            description: None,
        };
        let renamed = world.edit("dev", |tree| tree.change(a, again.clone(), testkit::now())).await.unwrap();
        assert!(renamed.syncs.contains(&sync));
        world.vault.unwatch(sync, testkit::now()).await.unwrap();
    }
}
