//! What people ask of a sync.

use model::secret_sync::ImportBehavior;
use model::secret_sync::run::{KeyFailure, Outcome, Removal};
use serde_json::json;

use crate::aws::woken;
use crate::world::{World, id};

/// A sync whose first run is over.
async fn idle(world: &World) -> String {
    let path = world.sync("a").await;
    world.begin(&path).await;
    world.finish(&path, &Outcome::succeeded()).await;
    path
}

#[tokio::test]
async fn each_wish_is_pending_stored_sent_and_audited() {
    let world = World::new().await;
    let path = idle(&world).await;
    let sent = woken(&world.calls).len();
    let asked = world.ok("POST", &format!("{path}/sync-secrets"), None).await;
    assert_eq!((&asked["syncStatus"], &asked["version"]), (&json!("pending"), &json!(1)));
    let asked =
        world.ok("POST", &format!("{path}/import-secrets?importBehavior=prioritize-destination"), None).await;
    assert_eq!(asked["importStatus"], "pending");
    assert_eq!(world.stored(&path).await.run.wants_import, Some(ImportBehavior::PrioritizeDestination));
    let asked = world.ok("POST", &format!("{path}/remove-secrets"), None).await;
    assert_eq!(asked["removeStatus"], "pending");
    let run = world.stored(&path).await.run;
    assert_eq!((run.wants_removal, run.wants_sync, run.wants_import), (Some(Removal::Keep), false, None));
    assert_eq!(woken(&world.calls).len(), sent + 3);
    assert_eq!(
        world.audited().await,
        ["secret-sync.create a", "secret-sync.import a", "secret-sync.remove a", "secret-sync.sync a"]
    );
    assert_eq!(world.store.secret_syncs_due(testkit::now(), 9).await.unwrap(), [id(&path)]);
}

#[tokio::test]
async fn deletions_are_allowed_for_the_run_that_was_asked_for() {
    let world = World::new().await;
    let path = idle(&world).await;
    world.ok("POST", &format!("{path}/sync-secrets"), None).await;
    assert!(!world.stored(&path).await.run.allow_deletions);
    world.ok("POST", &format!("{path}/sync-secrets?allowDeletions=true"), None).await;
    assert!(world.stored(&path).await.run.allow_deletions);
    assert_eq!(world.refused("POST", &format!("{path}/sync-secrets?allowDeletions=all"), None).await.0, 422);
}

#[tokio::test]
async fn an_import_must_say_whose_value_wins() {
    let world = World::new().await;
    let path = idle(&world).await;
    for query in ["", "?importBehavior=", "?importBehavior=overwrite-destination"] {
        let refused = world.refused("POST", &format!("{path}/import-secrets{query}"), None).await;
        assert_eq!(refused.0, 422, "{query}");
    }
}

#[tokio::test]
async fn nothing_more_is_asked_while_a_job_goes_on() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    for wish in ["sync-secrets", "import-secrets?importBehavior=prioritize-source", "remove-secrets"] {
        let (status, message) = world.refused("POST", &format!("{path}/{wish}"), None).await;
        assert_eq!(status, 400, "{wish}");
        assert!(message.contains("already in progress"), "{message}");
    }
    let running = world.ok("GET", &path, None).await;
    assert_eq!((&running["syncStatus"], &running["lastSyncJobId"]), (&json!("running"), &json!("worker")));
}

#[tokio::test]
async fn without_a_source_nothing_is_synced_but_what_was_pushed_can_be_removed() {
    let world = World::new().await;
    let path = idle(&world).await;
    world.ok("PATCH", &path, Some(json!({ "secretPath": "/api", "isAutoSyncEnabled": false }))).await;
    world.delete_folder("/api").await;
    for wish in ["sync-secrets", "import-secrets?importBehavior=prioritize-source"] {
        let (status, message) = world.refused("POST", &format!("{path}/{wish}"), None).await;
        assert_eq!(status, 400, "{wish}");
        assert!(message.contains("was deleted"), "{message}");
    }
    world.ok("POST", &format!("{path}/remove-secrets"), None).await;
}

#[tokio::test]
async fn what_failed_is_told_by_key() {
    let world = World::new().await;
    let path = world.sync("a").await;
    world.begin(&path).await;
    let failed = KeyFailure { secret_key: "BIG".into(), error: "larger than 8 KB".into() };
    let message = r#"{"secretKey":"BIG","error":"larger than 8 KB"}"#;
    world.finish(&path, &Outcome::failed_keys(message, vec![failed])).await;
    let shown = world.ok("GET", &path, None).await;
    assert_eq!((&shown["syncStatus"], &shown["lastSyncMessage"]), (&json!("failed"), &json!(message)));
    assert_eq!(shown["lastSyncedAt"], json!(testkit::now()));
    assert_eq!(shown["failedSecrets"], json!([{ "secretKey": "BIG", "error": "larger than 8 KB" }]));
}
