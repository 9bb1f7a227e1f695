//! One call with its pace and its retries.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use pace::jitter;
use secrecy::SecretString;

use crate::Error;
use crate::api::Api;
use crate::pace::Lanes;

/// How long a throttled call is tried again: somebody else's burst in the same account may take a while.
const PATIENCE_THROTTLED: Duration = Duration::from_secs(300);
/// How long a call is tried again that AWS failed, or that got no answer.
const PATIENCE_FAILED: Duration = Duration::from_secs(40);
/// The first wait is at most this; each further one at most twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Of a throttled call: its lane is slower already, and whoever waits longer leaves the quota unused.
const LONGEST_WAIT_THROTTLED: Duration = Duration::from_secs(2);

/// Makes the calls of one run.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub lanes: Lanes,
    /// When the run ends: no call begins later.
    pub until: Option<Instant>,
}

impl Caller {
    /// Makes a call until it succeeds, is refused, or patience or the run's time is over.
    pub(crate) async fn call<T, E, Answer>(
        &self,
        api: Api,
        resource: &str,
        send: impl FnMut() -> Answer,
    ) -> Result<T, Error>
    where
        Answer: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        self.call_with(api, resource, None, send).await
    }

    /// The same for a call that carries a value, which no error may repeat.
    pub(crate) async fn call_with<T, E, Answer>(
        &self,
        api: Api,
        resource: &str,
        secret: Option<&SecretString>,
        mut send: impl FnMut() -> Answer,
    ) -> Result<T, Error>
    where
        Answer: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut longest = FIRST_WAIT;
        let mut begun = None;
        loop {
            let Some(asked) = self.lanes.leave(api, self.until).await else {
                return Err(Error::NoTime { action: api.action(), resource: resource.to_owned() });
            };
            let begun = *begun.get_or_insert(asked);
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Error::of(api, resource, secret, &error),
            };
            let (patience, most) = match &error {
                Error::Throttled { .. } => {
                    self.lanes.throttled(api, asked);
                    (PATIENCE_THROTTLED, LONGEST_WAIT_THROTTLED)
                }
                Error::Failed { .. } | Error::Unreachable { .. } => (PATIENCE_FAILED, LONGEST_WAIT),
                Error::Refused { .. }
                | Error::CredentialsInvalid { .. }
                | Error::NoTime { .. }
                | Error::TooMany { .. } => return Err(error),
            };
            let wait = longest.min(most).mul_f64(jitter());
            let again = self.lanes.now() + wait;
            if again > begun + patience || self.until.is_some_and(|until| again >= until) {
                return Err(error);
            }
            tracing::debug!(action = api.action(), code = error.code(), "AWS is asked again");
            self.lanes.sleep_until(again).await;
            longest = (longest * 2).min(LONGEST_WAIT);
        }
    }

    /// Whether the run's time is over.
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.lanes.now() >= until)
    }
}
