//! Projects, environments, people, machine identities and their tokens: made, and revoked again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};

use super::Capability;
use super::client::Client;
use crate::system::{System, text};

const AT_ONCE: usize = 4;
const STEM: &str = "soak-member";

/// What one actor has made.
pub(super) struct Members {
    client: Client,
    system: &'static System,
    dice: fastrand::Rng,
    projects: BTreeMap<String, Project>,
    machines: BTreeMap<String, Machine>,
    count: u32,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Project {
    environments: BTreeSet<String>,
    people: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Machine {
    name: String,
    client_id: String,
    client_secret: String,
}

impl Members {
    pub(super) fn new(system: &'static System, client: Client, dice: fastrand::Rng) -> Self {
        Self { client, system, dice, projects: BTreeMap::new(), machines: BTreeMap::new(), count: 0 }
    }

    fn name(&mut self) -> String {
        self.count += 1;
        format!("{STEM}-{}", self.count)
    }

    fn project(&mut self) -> Option<String> {
        self.dice.choice(self.projects.keys().cloned().collect::<Vec<_>>())
    }

    async fn step(&mut self) -> Result<()> {
        let Some(project) = self.project() else { return self.make_project().await };
        match self.dice.u8(..20) {
            0..2 if self.projects.len() < AT_ONCE => self.make_project().await,
            2 => self.delete_project(&project).await,
            3..6 => self.make_environment(&project).await,
            6..8 => self.delete_environment(&project).await,
            8..10 => self.invite(&project).await,
            10 => self.uninvite(&project).await,
            11..14 if self.machines.len() < AT_ONCE => self.make_machine().await,
            14 => self.delete_machine().await,
            _ => self.log_in(&project).await,
        }
    }

    async fn make_project(&mut self) -> Result<()> {
        let name = self.name();
        let body = json!({ "projectName": name, "slug": name });
        let asked = self.client.post("project.create", "/api/v2/workspace", &body).await;
        let id = if asked.is_murky() {
            let found = self.client.look(&format!("/api/v2/workspace/{name}")).await?;
            (found.status == 200).then(|| text(&found.body["id"])).transpose()?
        } else {
            asked.done().map(|made| text(&made["project"]["id"])).transpose()?
        };
        if let Some(id) = id {
            let project = self.read(&id).await?;
            ensure!(project.environments.len() == 3, "a new project has {:?}", project.environments);
            self.projects.insert(id, project);
        }
        Ok(())
    }

    async fn delete_project(&mut self, id: &str) -> Result<()> {
        let path = format!("/api/v1/workspace/{id}");
        let asked = self.client.delete("project.delete", &path).await;
        let is_gone = if asked.is_murky() {
            self.client.look(&path).await?.status == 404
        } else {
            asked.done().is_some()
        };
        if is_gone {
            self.projects.remove(id);
        }
        Ok(())
    }

    async fn make_environment(&mut self, id: &str) -> Result<()> {
        let slug = self.name();
        let mut after = self.projects.get(id).cloned().unwrap_or_default();
        after.environments.insert(slug.clone());
        let body = json!({ "name": slug, "slug": slug, "workspaceId": id });
        let path = format!("/api/v1/workspace/{id}/environments");
        let asked = self.client.post("environment.create", &path, &body).await;
        self.settle(id, asked.is_murky(), asked.done().is_some(), after).await
    }

    async fn delete_environment(&mut self, id: &str) -> Result<()> {
        let mut after = self.projects.get(id).cloned().unwrap_or_default();
        let made: Vec<_> = after.environments.iter().filter(|slug| slug.starts_with(STEM)).cloned().collect();
        let Some(slug) = self.dice.choice(made) else { return self.make_environment(id).await };
        let path = format!("/api/v1/workspace/{id}/environments");
        let told = self.client.read(&format!("{path}/slug/{slug}")).await?;
        let environment = text(&told["id"]).or_else(|_| text(&told["environment"]["id"]))?;
        after.environments.remove(&slug);
        let asked = self.client.delete("environment.delete", &format!("{path}/{environment}")).await;
        self.settle(id, asked.is_murky(), asked.done().is_some(), after).await
    }

    async fn invite(&mut self, id: &str) -> Result<()> {
        let email = format!("{}@example.com", self.name());
        let mut after = self.projects.get(id).cloned().unwrap_or_default();
        after.people.insert(email.clone());
        let body = json!({ "emails": [email], "roleSlugs": ["viewer"] });
        let path = format!("/api/v2/workspace/{id}/memberships");
        let asked = self.client.post("membership.create", &path, &body).await;
        self.settle(id, asked.is_murky(), asked.done().is_some(), after).await
    }

    async fn uninvite(&mut self, id: &str) -> Result<()> {
        let mut after = self.projects.get(id).cloned().unwrap_or_default();
        let invited: Vec<_> = after.people.iter().filter(|email| email.starts_with(STEM)).cloned().collect();
        let Some(email) = self.dice.choice(invited) else { return self.invite(id).await };
        after.people.remove(&email);
        let path = format!("/api/v2/workspace/{id}/memberships");
        let asked =
            self.client.ask("membership.delete", Method::DELETE, &path, &json!({ "emails": [email] })).await;
        self.settle(id, asked.is_murky(), asked.done().is_some(), after).await
    }

    async fn settle(&mut self, id: &str, is_murky: bool, is_done: bool, after: Project) -> Result<()> {
        if is_murky {
            let found = self.read(id).await?;
            let before = self.projects.get(id);
            ensure!(
                found == after || Some(&found) == before,
                "{found:?} is neither {before:?} nor {after:?}"
            );
            self.projects.insert(id.to_owned(), found);
        } else if is_done {
            self.projects.insert(id.to_owned(), after);
        }
        Ok(())
    }

    async fn read(&self, id: &str) -> Result<Project> {
        let told = self.client.read(&format!("/api/v1/workspace/{id}")).await?["workspace"].take();
        let environments = told["environments"].as_array().context("a project without environments")?;
        let environments = environments.iter().map(|one| text(&one["slug"])).collect::<Result<_>>()?;
        let told = self.client.read(&format!("/api/v1/workspace/{id}/memberships")).await?;
        let people = told["memberships"].as_array().context("a list of memberships")?;
        let people = people.iter().map(|one| text(&one["user"]["email"])).collect::<Result<_>>()?;
        Ok(Project { environments, people })
    }

    async fn make_machine(&mut self) -> Result<()> {
        let name = self.name();
        let body = json!({ "name": name, "organizationId": self.system.ready.org_id, "role": "no-access" });
        let asked = self.client.post("identity.create", "/api/v1/identities", &body).await;
        // A name may be given twice: one that nobody heard of is found among all.
        let ids = if asked.is_murky() || asked.is_repeated {
            self.named(&name).await?
        } else {
            asked.done().map(|made| text(&made["identity"]["id"])).transpose()?.into_iter().collect()
        };
        for id in ids {
            let mut machine = Machine { name: name.clone(), ..Machine::default() };
            let at = format!("/api/v1/auth/universal-auth/identities/{id}");
            let asked = self.client.post("universal-auth.attach", &at, &json!({})).await;
            if let Some(auth) = asked.done() {
                machine.client_id = text(&auth["identityUniversalAuth"]["clientId"])?;
                let secrets = format!("{at}/client-secrets");
                let asked = self.client.post("client-secret.create", &secrets, &json!({})).await;
                if let Some(made) = asked.done() {
                    machine.client_secret = text(&made["clientSecret"])?;
                    self.system.keep_secret(&machine.client_secret);
                }
            }
            self.machines.insert(id, machine);
        }
        Ok(())
    }

    async fn named(&self, name: &str) -> Result<Vec<String>> {
        let all = self.listed().await?;
        Ok(all.into_iter().filter(|(_, known)| known == name).map(|(id, _)| id).collect())
    }

    async fn listed(&self) -> Result<BTreeMap<String, String>> {
        let told =
            self.client.read(&format!("/api/v1/identities?orgId={}", self.system.ready.org_id)).await?;
        let all = told["identities"].as_array().context("a list of identities")?;
        let one = |one: &Value| {
            let identity = if one["identity"].is_object() { &one["identity"] } else { one };
            Ok((text(&identity["id"])?, text(&identity["name"])?))
        };
        all.iter().map(one).collect()
    }

    async fn delete_machine(&mut self) -> Result<()> {
        let ids: Vec<_> = self.machines.keys().cloned().collect();
        let Some(id) = self.dice.choice(ids) else { return Ok(()) };
        let path = format!("/api/v1/identities/{id}");
        let asked = self.client.delete("identity.delete", &path).await;
        let is_gone = if asked.is_murky() {
            self.client.look(&path).await?.status == 404
        } else {
            asked.done().is_some()
        };
        if is_gone {
            self.machines.remove(&id);
        }
        Ok(())
    }

    /// A machine logs in, uses its token, and revokes it: nobody takes it any more.
    async fn log_in(&mut self, project: &str) -> Result<()> {
        let ready: Vec<_> =
            self.machines.iter().filter(|(_, machine)| !machine.client_secret.is_empty()).collect();
        let ready: Vec<_> = ready.into_iter().map(|(id, machine)| (id.clone(), machine.clone())).collect();
        let Some((id, machine)) = self.dice.choice(ready) else { return self.make_machine().await };
        let membership = format!("/api/v2/workspace/{project}/identity-memberships/{id}");
        let joined =
            self.client.post("membership.create-machine", &membership, &json!({ "role": "member" })).await;
        let open = self.client.by(self.client.api.anonymous());
        let body = json!({ "clientId": machine.client_id, "clientSecret": machine.client_secret });
        let login = open.post("login.universal-auth", "/api/v1/auth/universal-auth/login", &body).await;
        let Some(login) = login.done() else { return Ok(()) };
        let token = text(&login["accessToken"])?;
        self.system.keep_secret(&token);
        let own = self.client.by(self.client.api.with_token(&token));
        if joined.done().is_some() {
            let read = own.look(&format!("/api/v1/workspace/{project}")).await?;
            ensure!(read.status == 200, "a member reads its project: {}", read.body);
            self.client.delete("membership.delete-machine", &membership).await;
        }
        let body = json!({ "accessToken": token });
        let revoked = open.post("token.revoke", "/api/v1/auth/token/revoke", &body).await;
        if revoked.done().is_some() {
            let dead = own.look("/api/v1/identities/details").await?;
            ensure!(dead.status == 401 || dead.status == 403, "a revoked token works: {}", dead.body);
        }
        Ok(())
    }

    async fn compare(&mut self) -> Result<()> {
        let told = self.client.read("/api/v1/workspace").await?;
        let all = told["workspaces"].as_array().context("a list of projects")?;
        let is_ours = |one: &&Value| one["name"].as_str().is_some_and(|name| name.starts_with(STEM));
        let found =
            all.iter().filter(is_ours).map(|one| text(&one["id"])).collect::<Result<BTreeSet<_>>>()?;
        let wanted: BTreeSet<_> = self.projects.keys().cloned().collect();
        if found != wanted {
            self.client.tally.finding(format!("the projects are {found:?} instead of {wanted:?}"));
        }
        for (id, wanted) in &self.projects {
            let found = self.read(id).await?;
            if found != *wanted {
                self.client.tally.finding(format!("the project {id} has {found:?} instead of {wanted:?}"));
            }
        }
        let mut found = self.listed().await?;
        found.retain(|_, name| name.starts_with(STEM));
        let wanted: BTreeMap<_, _> =
            self.machines.iter().map(|(id, machine)| (id.clone(), machine.name.clone())).collect();
        if found != wanted {
            self.client.tally.finding(format!("the identities are {found:?} instead of {wanted:?}"));
        }
        let told =
            format!("{} projects and {} identities are what was asked for", self.projects.len(), found.len());
        self.client.tally.verified(told);
        Ok(())
    }
}

impl Capability for Members {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}
