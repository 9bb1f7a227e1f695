//! One call with its pace and its retries.

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use model::connection::Connection;
use model::region::Region;
use pace::jitter;

use crate::api::{Api, Lanes, Pace};
use crate::{At, Error};

/// How long a throttled call is tried again: somebody else's burst in the same account may take a while.
const PATIENCE_THROTTLED: Duration = Duration::from_secs(60);
/// How long a call is tried again that AWS failed, or that got no answer.
const PATIENCE_FAILED: Duration = Duration::from_secs(20);
/// The first wait is at most this; each further one at most twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Makes the calls of one deed.
#[derive(Debug, Clone)]
pub struct Caller<A: Api> {
    lanes: Lanes<A>,
    /// No call begins later.
    until: Option<Instant>,
}

impl<A: Api> Caller<A> {
    /// Calls in a connection's account and this region, none later than `at` says.
    #[must_use]
    pub fn new(pace: &Pace<A>, connection: &Connection, region: &Region, at: At) -> Self {
        let lanes =
            Lanes { pace: pace.clone(), account: connection.account_id.clone(), region: region.clone() };
        Self { lanes, until: at.until }
    }

    /// What the clock of its pace shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.lanes.pace.now()
    }

    /// Makes a call until it succeeds, is refused, or patience or time is over. One whose repeat does harm is made again only
    /// when AWS surely did nothing.
    ///
    /// # Errors
    /// [`Error`] of the last attempt.
    pub async fn call<T, E, Answer>(
        &self,
        api: A,
        resource: &str,
        send: impl FnMut() -> Answer,
    ) -> Result<T, Error>
    where
        Answer: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        self.call_saying(api, resource, |_| None, send).await
    }

    /// The same for an operation whose errors keep AWS's words in a place of their own, where `words` finds them.
    ///
    /// # Errors
    /// [`Error`] of the last attempt.
    pub async fn call_saying<T, E, Answer>(
        &self,
        api: A,
        resource: &str,
        words: fn(&E) -> Option<String>,
        mut send: impl FnMut() -> Answer,
    ) -> Result<T, Error>
    where
        Answer: Future<Output = Result<T, SdkError<E, Response>>>,
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let mut longest = FIRST_WAIT;
        let mut begun = None;
        loop {
            let Some(asked) = self.lanes.leave(api, self.until).await else {
                return Err(Error::no_time(api.action(), resource));
            };
            let begun = *begun.get_or_insert(asked);
            let error = match send().await {
                Ok(answer) => return Ok(answer),
                Err(error) => Error::of(api.action(), resource, &error, words),
            };
            let patience = if error.is_throttling() {
                self.lanes.throttled(api, asked);
                PATIENCE_THROTTLED
            } else if error.is_worth_another_try() && !api.is_once() {
                PATIENCE_FAILED
            } else {
                return Err(error);
            };
            let again = self.lanes.pace.now() + longest.mul_f64(jitter());
            if again > begun + patience || self.until.is_some_and(|until| again >= until) {
                return Err(error);
            }
            tracing::debug!(action = api.action(), code = error.code(), "AWS is asked again");
            self.lanes.pace.sleep_until(again).await;
            longest = (longest * 2).min(LONGEST_WAIT);
        }
    }
}
