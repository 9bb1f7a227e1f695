//! Access keys that are rotated, rolled back and revoked, and the users that have them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Capability;
use super::client::Client;
use crate::LONGEST_WAIT;
use crate::account::AccessKey;
use crate::keys::KEY_ROTATION;
use crate::rotation::{AN_HOUR, BETWEEN_PROOFS, GRACE, ROTATIONS, body};
use crate::stage::Stage;
use crate::system::text;

const USERS: usize = 3;
const LOOK_AGAIN: Duration = Duration::from_secs(1);
const SECRETS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// Three users of a customer, each with at most one rotation.
pub(super) struct Rotations {
    client: Client,
    stage: Stage,
    dice: fastrand::Rng,
    /// The rotation of each user.
    kept: [Option<String>; USERS],
    /// Those that were deleted, of each user.
    ended: [Vec<String>; USERS],
    count: u32,
}

impl Rotations {
    pub(super) async fn new(stage: Stage, client: Client, dice: fastrand::Rng) -> Result<Self> {
        stage.allow(&KEY_ROTATION).await?;
        for n in 0..USERS {
            stage.account.user_without_keys(&user(n)).await?;
            stage.folder(&format!("keys{n}")).await?;
        }
        Ok(Self {
            client,
            stage,
            dice,
            kept: [const { None }; USERS],
            ended: [const { Vec::new() }; USERS],
            count: 0,
        })
    }

    async fn step(&mut self) -> Result<()> {
        let n = self.dice.usize(..USERS);
        let Some(id) = self.kept[n].clone() else { return self.create(n).await };
        let path = format!("{ROTATIONS}/{id}");
        match self.dice.u8(..10) {
            0..4 => {
                self.client.post("key-rotation.rotate", &format!("{path}/rotate-secrets"), &json!({})).await;
                Ok(())
            }
            4..6 => {
                self.client.post("key-rotation.rollback", &format!("{path}/rollback"), &json!({})).await;
                Ok(())
            }
            6..9 => self.let_pass(&id).await,
            _ => self.delete(n, &id).await,
        }
    }

    async fn create(&mut self, n: usize) -> Result<()> {
        self.count += 1;
        let name = format!("soak-{n}-{}", self.count);
        let mut body = body(&self.stage, &format!("/keys{n}"), &user(n), &json!({}));
        body["name"] = json!(name);
        let asked = self.client.post("key-rotation.create", ROTATIONS, &body).await;
        self.kept[n] = if asked.is_murky() {
            let all = self.listed().await?;
            all.iter().find(|one| one["name"] == name.as_str()).map(|one| text(&one["id"])).transpose()?
        } else {
            asked.done().map(|made| text(&made["secretRotation"]["id"])).transpose()?
        };
        Ok(())
    }

    async fn listed(&self) -> Result<Vec<Value>> {
        let path = format!("/api/v2/secret-rotations?projectId={}", self.stage.project);
        let told = self.client.read(&path).await?;
        told["secretRotations"].as_array().cloned().context("a list of rotations")
    }

    /// The time until a key's second proof goes by; or the day until a previous one is deleted, where no new one is waited for:
    /// one that AWS does not take for ten minutes is given up.
    async fn let_pass(&mut self, id: &str) -> Result<()> {
        let rotation = self.client.read(&format!("{ROTATIONS}/{id}")).await?["secretRotation"].take();
        let span = if rotation["rotationStatus"] == "success" { GRACE } else { BETWEEN_PROOFS };
        // Whoever works on it, or has ended it, lets no time pass.
        let passed = self.stage.system().state.let_pass(&format!("KEY_ROTATION#{id}"), "STATE", span).await;
        self.client.tally.passed("time.key-rotation", passed.is_ok());
        Ok(())
    }

    async fn delete(&mut self, n: usize, id: &str) -> Result<()> {
        let path = format!("{ROTATIONS}/{id}?deleteSecrets=true&revokeGeneratedCredentials=true");
        let asked = self.client.delete("key-rotation.delete", &path).await;
        let is_deleted = if asked.is_murky() {
            self.client.look(&format!("{ROTATIONS}/{id}")).await?.status == 404
        } else {
            asked.done().is_some()
        };
        if is_deleted {
            self.ended[n].extend(self.kept[n].take());
        }
        Ok(())
    }

    async fn compare(&mut self) -> Result<()> {
        let found =
            self.listed().await?.iter().map(|one| text(&one["id"])).collect::<Result<BTreeSet<_>>>()?;
        let known: BTreeSet<_> = self.kept.iter().flatten().cloned().collect();
        if found != known {
            self.client.tally.finding(format!("the rotations are {found:?} instead of {known:?}"));
        }
        for n in 0..USERS {
            let holds = match self.kept[n].clone() {
                Some(id) => self.holds(n, &id).await,
                None => self.is_over(n).await,
            };
            if let Err(failure) = holds {
                self.client.tally.finding(format!("{}: {failure:#}", user(n)));
            }
        }
        let count = known.len();
        self.client.tally.verified(format!(
            "{count} rotations' secrets hold keys that work, and {USERS} users have no key that no rotation knows"
        ));
        Ok(())
    }

    /// A user without a rotation has no key and no secret any more.
    async fn is_over(&self, n: usize) -> Result<()> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let keys = self.stage.account.keys(&user(n)).await?;
            let secrets = self.secrets(n).await?;
            if keys.is_empty() && secrets.is_empty() {
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "no rotation, and the keys {keys:?} and {} secrets",
                secrets.len()
            );
            self.let_an_hour_pass(&self.ended[n]).await;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// The key in the secrets is the user's and works, and the rotation knows all keys that the user has.
    async fn holds(&self, n: usize, id: &str) -> Result<()> {
        let rotation = self.settled(n, id).await?;
        let secrets = self.secrets(n).await?;
        let part = |name: &str| secrets.get(name).cloned().with_context(|| format!("no {name}"));
        let user_arn = format!("arn:aws:iam::{}:user/{}", self.stage.account.number, user(n));
        let key = AccessKey { id: part(SECRETS[0])?, secret: part(SECRETS[1])?, user_arn };
        self.stage.system().keep_secret(&key.secret);
        let found = key.identity(&self.stage.system().ready).await?;
        ensure!(
            found.as_ref() == Some(&key.user_arn),
            "the key in the secrets works as {found:?}: {rotation}"
        );
        let known = rotation["keys"].as_array().context("the keys of a rotation")?;
        for key in self.stage.account.keys(&user(n)).await?.into_keys() {
            let ends = |known: &Value| known["endsIn"].as_str().is_some_and(|end| key.ends_with(end));
            ensure!(known.iter().any(ends), "no rotation knows {key}: {rotation}");
        }
        Ok(())
    }

    async fn settled(&self, n: usize, id: &str) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let rotation = self.client.read(&format!("{ROTATIONS}/{id}")).await?["secretRotation"].take();
            let keys = rotation["keys"].as_array().context("the keys of a rotation")?;
            let waits = match rotation["rotationStatus"].as_str() {
                Some("success") => return Ok(rotation),
                // A key whose answer was lost takes a place until it is deleted.
                Some("pending") => keys.is_empty() || !rotation["lastRotationMessage"].is_null(),
                // What failed for a passing reason is tried again by itself, also for want of a place that a key takes which
                // an earlier rotation of the user's has suspended.
                Some("failed") => true,
                other => bail!("it is {other:?}: {rotation}"),
            };
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is not published: {rotation}");
            // A key that AWS does not take for ten minutes is given up: while one is waited for, no hour passes.
            if waits && !keys.iter().any(|key| key["phase"] == "proving") {
                self.let_an_hour_pass(&self.ended[n]).await;
                self.let_an_hour_pass(&[id.to_owned()]).await;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// A key that nobody knows, since the answer that told of it was lost, is suspended at once and deleted after an hour.
    async fn let_an_hour_pass(&self, rotations: &[String]) {
        for id in rotations {
            // Where everything is done already, there is nothing for which it could pass.
            self.stage.system().state.let_pass(&format!("KEY_ROTATION#{id}"), "STATE", AN_HOUR).await.ok();
        }
    }

    async fn secrets(&self, n: usize) -> Result<super::folders::Secrets> {
        let query = format!("workspaceId={}&environment=dev&secretPath=%2Fkeys{n}", self.stage.project);
        let told = self.client.read(&format!("/api/v3/secrets/raw?{query}")).await?;
        let secrets = told["secrets"].as_array().context("a list of secrets")?;
        secrets.iter().map(|one| Ok((text(&one["secretKey"])?, text(&one["secretValue"])?))).collect()
    }
}

impl Capability for Rotations {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}

fn user(n: usize) -> String {
    format!("robot{n}")
}
