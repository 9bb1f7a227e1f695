//! Who watches what, and what becomes of watchers that are no more.

use std::collections::BTreeSet;

use super::world::*;
use model::id::SecretSyncId;
use model::secret_sync::{SecretSyncRun, Watched};
use store::{Bookkeeping, Change};
use vault::Error;

impl World {
    async fn watchers(&self, slug: &str, at: &str) -> Vec<SecretSyncId> {
        let Watched { environment_id, folder_id } = self.watched(slug, at).await;
        self.store.folder_state(environment_id, folder_id).await.unwrap().watchers
    }

    async fn forget(&self, sync: SecretSyncId) {
        let run: store::Stored<SecretSyncRun> = self.store.secret_sync_run(sync).await.unwrap().unwrap();
        self.store.keep_count(Bookkeeping(Change::new(testkit::now()).delete(&run))).await.unwrap();
    }
}

#[tokio::test]
async fn a_sync_watches_exactly_what_it_said_last() {
    let world = World::new().await;
    for folder in ["/a", "/b"] {
        world.folder("dev", folder).await;
    }
    let sync = world.sync(&[("dev", "/a"), ("dev", "/b")]).await;
    let wanted = BTreeSet::from([world.watched("dev", "/b").await, world.watched("prod", "/").await]);
    assert!(world.vault.watch(sync, &wanted, testkit::now()).await.unwrap());
    assert!(!world.vault.watch(sync, &wanted, testkit::now()).await.unwrap(), "nothing new the second time");
    assert!(world.watchers("dev", "/a").await.is_empty());
    assert_eq!(world.watchers("dev", "/b").await, [sync]);
    assert_eq!(world.watchers("prod", "/").await, [sync]);
    let list = world.store.secret_sync_watches(sync).await.unwrap().unwrap();
    assert_eq!(list.folders.iter().copied().collect::<BTreeSet<_>>(), wanted);
    world.vault.unwatch(sync, testkit::now()).await.unwrap();
    assert!(world.watchers("dev", "/b").await.is_empty() && world.watchers("prod", "/").await.is_empty());
    assert!(world.store.secret_sync_watches(sync).await.unwrap().unwrap().folders.is_empty());
}

#[tokio::test]
async fn watchers_that_are_no_more_stop_nobody_and_are_dropped() {
    let world = World::new().await;
    world.folder("dev", "/a").await;
    let (gone, living) = (world.sync(&[("dev", "/a")]).await, world.sync(&[("dev", "/a")]).await);
    world.forget(gone).await;
    let written = world.write("dev", "/a", vec![new("K", "1")]).await.unwrap();
    assert_eq!(written.syncs, [living]);
    assert_eq!(world.watchers("dev", "/a").await, [living]);
    world.forget(living).await;
    world.folder("dev", "/a/b").await;
    assert!(world.watchers("dev", "/a").await.is_empty());
    let third = world.sync(&[("dev", "/a/b")]).await;
    world.forget(third).await;
    assert!(world.remove_folder("dev", "/a").await.is_empty());
    assert!(world.store.environments_to_purge(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_folder_takes_forty_watchers_and_says_so_and_those_that_are_no_more_do_not_count() {
    let world = World::new().await;
    world.folder("dev", "/a").await;
    let mut syncs = Vec::new();
    for _ in 0..store::MOST_WATCHERS {
        syncs.push(world.sync(&[("dev", "/a")]).await);
    }
    let wanted = BTreeSet::from([world.watched("dev", "/a").await]);
    let one_more = world.sync(&[]).await;
    let refused = world.vault.watch(one_more, &wanted, testkit::now()).await.unwrap_err();
    assert!(matches!(refused, Error::TooManyWatchers), "{refused}");
    let names: Vec<String> = (0..60).map(|number| format!("K{number}")).collect();
    let batch = names.iter().map(|name| new(name, "1")).collect();
    assert_eq!(world.write("dev", "/a", batch).await.unwrap().syncs.len(), store::MOST_WATCHERS);
    world.forget(syncs[7]).await;
    assert!(world.vault.watch(one_more, &wanted, testkit::now()).await.unwrap());
    let watchers = world.watchers("dev", "/a").await;
    assert!(watchers.contains(&one_more) && !watchers.contains(&syncs[7]));
}

#[tokio::test]
async fn a_recursive_sync_of_many_folders_watches_all_of_them() {
    let world = World::new().await;
    let mut wanted = BTreeSet::new();
    for number in 0..130 {
        let folder_id = world.folder("dev", &format!("/f{number}")).await;
        wanted.insert(Watched { environment_id: world.environment("dev"), folder_id });
    }
    let sync = world.sync(&[]).await;
    assert!(world.vault.watch(sync, &wanted, testkit::now()).await.unwrap());
    for at in ["/f0", "/f64", "/f129"] {
        assert_eq!(world.write("dev", at, vec![new("K", "1")]).await.unwrap().syncs, [sync]);
    }
}
