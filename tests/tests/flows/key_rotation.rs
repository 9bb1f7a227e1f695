//! A user's access keys as their owner meets them: made, proved, published, carried on, taken back, gone; by request and
//! by schedule. Time passes in the table.

mod by_schedule;
mod events;
mod generated;
mod in_the_way;
mod on_request;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::account::AccessKey;
use tests::stage::{Stage, Sync};
use tests::system::System;

/// The key works, and is its user's.
async fn works(system: &System, key: &AccessKey) -> Result<()> {
    let found = key.identity(&system.ready).await?;
    ensure!(found.as_ref() == Some(&key.user_arn), "{} works as {found:?}", key.id);
    Ok(())
}

/// AWS does not take the key any more.
async fn is_refused(system: &System, key: &AccessKey) -> Result<()> {
    let found = key.identity(&system.ready).await?;
    ensure!(found.is_none(), "{} still works as {found:?}", key.id);
    Ok(())
}

/// A folder's copies in both services.
struct Copies {
    folder: &'static str,
    syncs: [Sync; 2],
}

impl Copies {
    async fn new(stage: &Stage, folder: &'static str) -> Result<Self> {
        let (path, schema) = (format!("/{folder}"), format!("{folder}/{{{{secretKey}}}}"));
        let manager = stage.to_secrets_manager(&path, json!({ "keySchema": schema })).await?;
        let store = stage.to_parameter_store(&path, &format!("/{folder}/"), json!({})).await?;
        Ok(Self { folder, syncs: [manager, store] })
    }

    /// Both services hold this key.
    async fn hold(&self, stage: &Stage, key: &AccessKey) -> Result<()> {
        for sync in &self.syncs {
            sync.succeeded().await?;
        }
        let folder = self.folder;
        let (secrets, parameters) =
            (stage.account.secrets().await?, stage.account.parameters(&format!("/{folder}/")).await?);
        for (name, value) in [("AWS_ACCESS_KEY_ID", &key.id), ("AWS_SECRET_ACCESS_KEY", &key.secret)] {
            let (copy, other) =
                (secrets.get(&format!("{folder}/{name}")), parameters.get(&format!("/{folder}/{name}")));
            ensure!(copy == Some(value), "{name} in Secrets Manager is another key's");
            ensure!(other == Some(value), "{name} in Parameter Store is another key's");
        }
        Ok(())
    }

    /// Neither service holds any.
    async fn are_gone(&self, stage: &Stage) -> Result<()> {
        for sync in &self.syncs {
            sync.succeeded().await?;
        }
        let folder = self.folder;
        let secrets = stage.account.secrets().await?;
        let left: Vec<_> = secrets.keys().filter(|name| name.starts_with(&format!("{folder}/"))).collect();
        let parameters = stage.account.parameters(&format!("/{folder}/")).await?;
        ensure!(left.is_empty() && parameters.is_empty(), "{left:?} {:?}", parameters.keys());
        Ok(())
    }
}
