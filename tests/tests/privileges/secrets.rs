//! Secret syncs: what they do at both destinations, and what each action is for.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::stage::{PARAMETER_STORE_SYNCS, SECRETS_MANAGER_SYNCS, Stage, Sync};
use tests::system::System;

use super::life::{Attempt, Beside, Level, Life, Told, printed};
use super::trial::Without;

const WRITE: &str = "write new secrets";
const CHANGE: &str = "change a value";
const TAG: &str = "set a tag";
const UNTAG: &str = "take a tag away";
const LOOK: &str = "plan a run";
const DELETE: &str = "delete a secret";
const RESTORE: &str = "bring a deleted name back";
const ADOPT: &str = "take over what is nobody's";
const IMPORT: &str = "import";
const DOCUMENT: &str = "write a folder as one document";
const REWRITE: &str = "change the document";
const MOVE: &str = "move to another path";
const REMOVE: &str = "remove what it made";

/// What both services do.
struct Syncs {
    stage: Stage,
    printed: Value,
    service: Service,
    syncs: BTreeMap<&'static str, Sync>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Manager,
    Store,
}

impl Syncs {
    async fn begin(
        system: &'static System,
        level: Level,
        service: Service,
        capability: &str,
    ) -> Result<Self> {
        let stage = Stage::new(system).await?;
        let of = match service {
            Service::Manager => {
                "capability=secrets-manager,parameter-store&secretNamePrefix=p/&secretName=all"
            }
            Service::Store => "parameterPath=/p",
        };
        let query = format!("region=us-east-1&{of}&{}", Beside::query(capability));
        let printed = printed(&stage, level, &query).await?;
        stage.allow_exactly(&printed).await?;
        for folder in ["api", "theirs", "all", "moved"] {
            stage.folder(folder).await?;
        }
        stage.put("/theirs", "THEIRS", "as-it-is-with-us").await?;
        stage.put("/all", "ONE", "one-of-the-document").await?;
        stage.put("/moved", "MOVED", "moved-from-here-to-there").await?;
        let name = |key: &str| service.name("theirs", key);
        match service {
            Service::Manager => stage.account.make_secret(&name("THEIRS"), "as-it-was-with-them").await?,
            Service::Store => stage.account.make_parameter(&name("THEIRS"), "as-it-was-with-them").await?,
        }
        Ok(Self { stage, printed, service, syncs: BTreeMap::new() })
    }

    /// Names and values at the destination.
    async fn values(&self) -> Result<BTreeMap<String, String>> {
        match self.service {
            Service::Manager => {
                let mut all = self.stage.account.secrets().await?;
                all.retain(|name, _| !name.starts_with("beside/"));
                Ok(all)
            }
            Service::Store => self.stage.account.parameters("/p").await,
        }
    }

    /// The tags of what the first deed made.
    async fn tags(&self) -> Result<BTreeMap<String, String>> {
        let name = self.service.name("api", "KEPT");
        match self.service {
            Service::Manager => self.stage.account.tags_of_secret(&name).await,
            Service::Store => self.stage.account.tags_of_parameter(&name).await,
        }
    }

    async fn sync(&mut self, folder: &'static str) -> Result<Sync> {
        if let Some(made) = self.syncs.get(folder) {
            return Ok(made.clone());
        }
        let path = format!("/{folder}");
        let made = match (self.service, folder) {
            (Service::Manager, "all") => {
                let config =
                    json!({ "region": "us-east-1", "mappingBehavior": "many-to-one", "secretName": "all" });
                self.stage.sync(SECRETS_MANAGER_SYNCS, &path, json!({}), config).await?
            }
            (Service::Manager, _) => {
                let schema = self.service.name(folder, "{{secretKey}}");
                self.stage.to_secrets_manager(&path, json!({ "keySchema": schema })).await?
            }
            (Service::Store, _) => {
                let to = self.service.name(folder, "");
                let config = json!({ "region": "us-east-1", "path": to });
                self.stage.sync(PARAMETER_STORE_SYNCS, &path, json!({}), config).await?
            }
        };
        self.syncs.insert(folder, made.clone());
        Ok(made)
    }

    /// The end of the run that was just asked for, and whether the destination has `name` with `value` after it.
    async fn ended(&self, sync: &Sync, status: &str, is_there: &[(&str, Option<&str>)]) -> Result<Told> {
        let settled = sync.settled().await?;
        let words = |field: &str| settled[field].as_str().unwrap_or_default().to_owned();
        let message = ["lastSyncMessage", "lastImportMessage", "lastRemoveMessage"]
            .map(words)
            .into_iter()
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join("; ");
        if settled[status] != "succeeded" {
            return Ok(Told::Failed(message));
        }
        let values = self.values().await?;
        for (name, value) in is_there {
            let found = values.get(*name).map(String::as_str);
            ensure!(found == *value, "{name} is {found:?} after a run that succeeded: {settled}");
        }
        Ok(Told::Done(message))
    }

    async fn run(
        &mut self,
        folder: &'static str,
        attempt: Attempt,
        is_there: &[(&str, Option<&str>)],
    ) -> Result<Told> {
        let is_new = !self.syncs.contains_key(folder);
        let sync = self.sync(folder).await?;
        if attempt == Attempt::Again && !is_new {
            sync.trigger("sync-secrets").await?;
        }
        self.ended(&sync, "syncStatus", is_there).await
    }

    async fn tag(&mut self, tags: Value) -> Result<()> {
        let sync = self.sync("api").await?;
        let mut options = sync.read().await?["syncOptions"].take();
        options["tags"] = tags;
        sync.update(&json!({ "syncOptions": options })).await.map(drop)
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        let is_first = attempt == Attempt::First;
        let service = self.service;
        let name = |key: &str| service.name("api", key);
        match deed {
            WRITE => {
                if is_first {
                    self.stage.put("/api", "KEPT", "kept-as-it-was-at-first").await?;
                    self.stage.put("/api", "GOES", "goes-away-some-time-later").await?;
                }
                let (kept, goes) = (name("KEPT"), name("GOES"));
                let both = [
                    (kept.as_str(), Some("kept-as-it-was-at-first")),
                    (goes.as_str(), Some("goes-away-some-time-later")),
                ];
                self.run("api", attempt, &both).await
            }
            CHANGE => {
                if is_first {
                    self.stage.change("/api", "KEPT", "kept-in-another-shape").await?;
                }
                self.run("api", attempt, &[(&name("KEPT"), Some("kept-in-another-shape"))]).await
            }
            TAG | UNTAG => {
                let is_set = deed == TAG;
                if is_first {
                    let tags = json!([{ "key": "team", "value": "payments" }]);
                    self.tag(if is_set { tags } else { json!([]) }).await?;
                }
                let told = self.run("api", attempt, &[]).await?;
                if matches!(told, Told::Done(_)) {
                    let has = self.tags().await?.contains_key("team");
                    ensure!(has == is_set, "after {deed} the tag is there: {has}");
                }
                Ok(told)
            }
            LOOK => {
                let sync = self.sync("api").await?;
                let answer = self.stage.api.send(Method::POST, &format!("{}/plan", sync.path), None).await?;
                let words = answer.body.to_string();
                Ok(if answer.status == 200 { Told::Done(words) } else { Told::Failed(words) })
            }
            DELETE => {
                if is_first {
                    self.stage.delete("/api", "GOES").await?;
                }
                self.run("api", attempt, &[(&name("GOES"), None)]).await
            }
            RESTORE => {
                if is_first {
                    self.stage.put("/api", "GOES", "back-again-from-the-bin").await?;
                }
                self.run("api", attempt, &[(&name("GOES"), Some("back-again-from-the-bin"))]).await
            }
            ADOPT => {
                let theirs = self.service.name("theirs", "THEIRS");
                self.run("theirs", attempt, &[(&theirs, Some("as-it-is-with-us"))]).await
            }
            IMPORT => self.import(is_first).await,
            DOCUMENT => self.run("all", attempt, &[("all", Some(r#"{"ONE":"one-of-the-document"}"#))]).await,
            REWRITE => {
                if is_first {
                    self.stage.change("/all", "ONE", "another-in-the-document").await?;
                }
                self.run("all", attempt, &[("all", Some(r#"{"ONE":"another-in-the-document"}"#))]).await
            }
            MOVE => self.moves(attempt).await,
            REMOVE => {
                let sync = self.sync("api").await?;
                sync.update(&json!({ "isAutoSyncEnabled": false })).await?;
                sync.trigger("remove-secrets").await?;
                self.ended(&sync, "removeStatus", &[(&name("KEPT"), None)]).await
            }
            other => bail!("nobody does {other}"),
        }
    }

    async fn import(&mut self, is_first: bool) -> Result<Told> {
        let sync = self.sync("api").await?;
        if is_first {
            let (name, value) = (self.service.name("api", "FOUND"), "found-over-there-by-chance");
            match self.service {
                Service::Manager => self.stage.account.make_secret(&name, value).await?,
                Service::Store => self.stage.account.make_parameter(&name, value).await?,
            }
        }
        sync.trigger("import-secrets?importBehavior=prioritize-source").await?;
        let told = self.ended(&sync, "importStatus", &[]).await?;
        let path = format!(
            "/api/v3/secrets/raw?workspaceId={}&environment=dev&secretPath=%2Fapi",
            self.stage.project
        );
        let here = self.stage.api.get(&path).await?.ok()?.to_string().contains("found-over-there-by-chance");
        ensure!(here == matches!(told, Told::Done(_)), "imported: {here}, and told: {told:?}");
        Ok(told)
    }

    /// From below its next path to that path: what it made before is found by name.
    async fn moves(&mut self, attempt: Attempt) -> Result<Told> {
        let (before, after) = ("/p/moved/below/MOVED", "/p/moved/MOVED");
        let is_made = self.syncs.contains_key("moved");
        if attempt == Attempt::First || !is_made {
            let config = json!({ "region": "us-east-1", "path": "/p/moved/below/" });
            let sync = self.stage.sync(PARAMETER_STORE_SYNCS, "/moved", json!({}), config).await?;
            self.syncs.insert("moved", sync);
        }
        let told = self.run("moved", Attempt::First, &[]).await?;
        if matches!(told, Told::Failed(_)) && attempt == Attempt::First {
            return Ok(told);
        }
        let sync = self.sync("moved").await?;
        if attempt == Attempt::Again {
            sync.trigger("sync-secrets").await?;
            sync.succeeded().await?;
        }
        sync.update(&json!({ "destinationConfig": { "region": "us-east-1", "path": "/p/moved/" } })).await?;
        let value = Some("moved-from-here-to-there");
        self.ended(&sync, "syncStatus", &[(before, None), (after, value)]).await
    }
}

impl Service {
    /// The name of a folder's key at the destination.
    fn name(self, folder: &str, key: &str) -> String {
        match self {
            Self::Manager => format!("p/{folder}/{key}"),
            Self::Store => format!("/p/{folder}/{key}"),
        }
    }
}

/// A folder kept in step with Secrets Manager.
pub(super) struct SecretsManager(Syncs);

impl Life for SecretsManager {
    const CAPABILITY: &'static str = "secrets-manager";
    const DEEDS: &'static [&'static str] =
        &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, DOCUMENT, REWRITE, REMOVE];
    const FULL_DEEDS: &'static [&'static str] = &[RESTORE];

    async fn begin(system: &'static System, level: Level) -> Result<Self> {
        Syncs::begin(system, level, Service::Manager, Self::CAPABILITY).await.map(Self)
    }

    fn stage(&self) -> &Stage {
        &self.0.stage
    }

    fn printed(&self) -> &Value {
        &self.0.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        self.0.deed(deed, attempt).await
    }

    async fn there(&self) -> Result<Value> {
        Ok(json!(self.0.values().await?))
    }
}

impl SecretsManager {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action(
            "secretsmanager:ListSecrets",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, REMOVE],
        ),
        Without::action(
            "secretsmanager:GetSecretValue",
            &[CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, REWRITE],
        ),
        Without::action(
            "secretsmanager:BatchGetSecretValue",
            &[CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT],
        ),
        Without::action("secretsmanager:CreateSecret", &[WRITE, DOCUMENT]).short(),
        Without::action("secretsmanager:UpdateSecret", &[CHANGE, ADOPT, REWRITE]),
        Without::action("secretsmanager:DeleteSecret", &[DELETE, REMOVE]),
        Without::action("secretsmanager:DescribeSecret", &[DOCUMENT, REWRITE]),
        Without::action("secretsmanager:TagResource", &[WRITE, TAG, ADOPT, DOCUMENT]),
        Without::action("secretsmanager:UntagResource", &[UNTAG]),
        Without::action("secretsmanager:RestoreSecret", &[RESTORE]).full(),
        Without::resource("SyncSecrets", ":secret:p/*", &[WRITE]),
        Without::resource("SyncSecrets", ":secret:all", &[DOCUMENT]),
        Without::resource("SyncSecrets", ":secret:all-??????", &[DOCUMENT]),
    ];
}

/// A folder kept in step with Parameter Store.
pub(super) struct ParameterStore(Syncs);

impl Life for ParameterStore {
    const CAPABILITY: &'static str = "parameter-store";
    const DEEDS: &'static [&'static str] =
        &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, MOVE, REMOVE];

    async fn begin(system: &'static System, level: Level) -> Result<Self> {
        Syncs::begin(system, level, Service::Store, Self::CAPABILITY).await.map(Self)
    }

    fn stage(&self) -> &Stage {
        &self.0.stage
    }

    fn printed(&self) -> &Value {
        &self.0.printed
    }

    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told> {
        self.0.deed(deed, attempt).await
    }

    async fn there(&self) -> Result<Value> {
        Ok(json!(self.0.values().await?))
    }
}

impl ParameterStore {
    /// What each action is for.
    pub(super) const WITHOUT: &'static [Without] = &[
        Without::action("ssm:PutParameter", &[WRITE, CHANGE, ADOPT, MOVE]).short(),
        Without::action("ssm:GetParameters", &[MOVE]),
        Without::action(
            "ssm:GetParametersByPath",
            &[WRITE, CHANGE, TAG, UNTAG, LOOK, DELETE, ADOPT, IMPORT, MOVE, REMOVE],
        ),
        Without::action("ssm:DescribeParameters", &[]).telling(&[IMPORT]),
        Without::action("ssm:DeleteParameters", &[DELETE, MOVE, REMOVE]),
        Without::action("ssm:ListTagsForResource", &[TAG, UNTAG, DELETE, ADOPT, REMOVE]),
        Without::action("ssm:AddTagsToResource", &[WRITE, TAG, ADOPT, MOVE]),
        Without::action("ssm:RemoveTagsFromResource", &[UNTAG]),
        Without::resource("SyncParameters", ":parameter/p", &[WRITE]),
        Without::resource("SyncParameters", ":parameter/p/*", &[WRITE]),
    ];
}
