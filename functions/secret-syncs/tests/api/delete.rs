//! The end of a sync.

use model::secret_sync::run::{Claim, Removal};
use serde_json::json;

use crate::aws::woken;
use crate::world::{SECRETS, World, id};

#[tokio::test]
async fn a_deleted_sync_is_gone_at_once_and_its_rest_is_left_to_the_worker() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let before = world.ok("GET", &path, None).await;
    assert_eq!(world.ok("DELETE", &path, None).await, before, "the answer is the sync as it was");
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
    assert_eq!(world.refused("DELETE", &path, None).await.0, 404);
    assert_eq!((world.counted(world.connection).await, world.count().await), (0, 0));
    assert_eq!(world.audited().await, ["secret-sync.create a", "secret-sync.delete a"]);
    assert_eq!(woken(&world.calls).len(), 2);
    let run = world.store.secret_sync_run(id(&path)).await.unwrap().unwrap();
    assert_eq!(run.claim(testkit::now(), "t", std::time::Duration::from_secs(1)), Claim::Purge);
    let (_, answer) = world.by(world.member, "GET", &format!("?projectId={}", world.project), None).await;
    assert_eq!(answer, json!({ "secretSyncs": [] }));
    world.sync("a").await;
}

#[tokio::test]
async fn with_its_secrets_a_sync_stays_until_they_are_removed() {
    let world = World::new().await;
    let path = world.sync("a").await;
    let going = world.ok("DELETE", &format!("{path}?removeSecrets=true"), None).await;
    assert_eq!(going["removeStatus"], "pending");
    assert_eq!(world.ok("GET", &path, None).await, going);
    let run = world.stored(&path).await.run;
    assert_eq!((run.wants_removal, run.wants_sync), (Some(Removal::ThenDelete), false));
    assert_eq!(world.counted(world.connection).await, 1);
    // Again is refused, and at once is still possible.
    let (status, message) = world.refused("DELETE", &format!("{path}?removeSecrets=true"), None).await;
    assert_eq!(status, 400);
    assert!(message.contains("being deleted"), "{message}");
    world.ok("DELETE", &format!("{path}?removeSecrets=false"), None).await;
    assert_eq!(world.refused("GET", &path, None).await.0, 404);
}

#[tokio::test]
async fn while_a_job_goes_on_a_removal_is_refused_and_a_plain_deletion_is_not() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    let (status, message) = world.refused("DELETE", &format!("{path}?removeSecrets=True"), None).await;
    assert_eq!(status, 400);
    assert!(message.contains("already in progress"), "{message}");
    world.ok("DELETE", &path, None).await;
    let run = world.store.secret_sync_run(id(&path)).await.unwrap().unwrap();
    assert!(run.lease.is_none(), "the worker has lost its lease");
}

#[tokio::test]
async fn what_is_neither_true_nor_false_deletes_nothing() {
    let world = World::new().await;
    let path = world.sync("a").await;
    for flag in ["1", "yes", "truee"] {
        assert_eq!(world.refused("DELETE", &format!("{path}?removeSecrets={flag}"), None).await.0, 422);
    }
    let viewer = world.by(world.viewer, "DELETE", &path, None).await;
    assert_eq!(viewer.0, 403);
    world.ok("GET", &path, None).await;
    assert_eq!(world.refused("DELETE", &format!("/{SECRETS}"), None).await.0, 404);
}
