//! A project with secrets, and a customer's account that they are kept in step with.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::LONGEST_WAIT;
use crate::account::{Account, trust};
use crate::api::Api;
use crate::stores::{FOR_A_KEY, PARAMETER_STORE, SECRETS_MANAGER};
use crate::system::{System, text, unique};

/// Secrets Manager, as paths name it.
pub const SECRETS_MANAGER_SYNCS: &str = "/api/v1/secret-syncs/aws-secrets-manager";
/// Parameter Store, as paths name it.
pub const PARAMETER_STORE_SYNCS: &str = "/api/v1/secret-syncs/aws-parameter-store";

/// The role of the customer's account that the connection opens.
const ROLE: &str = "secrets";
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The scene of a flow: nothing in it is another test's.
#[derive(Debug)]
pub struct Stage {
    /// The administrator's way in.
    pub api: Api,
    /// The customer's account.
    pub account: Account,
    /// The project's id.
    pub project: String,
    /// The project's slug.
    pub slug: String,
    /// The connection's id.
    pub connection: String,
    system: &'static System,
}

/// A secret sync.
#[derive(Clone, Debug)]
pub struct Sync {
    /// Its path.
    pub path: String,
    /// Its id.
    pub id: String,
    api: Api,
}

impl Stage {
    /// A project with the environments `dev`, `staging` and `prod`, and a connection to an account whose role has
    /// exactly the documented permissions.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn new(system: &'static System) -> Result<Self> {
        let (project, slug) = system.project(&unique("in-step")).await?;
        let account = system.account();
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let role = account.role(ROLE, &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let connection = connect(system, &project, &role).await?;
        let stage = Self { api: system.admin.clone(), account, project, slug, connection, system };
        stage.allow(&stage.documented()).await?;
        Ok(stage)
    }

    /// The demonstration's project, and a connection of its own to its customer's account.
    ///
    /// # Errors
    /// When something refuses.
    pub async fn seeded(system: &'static System) -> Result<Self> {
        let ready = &system.ready;
        let project = ready.seeded("projectId").to_owned();
        let read = system.admin.get(&format!("/api/v1/workspace/{project}")).await?.ok()?;
        let slug = text(&read["workspace"]["slug"])?;
        let account = Account::numbered(&ready.aws_endpoint, &ready.customer_account_id);
        let connection = connect(system, &project, ready.seeded("connectionRoleArn")).await?;
        Ok(Self { api: system.admin.clone(), account, project, slug, connection, system })
    }

    /// The running system.
    #[must_use]
    pub const fn system(&self) -> &'static System {
        self.system
    }

    /// Every documented action.
    #[must_use]
    pub fn documented(&self) -> Vec<&'static str> {
        [&SECRETS_MANAGER[..], &PARAMETER_STORE, &FOR_A_KEY].concat()
    }

    /// The role may do this and nothing else.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn allow(&self, actions: &[&str]) -> Result<()> {
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
        self.account.allow(ROLE, &policy).await
    }

    /// The role may do what this policy says and nothing else.
    ///
    /// # Errors
    /// When IAM refuses.
    pub async fn allow_exactly(&self, policy: &Value) -> Result<()> {
        self.account.allow(ROLE, policy).await
    }

    /// A folder below the root of `dev`.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn folder(&self, name: &str) -> Result<String> {
        let body = json!({ "workspaceId": self.project, "environment": "dev", "name": name, "path": "/" });
        let made = self.api.post("/api/v1/folders", &body).await?.ok()?;
        text(&made["folder"]["id"])
    }

    /// Makes a secret in `dev`. A value that is long enough to be looked for is looked for in all logs.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn put(&self, path: &str, name: &str, value: &str) -> Result<Value> {
        self.on_secret(Method::POST, path, name, &[("secretValue", json!(value))]).await
    }

    /// Changes a secret's value.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn change(&self, path: &str, name: &str, value: &str) -> Result<Value> {
        self.on_secret(Method::PATCH, path, name, &[("secretValue", json!(value))]).await
    }

    /// Renames a secret.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn rename(&self, path: &str, name: &str, new: &str) -> Result<Value> {
        self.on_secret(Method::PATCH, path, name, &[("newSecretName", json!(new))]).await
    }

    /// Deletes a secret.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn delete(&self, path: &str, name: &str) -> Result<Value> {
        self.on_secret(Method::DELETE, path, name, &[]).await
    }

    /// Makes many secrets at once; their values are kept as canaries like those of [`Stage::put`].
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn put_all(&self, path: &str, secrets: &[(String, String)]) -> Result<()> {
        secrets.iter().for_each(|(_, value)| self.canary(value));
        let secrets: Vec<_> =
            secrets.iter().map(|(name, value)| json!({ "secretKey": name, "secretValue": value })).collect();
        let body = json!({ "projectId": self.project, "environment": "dev", "secretPath": path, "secrets": secrets });
        self.api.post("/api/v4/secrets/batch", &body).await?.ok().map(drop)
    }

    /// The schedule comes by, again and again, until it has had a run done that `before`, the sync as it was, does not know:
    /// for what makes a run due and tells nobody.
    ///
    /// # Errors
    /// When that takes too long, or the run went wrong.
    pub async fn ticked(&self, sync: &Sync, before: &Value) -> Result<()> {
        let tick = || async {
            self.system.invoke("SecretSyncWorkerFunction", &json!({ "tick": true })).await?;
            Ok(sync.read().await?["lastSyncJobId"] != before["lastSyncJobId"])
        };
        eventually("the schedule starts a run", tick).await?;
        sync.succeeded().await.map(drop)
    }

    async fn on_secret(
        &self,
        method: Method,
        path: &str,
        name: &str,
        more: &[(&str, Value)],
    ) -> Result<Value> {
        let mut body = json!({ "workspaceId": self.project, "environment": "dev", "secretPath": path });
        for (field, value) in more {
            body[field] = value.clone();
            if *field == "secretValue" {
                self.canary(value.as_str().unwrap_or_default());
            }
        }
        let answer = self.api.send(method, &format!("/api/v3/secrets/raw/{name}"), Some(&body)).await?;
        Ok(answer.ok()?["secret"].take())
    }

    fn canary(&self, value: &str) {
        // Shorter texts turn up by chance.
        if value.len() >= 16 {
            self.system.keep_secret(value);
        }
    }

    /// A sync of a folder of `dev` to Secrets Manager, one secret for each.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn to_secrets_manager(&self, path: &str, options: Value) -> Result<Sync> {
        let config = json!({ "region": "us-east-1", "mappingBehavior": "one-to-one" });
        self.sync(SECRETS_MANAGER_SYNCS, path, options, config).await
    }

    /// A sync of a folder of `dev` to a path of Parameter Store.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn to_parameter_store(&self, path: &str, to: &str, options: Value) -> Result<Sync> {
        self.sync(PARAMETER_STORE_SYNCS, path, options, json!({ "region": "us-east-1", "path": to })).await
    }

    /// A sync with these options besides the usual ones.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn sync(&self, at: &str, path: &str, options: Value, config: Value) -> Result<Sync> {
        let mut all = json!({ "initialSyncBehavior": "overwrite-destination" });
        for (name, value) in options.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let body = json!({
            "name": unique("sync"), "projectId": self.project, "connectionId": self.connection, "environment": "dev",
            "secretPath": path, "syncOptions": all, "destinationConfig": config,
        });
        let made = self.api.post(at, &body).await?.ok()?;
        let id = text(&made["secretSync"]["id"])?;
        Ok(Sync { path: format!("{at}/{id}"), id, api: self.api.clone() })
    }
}

impl Sync {
    /// Itself, as it is now.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn read(&self) -> Result<Value> {
        Ok(self.api.get(&self.path).await?.ok()?["secretSync"].take())
    }

    /// Itself, once nothing is wanted and nothing runs any more.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn settled(&self) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let sync = self.read().await?;
            let busy = |field: &str| matches!(sync[field].as_str(), Some("pending" | "running"));
            if !["syncStatus", "importStatus", "removeStatus"].into_iter().any(busy) {
                return Ok(sync);
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is still not settled: {sync}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Itself, after a run that went well.
    ///
    /// # Errors
    /// When it did not.
    pub async fn succeeded(&self) -> Result<Value> {
        let sync = self.settled().await?;
        ensure!(sync["syncStatus"] == "succeeded", "the run went wrong: {sync}");
        Ok(sync)
    }

    /// Itself, after a run that went well and that `before`, itself as it was, does not know. Whether a run is wanted or goes
    /// on cannot be seen for sure: it may be over at the first look.
    ///
    /// # Errors
    /// When there was none, or it went wrong.
    pub async fn succeeded_since(&self, before: &Value) -> Result<Value> {
        let sync = self.succeeded().await?;
        ensure!(sync["lastSyncJobId"] != before["lastSyncJobId"], "there was no run since {before}");
        Ok(sync)
    }

    /// The message of a run that went wrong.
    ///
    /// # Errors
    /// When it went well.
    pub async fn failed(&self) -> Result<String> {
        let sync = self.settled().await?;
        ensure!(sync["syncStatus"] == "failed", "the run went well: {sync}");
        let message = text(&sync["lastSyncMessage"])?;
        ensure!(message.len() <= 1_024, "a message of {} bytes: {message}", message.len());
        Ok(message)
    }

    /// Until it is no longer there.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn gone(&self) -> Result<()> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let answer = self.api.get(&self.path).await?;
            if answer.status == 404 {
                return Ok(());
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is still there: {}", answer.body);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Wants a run: `sync-secrets`, `import-secrets?…` or `remove-secrets`.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn trigger(&self, what: &str) -> Result<Value> {
        let answer = self.api.send(Method::POST, &format!("{}/{what}", self.path), None).await?;
        Ok(answer.ok()?["secretSync"].take())
    }

    /// What a run would do.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn plan(&self) -> Result<Value> {
        self.api.send(Method::POST, &format!("{}/plan", self.path), None).await?.ok()
    }

    /// Whether somebody changed the destination behind our back.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn drift(&self) -> Result<Value> {
        self.api.get(&format!("{}/drift", self.path)).await?.ok()
    }

    /// Changes it.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn update(&self, body: &Value) -> Result<Value> {
        Ok(self.api.patch(&self.path, body).await?.ok()?["secretSync"].take())
    }
}

async fn connect(system: &System, project: &str, role: &str) -> Result<String> {
    let body = json!({ "name": unique("in-step"), "method": "assume-role", "projectId": project,
        "credentials": { "roleArn": role } });
    let made = system.admin.post("/api/v1/app-connections/aws", &body).await?.ok()?;
    text(&made["appConnection"]["id"])
}

/// Looks until `found` says so.
///
/// # Errors
/// When that takes too long, or `found` fails.
pub async fn eventually<Found: Future<Output = Result<bool>>>(
    what: &str,
    mut found: impl FnMut() -> Found,
) -> Result<()> {
    let until = Instant::now() + LONGEST_WAIT;
    while !found().await? {
        if Instant::now() >= until {
            bail!("after {LONGEST_WAIT:?} not yet: {what}");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
