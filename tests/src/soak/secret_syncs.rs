//! Syncs of one actor's folders to both services of its account, with others' things beside theirs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::client::Client;
use super::folders::{Folder, resolved};
use super::secrets::differing;
use super::still_busy;
use crate::LONGEST_WAIT;
use crate::account::Account;
use crate::stage::{PARAMETER_STORE_SYNCS, SECRETS_MANAGER_SYNCS, Stage};
use crate::system::text;

/// At most so many at a time.
const AT_ONCE: usize = 4;
const OWNER: &str = "drawbridge:secret-sync";
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Which service a sync carries to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Service {
    SecretsManager,
    ParameterStore,
}

impl Service {
    const fn path(self) -> &'static str {
        match self {
            Self::SecretsManager => SECRETS_MANAGER_SYNCS,
            Self::ParameterStore => PARAMETER_STORE_SYNCS,
        }
    }

    const fn named(self) -> &'static str {
        match self {
            Self::SecretsManager => "Secrets Manager",
            Self::ParameterStore => "Parameter Store",
        }
    }
}

#[derive(Clone, Debug)]
struct Kept {
    id: String,
    name: String,
    service: Service,
    folder: usize,
    /// How its names begin at the destination; no other sync's do so.
    prefix: String,
    /// How they began before: a sync that is deleted without its secrets may not have come to removing those.
    before: Vec<String>,
    is_auto: bool,
}

/// One actor's syncs.
pub(super) struct SecretSyncs {
    client: Client,
    account: Account,
    project: String,
    connection: String,
    actor: &'static str,
    dice: fastrand::Rng,
    kept: Vec<Kept>,
    /// How the names of syncs begin that were deleted without what they had carried.
    left_behind: Vec<String>,
    count: u32,
    foreign: BTreeMap<String, Value>,
}

impl SecretSyncs {
    /// No sync yet, and some things of somebody else's whose names look like a sync's.
    pub(super) async fn new(
        stage: &Stage,
        client: Client,
        actor: &'static str,
        dice: fastrand::Rng,
    ) -> Result<Self> {
        let mut syncs = Self {
            client,
            account: stage.account.clone(),
            project: stage.project.clone(),
            connection: stage.connection.clone(),
            actor,
            dice,
            kept: Vec::new(),
            left_behind: Vec::new(),
            count: 0,
            foreign: BTreeMap::new(),
        };
        for n in 0..3 {
            let name = format!("{}FOREIGN", syncs.prefix(Service::SecretsManager, n));
            syncs.account.make_secret(&name, "somebody else's").await?;
            let name = format!("{}FOREIGN", syncs.prefix(Service::ParameterStore, n));
            syncs.account.make_parameter(&name, "somebody else's").await?;
        }
        syncs.foreign = syncs.others().await?;
        Ok(syncs)
    }

    fn prefix(&self, service: Service, n: u32) -> String {
        match service {
            Service::SecretsManager => format!("{}-{n}-", self.actor),
            Service::ParameterStore => format!("/{}/{n}/", self.actor),
        }
    }

    pub(super) async fn step(&mut self, folders: &[Folder]) -> Result<()> {
        match self.dice.u8(..10) {
            0..=3 if self.kept.len() < AT_ONCE => self.create(folders).await,
            0..=1 | 8 => self.delete().await,
            2..=4 => self.trigger().await,
            5..=6 => self.another_folder(folders).await,
            _ => self.other_names().await,
        }
    }

    async fn create(&mut self, folders: &[Folder]) -> Result<()> {
        let service = if self.dice.bool() { Service::SecretsManager } else { Service::ParameterStore };
        let (folder, n) = (self.dice.usize(..folders.len()), self.count);
        self.count += 1;
        let (prefix, name) = (self.prefix(service, n), format!("{}-{n}", self.actor));
        let is_auto = self.dice.u8(..5) > 0;
        let mut options =
            json!({ "initialSyncBehavior": "overwrite-destination", "disableDeletionGuard": true });
        let config = match service {
            Service::SecretsManager => {
                options["keySchema"] = json!(format!("{prefix}{{{{secretKey}}}}"));
                json!({ "region": "us-east-1", "mappingBehavior": "one-to-one" })
            }
            Service::ParameterStore => json!({ "region": "us-east-1", "path": prefix }),
        };
        let body = json!({ "name": name, "projectId": self.project, "connectionId": self.connection,
            "environment": "dev", "secretPath": folders[folder].path(), "isAutoSyncEnabled": is_auto,
            "syncOptions": options, "destinationConfig": config });
        let asked = self.client.post("secret-sync.create", service.path(), &body).await;
        let id = if asked.is_murky() {
            self.named(service, &name).await?
        } else {
            asked.done().map(|made| text(&made["secretSync"]["id"])).transpose()?
        };
        self.kept.extend(id.map(|id| Kept {
            id,
            name,
            service,
            folder,
            prefix,
            before: Vec::new(),
            is_auto,
        }));
        Ok(())
    }

    async fn named(&self, service: Service, name: &str) -> Result<Option<String>> {
        let path = format!("{}?projectId={}", service.path(), self.project);
        let told = self.client.read(&path).await?;
        let mut all = told["secretSyncs"].as_array().context("a list of syncs")?.iter();
        all.find(|sync| sync["name"] == name).map(|sync| text(&sync["id"])).transpose()
    }

    async fn delete(&mut self) -> Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let at = self.dice.usize(..self.kept.len());
        let (kept, removes) = (self.kept[at].clone(), self.dice.bool());
        let path = format!("{}/{}?removeSecrets={removes}", kept.service.path(), kept.id);
        let kind = if removes { "secret-sync.delete-with-secrets" } else { "secret-sync.delete" };
        let asked = self.client.delete(kind, &path).await;
        let is_deleted = if asked.is_murky() {
            // With its secrets it stays until they are gone, and says so.
            match self.read(&kept).await? {
                None => true,
                Some(sync) => removes && sync["removeStatus"].is_string(),
            }
        } else {
            asked.done().is_some()
        };
        if is_deleted {
            self.kept.remove(at);
            if !removes {
                self.left_behind.push(kept.prefix);
                self.left_behind.extend(kept.before);
            }
        }
        Ok(())
    }

    async fn trigger(&mut self) -> Result<()> {
        let Some(kept) = self.dice.choice(self.kept.clone()) else { return Ok(()) };
        let path = format!("{}/{}/sync-secrets", kept.service.path(), kept.id);
        self.client.post("secret-sync.trigger", &path, &json!({})).await;
        Ok(())
    }

    async fn another_folder(&mut self, folders: &[Folder]) -> Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let at = self.dice.usize(..self.kept.len());
        let folder = self.dice.usize(..folders.len());
        let body = json!({ "environment": "dev", "secretPath": folders[folder].path() });
        let is_done = self.change("secret-sync.move", at, &body).await?;
        if is_done(&|sync| sync["folder"]["path"] == folders[folder].path().as_str()) {
            self.kept[at].folder = folder;
        }
        Ok(())
    }

    /// Every name at the destination is another one from then on. In Parameter Store the path stays, and the names below it change.
    async fn other_names(&mut self) -> Result<()> {
        let of_manager = |kept: &Kept| kept.service == Service::SecretsManager;
        let places: Vec<_> = (0..self.kept.len()).filter(|at| of_manager(&self.kept[*at])).collect();
        let Some(at) = self.dice.choice(places) else { return Ok(()) };
        let n = self.count;
        self.count += 1;
        let prefix = self.prefix(Service::SecretsManager, n);
        let schema = format!("{prefix}{{{{secretKey}}}}");
        let options = json!({ "initialSyncBehavior": "overwrite-destination", "keySchema": schema });
        let is_done = self.change("secret-sync.rename-keys", at, &json!({ "syncOptions": options })).await?;
        if is_done(&|sync| sync["syncOptions"]["keySchema"] == schema.as_str()) {
            let kept = &mut self.kept[at];
            kept.before.push(std::mem::replace(&mut kept.prefix, prefix));
        }
        Ok(())
    }

    /// Changes a sync; what comes back says whether that was done, given how one looks that was changed.
    async fn change(
        &self,
        kind: &'static str,
        at: usize,
        body: &Value,
    ) -> Result<impl Fn(&dyn Fn(&Value) -> bool) -> bool + use<>> {
        let kept = &self.kept[at];
        let asked = self.client.patch(kind, &format!("{}/{}", kept.service.path(), kept.id), body).await;
        let (is_done, seen) =
            if asked.is_murky() { (false, self.read(kept).await?) } else { (asked.done().is_some(), None) };
        Ok(move |looks: &dyn Fn(&Value) -> bool| is_done || seen.as_ref().is_some_and(looks))
    }

    async fn read(&self, kept: &Kept) -> Result<Option<Value>> {
        let answer = self.client.look(&format!("{}/{}", kept.service.path(), kept.id)).await?;
        if answer.status == 404 { Ok(None) } else { Ok(Some(answer.ok()?["secretSync"].take())) }
    }

    /// Every destination is its source, and nothing else is there but what was there before.
    pub(super) async fn compare(&mut self, folders: &[Folder]) -> Result<()> {
        for kept in self.kept.iter().filter(|kept| !kept.is_auto) {
            let path = format!("{}/{}/sync-secrets", kept.service.path(), kept.id);
            self.client.post("secret-sync.trigger", &path, &json!({})).await;
        }
        self.nothing_is_removed_any_more().await?;
        let (mut secrets, mut parameters) = (BTreeMap::new(), BTreeMap::new());
        for kept in &self.kept {
            if let Err(failure) = self.settled(kept).await {
                self.client.tally.finding(format!("the sync {}: {failure:#}", kept.name));
            }
            let wanted = resolved(folders, kept.folder).into_iter();
            let wanted = wanted.map(|(name, value)| (format!("{}{name}", kept.prefix), value));
            match kept.service {
                Service::SecretsManager => secrets.extend(wanted),
                Service::ParameterStore => parameters.extend(wanted),
            }
        }
        let is_ours = |name: &String| {
            let is_left = self.left_behind.iter().any(|prefix| name.starts_with(prefix));
            !name.ends_with("FOREIGN") && !is_left
        };
        let (manager, store) = (format!("{}-", self.actor), format!("/{}/", self.actor));
        let mut found = self.account.secrets().await?;
        found.retain(|name, _| name.starts_with(&manager) && is_ours(name));
        let mut found_parameters = self.account.parameters(&store).await?;
        found_parameters.retain(|name, _| is_ours(name));
        for (service, wanted, found) in [
            (Service::SecretsManager, secrets, found),
            (Service::ParameterStore, parameters, found_parameters),
        ] {
            let syncs = self.kept.iter().filter(|kept| kept.service == service).count();
            let service = service.named();
            if wanted != found {
                let finding = differing(&wanted, &found);
                self.client.tally.finding(format!("{service} of {}: {finding}", self.actor));
            }
            let count = wanted.len();
            self.client
                .tally
                .verified(format!("{count} of {service} are those of the sources of {syncs} syncs"));
        }
        self.tags_name_owners().await?;
        let others = self.others().await?;
        if others != self.foreign {
            self.client.tally.finding(format!("others' things were {:?} and are {others:?}", self.foreign));
        }
        self.client.tally.verified(format!("{} things of others are as they were", others.len()));
        Ok(())
    }

    /// Whatever has a sync's tag is that sync's, or one's that was deleted without its secrets.
    async fn tags_name_owners(&self) -> Result<()> {
        for entry in self.account.listed(&json!({})).await? {
            let name = text(&entry["Name"])?;
            let tags = entry["Tags"].as_array().into_iter().flatten();
            let owner = tags.into_iter().find(|tag| tag["Key"] == OWNER);
            let Some(owner) = owner.filter(|_| name.starts_with(&format!("{}-", self.actor))) else {
                continue;
            };
            let is_known = self
                .kept
                .iter()
                .any(|kept| owner["Value"] == kept.id.as_str() && name.starts_with(&kept.prefix));
            if !is_known && !self.left_behind.iter().any(|prefix| name.starts_with(prefix)) {
                self.client.tally.finding(format!("{name} is an orphan of {}", owner["Value"]));
            }
        }
        Ok(())
    }

    /// Until the syncs are gone that were deleted with their secrets.
    async fn nothing_is_removed_any_more(&self) -> Result<()> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let mut left = Vec::new();
            for service in [Service::SecretsManager, Service::ParameterStore] {
                let told =
                    self.client.read(&format!("{}?projectId={}", service.path(), self.project)).await?;
                let all = told["secretSyncs"].as_array().context("a list of syncs")?;
                let ours = all
                    .iter()
                    .filter(|sync| text(&sync["name"]).is_ok_and(|name| name.starts_with(self.actor)));
                let known = |sync: &Value| self.kept.iter().any(|kept| sync["id"] == kept.id.as_str());
                left.extend(ours.filter(|sync| !known(sync)).cloned());
            }
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                self.client.tally.finding(format!("these syncs should be gone: {left:?}"));
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn settled(&self, kept: &Kept) -> Result<()> {
        let until = Instant::now() + LONGEST_WAIT;
        loop {
            let sync = self.read(kept).await?.context("it is not there")?;
            let busy =
                ["syncStatus", "importStatus", "removeStatus"].iter().any(|field| still_busy(&sync[*field]));
            match sync["syncStatus"].as_str() {
                _ if busy => {}
                Some("succeeded") => return Ok(()),
                _ => bail!("its last run went wrong: {sync}"),
            }
            if Instant::now() > until {
                bail!("after {LONGEST_WAIT:?} it is not settled: {sync}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// All that is somebody else's, with everything that AWS says of it except when it was looked at.
    async fn others(&self) -> Result<BTreeMap<String, Value>> {
        let mut found = BTreeMap::new();
        for n in 0..3 {
            let name = format!("{}FOREIGN", self.prefix(Service::SecretsManager, n));
            let mut told =
                self.account.secrets_manager("DescribeSecret", &json!({ "SecretId": name })).await?;
            told.as_object_mut().into_iter().for_each(|told| {
                told.remove("LastAccessedDate");
            });
            let value = self.account.secrets_manager("GetSecretValue", &json!({ "SecretId": name })).await?;
            found.insert(name, json!([told, value]));
            let name = format!("{}FOREIGN", self.prefix(Service::ParameterStore, n));
            let asked = json!({ "Name": name, "WithDecryption": true });
            let told = self.account.parameter_store("GetParameter", &asked).await?;
            let tags = self.account.tags_of_parameter(&name).await?;
            found.insert(name, json!([told, tags]));
        }
        Ok(found)
    }
}
