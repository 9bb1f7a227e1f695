//! One run's way to its destination.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use model::arn::AccountId;
use model::id::SecretSyncId;
use model::secret_sync::plan::{Found, Place, Step};
use model::secret_sync::{Affixes, DestinationConfig, Owned, SyncOptions};
use tokio::time::Instant;

use crate::call::Caller;
use crate::kms::Kms;
use crate::parameter_store::ParameterStore;
use crate::secrets_manager::SecretsManager;
use crate::{Error, Outcome, Pace};

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(10);

/// The destinations that a process can reach. Clones share connections and pace.
#[derive(Debug, Clone)]
pub struct Destinations {
    config: SdkConfig,
    pace: Pace,
}

/// What a run wants to know of its destination.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// The names whose values are wanted ([`names_to_read`](model::secret_sync::plan::names_to_read)).
    pub names: &'a [String],
    /// The sync's ledger.
    pub ledger: &'a [Owned],
    /// Whether the ledger may lack something that the sync owns, for the run before did not come to its end: then
    /// Parameter Store is asked by tag too (Secrets Manager always is).
    pub discover: bool,
    /// Until when Parameter Store is asked whose things are; the rest is in [`Found::unasked`]. Without it everything is asked,
    /// and want of time is an error.
    pub until: Option<Instant>,
    /// What was read a moment ago: whose things are that did not change since is not asked again.
    pub known: Option<&'a Found>,
}

/// The place of a run, owned.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub sync: SecretSyncId,
    pub account: AccountId,
    pub config: DestinationConfig,
    pub affixes: Affixes,
    pub options: SyncOptions,
}

/// The other side of one sync, for one run.
#[derive(Debug, Clone)]
pub struct Remote(Service);

#[derive(Debug, Clone)]
enum Service {
    SecretsManager(Box<SecretsManager>),
    ParameterStore(Box<ParameterStore>),
}

impl Destinations {
    /// The destinations over the connections of `config`, whose own credentials are never used for them.
    #[must_use]
    pub fn new(config: &SdkConfig, pace: Pace) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build();
        // Retries are this crate's: the SDK knows neither the run's end nor the pace of others.
        let config =
            config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build();
        Self { config, pace }
    }

    /// The other side of a sync with a session's credentials. After `until` no call begins: the worker's deadline, with time
    /// to put away what was done.
    #[must_use]
    pub fn open(
        &self,
        place: &Place<'_>,
        credentials: SharedCredentialsProvider,
        until: Option<Instant>,
    ) -> Remote {
        let region = place.config.region();
        let config = self
            .config
            .to_builder()
            .region(aws_config::Region::new(region.to_string()))
            .credentials_provider(credentials)
            .build();
        let until = until.map(Instant::into_std);
        let caller = Caller { lanes: self.pace.lanes(place.account, region), until };
        let kms = Kms::new(&config, caller.clone());
        let site = Site {
            sync: place.sync,
            account: place.account.clone(),
            config: place.config.clone(),
            affixes: place.affixes.clone(),
            options: place.options.clone(),
        };
        Remote(match place.config {
            DestinationConfig::AwsSecretsManager { .. } => {
                Service::SecretsManager(Box::new(SecretsManager::new(&config, site, caller, kms)))
            }
            DestinationConfig::AwsParameterStore { .. } => {
                Service::ParameterStore(Box::new(ParameterStore::new(&config, site, caller, kms)))
            }
        })
    }
}

impl Remote {
    /// What is there: everything that is the sync's, and whatever has one of the wanted names.
    ///
    /// AWS calls, for n names: Secrets Manager n/100 + n/20, and one for each name that somebody else has; many to one, 2.
    /// Parameter Store one for ten parameters of the path, and one for each name that the ledger does not vouch for, wanted
    /// ones first.
    ///
    /// # Errors
    /// [`Error`]: then nothing is known, and nothing may be done. What is refused for one name alone is in the answer.
    pub async fn read(&self, question: &Question<'_>) -> Result<Found, Error> {
        match &self.0 {
            Service::SecretsManager(service) => service.read(question).await,
            Service::ParameterStore(service) => service.read(question).await,
        }
    }

    /// What an import can take over: whatever is of the key schema's form and no other sync's, with its value.
    ///
    /// # Errors
    /// [`Error`]; [`Error::TooMany`] when a sync without a prefix would read through the whole region.
    pub async fn read_for_import(&self) -> Result<Found, Error> {
        match &self.0 {
            Service::SecretsManager(service) => service.read_for_import().await,
            Service::ParameterStore(service) => service.read_for_import().await,
        }
    }

    /// Does one step. Several at once: [`Remote::publish`].
    pub async fn apply(&self, step: &Step) -> Outcome {
        if self.is_over() {
            return Outcome::NotStarted;
        }
        match &self.0 {
            Service::SecretsManager(service) => service.apply(step).await,
            Service::ParameterStore(service) => service.apply(step).await,
        }
    }

    /// Deletes up to ten, with as few calls as the service has for it. The outcomes are in the order of the steps.
    pub(crate) async fn delete(&self, steps: &[&Step]) -> Vec<Outcome> {
        if self.is_over() {
            return steps.iter().map(|_| Outcome::NotStarted).collect();
        }
        match &self.0 {
            Service::SecretsManager(service) => service.delete(steps).await,
            Service::ParameterStore(service) => service.delete(steps).await,
        }
    }

    fn is_over(&self) -> bool {
        match &self.0 {
            Service::SecretsManager(service) => service.caller.is_over(),
            Service::ParameterStore(service) => service.caller.is_over(),
        }
    }
}
