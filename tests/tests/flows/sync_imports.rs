//! What the destination has already: adopted, imported with either priority, and removed again.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::stage::Stage;
use tests::system::{run, text};

/// The secrets of `/api`, names and values.
async fn here(stage: &Stage) -> Result<BTreeMap<String, String>> {
    let path = format!("/api/v3/secrets/raw?workspaceId={}&environment=dev&secretPath=%2Fapi", stage.project);
    let listed = stage.api.get(&path).await?.ok()?;
    let secrets = listed["secrets"].as_array().into_iter().flatten();
    secrets.map(|secret| Ok((text(&secret["secretKey"])?, text(&secret["secretValue"])?))).collect()
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A folder with `BOTH` and `HERE`, and beside it in AWS `BOTH` and `THERE`.
async fn scene(system: &'static tests::system::System) -> Result<Stage> {
    let stage = Stage::new(system).await?;
    stage.folder("api").await?;
    stage.put("/api", "BOTH", "both-as-it-is-here").await?;
    stage.put("/api", "HERE", "only-here-canary-1").await?;
    stage.account.make_parameter("/import/BOTH", "both-as-it-is-there").await?;
    stage.account.make_parameter("/import/THERE", "only-there-canary-2").await?;
    system.keep_secret("both-as-it-is-there");
    system.keep_secret("only-there-canary-2");
    Ok(stage)
}

#[test]
fn a_first_sync_imports_with_the_priority_that_was_chosen() -> Result<()> {
    run(|system| async move {
        for (behavior, both) in [
            ("import-prioritize-source", "both-as-it-is-here"),
            ("import-prioritize-destination", "both-as-it-is-there"),
        ] {
            let stage = scene(system).await?;
            let sync = stage
                .to_parameter_store("/api", "/import/", json!({ "initialSyncBehavior": behavior }))
                .await?;
            sync.succeeded().await?;
            let expected = [("BOTH", both), ("HERE", "only-here-canary-1"), ("THERE", "only-there-canary-2")];
            let found = here(&stage).await?;
            ensure!(found == map(&expected), "{behavior}: here are {:?}", found.keys());
            let there = stage.account.parameters("/import/").await?;
            let expected = expected.map(|(name, value)| (format!("/import/{name}"), value.to_owned()));
            ensure!(there == BTreeMap::from(expected), "{behavior}: there are {:?}", there.keys());
            let tags = stage.account.tags_of_parameter("/import/THERE").await?;
            ensure!(tags.get("drawbridge:secret-sync") == Some(&sync.id), "not adopted: {tags:?}");
        }
        Ok(())
    })
}

#[test]
fn an_overwriting_first_sync_adopts_what_has_its_names_and_leaves_the_rest() -> Result<()> {
    run(|system| async move {
        let stage = scene(system).await?;
        let sync = stage.to_parameter_store("/api", "/import/", json!({})).await?;
        sync.succeeded().await?;
        let found = here(&stage).await?;
        ensure!(
            found == map(&[("BOTH", "both-as-it-is-here"), ("HERE", "only-here-canary-1")]),
            "{:?}",
            found.keys()
        );
        let there = stage.account.parameters("/import/").await?;
        let expected = [
            ("/import/BOTH", "both-as-it-is-here"),
            ("/import/HERE", "only-here-canary-1"),
            ("/import/THERE", "only-there-canary-2"),
        ];
        ensure!(there == map(&expected), "{:?}", there.keys());
        ensure!(
            stage.account.tags_of_parameter("/import/THERE").await?.is_empty(),
            "THERE is nobody's of ours"
        );
        Ok(())
    })
}

#[test]
fn an_import_on_demand_brings_new_keys_and_overwrites_only_when_asked() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "KEY", "ours-from-the-start").await?;
        let options = json!({ "keySchema": "wanted/{{secretKey}}" });
        let sync = stage.to_secrets_manager("/api", options).await?;
        sync.succeeded().await?;
        sync.update(&json!({ "isAutoSyncEnabled": false })).await?;
        sync.settled().await?;
        stage.account.make_secret("wanted/OTHER", "made-by-somebody-1").await?;
        stage.account.make_secret("elsewhere/THIRD", "not-of-the-schema").await?;
        let change = json!({ "SecretId": "wanted/KEY", "SecretString": "changed-over-there" });
        stage.account.secrets_manager("UpdateSecret", &change).await?;
        for (behavior, key) in
            [("prioritize-source", "ours-from-the-start"), ("prioritize-destination", "changed-over-there")]
        {
            let asked = sync.trigger(&format!("import-secrets?importBehavior={behavior}")).await?;
            ensure!(asked["importStatus"] == "pending", "{asked}");
            let done = sync.settled().await?;
            ensure!(done["importStatus"] == "succeeded", "{done}");
            let found = here(&stage).await?;
            ensure!(
                found == map(&[("KEY", key), ("OTHER", "made-by-somebody-1")]),
                "{behavior}: {:?}",
                found.keys()
            );
        }
        Ok(())
    })
}

#[test]
fn a_removal_takes_what_the_sync_made_and_nothing_else() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "ONE", "removed-canary-111").await?;
        stage.put("/api", "TWO", "removed-canary-222").await?;
        stage.account.make_parameter("/removed/FOREIGN", "somebody else's").await?;
        stage.account.make_secret("removed/FOREIGN", "somebody else's").await?;
        let store = stage.to_parameter_store("/api", "/removed/", json!({})).await?;
        let manager =
            stage.to_secrets_manager("/api", json!({ "keySchema": "removed/{{secretKey}}" })).await?;
        store.succeeded().await?;
        manager.succeeded().await?;

        let asked = store.trigger("remove-secrets").await?;
        ensure!(asked["removeStatus"] == "pending", "{asked}");
        let done = store.settled().await?;
        ensure!(done["removeStatus"] == "succeeded", "{done}");
        let left = stage.account.parameters("/removed/").await?;
        ensure!(left.keys().collect::<Vec<_>>() == ["/removed/FOREIGN"], "{:?}", left.keys());

        let answer = stage.api.delete(&format!("{}?removeSecrets=true", manager.path)).await?.ok()?;
        ensure!(answer["secretSync"]["removeStatus"] == "pending", "{answer}");
        manager.gone().await?;
        let left = stage.account.secrets().await?;
        ensure!(left.keys().collect::<Vec<_>>() == ["removed/FOREIGN"], "{:?}", left.keys());

        // Without the wish the definition alone goes.
        let again = stage.to_parameter_store("/api", "/removed/", json!({})).await?;
        again.succeeded().await?;
        let gone: Value = stage.api.delete(&again.path).await?.ok()?;
        ensure!(gone["secretSync"]["id"] == again.id.as_str(), "{gone}");
        ensure!(stage.account.parameters("/removed/").await?.len() == 3, "a deleted sync removed something");
        Ok(())
    })
}
