//! What others do between any two calls of a deed.

use std::collections::BTreeSet;

use super::world::*;
use model::folder::FolderChange;
use vault::{Error, Source};

impl World {
    async fn source_of(&self, folder: model::id::FolderId) -> Result<Source, Error> {
        self.vault.source(&self.project, self.environment("dev"), folder, true).await
    }
}

async fn furnished() -> World {
    let world = World::new().await;
    for folder in ["/app/sub", "/shared"] {
        world.folder("dev", folder).await;
    }
    world.put("dev", "/app", &[("A", "${dev.shared.S}"), ("B", "b")]).await;
    world.put("dev", "/app/sub", &[("C", "c")]).await;
    world.put("dev", "/shared", &[("S", "s"), ("T", "t")]).await;
    world.import(("dev", "/app"), ("dev", "/shared")).await.unwrap();
    world
}

#[tokio::test]
async fn a_folder_that_is_deleted_at_any_moment_of_a_reading_never_looks_empty() {
    for gone in ["/app", "/app/sub", "/shared"] {
        for n in 1.. {
            let world = furnished().await;
            let folder = world.folder_id("dev", "/app").await;
            let whole = world.source_of(folder).await.unwrap().secrets.len();
            assert_eq!(whole, 5);
            let deletion = async {
                world.remove_folder("dev", gone).await;
            };
            let (source, was_there) = world.gate.at(n, world.source_of(folder), deletion).await;
            if !was_there {
                assert!(n > 4, "{n}");
                break;
            }
            match source {
                // Without the folder below that is gone: it was looked for after it went.
                Ok(source) if gone == "/app/sub" && source.secrets.len() == 4 => {
                    assert!(source.secrets.iter().all(|secret| secret.name.as_str() != "C"));
                }
                Ok(source) => assert_eq!(source.secrets.len(), whole, "{gone} at call {n}"),
                Err(Error::NoFolder { .. }) => assert_eq!(gone, "/app"),
                Err(Error::ImportAbsent { .. }) => assert_eq!(gone, "/shared"),
                Err(error) => panic!("{gone} at call {n}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_sync_that_comes_to_watch_at_any_moment_of_a_write_is_woken_by_it() {
    let world = furnished().await;
    let watched = BTreeSet::from([world.watched("dev", "/app").await]);
    for n in 1.. {
        let sync = world.sync(&[]).await;
        let watch = async {
            assert!(world.vault.watch(sync, &watched, testkit::now()).await.unwrap());
        };
        let key = format!("K{n}");
        let write = world.write("dev", "/app", vec![new(&key, "1")]);
        let (written, was_there) = world.gate.at(n, write, watch).await;
        if !was_there {
            assert!(n > 4, "{n}");
            break;
        }
        assert!(written.unwrap().syncs.contains(&sync) && world.was_woken(sync).await, "{n}");
        assert_eq!(value(&world.get("dev", "/app", &key).await.unwrap()), "1");
        world.vault.unwatch(sync, testkit::now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_sync_that_comes_to_watch_at_any_moment_of_a_move_of_its_folder_is_woken_by_it() {
    let world = furnished().await;
    let (app, watched) =
        (world.folder_id("dev", "/app").await, BTreeSet::from([world.watched("dev", "/app/sub").await]));
    for n in 1.. {
        let sync = world.sync(&[]).await;
        let watch = async {
            assert!(world.vault.watch(sync, &watched, testkit::now()).await.unwrap());
        };
        let to = FolderChange { name: Some(format!("app{n}").parse().unwrap()), description: None };
        let rename = world.edit("dev", |tree| tree.change(app, to.clone(), testkit::now()));
        let (renamed, was_there) = world.gate.at(n, rename, watch).await;
        if !was_there {
            assert!(n > 3, "{n}");
            break;
        }
        assert!(renamed.unwrap().syncs.contains(&sync) && world.was_woken(sync).await, "{n}");
        world.vault.unwatch(sync, testkit::now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_change_that_is_overtaken_at_any_moment_builds_on_what_the_other_one_left() {
    let world = World::new().await;
    for n in 1.. {
        let key = format!("K{n}");
        world.put("dev", "/", &[(&key, "0")]).await;
        let comment = vault::SecretChange { comment: Some("other".into()), ..vault::SecretChange::default() };
        let other = async {
            world.write("dev", "/", vec![change(&key, comment)]).await.unwrap();
        };
        let write = world.write("dev", "/", vec![set(&key, "1")]);
        let (written, was_there) = world.gate.at(n, write, other).await;
        if !was_there {
            break;
        }
        written.unwrap();
        let now = world.get("dev", "/", &key).await.unwrap();
        let comment = secrecy::ExposeSecret::expose_secret(&now.comment).to_owned();
        assert_eq!((value(&now), comment.as_str(), now.stored.version), ("1", "other", 3), "{n}");
    }
}

#[tokio::test]
async fn nothing_is_written_into_a_folder_that_is_deleted_at_any_moment_of_the_write() {
    for n in 1.. {
        let world = furnished().await;
        let folder = world.folder_id("dev", "/shared").await;
        let deletion = async {
            world.remove_folder("dev", "/shared").await;
        };
        let write = world.write("dev", "/shared", vec![new("NEW", "1")]);
        let (written, was_there) = world.gate.at(n, write, deletion).await;
        if !was_there {
            break;
        }
        assert!(matches!(written, Err(Error::NoFolder { .. })), "{n}: {written:?}");
        assert!(world.store.secrets_in(world.environment("dev"), folder).await.unwrap().is_empty(), "{n}");
    }
}
