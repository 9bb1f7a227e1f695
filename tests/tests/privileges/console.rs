//! Console access: two roles, one behind the other, and what each action is for.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::account::trust;
use tests::stage::{Stage, eventually};
use tests::system::{System, text, unique};

use super::life::{Attempt, Beside, Capability, Level, Life, Told, printed};
use super::trial::Without;

const PAM: &str = "/api/v1/pam";
const TARGET: &str = "target";

const ACCOUNT: &str = "make an account";
const OPEN: &str = "open the console";
const TERMINATE: &str = "end a live session";
const REMOVE: &str = "remove the Deny when its time is over";
const CLOSE: &str = "open it from the command line";

/// A resource and an account behind it; and a person who enters.
pub(super) struct Console {
    stage: Stage,
    printed: Value,
    resource: (String, String),
    target: String,
    session: String,
}

impl Console {
    async fn account(&self, name: &str) -> Result<Option<String>> {
        let body = json!({ "resourceId": self.resource.0, "name": name,
            "credentials": { "targetRoleArn": self.target, "defaultSessionDuration": 3600 } });
        let answer = self.stage.api.post(&format!("{PAM}/accounts/aws-iam"), &body).await?;
        if answer.status == 200 { Ok(None) } else { text(&answer.body["message"]).map(Some) }
    }

    async fn open(&mut self, method: &str) -> Result<Told> {
        let system = self.stage.system();
        let email = format!("{}@example.com", unique("visitor"));
        let invite = format!("/api/v2/workspace/{}/memberships", self.stage.project);
        let body = json!({ "emails": [email], "roleSlugs": ["member"] });
        self.stage.api.post(&invite, &body).await?.ok()?;
        let api = system.person(&email).await?;
        let path = format!("{}/entered", self.resource.1);
        let body = json!({ "path": path, "duration": "15m", "accessMethod": method, "reason": "a test" });
        let answer = api.post(&format!("{PAM}/accounts/access"), &body).await?;
        if answer.status != 200 {
            return Ok(Told::Failed(text(&answer.body["message"])?));
        }
        for secret in ["secretAccessKey", "sessionToken"] {
            answer.body["metadata"][secret]
                .as_str()
                .into_iter()
                .for_each(|secret| system.keep_secret(secret));
        }
        self.session = text(&answer.body["sessionId"])?;
        Ok(Told::Done(String::new()))
    }

    async fn terminate(&self) -> Result<Told> {
        let path = format!("{PAM}/sessions/{}/terminate", self.session);
        let answer = self.stage.api.post(&path, &json!({})).await?;
        if answer.status != 200 {
            return Ok(Told::Failed(text(&answer.body["message"])?));
        }
        ensure!(answer.body["session"]["status"] == "terminated", "{}", answer.body);
        Ok(Told::Done(String::new()))
    }

    async fn remove(&self, attempt: Attempt) -> Result<Told> {
        let system = self.stage.system();
        // Its credentials have expired, and the Deny has nothing left to end; or it is asked again.
        let then = "2020-01-01T00:00:00.000Z";
        let mut set = vec![
            ("gsi2sk", format!("{then}#{}", self.session)),
            ("termination.remove_after", then.to_owned()),
        ];
        if attempt == Attempt::First {
            set.extend(["state.started_at", "state.expires_at"].map(|time| (time, then.to_owned())));
        }
        let path = format!("{PAM}/sessions/{}", self.session);
        let seen =
            async || Ok::<_, anyhow::Error>(self.stage.api.get(&path).await?.ok()?["session"]["deny"].take());
        let before = seen().await?["failures"].take();
        system.state.change(&format!("PAM_SESSION#{}", self.session), &set).await?;
        system.invoke("PamWorkerFunction", &json!({ "tick": true })).await?;
        let has_ended = |deny: &Value| deny["removed"] == true || deny["failures"] != before;
        let has_tried = async || Ok(has_ended(&seen().await?));
        eventually("the Deny is removed, or says why not", has_tried).await?;
        let deny = seen().await?;
        if deny["removed"] != true {
            return Ok(Told::Failed(deny["lastFailure"].to_string()));
        }
        let left = self.stage.account.policies(TARGET).await?;
        ensure!(!left.iter().any(|name| name.contains(&self.session)), "it is on the role still: {left:?}");
        Ok(Told::Done(String::new()))
    }
}

impl Capability for Console {
    const NAME: &'static str = "console-access";
    const DEEDS: &'static [&'static str] = &[ACCOUNT, OPEN, CLOSE];
    const FULL_DEEDS: &'static [&'static str] = &[ACCOUNT, OPEN, TERMINATE, REMOVE, CLOSE];
    type Life = Self;

    async fn begin(system: &'static System, level: Level) -> Result<Self> {
        let stage = Stage::new(system).await?;
        let resource_role = stage.account.role_arn("secrets");
        let nobody = trust("arn:aws:iam::111111111111:root", &Value::Null);
        let target = stage.account.role(TARGET, &nobody).await?;
        let path = format!(
            "{PAM}/resources/aws-iam/policies?projectId={}&targetRoleArn={target}&resourceRoleArn={resource_role}&level={}",
            stage.project,
            level.name()
        );
        let roles = stage.api.get(&path).await?.ok()?;
        stage.account.trust(TARGET, &roles["targetRoleTrustPolicy"]).await?;
        let look = json!({ "Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*" });
        stage.account.allow(TARGET, &json!({ "Version": "2012-10-17", "Statement": [look] })).await?;
        // The role serves a sync, too, which is another function's.
        let query = format!("capability=parameter-store&{}", Beside::query(Self::NAME));
        let mut printed = printed(&stage, level, &query).await?;
        let own = roles["resourceRolePermissionPolicy"]["Statement"].as_array().context("no statements")?;
        printed["Statement"].as_array_mut().context("no statements")?.extend(own.iter().cloned());
        stage.allow_exactly(&printed).await?;
        let name = unique("resource");
        let body = json!({ "projectId": stage.project, "name": name, "connectionDetails": { "roleArn": resource_role } });
        let made = stage.api.post(&format!("{PAM}/resources/aws-iam"), &body).await?.ok()?;
        let resource = (text(&made["resource"]["id"])?, name);
        let life = Self { stage, printed, resource, target, session: String::new() };
        if let Some(refused) = life.account("entered").await? {
            bail!("no account: {refused}");
        }
        Ok(life)
    }
}

impl Life for Console {
    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn printed(&self) -> &Value {
        &self.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        match deed {
            ACCOUNT => {
                let refused = self.account(&unique("another")).await?;
                Ok(refused.map_or_else(|| Told::Done(String::new()), Told::Failed))
            }
            OPEN => self.open("web").await,
            TERMINATE => self.terminate().await,
            REMOVE => self.remove(attempt).await,
            CLOSE => self.open("cli").await,
            other => bail!("nobody does {other}"),
        }
    }

    async fn there(&self) -> Result<Value> {
        Ok(json!(self.stage.account.policies(TARGET).await?))
    }
}

impl Console {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("sts:AssumeRole", &[ACCOUNT, OPEN, CLOSE]),
        Without::action("iam:PutRolePolicy", &[TERMINATE]).full(),
        Without::action("iam:DeleteRolePolicy", &[REMOVE]).full(),
    ];
}
