//! Connections that are made, tried, changed and deleted.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Capability;
use super::client::Client;
use crate::account::trust;
use crate::system::{System, text};

const ALL: &str = "/api/v1/app-connections/aws";
const AT_ONCE: usize = 6;

/// A project with connections to one role.
pub(super) struct Connections {
    client: Client,
    project: String,
    role_arn: String,
    dice: fastrand::Rng,
    /// Ids and descriptions.
    kept: BTreeMap<String, String>,
    count: u32,
}

impl Connections {
    pub(super) async fn new(system: &System, client: Client, dice: fastrand::Rng) -> Result<Self> {
        let (project, _) = system.project("soak-connections").await?;
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let trusted = trust("arn:aws:iam::111111111111:root", &condition);
        let role_arn = system.account().role("connected", &trusted).await?;
        Ok(Self { client, project, role_arn, dice, kept: BTreeMap::new(), count: 0 })
    }

    async fn step(&mut self) -> Result<()> {
        let id = self.dice.choice(self.kept.keys().cloned().collect::<Vec<_>>());
        let Some(id) = id.filter(|_| self.kept.len() >= AT_ONCE || self.dice.u8(..10) < 7) else {
            return self.create().await;
        };
        let path = format!("{ALL}/{id}");
        match self.dice.u8(..6) {
            0..3 => {
                self.client.post("connection.check", &format!("{path}/check"), &json!({})).await;
            }
            3..5 => {
                self.count += 1;
                let description = format!("changed for the {}. time", self.count);
                let asked = self
                    .client
                    .patch("connection.update", &path, &json!({ "description": description }))
                    .await;
                if asked.is_murky() {
                    let read = self.client.read(&path).await?["appConnection"].take();
                    self.kept.insert(id, described(&read));
                } else if asked.done().is_some() {
                    self.kept.insert(id, description);
                }
            }
            _ => {
                let asked = self.client.delete("connection.delete", &path).await;
                let is_gone = if asked.is_murky() {
                    self.client.look(&path).await?.status == 404
                } else {
                    asked.done().is_some()
                };
                if is_gone {
                    self.kept.remove(&id);
                }
            }
        }
        Ok(())
    }

    async fn create(&mut self) -> Result<()> {
        self.count += 1;
        let (name, description) = (format!("soak-{}", self.count), "as it was made".to_owned());
        let body = json!({ "name": name, "description": description, "method": "assume-role",
            "projectId": self.project, "credentials": { "roleArn": self.role_arn } });
        let asked = self.client.post("connection.create", ALL, &body).await;
        let id = if asked.is_murky() {
            let all = self.listed().await?;
            all.iter().find(|one| one["name"] == name.as_str()).map(|one| text(&one["id"])).transpose()?
        } else {
            asked.done().map(|made| text(&made["appConnection"]["id"])).transpose()?
        };
        self.kept.extend(id.map(|id| (id, description)));
        Ok(())
    }

    async fn listed(&self) -> Result<Vec<Value>> {
        let told = self.client.read(&format!("{ALL}?projectId={}", self.project)).await?;
        told["appConnections"].as_array().cloned().context("a list of connections")
    }

    async fn compare(&mut self) -> Result<()> {
        let listed = self.listed().await?;
        let found = listed.iter().map(|one| Ok((text(&one["id"])?, described(one))));
        let found = found.collect::<Result<BTreeMap<_, _>>>()?;
        if found != self.kept {
            self.client.tally.finding(format!("the connections are {found:?} instead of {:?}", self.kept));
        }
        self.client.tally.verified(format!("{} connections are what was asked for", found.len()));
        Ok(())
    }
}

impl Capability for Connections {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}

fn described(connection: &Value) -> String {
    connection["description"].as_str().unwrap_or_default().to_owned()
}
