//! What a capability does for its owner, thing by thing, in a customer's account of its own.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::stage::{Stage, Sync};
use tests::system::System;

/// How much the printed policy allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// The documented actions.
    Minimal,
    /// The optional ones besides.
    Full,
}

impl Level {
    /// As the printer takes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Full => "full",
        }
    }
}

/// Whether the owner asks for something, or once more for what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    Again,
}

/// How something ended, as the product tells it.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// It is done, and was looked at in AWS; with what was said besides.
    Done(String),
    /// It is not done, in these words.
    Failed(String),
}

/// What a capability does at a level, in order: the last of all is its end.
pub(super) const fn deeds<C: Capability>(level: Level) -> &'static [&'static str] {
    match level {
        Level::Minimal => C::DEEDS,
        Level::Full => C::FULL_DEEDS,
    }
}

/// What a printed policy is for.
pub(super) trait Capability {
    /// As the printer names it.
    const NAME: &'static str;
    /// What it does, in this order.
    const DEEDS: &'static [&'static str];
    /// The same with what only the optional actions let it do.
    const FULL_DEEDS: &'static [&'static str] = Self::DEEDS;
    /// Deeds of many steps, of which those before the refused one stay done, as the next run takes them for done.
    const STEPWISE: &'static [&'static str] = &[];
    /// Who does them: the same for capabilities that differ in their places alone.
    type Life: Life;

    /// The account, its role with the printed policy, and what has to be there before the first deed.
    async fn begin(system: &'static System, level: Level) -> Result<Self::Life>;
}

/// A capability at work, alone in its account.
pub(super) trait Life {
    /// Project, account and connection.
    fn stage(&self) -> &Stage;
    /// What the printer printed for all that happens on this connection.
    fn printed(&self) -> &Value;
    /// Does a deed, and looks in AWS whether it is done.
    async fn deed(&mut self, deed: &'static str, attempt: Attempt) -> Result<Told>;
    /// What AWS has that deeds change.
    async fn there(&self) -> Result<Value>;
}

/// The permission policy of this query, as the API prints it.
pub(super) async fn printed(stage: &Stage, level: Level, query: &str) -> Result<Value> {
    let path = format!(
        "/api/v1/app-connections/aws/policies?projectId={}&accountId={}&level={}&{query}",
        stage.project,
        stage.account.number,
        level.name()
    );
    Ok(stage.api.get(&path).await?.ok()?["permissionPolicy"].take())
}

/// What is taken away of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// An action, wherever it is allowed.
    Action(&'static str),
    /// A resource of a statement, of those whose ARN ends so.
    Resource(&'static str, &'static str),
}

impl Lack {
    /// The policy without it.
    pub(super) fn of(self, policy: &Value) -> Result<Value> {
        let mut less = policy.clone();
        let mut taken = 0;
        for statement in less["Statement"].as_array_mut().context("no statements")? {
            let (field, goes): (&str, &dyn Fn(&str) -> bool) = match &self {
                Self::Action(action) => ("Action", &|one| one == *action),
                Self::Resource(sid, end) if statement["Sid"] == *sid => {
                    ("Resource", &|one| one.ends_with(*end))
                }
                Self::Resource(..) => continue,
            };
            let mut all = texts(&statement[field]);
            let before = all.len();
            all.retain(|one| !goes(one));
            taken += before - all.len();
            statement[field] = json!(all);
        }
        let all = less["Statement"].as_array_mut().context("no statements")?;
        all.retain(|one| ["Action", "Resource"].iter().all(|field| one[*field] != json!([])));
        ensure!(taken > 0, "{self:?} is not in the printed policy: {policy}");
        Ok(less)
    }

    /// What a failure must name.
    pub(super) const fn named(self) -> Option<&'static str> {
        match self {
            Self::Action(action) => Some(action),
            Self::Resource(..) => None,
        }
    }
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Action(action) => f.write_str(action),
            Self::Resource(sid, end) => write!(f, "{sid} on …{end}"),
        }
    }
}

/// The actions that a policy allows.
pub(super) fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let mut all: Vec<_> = statements.flat_map(|statement| texts(&statement["Action"])).collect();
    all.sort();
    all.dedup();
    all
}

/// One text or a list of them.
fn texts(value: &Value) -> Vec<String> {
    let one = value.as_str().into_iter();
    let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    one.chain(many).map(str::to_owned).collect()
}

/// Another capability on the same connection: a sync that goes on whatever is missing for the one that is tried.
pub(super) struct Beside {
    sync: Sync,
    is_parameter_store: bool,
}

const FOLDER: &str = "/beside";

impl Beside {
    /// What the query of the printer has for it.
    pub(super) fn query(capability: &str) -> &'static str {
        if capability.starts_with("parameter-store") {
            "capability=parameter-store,secrets-manager&secretNamePrefix=beside/"
        } else {
            "parameterPath=/beside"
        }
    }

    /// Set up while everything is allowed.
    pub(super) async fn begin(stage: &Stage, capability: &str) -> Result<Self> {
        stage.folder("beside").await?;
        stage.put(FOLDER, "KEY", "beside-at-the-beginning").await?;
        let is_parameter_store = !capability.starts_with("parameter-store");
        let sync = if is_parameter_store {
            stage.to_parameter_store(FOLDER, "/beside/", json!({})).await?
        } else {
            stage.to_secrets_manager(FOLDER, json!({ "keySchema": "beside/{{secretKey}}" })).await?
        };
        sync.succeeded().await?;
        Ok(Self { sync, is_parameter_store })
    }

    /// A change is carried, now.
    pub(super) async fn goes_on(&self, stage: &Stage, value: &str) -> Result<()> {
        stage.change(FOLDER, "KEY", value).await?;
        self.sync.succeeded().await?;
        let (there, name) = if self.is_parameter_store {
            (stage.account.parameters("/beside/").await?, "/beside/KEY")
        } else {
            (stage.account.secrets().await?, "beside/KEY")
        };
        ensure!(there.get(name).is_some_and(|there| there == value), "what is beside it does not go on");
        Ok(())
    }
}
