//! A customer's account in memory: Secrets Manager, Parameter Store and KMS, as their API references say that they answer.
//!
//! Answers after a latency and within quotas, on a clock that may be simulated; refuses what it is told to refuse; and
//! loses answers, resets connections or throttles where a test says so. Every call is on record.

mod answer;
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
use serde_json::Value;

use crate::clock::SimulatedClock;

pub(crate) use answer::key_arn;
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
}
