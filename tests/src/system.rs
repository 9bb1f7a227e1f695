//! The running system: one for each test process, started on the first demand.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use local::ready::Ready;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::account::Account;
use crate::api::{Api, Refusals};
use crate::guard::Guard;
use crate::start::{self, Started};
use crate::state::State;

/// The running system and the ways in that tests use.
#[derive(Debug)]
pub struct System {
    /// What the local run says about itself.
    pub ready: Ready,
    /// The first administrator's way in: a machine identity with the role `admin`.
    pub admin: Api,
    /// What reached AWS, and how to break it.
    pub guard: Guard,
    /// What is stored and logged.
    pub state: State,
    /// Every refusal that a test got so far.
    pub refusals: Refusals,
    secrets: Mutex<Vec<String>>,
    started: Started,
}

/// A machine identity that logs in by universal auth.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its id.
    pub id: String,
    /// The client id.
    pub client_id: String,
    /// A client secret.
    pub client_secret: String,
    /// Its way in.
    pub api: Api,
}

/// Runs a test against the system. All tests of a process share one runtime, so that what one of them starts outlives
/// it.
///
/// # Errors
/// When the system cannot be started, and what the test returns.
pub fn run<Test, Running>(test: Test) -> Result<()>
where
    Test: FnOnce(&'static System) -> Running,
    Running: Future<Output = Result<()>>,
{
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let runtime = RUNTIME
        .get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build());
    let runtime = runtime.as_ref().map_err(|failure| anyhow!("no runtime: {failure}"))?;
    let system = system()?;
    runtime.block_on(test(system))
}

fn system() -> Result<&'static System> {
    static SYSTEM: OnceLock<Result<System, String>> = OnceLock::new();
    let started = SYSTEM.get_or_init(|| System::start().map_err(|failure| format!("{failure:#}")));
    started.as_ref().map_err(|failure| anyhow!("{failure}"))
}

impl System {
    fn start() -> Result<Self> {
        let started = start::start()?;
        let ready = started.ready.clone();
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("build a client")?;
        let refusals = Refusals::default();
        let api = Api::new(&ready.api_url, client.clone(), Arc::clone(&refusals));
        let system = Self {
            admin: api.with_token(ready.seeded("adminToken")),
            guard: Guard::new(&ready.aws_endpoint, client),
            state: State::new(&ready.aws_endpoint, local::standins::PLATFORM_ACCOUNT),
            secrets: Mutex::new(Vec::new()),
            refusals,
            ready,
            started,
        };
        for secret in ["adminToken", "adminClientSecret", "deployerSecretAccessKey"] {
            system.keep_secret(system.ready.seeded(secret));
        }
        Ok(system)
    }

    /// The program `local`, whose other commands are tried as they are.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.started.program
    }

    /// Remembers a text that must turn up in no log and no refusal.
    pub fn keep_secret(&self, secret: &str) {
        if let Ok(mut secrets) = self.secrets.lock() {
            secrets.push(secret.to_owned());
        }
    }

    /// The texts that must turn up nowhere.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.secrets.lock().map(|secrets| secrets.clone()).unwrap_or_default()
    }

    /// A customer's account that no other test uses.
    #[must_use]
    pub fn account(&self) -> Account {
        Account::fresh(&self.ready.aws_endpoint)
    }

    /// A new project; its id and slug.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn project(&self, name: &str) -> Result<(String, String)> {
        let answer = self.admin.post("/api/v2/workspace", &json!({ "projectName": name })).await?.ok()?;
        Ok((text(&answer["project"]["id"])?, text(&answer["project"]["slug"])?))
    }

    /// A new machine identity with a role in the organisation, logged in.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn machine(&self, name: &str, role: &str) -> Result<Machine> {
        let body = json!({ "name": name, "organizationId": self.ready.org_id, "role": role });
        let identity = self.admin.post("/api/v1/identities", &body).await?.ok()?;
        let id = text(&identity["identity"]["id"])?;
        let at = format!("/api/v1/auth/universal-auth/identities/{id}");
        let auth = self.admin.post(&at, &json!({})).await?.ok()?;
        let client_id = text(&auth["identityUniversalAuth"]["clientId"])?;
        let made = self.admin.post(&format!("{at}/client-secrets"), &json!({})).await?.ok()?;
        let client_secret = text(&made["clientSecret"])?;
        self.keep_secret(&client_secret);
        let api = self.login(&client_id, &client_secret).await?;
        Ok(Machine { id, client_id, client_secret, api })
    }

    /// A login by universal auth, as a caller with its token.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn login(&self, client_id: &str, client_secret: &str) -> Result<Api> {
        let answer = self.admin.login(client_id, client_secret).await?;
        let token = text(&answer["accessToken"])?;
        self.keep_secret(&token);
        Ok(self.admin.with_token(&token))
    }

    /// Makes a machine a member of a project.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn join(&self, project: &str, machine: &Machine, role: &str) -> Result<()> {
        let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", machine.id);
        self.admin.post(&path, &json!({ "role": role })).await?.ok().map(drop)
    }

    /// Runs a function of the template with an event, as its schedule does.
    ///
    /// # Errors
    /// When the function fails.
    pub async fn invoke(&self, logical_id: &str, event: &Value) -> Result<Value> {
        let arn = self.ready.functions.get(logical_id).and_then(Value::as_str);
        self.state.invoke(arn.with_context(|| format!("no function {logical_id}"))?, event).await
    }

    /// A person's way in, by the company's provider.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn person(&self, email: &str) -> Result<Api> {
        let token = self.guard.person(email, &json!({})).await?;
        self.keep_secret(&token);
        Ok(self.admin.with_token(&token))
    }
}

/// A text of an answer.
///
/// # Errors
/// When it is none.
pub fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("a text is expected, found {value}"))
}

/// A name that nothing else has.
#[must_use]
pub fn unique(stem: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("{stem}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
