//! A user's access keys as their owner meets them: made, proved, published, carried on, taken back, gone; by request and
//! by schedule. Time passes in the table.

mod by_schedule;
mod events;
mod generated;
mod in_the_way;
mod on_request;

use anyhow::{Context as _, Result, ensure};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::json;
use tests::account::AccessKey;
use tests::stage::{Stage, Sync};
use tests::system::System;

/// `aws sts get-caller-identity` under a key: whose it is, or nothing where AWS does not take it.
async fn identity(system: &System, key: &AccessKey) -> Result<Option<String>> {
    #[expect(clippy::disallowed_methods, reason = "an application's own tools, which have its key")]
    let credentials = Credentials::new(&key.id, &key.secret, None, None, "an application");
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(&system.ready.aws_endpoint)
        .region(Region::new(system.ready.region.clone()))
        .credentials_provider(credentials)
        .load()
        .await;
    match aws_sdk_sts::Client::new(&aws).get_caller_identity().send().await {
        Ok(answer) => answer.arn.map(Some).context("AWS names nobody"),
        Err(refusal) if refusal.code() == Some("InvalidClientTokenId") => Ok(None),
        Err(failure) => Err(failure).context("ask AWS who it is"),
    }
}

/// The key works, and is its user's.
async fn works(system: &System, key: &AccessKey) -> Result<()> {
    let found = identity(system, key).await?;
    ensure!(found.as_ref() == Some(&key.user_arn), "{} works as {found:?}", key.id);
    Ok(())
}

/// AWS does not take the key any more.
async fn is_refused(system: &System, key: &AccessKey) -> Result<()> {
    let found = identity(system, key).await?;
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
