//! Numbers that the simulation must not make up: they are read where they are used.

use std::fs;

use anyhow::{Context as _, Result};
use serde_yaml_ng::Value;

use crate::source::workspace;

/// What one worker is allowed.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    /// How many of it run at once.
    pub at_once: u64,
    /// How many due things of a list one tick finds.
    pub a_tick: u64,
}

/// What the code and the template say.
#[derive(Debug, Clone, Copy)]
pub struct Constants {
    /// Runs and drift checks of secret syncs.
    pub secret_syncs: Worker,
    /// Rotations of access keys.
    pub key_rotations: Worker,
    /// Orders of certificates.
    pub certificates: Worker,
    /// Runs of certificate syncs.
    pub certificate_syncs: Worker,
    /// Reads of IAM a second in one account, by all workers together.
    pub iam_reads: f64,
    /// Seconds within which messages about one thing are one, and which each waits.
    pub burst_seconds: u64,
    /// Hours between two drift checks of a sync.
    pub drift_hours: u64,
    /// Requests a second that the API lets through.
    pub api_rate: u64,
    /// Logins a second that it lets through, by each method.
    pub login_rate: u64,
    /// Partitions of each list of due work.
    pub due_shards: u64,
}

impl Constants {
    /// Reads them.
    ///
    /// # Errors
    /// When one of them is not where it was.
    pub fn read() -> Result<Self> {
        let template = template()?;
        let worker = |logical_id: &str, file: &str| -> Result<Worker> {
            Ok(Worker {
                at_once: maximum_concurrency(&template, logical_id)?,
                a_tick: constant(file, "AT_ONCE")?,
            })
        };
        let stage = &template["Resources"]["Api"]["Properties"];
        let rate = |settings: &Value| settings["ThrottlingRateLimit"].as_u64();
        Ok(Self {
            secret_syncs: worker("SecretSyncWorkerFunction", "functions/secret-sync-worker/src/tick.rs")?,
            key_rotations: worker(
                "KeyRotationWorkerFunction",
                "functions/key-rotation-worker/src/worker.rs",
            )?,
            certificates: worker("CertificateWorkerFunction", "functions/certificate-worker/src/worker.rs")?,
            certificate_syncs: worker(
                "CertificateSyncWorkerFunction",
                "functions/certificate-sync-worker/src/worker.rs",
            )?,
            iam_reads: number("shared/rotation/src/pace.rs", "READS")?,
            burst_seconds: constant("shared/queue/src/lib.rs", "BURST_SECONDS")?,
            drift_hours: constant("shared/model/src/secret_sync/options.rs", "DRIFT_CHECK_INTERVAL_HOURS")?,
            api_rate: rate(&stage["DefaultRouteSettings"]).context("the API has no rate")?,
            login_rate: rate(&stage["RouteSettings"]["POST /api/v1/auth/universal-auth/login"])
                .context("the login has no rate")?,
            due_shards: shards()?,
        })
    }
}

fn template() -> Result<Value> {
    let text = fs::read_to_string(workspace().join("template.yaml")).context("read template.yaml")?;
    serde_yaml_ng::from_str(&text).context("template.yaml is YAML")
}

fn maximum_concurrency(template: &Value, function: &str) -> Result<u64> {
    let events = template["Resources"][function]["Properties"]["Events"].as_mapping();
    events
        .into_iter()
        .flat_map(|events| events.values())
        .find_map(|event| event["Properties"]["ScalingConfig"]["MaximumConcurrency"].as_u64())
        .with_context(|| format!("{function} has no MaximumConcurrency"))
}

/// A whole number that a file calls so.
fn constant(file: &str, name: &str) -> Result<u64> {
    let value = written(file, name)?;
    value.parse().with_context(|| format!("{name} of {file} is no whole number: {value}"))
}

/// A number that a file calls so.
fn number(file: &str, name: &str) -> Result<f64> {
    let value = written(file, name)?;
    value.parse().with_context(|| format!("{name} of {file} is no number: {value}"))
}

fn written(file: &str, name: &str) -> Result<String> {
    let text = fs::read_to_string(workspace().join(file)).with_context(|| format!("read {file}"))?;
    let line = text.lines().find(|line| line.contains(&format!("const {name}: ")));
    let line = line.with_context(|| format!("{file} has no constant {name}"))?;
    let value = line.split_once('=').map(|(_, value)| value.trim().trim_end_matches(';').replace('_', ""));
    value.with_context(|| format!("{name} of {file} has no value in its line"))
}

/// Each list of due work is one partition of the index, as long as its name alone is the partition's key.
fn shards() -> Result<u64> {
    let text = fs::read_to_string(workspace().join("shared/store/src/secret_sync/run.rs"))
        .context("read how syncs are put into the list of due work")?;
    anyhow::ensure!(
        text.contains("Index { pk: list.to_owned(), sk: format!(\"{at}#{id}\") }"),
        "the list of due syncs is keyed in another way: say here in how many partitions"
    );
    Ok(1)
}
