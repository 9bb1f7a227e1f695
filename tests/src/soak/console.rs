//! Console access: sessions that are opened, ended and terminated, and the Denies of those that were terminated.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Capability;
use super::client::Client;
use crate::LONGEST_WAIT;
use crate::account::{Account, trust};
use crate::system::{System, text};

const PAM: &str = "/api/v1/pam";
const ROLE: &str = "target";
/// Each Deny is an inline policy, for which a role has 10,240 characters.
const DENIES: usize = 8;
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A resource with accounts, all over one role, which lets us end its sessions.
pub(super) struct Console {
    client: Client,
    system: &'static System,
    account: Account,
    project: String,
    resource: (String, String),
    target_arn: String,
    dice: fastrand::Rng,
    /// Ids and names of accounts.
    accounts: BTreeMap<String, String>,
    open: Vec<String>,
    terminated: BTreeSet<String>,
    count: u32,
}

impl Console {
    pub(super) async fn new(system: &'static System, client: Client, dice: fastrand::Rng) -> Result<Self> {
        let (project, _) = system.project("soak-console").await?;
        let account = system.account();
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let target_arn = account.role_arn(ROLE);
        let resource_arn =
            account.role("resource", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let allow = |actions: &[&str]| {
            let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": target_arn });
            json!({ "Version": "2012-10-17", "Statement": [statement] })
        };
        account.allow("resource", &allow(&["sts:AssumeRole"])).await?;
        account.role(ROLE, &trust(&resource_arn, &condition)).await?;
        let ends = ["iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"];
        account.allow(ROLE, &allow(&ends)).await?;
        let name = "soak".to_owned();
        let body =
            json!({ "projectId": project, "name": name, "connectionDetails": { "roleArn": resource_arn } });
        let made = client.api.post(&format!("{PAM}/resources/aws-iam"), &body).await?.ok()?;
        let email = "soak@example.com";
        let invite = json!({ "emails": [email], "roleSlugs": ["member"] });
        client.api.post(&format!("/api/v2/workspace/{project}/memberships"), &invite).await?.ok()?;
        Ok(Self {
            client,
            system,
            account,
            project,
            resource: (text(&made["resource"]["id"])?, name),
            target_arn,
            dice,
            accounts: BTreeMap::new(),
            open: Vec::new(),
            terminated: BTreeSet::new(),
            count: 0,
        })
    }

    async fn step(&mut self) -> Result<()> {
        match self.dice.u8(..20) {
            0..2 => self.make_account().await,
            2 if self.accounts.len() > 1 => self.delete_account().await,
            3..10 => self.access().await,
            10..12 => self.end().await,
            12..17 if self.terminated.len() < DENIES => self.terminate().await,
            _ => self.let_years_pass().await,
        }
    }

    async fn make_account(&mut self) -> Result<()> {
        self.count += 1;
        let name = format!("console-{}", self.count);
        let body = json!({ "resourceId": self.resource.0, "name": name,
            "credentials": { "targetRoleArn": self.target_arn, "defaultSessionDuration": 3600 } });
        let asked = self.client.post("pam-account.create", &format!("{PAM}/accounts/aws-iam"), &body).await;
        let id = if asked.is_murky() {
            let found = self.listed().await?.into_iter().find(|(_, known)| *known == name);
            found.map(|(id, _)| id)
        } else {
            asked.done().map(|made| text(&made["account"]["id"])).transpose()?
        };
        self.accounts.extend(id.map(|id| (id, name)));
        Ok(())
    }

    async fn delete_account(&mut self) -> Result<()> {
        let ids: Vec<_> = self.accounts.keys().cloned().collect();
        let Some(id) = self.dice.choice(ids) else { return Ok(()) };
        let path = format!("{PAM}/accounts/aws-iam/{id}");
        let asked = self.client.delete("pam-account.delete", &path).await;
        let is_gone = if asked.is_murky() {
            self.client.look(&path).await?.status == 404
        } else {
            asked.done().is_some()
        };
        if is_gone {
            self.accounts.remove(&id);
        }
        Ok(())
    }

    async fn access(&mut self) -> Result<()> {
        let names: Vec<_> = self.accounts.values().cloned().collect();
        let Some(name) = self.dice.choice(names) else { return self.make_account().await };
        let person = self.client.by(self.system.person("soak@example.com").await?);
        let body = json!({ "path": format!("{}/{name}", self.resource.1), "duration": "15m", "accessMethod": "cli" });
        let asked = person.post("pam.access", &format!("{PAM}/accounts/access"), &body).await;
        // An access that nobody heard of is none: nobody has its credentials.
        let Some(opened) = asked.done() else { return Ok(()) };
        for secret in ["secretAccessKey", "sessionToken"] {
            self.system.keep_secret(&text(&opened["metadata"][secret])?);
        }
        self.open.push(text(&opened["sessionId"])?);
        Ok(())
    }

    async fn end(&mut self) -> Result<()> {
        let Some(id) = self.open.pop() else { return self.access().await };
        self.client.post("pam-session.end", &format!("{PAM}/sessions/{id}/end"), &json!({})).await;
        Ok(())
    }

    async fn terminate(&mut self) -> Result<()> {
        let Some(id) = self.open.pop() else { return self.access().await };
        let path = format!("{PAM}/sessions/{id}/terminate");
        let asked = self.client.post("pam-session.terminate", &path, &json!({})).await;
        if asked.is_murky() || asked.done().is_some() {
            self.terminated.insert(id);
        }
        Ok(())
    }

    /// A session's credentials are over, and its Deny has nothing left to end: the worker removes it.
    async fn let_years_pass(&mut self) -> Result<()> {
        let ids: Vec<_> = self.terminated.iter().cloned().collect();
        let Some(id) = self.dice.choice(ids) else { return self.terminate().await };
        let session = self.session(&id).await?;
        if session["deny"].is_null() || session["deny"]["removed"] == true {
            self.terminated.remove(&id);
            return Ok(());
        }
        let then = "2020-01-01T00:00:00.000Z";
        let set = [
            ("gsi2sk", format!("{then}#{id}")),
            ("termination.remove_after", then.to_owned()),
            ("state.started_at", then.to_owned()),
            ("state.expires_at", then.to_owned()),
        ];
        let passed = self.system.state.change(&format!("PAM_SESSION#{id}"), &set).await;
        self.client.tally.passed("time.pam-session", passed.is_ok());
        self.terminated.remove(&id);
        Ok(())
    }

    async fn session(&self, id: &str) -> Result<Value> {
        Ok(self.client.read(&format!("{PAM}/sessions/{id}")).await?["session"].take())
    }

    async fn listed(&self) -> Result<BTreeMap<String, String>> {
        let told = self.client.read(&format!("{PAM}/accounts?projectId={}&limit=100", self.project)).await?;
        let all = told["accounts"].as_array().context("a list of accounts")?;
        all.iter().map(|one| Ok((text(&one["id"])?, text(&one["name"])?))).collect()
    }

    /// The Denies that should be on the role: of every session that was terminated and whose credentials may still work.
    async fn explained(&self) -> Result<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        let path = format!("{PAM}/sessions?projectId={}&limit=100", self.project);
        let mut offset = 0;
        loop {
            let told = self.client.read(&format!("{path}&offset={offset}")).await?;
            let page = told["sessions"].as_array().context("a list of sessions")?;
            for session in page {
                let deny = &session["deny"];
                if !deny.is_null() && deny["removed"] == false {
                    names.insert(text(&deny["policyName"])?);
                }
            }
            offset += page.len();
            if page.len() < 100 {
                return Ok(names);
            }
        }
    }

    async fn compare(&mut self) -> Result<()> {
        let found = self.listed().await?;
        if found != self.accounts {
            self.client.tally.finding(format!("the accounts are {found:?} instead of {:?}", self.accounts));
        }
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let explained = self.explained().await?;
            let all = self.account.policies(ROLE).await?;
            let denies: BTreeSet<_> =
                all.into_iter().filter(|name| name.starts_with("DrawbridgeEnd-")).collect();
            if denies == explained {
                let count = denies.len();
                let told = format!(
                    "{count} Denies are those of the sessions that were terminated and may still work"
                );
                self.client.tally.verified(told);
                return Ok(());
            }
            if Instant::now() > until {
                self.client
                    .tally
                    .finding(format!("the Denies are {denies:?}, and sessions explain {explained:?}"));
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

impl Capability for Console {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}
