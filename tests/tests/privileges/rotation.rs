//! Rotation of a user's access keys, and what each action is for.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::rotation::{AN_HOUR, ROTATIONS, Rotation, body};
use tests::stage::Stage;
use tests::system::{System, text};

use super::life::{Attempt, Beside, Capability, Level, Life, Told, printed};
use super::trial::Without;

const USER: &str = "batch";
const FIND: &str = "list users";
const BEGIN: &str = "make the first key";
const ROTATE: &str = "make another key";
const DEACTIVATE: &str = "deactivate the previous key";
const ROLL_BACK: &str = "bring the previous key back";
const MAKE_ROOM: &str = "make a third key in place of one of two";
const END: &str = "delete the rotation with its keys";

/// A user whose keys are rotated.
pub(super) struct KeyRotation {
    stage: Stage,
    printed: Value,
    rotation: Option<Rotation>,
    /// The key that was in the secrets before the present one.
    previous: String,
}

impl KeyRotation {
    fn rotation(&self) -> Result<&Rotation> {
        self.rotation.as_ref().context("there is no rotation")
    }

    /// What it says of itself, as far as it is wrong or lacks something.
    async fn words(&self) -> Result<String> {
        let told = self.rotation()?.read().await?;
        let field = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        Ok([field("lastRotationMessage"), field("hint")].join(" ").trim().to_owned())
    }

    /// A key that was asked for is in the secrets, or the rotation says why not.
    async fn is_published(&self) -> Result<Told> {
        match self.rotation()?.published().await {
            Ok(_) => Ok(Told::Done(self.words().await?)),
            Err(fault) if self.rotation()?.read().await?["rotationStatus"] == "failed" => {
                let words = self.words().await?;
                ensure!(!words.is_empty(), "it failed without a word: {fault:#}");
                Ok(Told::Failed(words))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn begun(&mut self) -> Result<Told> {
        // Each proof is a use of the key: it would not be deactivated for six hours.
        let quiet = json!({ "timings": { "quietHours": 0 } });
        let asked = body(&self.stage, "/keys", USER, &quiet);
        let answer = self.stage.api.post(ROTATIONS, &asked).await?;
        if answer.status != 200 {
            return Ok(Told::Failed(text(&answer.body["message"])?));
        }
        let id = text(&answer.body["secretRotation"]["id"])?;
        self.rotation = Some(Rotation::made(&self.stage, "/keys", USER, &id));
        self.is_published().await
    }

    async fn asked(&mut self, what: &str) -> Result<Told> {
        let rotation = self.rotation()?;
        let present = rotation.key().await?.id;
        let answer = rotation.ask(what).await?;
        if answer.status != 200 {
            return Ok(Told::Failed(text(&answer.body["message"])?));
        }
        let told = self.is_published().await?;
        if matches!(told, Told::Done(_)) {
            let now = self.rotation()?.key().await?.id;
            ensure!(now != present, "after {what} the same key is in the secrets");
            self.previous = present;
        }
        Ok(told)
    }

    /// The schedule comes by once the previous key's time has come, or an hour later once more.
    async fn deactivated(&mut self, span: Duration) -> Result<Told> {
        self.rotation()?.pass(span).await?;
        let keys = self.stage.account.keys(USER).await?;
        let words = self.words().await?;
        Ok(match keys.get(&self.previous).map(String::as_str) {
            Some("Inactive") => Told::Done(words),
            found => {
                ensure!(!words.is_empty(), "the previous key is {found:?}, and nobody says why");
                Told::Failed(words)
            }
        })
    }

    /// Who asks for it is answered at once: what then becomes of the keys is told in the audit trail.
    async fn over(&mut self) -> Result<Told> {
        let rotation = self.rotation()?;
        if self.stage.api.get(&rotation.path).await?.status == 200 {
            let path = format!("{}?deleteSecrets=true&revokeGeneratedCredentials=true", rotation.path);
            let answer = self.stage.api.delete(&path).await?;
            if answer.status != 200 {
                return Ok(Told::Failed(text(&answer.body["message"])?));
            }
        } else {
            // With its keys, all that could be looked at goes.
            rotation.pass(AN_HOUR).await.ok();
        }
        let left = self.stage.account.keys(USER).await?;
        if left.is_empty() {
            return Ok(Told::Done(String::new()));
        }
        let mut trail = self.stage.system().state.audit().await?;
        trail.retain(|line| line["resource_id"] == rotation.id.as_str());
        trail.sort_by_key(|line| line["at"].to_string());
        let failed = trail.iter().rfind(|line| line["action"] == "key-rotation.failed");
        let words =
            failed.with_context(|| format!("keys are left, and nobody says why: {left:?}, {trail:?}"))?;
        Ok(Told::Failed(words["details"].to_string()))
    }
}

impl Capability for KeyRotation {
    const NAME: &'static str = "key-rotation";
    const DEEDS: &'static [&'static str] = &[FIND, BEGIN, ROTATE, DEACTIVATE, ROLL_BACK, MAKE_ROOM, END];
    const STEPWISE: &'static [&'static str] = &[ROTATE, MAKE_ROOM, END];
    type Life = Self;

    async fn begin(system: &'static System, level: Level) -> Result<Self> {
        let stage = Stage::new(system).await?;
        let query =
            format!("capability=key-rotation,parameter-store&userName={USER}&{}", Beside::query(Self::NAME));
        let printed = printed(&stage, level, &query).await?;
        stage.allow_exactly(&printed).await?;
        stage.account.user_without_keys(USER).await?;
        stage.folder("keys").await?;
        Ok(Self { stage, printed, rotation: None, previous: String::new() })
    }
}

impl Life for KeyRotation {
    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn printed(&self) -> &Value {
        &self.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        match deed {
            FIND => {
                let person = self.stage.system().person(&self.stage.system().ready.admin_email).await?;
                let path = format!("/api/v1/app-connections/aws/{}/users", self.stage.connection);
                let answer = person.get(&path).await?;
                if answer.status != 200 {
                    return Ok(Told::Failed(text(&answer.body["message"])?));
                }
                ensure!(answer.body["iamUsers"][0]["UserName"] == USER, "{}", answer.body);
                Ok(Told::Done(String::new()))
            }
            BEGIN => self.begun().await,
            ROTATE | MAKE_ROOM => self.asked("rotate-secrets").await,
            DEACTIVATE if attempt == Attempt::First => {
                let span = self.rotation()?.until_the_previous_key_goes().await?;
                self.deactivated(span).await
            }
            DEACTIVATE => self.deactivated(AN_HOUR).await,
            ROLL_BACK => self.asked("rollback").await,
            END => self.over().await,
            other => bail!("nobody does {other}"),
        }
    }

    async fn there(&self) -> Result<Value> {
        Ok(json!(self.stage.account.keys(USER).await?))
    }
}

impl KeyRotation {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("iam:ListUsers", &[FIND, BEGIN, ROTATE, DEACTIVATE, ROLL_BACK, MAKE_ROOM, END])
            .believed(Duration::from_secs(11)),
        Without::action("iam:ListAccessKeys", &[BEGIN, ROTATE, DEACTIVATE, ROLL_BACK, MAKE_ROOM, END]),
        Without::action("iam:CreateAccessKey", &[BEGIN, ROTATE, MAKE_ROOM]).short(),
        Without::action("iam:UpdateAccessKey", &[DEACTIVATE, ROLL_BACK, MAKE_ROOM]),
        Without::action("iam:DeleteAccessKey", &[MAKE_ROOM, END]),
        // It is told until another key is deactivated.
        Without::action("iam:GetAccessKeyLastUsed", &[]).telling(&[DEACTIVATE, ROLL_BACK, MAKE_ROOM]).full(),
    ];
}
