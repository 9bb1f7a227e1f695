//! The documented permissions suffice, and each that is missing is named.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::stage::{Stage, Sync};
use tests::stores::{PARAMETER_STORE, SECRETS_MANAGER};
use tests::system::run;

/// A change of everything: a key made, changed, deleted; a tag set and another one taken away.
async fn change_everything(stage: &Stage, sync: &Sync, round: usize) -> Result<()> {
    stage.put("/api", &format!("MADE_{round}"), &format!("made-canary-round-{round}")).await?;
    stage.change("/api", "CHANGED", &format!("changed-canary-round-{round}")).await?;
    let previous = format!("MADE_{}", round.saturating_sub(1));
    if round > 0 {
        stage.delete("/api", &previous).await?;
    }
    let tag = json!([{ "key": format!("round-{round}"), "value": "on" }]);
    let options = stage.api.get(&sync.path).await?.ok()?["secretSync"]["syncOptions"].take();
    let mut options = options;
    options["tags"] = tag;
    sync.update(&json!({ "syncOptions": options })).await.map(drop)
}

/// Without each action in turn a run either does everything all the same or names it; the answer is those that it names.
async fn named_when_missing(stage: &Stage, sync: &Sync, actions: &[&str]) -> Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for (at, action) in actions.iter().enumerate() {
        let without: Vec<_> = stage.documented().into_iter().filter(|one| one != action).collect();
        stage.allow(&without).await?;
        change_everything(stage, sync, at + 1).await?;
        let done = sync.settled().await?;
        let message = done["lastSyncMessage"].as_str().unwrap_or_default();
        if done["syncStatus"] == "failed" {
            ensure!(message.contains(action), "without {action} it says: {message}");
            named.insert((*action).to_owned());
        }
        stage.allow(&stage.documented()).await?;
        sync.trigger("sync-secrets").await?;
        sync.succeeded().await?;
    }
    Ok(named)
}

#[test]
fn each_documented_action_of_secrets_manager_that_is_missing_is_named() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "CHANGED", "changed-canary-at-first").await?;
        let sync = stage.to_secrets_manager("/api", json!({ "keySchema": "p/{{secretKey}}" })).await?;
        sync.succeeded().await?;
        change_everything(&stage, &sync, 0).await?;
        sync.succeeded().await?;
        let named = named_when_missing(&stage, &sync, &SECRETS_MANAGER).await?;
        let expected = [
            "BatchGetSecretValue",
            "CreateSecret",
            "DeleteSecret",
            "GetSecretValue",
            "ListSecrets",
            "TagResource",
            "UntagResource",
            "UpdateSecret",
        ];
        let expected: BTreeSet<_> = expected.map(|action| format!("secretsmanager:{action}")).into();
        let unnamed: Vec<_> = expected.difference(&named).collect();
        ensure!(unnamed.is_empty(), "missing and not named: {unnamed:?}");
        Ok(())
    })
}

#[test]
fn each_documented_action_of_parameter_store_that_is_missing_is_named() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "CHANGED", "changed-canary-at-first").await?;
        let sync = stage.to_parameter_store("/api", "/p/", json!({})).await?;
        sync.succeeded().await?;
        change_everything(&stage, &sync, 0).await?;
        sync.succeeded().await?;
        let named = named_when_missing(&stage, &sync, &PARAMETER_STORE).await?;
        let expected = [
            "AddTagsToResource",
            "DeleteParameters",
            "GetParametersByPath",
            "ListTagsForResource",
            "PutParameter",
            "RemoveTagsFromResource",
        ];
        let expected: BTreeSet<_> = expected.map(|action| format!("ssm:{action}")).into();
        let unnamed: Vec<_> = expected.difference(&named).collect();
        ensure!(unnamed.is_empty(), "missing and not named: {unnamed:?}");
        Ok(())
    })
}

#[test]
fn a_connection_that_no_longer_opens_fails_the_run_in_awss_words_and_leaves_everything() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "KEY", "stays-when-shut-out").await?;
        let sync = stage.to_parameter_store("/api", "/shut/", json!({})).await?;
        sync.succeeded().await?;
        let nobody = json!({ "StringEquals": { "sts:ExternalId": "another" } });
        let trust = tests::account::trust("arn:aws:iam::111111111111:root", &nobody);
        stage.account.trust("secrets", &trust).await?;
        // Sessions that live already are used on; a sync to another region needs one of its own.
        let config = json!({ "region": "eu-west-1", "path": "/shut/" });
        let other = stage.sync(tests::stage::PARAMETER_STORE_SYNCS, "/api", json!({}), config).await?;
        let message = other.failed().await?;
        ensure!(message.contains("sts:AssumeRole"), "{message}");
        ensure!(stage.account.parameters("/shut/").await?.len() == 1, "something is gone");
        Ok(())
    })
}

#[test]
fn a_key_of_the_customers_own_is_used_and_a_disabled_one_is_named_with_every_key_that_it_stopped()
-> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        let key = stage.account.json("kms", "TrentService.CreateKey", &json!({})).await?;
        let key = tests::system::text(&key["KeyMetadata"]["KeyId"])?;
        stage.folder("api").await?;
        stage.put("/api", "KEY", "sealed-by-their-key").await?;
        let options = json!({ "keyId": key });
        let store = stage.to_parameter_store("/api", "/kms/", options.clone()).await?;
        store.succeeded().await?;
        let described = json!({ "ParameterFilters": [{ "Key": "Name", "Values": ["/kms/KEY"] }] });
        let described = stage.account.parameter_store("DescribeParameters", &described).await?;
        let used = described["Parameters"][0]["KeyId"].to_string();
        ensure!(used.contains(&key), "encrypted with {used}");

        stage.account.json("kms", "TrentService.DisableKey", &json!({ "KeyId": key })).await?;
        stage.change("/api", "KEY", "cannot-be-sealed-now").await?;
        let message = store.failed().await?;
        ensure!(message.contains("KEY") && message.to_lowercase().contains("key"), "{message}");
        stage.account.json("kms", "TrentService.EnableKey", &json!({ "KeyId": key })).await?;
        store.trigger("sync-secrets").await?;
        store.succeeded().await?;
        let mark = system.guard.mark().await?;
        // Whatever the key is called, it is the same key: nothing to write.
        let mut same = stage.api.get(&store.path).await?.ok()?["secretSync"]["syncOptions"].take();
        same["keyId"] = json!(format!("arn:aws:kms:us-east-1:{}:key/{key}", stage.account.number));
        store.update(&json!({ "syncOptions": same })).await?;
        store.succeeded().await?;
        let calls = system.guard.calls_after(mark).await?;
        let writes = calls.iter().filter(|call| {
            call.action == "PutParameter" && call.permissions.iter().any(|put| put.resource == "/kms/KEY")
        });
        ensure!(writes.count() == 0, "another spelling of the same key was a change");
        Ok(())
    })
}
