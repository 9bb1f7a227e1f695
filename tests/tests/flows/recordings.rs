//! Session recordings, from a bucket that is not ready for them to a recording that somebody has changed.

mod gateway;
mod offline;
mod page;
mod scripts;
mod uploader;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::recordings::Recorder;
use tests::stage::Stage;
use tests::system::{run, text};

#[test]
fn a_wrong_policy_and_a_missing_cors_rule_are_named_and_what_is_printed_mends_both() -> Result<()> {
    run(|system| async move {
        let stage = Stage::new(system).await?;
        stage.allow(&["secretsmanager:ListSecrets"]).await?;
        let recorder = Recorder::unprepared(stage).await?;
        let (api, path) = (&recorder.stage.api, recorder.config_path());
        let save = async || api.post(&path, &recorder.config()).await;
        let objects = format!("arn:aws:s3:::{}/pam/sessions", recorder.bucket);
        let refused = save().await?.refused(400, "BadRequest")?;
        for named in [
            "s3:ListBucket".to_owned(),
            format!("arn:aws:s3:::{}", recorder.bucket),
            "s3:PutObject".to_owned(),
            format!("s3:DeleteObject on {objects}/.test/*"),
            "CORS".to_owned(),
            system.ready.api_url.clone(),
        ] {
            ensure!(refused.contains(&named), "{named} is not in: {refused}");
        }

        let printed = recorder.printed().await?;
        let mut narrow = printed["permissionPolicy"].clone();
        let statements = narrow["Statement"].as_array_mut().context("no statements")?;
        statements.retain(|statement| statement["Action"] != "s3:DeleteObject");
        recorder.stage.allow_exactly(&narrow).await?;
        let refused = save().await?.refused(400, "BadRequest")?;
        ensure!(refused.contains(&format!("s3:DeleteObject on {objects}/.test/*")), "{refused}");
        ensure!(!refused.contains("s3:ListBucket on"), "it may: {refused}");

        recorder.stage.allow_exactly(&printed["permissionPolicy"]).await?;
        let refused = save().await?.refused(400, "BadRequest")?;
        ensure!(refused.contains(&printed["corsRules"].to_string()), "the rule to add: {refused}");
        let elsewhere =
            printed["corsRules"].to_string().replace(&system.ready.api_url, "https://elsewhere.example.com");
        recorder.cors(&serde_json::from_str(&elsewhere)?).await?;
        ensure!(save().await?.status == 400, "the rule lets somebody else in");
        recorder.cors(&printed["corsRules"]).await?;
        let saved = save().await?.ok()?;
        ensure!(saved["config"]["bucket"] == recorder.bucket.as_str(), "{saved}");
        ensure!(recorder.keys().await?.is_empty(), "the tests left something: {:?}", recorder.keys().await?);

        // What the peer's page does with it: any answer that a browser may read means that the rule is there.
        let probe = reqwest::Client::builder().no_proxy().build()?.get(text(&saved["corsProbeUrl"])?);
        let answer = probe.header("origin", &system.ready.api_url).send().await?;
        let let_in = answer.headers().get("access-control-allow-origin").context("no CORS header")?;
        ensure!(let_in == system.ready.api_url.as_str(), "{let_in:?}");
        Ok(())
    })
}

#[test]
fn the_seeded_bucket_is_configured_as_a_new_user_would() -> Result<()> {
    run(|system| async move {
        let ready = &system.ready;
        let path = format!("/api/v1/pam/projects/{}/recording-config", ready.seeded("projectId"));
        let config = |prefix: &str| {
            json!({ "storageBackend": "aws-s3", "connectionId": ready.seeded("recordingsConnectionId"),
                "bucket": ready.seeded("recordingsBucket"), "region": ready.region, "keyPrefix": prefix })
        };
        let refused = system.admin.post(&path, &config("elsewhere")).await?.refused(400, "BadRequest")?;
        let objects = format!("arn:aws:s3:::{}/elsewhere/", ready.seeded("recordingsBucket"));
        ensure!(refused.contains("s3:PutObject") || refused.contains("s3:DeleteObject"), "{refused}");
        ensure!(refused.contains(&objects), "{refused}");
        let tried = system.admin.post(&format!("{path}/test"), &config("pam")).await?.ok()?;
        ensure!(tried["passed"] == true, "{tried}");
        let saved = system.admin.post(&path, &config("pam")).await?.ok()?;
        ensure!(saved["config"]["keyPrefix"] == "pam", "{saved}");
        let read = system.admin.get(&path).await?.ok()?;
        ensure!(read["config"]["id"] == saved["config"]["id"], "{read}");
        Ok(())
    })
}

/// The list of chunks' numbers.
fn indexes(playback: &Value) -> Vec<u64> {
    playback["chunks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|chunk| chunk["chunkIndex"].as_u64())
        .collect()
}
