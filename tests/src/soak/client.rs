//! A client as the SDKs are: what fails for a while is asked again, and what nobody answered is looked up.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use http::Method;
use serde_json::Value;

use super::report::Tally;
use crate::api::{Answer, Api};

/// Attempts of an operation, and of a look at what became of one.
const ATTEMPTS: u32 = 5;
const LOOKS: u32 = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A caller of the API whose operations are counted.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// The API without patience.
    pub(super) api: Api,
    pub(super) tally: Arc<Tally>,
}

/// What became of an operation.
#[derive(Debug)]
pub(super) enum Outcome {
    /// 200.
    Done(Value),
    /// A refusal that no repetition changes.
    Refused(u16, String),
    /// Every attempt failed.
    Unheard(String),
}

/// An operation that was asked for, once or several times.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) outcome: Outcome,
    pub(super) is_repeated: bool,
}

impl Asked {
    /// Whether nobody knows if it was done: an attempt before may have been.
    pub(super) const fn is_murky(&self) -> bool {
        match self.outcome {
            Outcome::Done(_) => false,
            Outcome::Refused(..) => self.is_repeated,
            Outcome::Unheard(_) => true,
        }
    }

    /// The answer of a success.
    pub(super) fn done(&self) -> Option<&Value> {
        match &self.outcome {
            Outcome::Done(body) => Some(body),
            Outcome::Refused(..) | Outcome::Unheard(_) => None,
        }
    }
}

impl Client {
    /// The same for another caller.
    pub(super) fn by(&self, api: Api) -> Self {
        Self { api, tally: Arc::clone(&self.tally) }
    }

    /// An operation; `kind` is what it is counted as.
    pub(super) async fn ask(&self, kind: &'static str, method: Method, path: &str, body: &Value) -> Asked {
        let body = (!body.is_null()).then_some(body);
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        let outcome = loop {
            tries += 1;
            let failed = match self.api.send(method.clone(), path, body).await {
                Ok(answer) if may_mend(answer.status) => format!("{}: {}", answer.status, answer.body),
                Ok(answer) if answer.status == 200 => break Outcome::Done(answer.body),
                Ok(answer) => break Outcome::Refused(answer.status, answer.body["message"].to_string()),
                Err(failure) => format!("{failure:#}"),
            };
            if tries == ATTEMPTS {
                break Outcome::Unheard(failed);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let asked = Asked { outcome, is_repeated: tries > 1 };
        self.tally.count(kind, &asked);
        asked
    }

    /// `POST`.
    pub(super) async fn post(&self, kind: &'static str, path: &str, body: &Value) -> Asked {
        self.ask(kind, Method::POST, path, body).await
    }

    /// `PATCH`.
    pub(super) async fn patch(&self, kind: &'static str, path: &str, body: &Value) -> Asked {
        self.ask(kind, Method::PATCH, path, body).await
    }

    /// `DELETE` without a body.
    pub(super) async fn delete(&self, kind: &'static str, path: &str) -> Asked {
        self.ask(kind, Method::DELETE, path, &Value::Null).await
    }

    /// A look, however long it takes until somebody answers: anything but a failure.
    pub(super) async fn look(&self, path: &str) -> Result<Answer> {
        let mut last = String::new();
        for _ in 0..LOOKS {
            match self.api.get(path).await {
                Ok(answer) if !may_mend(answer.status) => return Ok(answer),
                Ok(answer) => last = format!("{}: {}", answer.status, answer.body),
                Err(failure) => last = format!("{failure:#}"),
            }
            tokio::time::sleep(LONGEST_PAUSE / 4).await;
        }
        bail!("GET {path} was never answered; the last time: {last}")
    }

    /// A look at what must be there.
    pub(super) async fn read(&self, path: &str) -> Result<Value> {
        self.look(path).await?.ok()
    }
}

const fn may_mend(status: u16) -> bool {
    status == 429 || status >= 500
}
