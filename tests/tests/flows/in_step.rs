//! Secrets put with Infisical's own SDKs, and AWS following: both services, from the first run to the last.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::clients;
use tests::stage::{Stage, Sync};
use tests::system::{Machine, run, text, unique};

use crate::sdk::client;

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn wishes(stage: &Stage, machine: &Machine, host: &str, steps: Value) -> Value {
    json!({
        "host": host, "clientId": machine.client_id, "clientSecret": machine.client_secret,
        "projectId": stage.project, "environment": "dev", "path": "/api", "steps": steps,
    })
}

/// Both places hold exactly this, besides what is foreign.
async fn follows(stage: &Stage, syncs: &[&Sync], expected: &[(&str, &str)]) -> Result<()> {
    for sync in syncs {
        sync.succeeded().await?;
    }
    let secrets: Vec<_> = expected.iter().map(|(name, value)| (format!("app/{name}"), *value)).collect();
    let mut secrets: BTreeMap<_, _> = secrets.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    secrets.insert("app/FOREIGN", FOREIGN);
    let secrets: Vec<_> = secrets.into_iter().collect();
    let found = stage.account.secrets().await?;
    ensure!(found == map(&secrets), "Secrets Manager has {:?}", found.keys());
    let parameters: Vec<_> = expected.iter().map(|(name, value)| (format!("/app/{name}"), *value)).collect();
    let mut parameters: BTreeMap<_, _> =
        parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    parameters.insert("/app/FOREIGN", FOREIGN);
    let parameters: Vec<_> = parameters.into_iter().collect();
    let found = stage.account.parameters("/app/").await?;
    ensure!(found == map(&parameters), "Parameter Store has {:?}", found.keys());
    Ok(())
}

const FOREIGN: &str = "somebody else's, and none of ours";

#[test]
fn what_the_python_and_the_node_sdk_put_change_rename_and_delete_is_followed_by_both_services() -> Result<()>
{
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.account.make_secret("app/FOREIGN", FOREIGN).await?;
        stage.account.make_parameter("/app/FOREIGN", FOREIGN).await?;
        let machine = system.machine(&unique("application"), "no-access").await?;
        system.join(&stage.project, &machine, "member").await?;
        let host = &system.ready.api_url;

        let steps = json!([
            ["folder", "api"],
            ["folders"],
            ["create", "DB_PASSWORD", "python-canary-2d0c81b5"],
            ["create", "DB_URL", "postgres://app:${DB_PASSWORD}@db/app"],
            ["list"],
        ]);
        let told = client(clients::python, "secrets", wishes(&stage, &machine, host, steps), None).await?;
        ensure!(told[0] == "/api" && told[1] == json!(["api"]), "{told}");
        let id = &told[2]["id"];
        ensure!(told[2]["secretKey"] == "DB_PASSWORD" && told[2]["version"] == 1, "{told}");
        ensure!(told[4][1]["secretValue"] == "postgres://app:python-canary-2d0c81b5@db/app", "{told}");
        system.keep_secret("python-canary-2d0c81b5");

        let manager = stage.to_secrets_manager("/api", json!({ "keySchema": "app/{{secretKey}}" })).await?;
        let store = stage.to_parameter_store("/api", "/app/", json!({})).await?;
        let syncs = [&manager, &store];
        let url = "postgres://app:python-canary-2d0c81b5@db/app";
        follows(&stage, &syncs, &[("DB_PASSWORD", "python-canary-2d0c81b5"), ("DB_URL", url)]).await?;

        let steps = json!([
            ["create", "API_KEY", "node-canary-77e1f0a2c"],
            ["change", "DB_PASSWORD", "changed-canary-9b13d4"],
            ["get", "DB_PASSWORD"],
            ["list"],
        ]);
        let told = client(clients::node, "secrets", wishes(&stage, &machine, host, steps), None).await?;
        system.keep_secret("node-canary-77e1f0a2c");
        system.keep_secret("changed-canary-9b13d4");
        ensure!(told[2]["id"] == *id && told[2]["version"] == 2, "its id is another one now: {told}");
        let url = "postgres://app:changed-canary-9b13d4@db/app";
        let three =
            [("API_KEY", "node-canary-77e1f0a2c"), ("DB_PASSWORD", "changed-canary-9b13d4"), ("DB_URL", url)];
        follows(&stage, &syncs, &three).await?;

        let steps = json!([["rename", "API_KEY", "PAYMENTS_API_KEY"], ["delete", "DB_URL"], ["folders"]]);
        let told = client(clients::node, "secrets", wishes(&stage, &machine, host, steps), None).await?;
        ensure!(told[0]["secretKey"] == "PAYMENTS_API_KEY" && told[2] == json!(["api"]), "{told}");
        let two = [("DB_PASSWORD", "changed-canary-9b13d4"), ("PAYMENTS_API_KEY", "node-canary-77e1f0a2c")];
        follows(&stage, &syncs, &two).await?;

        let steps = json!([["delete", "PAYMENTS_API_KEY"], ["rename", "DB_PASSWORD", "PASSWORD"], ["list"]]);
        let told = client(clients::python, "secrets", wishes(&stage, &machine, host, steps), None).await?;
        ensure!(told[2][0]["id"] == *id && told[2].as_array().is_some_and(|all| all.len() == 1), "{told}");
        follows(&stage, &syncs, &[("PASSWORD", "changed-canary-9b13d4")]).await
    })
}

#[test]
fn a_change_in_an_imported_or_a_referenced_folder_reaches_aws_and_one_elsewhere_wakes_nobody() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        for name in ["api", "shared", "other", "elsewhere"] {
            stage.folder(name).await?;
        }
        stage.put("/shared", "TLS", "imported-canary-31a7").await?;
        stage.put("/other", "HOST", "referenced-canary-08").await?;
        stage.put("/api", "URL", "https://${dev.other.HOST}/").await?;
        let import = json!({ "workspaceId": stage.project, "environment": "dev", "path": "/api",
            "import": { "environment": "dev", "path": "/shared" }, "isReplication": false });
        stage.api.post("/api/v1/secret-imports", &import).await?.ok()?;
        let sync = stage.to_parameter_store("/api", "/linked/", json!({})).await?;
        sync.succeeded().await?;
        let all = |tls: &str, host: &str| {
            map(&[("/linked/TLS", tls), ("/linked/URL", &format!("https://{host}/"))])
        };
        let found = stage.account.parameters("/linked/").await?;
        ensure!(found == all("imported-canary-31a7", "referenced-canary-08"), "{:?}", found.keys());

        for (path, name, value) in [
            ("/shared", "TLS", "imported-canary-once-more"),
            ("/other", "HOST", "referenced-canary-once-more"),
        ] {
            let before = sync.settled().await?;
            stage.change(path, name, value).await?;
            sync.succeeded_since(&before).await?;
        }
        let found = stage.account.parameters("/linked/").await?;
        ensure!(
            found == all("imported-canary-once-more", "referenced-canary-once-more"),
            "{:?}",
            found.keys()
        );

        let before = sync.settled().await?;
        stage.put("/elsewhere", "TLS", "nobody-looks-here-4f").await?;
        let after = stage.api.get(&sync.path).await?.ok()?["secretSync"].take();
        ensure!(after == before, "a change elsewhere changed {before} to {after}");
        Ok(())
    })
}

#[test]
fn another_slug_of_the_environment_reaches_the_names_in_aws_without_anybodys_asking() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.put("/", "TOKEN", "slug-canary-1b72e9c4").await?;
        let options = json!({ "keySchema": "{{environment}}_{{secretKey}}" });
        let sync = stage.to_parameter_store("/", "/slugs/", options).await?;
        sync.succeeded().await?;
        let called = |name: &str| map(&[(name, "slug-canary-1b72e9c4")]);
        let found = stage.account.parameters("/slugs/").await?;
        ensure!(found == called("/slugs/dev_TOKEN"), "{:?}", found.keys());

        let workspace = format!("/api/v1/workspace/{}", stage.project);
        let read = stage.api.get(&workspace).await?.ok()?;
        let environments = read["workspace"]["environments"].as_array().into_iter().flatten();
        let dev = environments.into_iter().find(|environment| environment["slug"] == "dev");
        let dev = text(&dev.map(|dev| dev["id"].clone()).unwrap_or_default())?;
        let path = format!("{workspace}/environments/{dev}");
        let before = sync.settled().await?;
        stage.api.patch(&path, &json!({ "slug": "development" })).await?.ok()?;
        stage.ticked(&sync, &before).await?;
        let found = stage.account.parameters("/slugs/").await?;
        ensure!(found == called("/slugs/development_TOKEN"), "{:?}", found.keys());
        Ok(())
    })
}

#[test]
fn one_document_holds_all_keys_of_a_folder() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "USER", "app").await?;
        stage.put("/api", "PASSWORD", "document-canary-5d19").await?;
        let config =
            json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "app/all" });
        let sync = stage.sync(tests::stage::SECRETS_MANAGER_SYNCS, "/api", json!({}), config).await?;
        sync.succeeded().await?;
        let document = |found: &BTreeMap<String, String>| -> Result<Value> {
            Ok(serde_json::from_str(found.get("app/all").map_or("null", String::as_str))?)
        };
        let found = document(&stage.account.secrets().await?)?;
        ensure!(found == json!({ "USER": "app", "PASSWORD": "document-canary-5d19" }), "not the document");
        stage.delete("/api", "USER").await?;
        sync.succeeded().await?;
        let found = document(&stage.account.secrets().await?)?;
        ensure!(found == json!({ "PASSWORD": "document-canary-5d19" }), "not the document");
        Ok(())
    })
}

#[test]
fn a_burst_of_changes_is_one_run() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.folder("api").await?;
        stage.put("/api", "COUNTER", "0").await?;
        let sync = stage.to_parameter_store("/api", "/burst/", json!({})).await?;
        sync.succeeded().await?;
        let mark = system.guard.mark().await?;
        let since = Instant::now();
        for n in 1..=12 {
            stage.change("/api", "COUNTER", &n.to_string()).await?;
        }
        let took = since.elapsed();
        sync.succeeded().await?;
        ensure!(
            stage.account.parameters("/burst/").await? == map(&[("/burst/COUNTER", "12")]),
            "not the last value"
        );
        let calls = system.guard.calls_after(mark).await?;
        let writes = calls.iter().filter(|call| {
            call.action == "PutParameter"
                && call.permissions.iter().any(|put| put.resource == "/burst/COUNTER")
        });
        // A run for every two seconds that the burst lasts, which is long on a busy machine; for their edges, one more; and
        // one by the schedule.
        let (writes, most) = (writes.count(), took.as_secs() / 2 + 3);
        ensure!(writes as u64 <= most, "{writes} writes for one burst of {took:?}");
        Ok(())
    })
}
