//! A rotation of a user's access keys, as its owner sees it; and its time, which goes by in the table.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use model::Timestamp;
use serde_json::{Value, json};

use crate::LONGEST_WAIT;
use crate::account::AccessKey;
use crate::api::{Answer, Api};
use crate::stage::Stage;
use crate::system::{System, text, unique};

/// Rotations, as paths name them.
pub const ROTATIONS: &str = "/api/v2/secret-rotations/aws-iam-user-secret";

/// So far apart lie the two proofs of a new key.
pub const BETWEEN_PROOFS: Duration = Duration::from_secs(10);
/// With an interval of a month, how long a previous key stays inactive before it is deleted.
pub const GRACE: Duration = Duration::from_secs(86_400);
/// So long after its deletion the next rotation is due.
pub const AN_HOUR: Duration = Duration::from_secs(3_600);
const A_MINUTE: Duration = Duration::from_secs(60);

const A_LOOK: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";

/// A rotation every thirty days at midnight.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Its path.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The project, and the path of the folder in `dev`.
    place: (String, String),
    user_arn: String,
    system: &'static System,
}

/// What a rotation's create asks for, with `more` instead of or besides the usual.
#[must_use]
pub fn body(stage: &Stage, folder: &str, user: &str, more: &Value) -> Value {
    let mut body = json!({
        "name": unique("rotation"), "projectId": stage.project, "connectionId": stage.connection,
        "environment": "dev", "secretPath": folder, "rotationInterval": 30,
        "parameters": { "userName": user, "region": "us-east-1" },
        "secretsMapping": { "accessKeyId": KEY_ID, "secretAccessKey": SECRET_KEY },
    });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    body
}

impl Rotation {
    /// Makes one, and waits for its first key.
    ///
    /// # Errors
    /// When the API refuses, or the key is not in the secrets in the end.
    pub async fn create(stage: &Stage, folder: &str, user: &str, more: &Value) -> Result<Self> {
        let rotation = Self::begin(stage, folder, user, more).await?;
        rotation.published().await?;
        Ok(rotation)
    }

    /// Makes one.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn begin(stage: &Stage, folder: &str, user: &str, more: &Value) -> Result<Self> {
        let made = stage.api.post(ROTATIONS, &body(stage, folder, user, more)).await?.ok()?;
        Ok(Self::made(stage, folder, user, &text(&made["secretRotation"]["id"])?))
    }

    /// One that was made, of this user and with its secrets in this folder.
    #[must_use]
    pub fn made(stage: &Stage, folder: &str, user: &str, id: &str) -> Self {
        Self {
            path: format!("{ROTATIONS}/{id}"),
            id: id.to_owned(),
            place: (stage.project.clone(), folder.to_owned()),
            user_arn: format!("arn:aws:iam::{}:user/{user}", stage.account.number),
            system: stage.system(),
        }
    }

    /// Itself.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn read(&self) -> Result<Value> {
        Ok(self.api().get(&self.path).await?.ok()?["secretRotation"].take())
    }

    /// Itself, once its newest key is in the secrets.
    ///
    /// # Errors
    /// When the rotation failed, or takes too long.
    pub async fn published(&self) -> Result<Value> {
        let until = Instant::now() + LONGEST_WAIT;
        let mut proof_at = Instant::now();
        loop {
            let rotation = self.read().await?;
            match rotation["rotationStatus"].as_str() {
                Some("success") => return Ok(rotation),
                Some("pending") if Instant::now() >= proof_at => {
                    self.let_pass(BETWEEN_PROOFS).await?;
                    self.tick().await?;
                    proof_at = Instant::now() + A_LOOK;
                }
                Some("pending") => tokio::time::sleep(LOOK_AGAIN).await,
                other => bail!("the rotation is {other:?}: {rotation}"),
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} it is not published: {rotation}");
        }
    }

    /// `rotate-secrets`, `rollback`.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn ask(&self, what: &str) -> Result<Answer> {
        self.api().post(&format!("{}/{what}", self.path), &json!({})).await
    }

    /// Time passes, and the schedule comes by: the worker does what there is to do by then.
    ///
    /// # Errors
    /// When it does nothing, as when nothing is due.
    pub async fn pass(&self, span: Duration) -> Result<()> {
        let due_at = self.let_pass(span).await?;
        self.tick().await?;
        self.at_rest(&due_at).await
    }

    /// Time passes, and nobody but the deployment's own schedule, which comes by every minute, tells the worker.
    ///
    /// # Errors
    /// As [`Rotation::pass`].
    pub async fn pass_alone(&self, span: Duration) -> Result<()> {
        let due_at = self.let_pass(span).await?;
        self.at_rest(&due_at).await
    }

    /// From a rotation that was just published until the previous key's time has come.
    ///
    /// # Errors
    /// When the rotation does not say when it was and when it will be.
    pub async fn until_the_previous_key_goes(&self) -> Result<Duration> {
        let rotation = self.read().await?;
        let time = |field: &str| -> Result<Timestamp> {
            text(&rotation[field])?.parse().with_context(|| format!("read {field}"))
        };
        let interval = time("nextRotationAt")?.since(time("lastRotatedAt")?);
        Ok(interval.saturating_sub(GRACE + AN_HOUR) + A_MINUTE)
    }

    /// The key in the secrets. Its secret half is looked for in all logs.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn key(&self) -> Result<AccessKey> {
        let (id, secret) = (self.secret(KEY_ID).await?, self.secret(SECRET_KEY).await?);
        self.system.keep_secret(&secret);
        Ok(AccessKey { id, secret, user_arn: self.user_arn.clone() })
    }

    /// How far a key got, in the words of the rotation.
    ///
    /// # Errors
    /// When the rotation does not know the key.
    pub async fn phase(&self, key: &str) -> Result<String> {
        let rotation = self.read().await?;
        let mut keys = rotation["keys"].as_array().into_iter().flatten();
        let known = keys.find(|known| known["endsIn"].as_str().is_some_and(|end| key.ends_with(end)));
        text(&known.with_context(|| format!("not among the keys of {rotation}"))?["phase"])
    }

    async fn secret(&self, name: &str) -> Result<String> {
        let (project, folder) = &self.place;
        let path = format!(
            "/api/v3/secrets/raw/{name}?workspaceId={project}&environment=dev&secretPath={}",
            folder.replace('/', "%2F")
        );
        text(&self.api().get(&path).await?.ok()?["secret"]["secretValue"])
    }

    async fn tick(&self) -> Result<()> {
        self.system.invoke("KeyRotationWorkerFunction", &json!({ "tick": true })).await.map(drop)
    }

    async fn let_pass(&self, span: Duration) -> Result<Value> {
        self.system.state.let_pass(&self.key_in_table(), "STATE", span).await
    }

    /// Once the worker has looked at what was due, and waits again.
    async fn at_rest(&self, was_due_at: &Value) -> Result<()> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let state = self.system.state.read(&self.key_in_table(), "STATE").await?;
            if state["lease"].is_null() && state["due_at"] != *was_due_at {
                return Ok(());
            }
            ensure!(Instant::now() < until, "after {LONGEST_WAIT:?} nothing was done: {state}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn key_in_table(&self) -> String {
        format!("KEY_ROTATION#{}", self.id)
    }

    const fn api(&self) -> &Api {
        &self.system.admin
    }
}
