//! What becomes of everything when a call fails, its answer is lost, or the process dies, at every call there is.

use super::world::*;
use model::folder::FolderTree;
use testkit::fuse::Fault;
use testkit::matrix;
use vault::{Error, Write};

const FAULTS: [fn(u32) -> Fault; 4] = [Fault::Fail, Fault::LoseAnswer, Fault::Die, Fault::DieAfter];

fn cases(calls: u32) -> usize {
    FAULTS.len() * calls as usize
}

/// A folder with secrets of every kind, and a sync that watches it.
async fn furnished() -> (World, model::id::SecretSyncId) {
    let world = World::new().await;
    world.folder("dev", "/a/b").await;
    world.put("dev", "/a", &[("K", "0"), ("L", "0"), ("R", "${K}")]).await;
    world.put("dev", "/a/b", &[("B", "0")]).await;
    world.write_as(&super::personal::ada(), "dev", "/a", vec![new("K", "ada's")]).await.unwrap();
    world.write("dev", "/a", vec![set("K", "1")]).await.unwrap();
    let sync = world.sync(&[("dev", "/a")]).await;
    (world, sync)
}

fn batch() -> Vec<Write> {
    vec![set("K", "2 ${L}"), new("N", "1"), delete("R"), rename("L", "M")]
}

/// How many calls of the table something makes.
async fn calls(world: &World, deed: impl AsyncFnOnce(&World)) -> u32 {
    world.fuse.arm(Fault::None);
    deed(world).await;
    world.fuse.calls()
}

#[tokio::test]
async fn a_write_that_breaks_at_any_call_is_whole_or_not_there_and_never_without_the_wake() {
    let (world, _) = furnished().await;
    let calls = calls(&world, async |world| {
        world.write("dev", "/a", batch()).await.unwrap();
    })
    .await;
    assert!(calls >= 5, "{calls}");
    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            let (world, sync) = furnished().await;
            let before = world.list("dev", "/a", &OPEN).await;
            world.fuse.arm(fault(n));
            let answer = world.write("dev", "/a", batch()).await;
            world.fuse.arm(Fault::None);
            let after = world.list("dev", "/a", &OPEN).await;
            let whole = [pair("K", "2 ${L}"), pair("M", "0"), pair("N", "1")];
            assert!(after == before || after == whole, "{what}: {after:?}");
            assert_eq!(world.was_woken(sync).await, after == whole, "{what}");
            match answer {
                Ok(_) => assert_eq!(after, whole, "{what}"),
                Err(error) => assert!(error.is_transient(), "{what}: {error}"),
            }
        }
    }
    matrix::tell("write a batch of secrets", calls, cases(calls), "whole or nothing, never without the wake");
}

#[tokio::test]
async fn a_batch_of_several_transactions_that_breaks_says_what_stands() {
    let names: Vec<String> = (0..80).map(|number| format!("K{number:02}")).collect();
    let writes = || names.iter().map(|name| new(name, "1")).collect::<Vec<_>>();
    let world = World::new().await;
    let calls = calls(&world, async |world| {
        world.write("dev", "/", writes()).await.unwrap();
    })
    .await;
    for n in 1..=calls {
        let world = World::new().await;
        world.fuse.arm(Fault::Die(n));
        let error = world.write("dev", "/", writes()).await.unwrap_err();
        world.fuse.arm(Fault::None);
        let listed: Vec<String> =
            world.list("dev", "/", &OPEN).await.into_iter().map(|(name, _)| name).collect();
        match error {
            Error::Interrupted { written, source } => {
                let written: Vec<String> = written.iter().map(ToString::to_string).collect();
                assert_eq!(written, listed, "Die({n})");
                assert!(source.is_transient());
            }
            error => assert!(listed.is_empty() && error.is_transient(), "Die({n}): {error}"),
        }
    }
    matrix::tell("write a batch of two transactions", calls, calls as usize, "says what stands");
}

#[tokio::test]
async fn a_folder_deletion_that_breaks_at_any_call_leaves_the_folder_or_the_intent_and_converges() {
    let remove = async |world: &World| {
        let environment = world.environment("dev");
        let path = path("/a");
        let edit = |tree: &mut FolderTree| {
            let id = tree.at(&path).ok_or(model::folder::FolderRefused::Root)?;
            tree.remove(id)
        };
        let _ = environment;
        world.edit("dev", edit).await.map(|_| ())
    };
    let (world, _) = furnished().await;
    let calls = calls(&world, async |world| remove(world).await.unwrap()).await;
    assert!(calls >= 8, "{calls}");
    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            let (world, sync) = furnished().await;
            let environment = world.environment("dev");
            let folders = [world.folder_id("dev", "/a").await, world.folder_id("dev", "/a/b").await];
            world.fuse.arm(fault(n));
            let answer = remove(&world).await;
            world.fuse.arm(Fault::None);
            let tree = world.vault.tree(&world.project, environment).await.unwrap();
            if tree.contains(folders[0]) {
                assert!(answer.is_err(), "{what}");
                assert_eq!(world.list("dev", "/a", &OPEN).await.len(), 3, "{what}: nothing is gone yet");
                continue;
            }
            assert!(world.was_woken(sync).await, "{what}");
            // The tick.
            for environment in world.store.environments_to_purge(10).await.unwrap() {
                world.store.purge_folders(environment, testkit::later(60), 100).await.unwrap();
            }
            for folder in folders {
                assert!(world.store.secrets_in(environment, folder).await.unwrap().is_empty(), "{what}");
                let personal = world.store.all_personal_secrets_in(environment, folder).await.unwrap();
                assert!(personal.is_empty(), "{what}");
                assert_eq!(world.store.environment_of_folder(folder).await.unwrap(), None, "{what}");
            }
            assert!(world.store.environments_to_purge(10).await.unwrap().is_empty(), "{what}");
        }
    }
    matrix::tell("delete a folder, and purge it", calls, cases(calls), "converges");
}

#[tokio::test]
async fn watching_that_breaks_at_any_call_is_done_by_the_next_run_and_forgets_no_folder() {
    let world = World::new().await;
    world.folder("dev", "/a").await;
    let wanted = std::collections::BTreeSet::from([
        world.watched("dev", "/a").await,
        world.watched("prod", "/").await,
    ]);
    let sync = world.sync(&[]).await;
    let calls = calls(&world, async |world| {
        world.vault.watch(sync, &wanted, testkit::now()).await.unwrap();
    })
    .await;
    for fault in FAULTS {
        for n in 1..=calls {
            let what = format!("{:?}", fault(n));
            let sync = world.sync(&[]).await;
            world.fuse.arm(fault(n));
            let _ = world.vault.watch(sync, &wanted, testkit::now()).await;
            world.fuse.arm(Fault::None);
            let list = world.store.secret_sync_watches(sync).await.unwrap();
            let listed: std::collections::BTreeSet<_> =
                list.iter().flat_map(|list| list.folders.iter().copied()).collect();
            for folder in &wanted {
                let state = world.store.folder_state(folder.environment_id, folder.folder_id).await.unwrap();
                let named = state.watchers.contains(&sync);
                assert!(!named || listed.contains(folder), "{what}: a folder names it that it does not know");
            }
            world.vault.watch(sync, &wanted, testkit::now()).await.unwrap();
            let written = world.write("dev", "/a", vec![new(&format!("K-{sync}"), "1")]).await.unwrap();
            assert!(written.syncs.contains(&sync), "{what}");
            world.vault.unwatch(sync, testkit::now()).await.unwrap();
        }
    }
    matrix::tell("watch folders", calls, cases(calls), "no folder is forgotten");
}
