//! A customer's account in memory: Secrets Manager, Parameter Store and KMS, as their API references say that they answer.
//!
//! Answers after a latency and within quotas, on a clock that may be simulated; refuses what it is told to refuse; and
//! loses answers, resets connections or throttles where a test says so. Every call is on record.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

mod beside;
mod parameter_store;
mod secrets_manager;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::clock::SimulatedClock;

pub use parameter_store::Parameter;
pub use secrets_manager::Secret;

/// The account's number.
pub const NUMBER: &str = "123456789012";

/// What was asked.
#[derive(Debug, Clone)]
pub struct Call {
    /// The action as policies name it, `ssm:PutParameter`.
    pub action: String,
    /// The body.
    pub body: Value,
    /// How often this action was called before.
    pub before: usize,
    /// When, since the account was opened.
    pub at: Duration,
}

/// What becomes of a call instead of its answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// AWS answers with this status, code and message, and does nothing.
    Error(u16, &'static str, &'static str),
    /// The connection breaks before anything is done.
    Reset,
    /// It is done, and the answer is lost.
    LostAnswer,
    /// AWS answers this, and does nothing.
    Answer(Value),
}

/// The fault of an action that AWS asks to slow down.
pub const THROTTLED: Fault = Fault::Error(400, "ThrottlingException", "Rate exceeded");

type Faults = Box<dyn Fn(&Call) -> Option<Fault> + Send>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) denied: BTreeSet<String>,
    /// Aliases and ids of keys, with the id of each; ids in `disabled` encrypt nothing.
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) disabled: BTreeSet<String>,
    /// Pages of GetParametersByPath that are empty although more follow.
    pub(crate) empty_pages: bool,
    latency: Duration,
    quotas: BTreeMap<String, (f64, f64, Instant)>,
    calls: Vec<Call>,
    faults: Option<Faults>,
    opened: Option<Instant>,
    clock: Option<SimulatedClock>,
    in_the_air: usize,
    most_at_once: usize,
}

/// The account. Clones are the same account.
#[derive(Clone, Default)]
pub struct Account(Arc<Mutex<State>>);

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

/// A refusal of AWS's: code and message.
pub(crate) struct Refusal(pub &'static str, pub String);

pub(crate) type Answered = Result<Value, Refusal>;

impl Account {
    /// An empty account, where everything is allowed at once.
    #[must_use]
    pub fn new() -> Self {
        let account = Self::default();
        account.state().opened = Some(Instant::now());
        account
    }

    /// The same on this clock.
    #[must_use]
    pub fn on(clock: &SimulatedClock) -> Self {
        let account = Self::default();
        account.state().opened = Some(clock.now());
        account.state().clock = Some(clock.clone());
        account
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A configuration whose clients reach this account and nothing else.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Self::credentials())
            .http_client(self.clone())
            .build()
    }

    /// Credentials that the account accepts.
    #[must_use]
    pub fn credentials() -> SharedCredentialsProvider {
        #[expect(clippy::disallowed_methods, reason = "credentials that no AWS knows, in tests alone")]
        let credentials = Credentials::new("AKIASCRIPTED", "scripted", None, None, "testkit");
        SharedCredentialsProvider::new(credentials)
    }

    /// Every call takes so long.
    pub fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// An action is throttled beyond so many calls a second; a second's worth may come at once.
    pub fn set_quota(&self, action: &str, per_second: f64) {
        let mut state = self.state();
        let now = state.now();
        state.quotas.insert(action.to_owned(), (per_second, per_second.max(1.0), now));
    }

    /// The role may not do this.
    pub fn deny(&self, action: &str) {
        self.state().denied.insert(action.to_owned());
    }

    /// The role may do this again.
    pub fn allow(&self, action: &str) {
        self.state().denied.remove(action);
    }

    /// What becomes of calls from now on; `None` is their own answer.
    pub fn set_faults(&self, faults: impl Fn(&Call) -> Option<Fault> + Send + 'static) {
        self.state().faults = Some(Box::new(faults));
    }

    /// Calls have their own answers again.
    pub fn mend(&self) {
        self.state().faults = None;
    }

    /// A KMS key of the account's, under an alias.
    pub fn add_key(&self, alias: &str, id: &str) {
        let mut state = self.state();
        for spelling in [alias, id] {
            state.keys.insert(spelling.to_owned(), id.to_owned());
        }
    }

    /// A key encrypts nothing from now on.
    pub fn disable_key(&self, id: &str) {
        self.state().disabled.insert(id.to_owned());
    }

    /// From now on GetParametersByPath begins with a page that is empty although more follow.
    pub fn begin_with_an_empty_page(&self) {
        self.state().empty_pages = true;
    }

    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How often each action was called so far.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls() {
            *counts.entry(call.action).or_insert(0) += 1;
        }
        counts
    }

    /// How many calls were in the air together, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state().most_at_once
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        let mut state = self.state();
        state.calls.clear();
        state.most_at_once = 0;
    }

    /// What is in Secrets Manager, by name.
    #[must_use]
    pub fn secrets(&self) -> BTreeMap<String, Secret> {
        self.state().secrets.clone()
    }

    /// What is in Parameter Store, by name.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, Parameter> {
        self.state().parameters.clone()
    }

    /// Somebody puts a secret there.
    pub fn put_secret(&self, name: &str, secret: Secret) {
        self.state().secrets.insert(name.to_owned(), secret);
    }

    /// Somebody puts a parameter there.
    pub fn put_parameter(&self, name: &str, parameter: Parameter) {
        self.state().parameters.insert(name.to_owned(), parameter);
    }

    /// Somebody takes a secret away for good.
    pub fn remove_secret(&self, name: &str) {
        self.state().secrets.remove(name);
    }

    /// Somebody takes a parameter away.
    pub fn remove_parameter(&self, name: &str) {
        self.state().parameters.remove(name);
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or(Value::Null);
        let (latency, clock) = {
            let mut state = self.state();
            state.in_the_air += 1;
            state.most_at_once = state.most_at_once.max(state.in_the_air);
            (state.latency, state.clock.clone())
        };
        match clock {
            _ if latency.is_zero() => {}
            Some(clock) => clock.sleep(latency).await,
            None => tokio::time::sleep(latency).await,
        }
        let mut state = self.state();
        state.in_the_air -= 1;
        state.respond(&target, body)
    }
}

impl State {
    fn now(&self) -> Instant {
        self.clock.as_ref().map_or_else(Instant::now, SimulatedClock::now)
    }

    fn respond(&mut self, target: &str, body: Value) -> Result<HttpResponse, ConnectorError> {
        let (service, operation) = target.split_once('.').unwrap_or_default();
        let service = match service {
            "secretsmanager" => "secretsmanager",
            "AmazonSSM" => "ssm",
            _ => "kms",
        };
        let action = format!("{service}:{operation}");
        let before = self.calls.iter().filter(|call| call.action == action).count();
        let now = self.now();
        let at = self.opened.map_or(Duration::ZERO, |opened| now.saturating_duration_since(opened));
        let call = Call { action: action.clone(), body: body.clone(), before, at };
        let fault = self.faults.as_ref().and_then(|faults| faults(&call));
        self.calls.push(call);
        let reset = || Err(ConnectorError::io("connection reset by peer".into()));
        match fault {
            Some(Fault::Reset) => return reset(),
            Some(Fault::Error(status, code, message)) => return Ok(error(status, code, message)),
            Some(Fault::Answer(answer)) => return Ok(response(200, answer.to_string())),
            Some(Fault::LostAnswer) | None => {}
        }
        if !self.within_quota(&action) {
            return Ok(error(400, "ThrottlingException", "Rate exceeded"));
        }
        let answered = self.allowed(&action, &resource(&body)).and_then(|()| match service {
            "secretsmanager" => self.secrets_manager(operation, &body),
            "ssm" => self.parameter_store(operation, &body),
            _ => self.describe_key(&body),
        });
        if matches!(fault, Some(Fault::LostAnswer)) {
            return reset();
        }
        Ok(match answered {
            Ok(value) => response(200, value.to_string()),
            Err(Refusal(code, message)) => error(400, code, &message),
        })
    }

    fn within_quota(&mut self, action: &str) -> bool {
        let now = self.now();
        let Some((rate, tokens, at)) = self.quotas.get_mut(action) else { return true };
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * *rate).min(rate.max(1.0));
        *at = now;
        // A thousandth: evenly spaced calls are not to fail for what floating point loses.
        let is_within = *tokens >= 0.999;
        if is_within {
            *tokens -= 1.0;
        }
        is_within
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    pub(crate) fn allowed(&self, action: &str, resource: &str) -> Result<(), Refusal> {
        if !self.denied.contains(action) {
            return Ok(());
        }
        let caller = format!("arn:aws:sts::{NUMBER}:assumed-role/customer/drawbridge");
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
             allows the {action} action"
        );
        Err(Refusal("AccessDeniedException", message))
    }

    /// The id of a key that can encrypt; `None` for the service's own.
    pub(crate) fn usable_key(&self, spelling: Option<&str>) -> Result<Option<String>, &'static str> {
        let Some(spelling) = spelling.filter(|spelling| !spelling.starts_with("alias/aws/")) else {
            return Ok(None);
        };
        let short = spelling.rsplit_once(":key/").map_or(spelling, |(_, id)| id);
        match self.keys.get(short) {
            None => Err("does not exist"),
            Some(id) if self.disabled.contains(id) => Err("is disabled"),
            Some(id) => Ok(Some(id.clone())),
        }
    }

    fn describe_key(&self, body: &Value) -> Answered {
        let spelling = body["KeyId"].as_str().unwrap_or_default();
        let short = spelling.rsplit_once(":key/").map_or(spelling, |(_, id)| id);
        match self.keys.get(short) {
            Some(id) => Ok(json!({ "KeyMetadata": { "KeyId": id, "Arn": key_arn(id) } })),
            None => Err(Refusal("NotFoundException", format!("Alias {spelling} is not found."))),
        }
    }
}

pub(crate) fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:us-east-1:{NUMBER}:key/{id}")
}

fn resource(body: &Value) -> String {
    ["SecretId", "Name", "ResourceId", "Path", "KeyId"]
        .iter()
        .find_map(|field| body[field].as_str())
        .map_or_else(|| "*".to_owned(), str::to_owned)
}

fn error(status: u16, code: &str, message: &str) -> HttpResponse {
    response(status, json!({ "__type": code, "message": message, "Message": message }).to_string())
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for Account {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
