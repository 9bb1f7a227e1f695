//! Secrets in a few folders, and the model of what each folder should hold.

use anyhow::{Context as _, Result, ensure};
use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};

use super::Capability;
use super::canary::Canaries;
use super::client::{Asked, Client};
use super::folders::{ANCHOR, Folder, Secrets as Held, reference};
use super::secret_syncs::SecretSyncs;
use crate::stage::Stage;
use crate::system::text;

/// Names that secrets are given; few, so that folders that import each other share some.
const NAMES: [&str; 8] = ["K0", "K1", "K2", "K3", "K4", "K5", "K6", "K7"];
/// Folders of one actor. The last one is renamed now and then, so that nothing refers to it.
const FOLDERS: usize = 4;

/// One actor's folders, and the syncs of them.
pub(super) struct Secrets {
    client: Client,
    project: String,
    folders: Vec<Folder>,
    syncs: SecretSyncs,
    canaries: Canaries,
    dice: fastrand::Rng,
    renamed: u32,
}

impl Secrets {
    /// Folders with an anchor each. `actor` is part of every name.
    pub(super) async fn new(
        stage: &Stage,
        client: Client,
        actor: &'static str,
        canaries: Canaries,
        mut dice: fastrand::Rng,
    ) -> Result<Self> {
        let mut folders = Vec::new();
        for n in 0..FOLDERS {
            let name = format!("{actor}{n}");
            let id = stage.folder(&name).await?;
            let value = canaries.next();
            stage.put(&format!("/{name}"), ANCHOR, &value).await?;
            let own = Held::from([(ANCHOR.to_owned(), value)]);
            folders.push(Folder { id, name, own, imports: Vec::new() });
        }
        let syncs = SecretSyncs::new(stage, client.clone(), actor, dice.fork()).await?;
        Ok(Self { client, project: stage.project.clone(), folders, syncs, canaries, dice, renamed: 0 })
    }

    async fn step(&mut self) -> Result<()> {
        let at = self.dice.usize(..FOLDERS);
        match self.dice.u8(..100) {
            0..25 => self.create(at).await,
            25..45 => self.update(at).await,
            45..53 => self.rename(at).await,
            53..61 => self.delete(at).await,
            61..71 => self.batch(at).await,
            71..76 => self.import(at).await,
            76..79 => self.forget_import(at).await,
            79..84 => self.roll_back(at).await,
            84..87 => self.rename_folder().await,
            _ => self.syncs.step(&self.folders).await,
        }
    }

    /// A value that no other secret has; sometimes with a reference in it.
    fn value(&mut self, at: usize) -> String {
        let own = self.canaries.next();
        match self.dice.u8(..10) {
            0 => format!("{own}-${{{ANCHOR}}}"),
            // To the first folders, which keep their names.
            1 => format!("{own}-{}", reference(&self.folders[self.dice.usize(..FOLDERS - 1).min(at)])),
            _ => own,
        }
    }

    fn absent(&mut self, at: usize) -> Option<&'static str> {
        let own = &self.folders[at].own;
        let absent: Vec<_> = NAMES.into_iter().filter(|name| !own.contains_key(*name)).collect();
        self.dice.choice(absent)
    }

    fn present(&mut self, at: usize) -> Option<String> {
        let names: Vec<_> = self.folders[at].own.keys().filter(|name| *name != ANCHOR).cloned().collect();
        self.dice.choice(names)
    }

    async fn create(&mut self, at: usize) -> Result<()> {
        let Some(name) = self.absent(at) else { return self.delete(at).await };
        let value = self.value(at);
        let mut after = self.folders[at].own.clone();
        after.insert(name.to_owned(), value.clone());
        let body = self.body(at, &json!({ "secretValue": value }));
        let asked = self.client.post("secret.create", &one(name), &body).await;
        self.settle(at, &asked, after).await
    }

    async fn update(&mut self, at: usize) -> Result<()> {
        let name = if self.dice.u8(..4) == 0 { Some(ANCHOR.to_owned()) } else { self.present(at) };
        let Some(name) = name else { return self.create(at).await };
        // What others refer to refers to nothing itself.
        let value = if name == ANCHOR { self.canaries.next() } else { self.value(at) };
        let mut after = self.folders[at].own.clone();
        after.insert(name.clone(), value.clone());
        let body = self.body(at, &json!({ "secretValue": value }));
        let asked = self.client.patch("secret.update", &one(&name), &body).await;
        self.settle(at, &asked, after).await
    }

    async fn rename(&mut self, at: usize) -> Result<()> {
        let (Some(name), Some(new)) = (self.present(at), self.absent(at)) else {
            return self.update(at).await;
        };
        let mut after = self.folders[at].own.clone();
        let value = after.remove(&name).context("a secret that is there")?;
        after.insert(new.to_owned(), value);
        let body = self.body(at, &json!({ "newSecretName": new }));
        let asked = self.client.patch("secret.rename", &one(&name), &body).await;
        self.settle(at, &asked, after).await
    }

    async fn delete(&mut self, at: usize) -> Result<()> {
        let Some(name) = self.present(at) else { return Ok(()) };
        let mut after = self.folders[at].own.clone();
        after.remove(&name);
        let body = self.body(at, &json!({}));
        let asked = self.client.ask("secret.delete", Method::DELETE, &one(&name), &body).await;
        self.settle(at, &asked, after).await
    }

    /// Several at once, all or none: made, changed or deleted.
    async fn batch(&mut self, at: usize) -> Result<()> {
        let mut after = self.folders[at].own.clone();
        let (present, absent): (Vec<_>, Vec<_>) =
            NAMES.into_iter().partition(|name| after.contains_key(*name));
        let makes = absent.len() > present.len();
        let deletes = !makes && self.dice.bool();
        let among = if makes { absent } else { present };
        let names: Vec<_> = among.into_iter().filter(|_| self.dice.bool()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let mut secrets = Vec::new();
        for name in names {
            if deletes {
                after.remove(name);
                secrets.push(json!({ "secretKey": name }));
            } else {
                let value = self.value(at);
                secrets.push(json!({ "secretKey": name, "secretValue": value }));
                after.insert(name.to_owned(), value);
            }
        }
        let (kind, method) = match (makes, deletes) {
            (true, _) => ("secret.batch-create", Method::POST),
            (false, true) => ("secret.batch-delete", Method::DELETE),
            (false, false) => ("secret.batch-update", Method::PATCH),
        };
        let body = json!({ "projectId": self.project, "environment": "dev", "secretPath": self.folders[at].path(),
            "secrets": secrets });
        let asked = self.client.ask(kind, method, "/api/v4/secrets/batch", &body).await;
        self.settle(at, &asked, after).await
    }

    /// A folder imports an earlier one, so that none imports itself by a detour.
    async fn import(&mut self, at: usize) -> Result<()> {
        let known: Vec<_> = self.folders[at].imports.iter().map(|(_, imported)| *imported).collect();
        let Some(from) = self.dice.choice((0..at).filter(|from| !known.contains(from)).collect::<Vec<_>>())
        else {
            return Ok(());
        };
        let source = json!({ "environment": "dev", "path": self.folders[from].path() });
        let body = json!({ "workspaceId": self.project, "environment": "dev", "path": self.folders[at].path(),
            "import": source });
        let asked = self.client.post("import.create", "/api/v1/secret-imports", &body).await;
        if asked.is_murky() {
            return self.look_at_imports(at).await;
        }
        if let Some(made) = asked.done() {
            self.folders[at].imports.push((text(&made["secretImport"]["id"])?, from));
        }
        Ok(())
    }

    async fn forget_import(&mut self, at: usize) -> Result<()> {
        let Some((id, _)) = self.dice.choice(self.folders[at].imports.clone()) else { return Ok(()) };
        let body =
            json!({ "workspaceId": self.project, "environment": "dev", "path": self.folders[at].path() });
        let path = format!("/api/v1/secret-imports/{id}");
        let asked = self.client.ask("import.delete", Method::DELETE, &path, &body).await;
        if asked.is_murky() {
            return self.look_at_imports(at).await;
        }
        if asked.done().is_some() {
            self.folders[at].imports.retain(|(known, _)| *known != id);
        }
        Ok(())
    }

    async fn look_at_imports(&mut self, at: usize) -> Result<()> {
        let path = self.folders[at].path().replace('/', "%2F");
        let query = format!("workspaceId={}&environment=dev&path={path}", self.project);
        let told = self.client.read(&format!("/api/v1/secret-imports?{query}")).await?;
        let mut found = Vec::new();
        for import in told["secretImports"].as_array().context("a list of imports")? {
            let from = text(&import["importPath"])?;
            let from = self.folders.iter().position(|folder| folder.path() == from);
            found.push((text(&import["id"])?, from.context("an import of a folder of this actor's")?));
        }
        self.folders[at].imports = found;
        Ok(())
    }

    /// Back to what a secret said before, by the list of its versions.
    async fn roll_back(&mut self, at: usize) -> Result<()> {
        let Some(name) = self.present(at) else { return Ok(()) };
        let query = self.query(at);
        let told = self.client.read(&format!("{}?{query}&expandSecretReferences=false", one(&name))).await?;
        let id = text(&told["secret"]["id"])?;
        let told = self.client.read(&format!("/api/v1/secret/{id}/secret-versions")).await?;
        let versions = told["secretVersions"].as_array().context("a list of versions")?;
        let Some(back) = self.dice.choice(versions.clone()) else { return Ok(()) };
        let mut after = self.folders[at].own.clone();
        after.insert(name, text(&back["secretValue"])?);
        let path = format!("/api/v1/secret/{id}/rollback");
        let asked = self.client.post("secret.rollback", &path, &json!({ "version": back["version"] })).await;
        self.settle(at, &asked, after).await
    }

    async fn rename_folder(&mut self) -> Result<()> {
        self.renamed += 1;
        let last = FOLDERS - 1;
        let folder = &self.folders[last];
        let new = format!("{}-{}", folder.name.split('-').next().unwrap_or_default(), self.renamed);
        let body = json!({ "workspaceId": self.project, "environment": "dev", "path": "/", "name": new });
        let asked =
            self.client.patch("folder.rename", &format!("/api/v1/folders/{}", folder.id), &body).await;
        let is_renamed = if asked.is_murky() {
            let told = self.client.read(&format!("/api/v1/folders/{}", folder.id)).await?;
            told["folder"]["name"] == new.as_str()
        } else {
            asked.done().is_some()
        };
        if is_renamed {
            self.folders[last].name = new;
        }
        Ok(())
    }

    /// What a folder holds after an operation: `after`, or what it held before. Where nobody knows, it is looked up.
    async fn settle(&mut self, at: usize, asked: &Asked, after: Held) -> Result<()> {
        if asked.is_murky() {
            let found = self.held(at).await?;
            let folder = &self.folders[at];
            ensure!(
                found == after || found == folder.own,
                "{} holds neither what it should hold before {asked:?} nor after: {:?}",
                folder.name,
                found.keys().collect::<Vec<_>>()
            );
            self.folders[at].own = found;
        } else if asked.done().is_some() {
            self.folders[at].own = after;
        }
        Ok(())
    }

    /// A folder's own secrets as the API tells them.
    async fn held(&self, at: usize) -> Result<Held> {
        let query = self.query(at);
        let path = format!("/api/v3/secrets/raw?{query}&expandSecretReferences=false&include_imports=false");
        let told = self.client.read(&path).await?;
        let secrets = told["secrets"].as_array().context("a list of secrets")?;
        secrets.iter().map(|one| Ok((text(&one["secretKey"])?, text(&one["secretValue"])?))).collect()
    }

    fn query(&self, at: usize) -> String {
        let path = self.folders[at].path().replace('/', "%2F");
        format!("workspaceId={}&environment=dev&secretPath={path}", self.project)
    }

    fn body(&self, at: usize, more: &Value) -> Value {
        let mut body = json!({ "workspaceId": self.project, "environment": "dev",
            "secretPath": self.folders[at].path() });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        body
    }

    async fn compare(&mut self) -> Result<()> {
        for at in 0..FOLDERS {
            let found = self.held(at).await?;
            if found != self.folders[at].own {
                let finding = differing(&self.folders[at].own, &found);
                self.client
                    .tally
                    .finding(format!("{} is not what was asked for: {finding}", self.folders[at].name));
            }
        }
        let count: usize = self.folders.iter().map(|folder| folder.own.len()).sum();
        self.client.tally.verified(format!("{count} secrets in {FOLDERS} folders are what was asked for"));
        self.syncs.compare(&self.folders).await
    }
}

impl Capability for Secrets {
    fn act(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.step())
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.compare())
    }
}

fn one(name: &str) -> String {
    format!("/api/v3/secrets/raw/{name}")
}

/// In what two sets of secrets differ, without their values.
pub(super) fn differing(wanted: &Held, found: &Held) -> String {
    let missing: Vec<_> = wanted.keys().filter(|name| !found.contains_key(*name)).collect();
    let extra: Vec<_> = found.keys().filter(|name| !wanted.contains_key(*name)).collect();
    let both = wanted.iter().filter(|(name, value)| found.get(*name).is_some_and(|other| other != *value));
    let other: Vec<_> = both.map(|(name, _)| name).collect();
    format!("missing {missing:?}, too many {extra:?}, another value in {other:?}")
}
