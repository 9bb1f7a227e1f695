//! The deletion guard, and what lets a run past it.

use super::clock;
use super::world::{ALL, DOCUMENT, World};

const KEYS: usize = 40;

async fn forty(kind: &str) -> (World, model::secret_sync::SecretSync) {
    let world = World::new().await;
    world.put_many((0..KEYS).map(|n| (format!("K{n}"), n.to_string()))).await;
    let sync = world.sync(kind).await;
    world.settle().await;
    assert_eq!(world.there(&sync).len(), KEYS);
    (world, sync)
}

async fn delete(world: &World, keys: std::ops::Range<usize>) {
    let names: Vec<String> = keys.map(|n| format!("K{n}")).collect();
    let deletions: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), None)).collect();
    world.put(&deletions).await;
    clock::advance(3);
    world.settle().await;
}

#[tokio::test]
async fn a_run_that_would_delete_much_stops_before_its_first_write_until_somebody_lets_it() {
    for kind in ALL {
        let (world, sync) = forty(kind).await;
        world.put(&[("K39", Some("changed")), ("NEW", Some("new"))]).await;
        let before = world.aws.everything();
        delete(&world, 0..11).await;
        let (status, message) = world.outcome(sync.id).await;
        assert_eq!(status, "failed", "{kind}: {message}");
        assert!(message.contains("11") && message.contains("allowDeletions=true"), "{kind}: {message}");
        if kind != DOCUMENT {
            assert!(message.contains(&KEYS.to_string()), "{kind}: {message}");
        }
        assert_eq!(world.aws.everything(), before, "{kind}: not even what is new was written");
        // Asking again is no permission.
        world.want_sync(sync.id, false).await;
        world.settle().await;
        assert_eq!(
            (world.outcome(sync.id).await.0, world.aws.everything()),
            ("failed".into(), before),
            "{kind}"
        );

        world.want_sync(sync.id, true).await;
        world.settle().await;
        assert_eq!(world.outcome(sync.id).await, ("succeeded".into(), String::new()), "{kind}");
        assert_eq!(world.there(&sync), world.secrets("/").await, "{kind}");
        // The permission was for that run alone.
        delete(&world, 11..23).await;
        assert_eq!(world.outcome(sync.id).await.0, "failed", "{kind}");
    }
}

#[tokio::test]
async fn a_few_deletions_and_syncs_without_guard_pass() {
    for kind in ALL {
        let (world, sync) = forty(kind).await;
        delete(&world, 0..10).await;
        assert_eq!(world.outcome(sync.id).await.0, "succeeded", "{kind}");
        let mut open = sync.clone();
        open.options.disable_deletion_guard = Some(true);
        world.redefine(&open).await;
        delete(&world, 10..40).await;
        assert_eq!(world.outcome(sync.id).await.0, "succeeded", "{kind}");
        assert!(world.there(&sync).is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn a_sync_that_never_deletes_does_not() {
    for kind in ALL {
        let (world, sync) = forty(kind).await;
        let mut keeping = sync.clone();
        keeping.options.disable_secret_deletion = Some(true);
        world.redefine(&keeping).await;
        delete(&world, 0..40).await;
        assert_eq!(world.outcome(sync.id).await.0, "succeeded", "{kind}");
        assert_eq!(world.there(&sync).len(), KEYS, "{kind}");
    }
}
