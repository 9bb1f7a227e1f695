//! A sync as the worker runs it: read, plan, publish, and a ledger that lasts.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use destination::{Destinations, Error, Outcome, Pace, Question, Quotas};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use model::arn::AccountId;
use model::id::SecretSyncId;
use model::secret_sync::plan::{self, Adoption, Content, Failure, Place, Plan, Run, Wanted};
use model::secret_sync::{Affixes, DestinationConfig, InitialSyncBehavior, Owned, SyncOptions};
use secrecy::SecretString;
use serde_json::json;
use testkit::account::Account;
use testkit::clock::SimulatedClock;
use tokio::time::Instant;

#[derive(Debug)]
struct Ticking(SimulatedClock);

impl destination::Clock for Ticking {
    fn now(&self) -> std::time::Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: std::time::Instant) -> BoxFuture<'static, ()> {
        Box::pin(self.0.clone().sleep_until(at))
    }
}

/// Runs a test on a clock that moves whenever nothing else can happen.
pub(crate) fn simulated(test: impl AsyncFnOnce(SimulatedClock)) {
    let clock = SimulatedClock::default();
    clock.run(test(clock.clone()));
}

pub(crate) const SYNC: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const OTHER: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const TAG: &str = "drawbridge:secret-sync";
pub(crate) const PLACES: [&str; 3] = ["one-to-one", "many-to-one", "/app/"];

#[derive(Clone)]
pub(crate) struct Sync {
    pub account: Account,
    pub config: SdkConfig,
    pub destination: DestinationConfig,
    pub affixes: Affixes,
    pub options: SyncOptions,
    pub quotas: Quotas,
    pub number: AccountId,
    pub ledger: BTreeMap<String, Owned>,
    /// Whether the run before came to its end.
    pub is_sound: bool,
    pub until: Option<Instant>,
    /// A simulated one, but for a real stand-in.
    pub clock: Option<SimulatedClock>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Report {
    pub plan: Plan,
    pub failures: Vec<Failure>,
    pub later: usize,
    pub not_started: usize,
    pub not_allowed: Vec<String>,
}

impl Report {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.failures.iter().map(|failure| format!("{}: {}", failure.subject(), failure.rule)).collect()
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.not_started == 0
    }
}

impl Sync {
    pub(crate) fn of(clock: &SimulatedClock, place: &str) -> Self {
        let destination = match place {
            "one-to-one" => json!({ "destination": "aws-secrets-manager", "mapping_behavior": "one-to-one" }),
            "many-to-one" => json!({
                "destination": "aws-secrets-manager", "mapping_behavior": "many-to-one", "secret_name": "all"
            }),
            path => json!({ "destination": "aws-parameter-store", "path": path }),
        };
        let mut destination = destination;
        destination["region"] = json!("us-east-1");
        let account = Account::on(clock);
        Self {
            config: account.config(),
            account,
            destination: serde_json::from_value(destination).unwrap(),
            affixes: Affixes::default(),
            options: SyncOptions::new(InitialSyncBehavior::OverwriteDestination),
            quotas: Quotas { are_off: true, ..Quotas::default() },
            number: testkit::account::NUMBER.parse().unwrap(),
            ledger: BTreeMap::new(),
            is_sound: false,
            until: None,
            clock: Some(clock.clone()),
        }
    }

    pub(crate) fn id() -> SecretSyncId {
        SYNC.parse().unwrap()
    }

    pub(crate) fn place(&self) -> Place<'_> {
        let Self { destination, affixes, options, number, .. } = self;
        Place { sync: Self::id(), account: number, config: destination, affixes, options }
    }

    pub(crate) fn name(&self, key: &str) -> String {
        self.destination.name_of(&self.affixes, key)
    }

    pub(crate) fn pace(&self) -> Pace {
        match &self.clock {
            Some(clock) => Pace::on(Arc::new(Ticking(clock.clone())), self.quotas),
            None => Pace::new(self.quotas),
        }
    }

    pub(crate) fn remote(&self) -> destination::Remote {
        let destinations = Destinations::new(&self.config, self.pace());
        let credentials = self.config.credentials_provider().unwrap();
        destinations.open(&self.place(), credentials, self.until)
    }

    pub(crate) async fn first(&mut self, keys: &[(&str, &str)]) -> Result<Report, Error> {
        self.run(true, keys).await
    }

    pub(crate) async fn later(&mut self, keys: &[(&str, &str)]) -> Result<Report, Error> {
        self.run(false, keys).await
    }

    pub(crate) async fn run(&mut self, is_first: bool, keys: &[(&str, &str)]) -> Result<Report, Error> {
        let content =
            |value: &str| Content { value: SecretString::from(value), metadata: Vec::new(), version: 1 };
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), Ok(content(value))));
        let wanted = plan::wanted(&self.place(), keys);
        let adopts = if is_first { Adoption::All } else { Adoption::Nothing };
        let run = Run { adopts, is_settled: self.is_sound, allows_deletions: true };
        self.sync(run, &wanted).await
    }

    pub(crate) fn wanted(&self, keys: &[(&str, &str)]) -> Vec<Wanted> {
        let content =
            |value: &str| Content { value: SecretString::from(value), metadata: Vec::new(), version: 1 };
        let keys = keys.iter().map(|(key, value)| ((*key).to_owned(), Ok(content(value))));
        plan::wanted(&self.place(), keys)
    }

    pub(crate) async fn planned(
        &self,
        run: Run<'_>,
        wanted: &[Wanted],
    ) -> Result<(Plan, Vec<String>), Error> {
        let names = plan::names_to_read(&self.place(), wanted);
        let ledger: Vec<Owned> = self.ledger.values().cloned().collect();
        let question =
            Question { names: &names, ledger: &ledger, discover: !self.is_sound, ..Question::default() };
        let found = self.remote().read(&question).await?;
        let plan = plan::plan(&self.place(), run, wanted, &found, &ledger);
        Ok((plan, found.not_allowed))
    }

    pub(crate) async fn sync(&mut self, run: Run<'_>, wanted: &[Wanted]) -> Result<Report, Error> {
        let planned = self.planned(run, wanted).await;
        self.is_sound = false;
        let (plan, not_allowed) = planned?;
        let mut report = self.publish(plan).await;
        report.not_allowed = not_allowed;
        // As the worker sees it: what failed may have been done in part, or is ours and was not learned.
        self.is_sound = report.is_clean();
        Ok(report)
    }

    pub(crate) async fn publish(&mut self, plan: Plan) -> Report {
        let mut failures = plan.failures.clone();
        let (mut later_runs, mut not_started) = (0, 0);
        for entry in &plan.relearned {
            self.ledger.insert(entry.name.clone(), entry.clone());
        }
        for name in &plan.forgotten {
            self.ledger.remove(name);
        }
        let remote = self.remote();
        let mut published = Box::pin(remote.publish(&plan.steps));
        while let Some(done) = published.next().await {
            match done.outcome {
                Outcome::Done { version } => match done.step.entry(version.as_deref().unwrap_or_default()) {
                    Some(entry) => drop(self.ledger.insert(entry.name.clone(), entry)),
                    None => drop(self.ledger.remove(&done.step.name)),
                },
                Outcome::Failed { rule, later, .. } => {
                    later_runs += usize::from(later);
                    let (key, name) = (done.step.key.clone(), done.step.name.clone());
                    failures.push(Failure { key, name, rule });
                }
                Outcome::NotStarted => not_started += 1,
                Outcome::Kept => {}
            }
        }
        drop(published);
        failures.sort_by(|one, other| one.subject().cmp(other.subject()));
        Report { plan, failures, later: later_runs, not_started, not_allowed: Vec::new() }
    }

    /// What is at the destination, as name and text.
    pub(crate) fn there(&self) -> BTreeMap<String, String> {
        let live = self.account.secrets().into_iter().filter(|(_, secret)| !secret.deleted);
        let secrets = live.map(|(name, secret)| (name, secret.value.unwrap_or_default()));
        let parameters =
            self.account.parameters().into_iter().map(|(name, parameter)| (name, parameter.value));
        secrets.chain(parameters).collect()
    }
}

pub(crate) fn many(count: usize) -> Vec<(String, String)> {
    (0..count).map(|n| (format!("KEY_{n:04}"), format!("value {n}"))).collect()
}

pub(crate) fn borrowed(keys: &[(String, String)]) -> Vec<(&str, &str)> {
    keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// The actions that write.
pub(crate) fn writes(account: &Account) -> usize {
    let reads = ["List", "Get", "Describe", "BatchGet"];
    let is_read = |action: &str| {
        action.split_once(':').is_some_and(|(_, verb)| reads.iter().any(|read| verb.starts_with(read)))
    };
    account.counts().into_iter().filter(|(action, _)| !is_read(action)).map(|(_, count)| count).sum()
}
