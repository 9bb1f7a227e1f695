//! Nothing of anybody else's is touched: foreign things, another sync's things, and too much at once.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::stage::Stage;
use tests::system::{run, unique};

#[test]
fn a_sync_owns_what_it_made_by_tags_and_another_sync_keeps_off() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("one").await?;
        stage.folder("two").await?;
        stage.put("/one", "KEY", "of-the-first-canary").await?;
        stage.put("/two", "KEY", "of-the-second-canary").await?;
        let first = stage.to_parameter_store("/one", "/contested/", json!({})).await?;
        first.succeeded().await?;
        let tags = stage.account.tags_of_parameter("/contested/KEY").await?;
        ensure!(tags.get("drawbridge:managed-by").map(String::as_str) == Some("drawbridge"), "{tags:?}");
        ensure!(tags.get("drawbridge:secret-sync") == Some(&first.id), "{tags:?}");

        let overlap = json!({ "projectId": stage.project,
            "destinationConfig": { "region": "us-east-1", "path": "/contested/" } });
        let check = format!("{}/check-destination", tests::stage::PARAMETER_STORE_SYNCS);
        let told = stage.api.post(&check, &overlap).await?.ok()?;
        ensure!(told["hasDuplicate"] == true, "{told}");
        let second = stage.to_parameter_store("/two", "/contested/", json!({})).await?;
        let message = second.failed().await?;
        ensure!(message.contains("KEY"), "which key? {message}");
        let found = stage.account.parameters("/contested/").await?;
        ensure!(found["/contested/KEY"] == "of-the-first-canary", "the second sync overwrote the first's");

        // It goes, and takes nothing along.
        stage.api.delete(&second.path).await?.ok()?;
        ensure!(stage.account.parameters("/contested/").await?.len() == 1, "the first's parameter is gone");
        Ok(())
    })
}

#[test]
fn after_the_first_run_a_foreign_secret_in_the_way_is_a_conflict_and_the_other_keys_go_on() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "FIRST", "the-first-canary-1").await?;
        let options = json!({ "keySchema": "way/{{secretKey}}" });
        let sync = stage.to_secrets_manager("/api", options).await?;
        sync.succeeded().await?;
        stage.account.make_secret("way/SECOND", "somebody else's value").await?;
        stage.put("/api", "SECOND", "the-second-canary-2").await?;
        stage.put("/api", "THIRD", "the-third-canary-3").await?;
        let message = sync.failed().await?;
        ensure!(message.contains("SECOND") && !message.contains("THIRD"), "{message}");
        let found = stage.account.secrets().await?;
        ensure!(found["way/SECOND"] == "somebody else's value", "the foreign secret was overwritten");
        ensure!(found["way/THIRD"] == "the-third-canary-3", "one bad key stopped the others");

        // Out of the way, it is made.
        let delete = json!({ "SecretId": "way/SECOND", "ForceDeleteWithoutRecovery": true });
        stage.account.secrets_manager("DeleteSecret", &delete).await?;
        sync.trigger("sync-secrets").await?;
        sync.succeeded().await?;
        ensure!(stage.account.secrets().await?["way/SECOND"] == "the-second-canary-2", "not made");
        Ok(())
    })
}

#[test]
fn a_plan_says_what_a_run_would_do_and_no_value() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "KEPT", "kept-canary-value-11").await?;
        stage.put("/api", "CHANGED", "changed-canary-value-22").await?;
        stage.put("/api", "GONE", "gone-canary-value-333").await?;
        let sync = stage.to_secrets_manager("/api", json!({ "keySchema": "plan/{{secretKey}}" })).await?;
        sync.succeeded().await?;
        sync.update(&json!({ "isAutoSyncEnabled": false })).await?;
        sync.settled().await?;
        stage.put("/api", "NEW", "new-canary-value-4444").await?;
        stage.change("/api", "CHANGED", "changed-canary-value-55555").await?;
        stage.delete("/api", "GONE").await?;
        let before = stage.account.secrets().await?;
        let plan = sync.plan().await?;
        let told = plan.to_string();
        ensure!(!told.contains("canary"), "a value is in the plan: {told}");
        for (what, name) in [("create", "plan/NEW"), ("update", "plan/CHANGED"), ("delete", "plan/GONE")] {
            let listed = plan["plan"][what].to_string();
            ensure!(listed.contains(name), "{what} of {name} is not in {told}");
        }
        ensure!(stage.account.secrets().await? == before, "a plan changed something");
        ensure!(stage.account.listed(&json!({})).await?.len() == 3, "a plan made something");
        sync.trigger("sync-secrets").await?;
        sync.succeeded().await?;
        let after = stage.account.secrets().await?;
        ensure!(
            after.keys().collect::<Vec<_>>() == ["plan/CHANGED", "plan/KEPT", "plan/NEW"],
            "{:?}",
            after.keys()
        );
        Ok(())
    })
}

#[test]
fn a_run_that_would_delete_too_much_stops_before_it_does_anything_and_goes_on_when_allowed() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        let all: Vec<_> = (0..14).map(|n| (format!("KEY_{n:02}"), unique("guarded-canary-value"))).collect();
        stage.put_all("/api", &all).await?;
        let sync = stage.to_parameter_store("/api", "/guarded/", json!({})).await?;
        sync.succeeded().await?;
        ensure!(stage.account.parameters("/guarded/").await?.len() == 14, "not all are there");

        sync.update(&json!({ "isAutoSyncEnabled": false })).await?;
        sync.settled().await?;
        let secrets: Vec<_> = all.iter().skip(2).map(|(name, _)| json!({ "secretKey": name })).collect();
        let body = json!({ "projectId": stage.project, "environment": "dev", "secretPath": "/api", "secrets": secrets });
        stage.api.send(http::Method::DELETE, "/api/v4/secrets/batch", Some(&body)).await?.ok()?;
        stage.put("/api", "NEW", "new-beside-deletions").await?;
        sync.trigger("sync-secrets").await?;
        let message = sync.failed().await?;
        ensure!(message.contains("12"), "how many? {message}");
        let found = stage.account.parameters("/guarded/").await?;
        ensure!(
            found.len() == 14 && !found.contains_key("/guarded/NEW"),
            "it did something: {:?}",
            found.keys()
        );

        sync.trigger("sync-secrets?allowDeletions=true").await?;
        sync.succeeded().await?;
        let found = stage.account.parameters("/guarded/").await?;
        let kept: Vec<_> = found.keys().map(String::as_str).collect();
        ensure!(kept == ["/guarded/KEY_00", "/guarded/KEY_01", "/guarded/NEW"], "{kept:?}");
        Ok(())
    })
}

#[test]
fn a_deleted_secret_keeps_its_name_for_thirty_days_and_a_new_key_of_that_name_says_so() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "COMES_AND_GOES", "first-life-canary-1").await?;
        let sync = stage.to_secrets_manager("/api", json!({ "keySchema": "back/{{secretKey}}" })).await?;
        sync.succeeded().await?;
        stage.delete("/api", "COMES_AND_GOES").await?;
        sync.succeeded().await?;
        ensure!(stage.account.secrets().await?.is_empty(), "it is still there");
        let scheduled = stage.account.listed(&json!({ "IncludePlannedDeletion": true })).await?;
        ensure!(scheduled.len() == 1 && scheduled[0]["DeletedDate"].is_number(), "{scheduled:?}");

        // The documented permissions do not restore.
        stage.put("/api", "COMES_AND_GOES", "second-life-canary-2").await?;
        let message = sync.failed().await?;
        ensure!(
            message.contains("COMES_AND_GOES") && message.contains("secretsmanager:RestoreSecret"),
            "{message}"
        );
        let mut actions = stage.documented();
        actions.push("secretsmanager:RestoreSecret");
        stage.allow(&actions).await?;
        sync.trigger("sync-secrets").await?;
        sync.succeeded().await?;
        ensure!(
            stage.account.secrets().await?["back/COMES_AND_GOES"] == "second-life-canary-2",
            "not restored"
        );
        Ok(())
    })
}

#[test]
fn a_source_that_vanished_disables_the_sync_and_deletes_nothing() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        let folder = stage.folder("api").await?;
        stage.put("/api", "KEY", "survives-its-folder-1").await?;
        let sync = stage.to_parameter_store("/api", "/orphan/", json!({})).await?;
        sync.succeeded().await?;
        let body =
            json!({ "workspaceId": stage.project, "environment": "dev", "path": "/", "forceDelete": true });
        stage
            .api
            .send(http::Method::DELETE, &format!("/api/v1/folders/{folder}"), Some(&body))
            .await?
            .ok()?;
        let read = sync.settled().await?;
        ensure!(read["folder"].is_null(), "{read}");
        let found = stage.account.parameters("/orphan/").await?;
        ensure!(found.len() == 1, "a folder's deletion deleted what was pushed from it: {:?}", found.keys());
        let refused =
            stage.api.send(http::Method::POST, &format!("{}/sync-secrets", sync.path), None).await?;
        refused.refused(400, "BadRequest").map(drop)
    })
}
