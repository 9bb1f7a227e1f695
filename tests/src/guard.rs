//! The guard in front of the stand-ins: what reached AWS, and how to break it.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::load_balancers::Served;

/// The control paths of the guard.
#[derive(Clone, Debug)]
pub struct Guard {
    endpoint: String,
    client: reqwest::Client,
}

/// One call that reached AWS.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Counts up.
    pub number: u64,
    /// Unix milliseconds of the answer.
    pub at: u64,
    /// The signing name.
    pub service: String,
    /// The operation.
    pub action: String,
    /// What IAM is asked.
    pub permissions: Vec<Permission>,
    /// An AssumeRole's parameters, without its External ID.
    #[serde(default)]
    pub details: Value,
    /// Whose credentials signed it.
    pub principal: Option<Principal>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// The error code of the answer.
    pub error: Option<String>,
    /// Until the answer.
    pub duration_ms: u64,
}

/// An IAM action on a resource.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
pub struct Permission {
    /// For example `dynamodb:PutItem`.
    pub action: String,
    /// As the request names it.
    pub resource: String,
}

/// Whoever signed.
#[derive(Clone, Debug, Deserialize)]
pub struct Principal {
    /// The ARN of the session, user or root.
    pub arn: String,
}

impl Call {
    /// The name of the role whose session signed the call.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        let (_, session) = self.principal.as_ref()?.arn.split_once(":assumed-role/")?;
        session.split('/').next()
    }

    /// Unix milliseconds of the request.
    #[must_use]
    pub fn began(&self) -> u64 {
        self.at.saturating_sub(self.duration_ms)
    }
}

impl Guard {
    /// The guard that listens at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str, client: reqwest::Client) -> Self {
        Self { endpoint: endpoint.trim_end_matches('/').to_owned(), client }
    }

    /// The number of the last call so far.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn mark(&self) -> Result<u64> {
        Ok(self.calls_after(0).await?.last().map_or(0, |call| call.number))
    }

    /// The calls after a mark, oldest first.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn calls_after(&self, mark: u64) -> Result<Vec<Call>> {
        let mut answer: Value = serde_json::from_str(&self.transcript(mark).await?)?;
        serde_json::from_value(answer["calls"].take()).context("read the guard's call log")
    }

    /// The same as the text that the guard keeps.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn transcript(&self, mark: u64) -> Result<String> {
        let url = format!("{}/_guard/calls?after={mark}", self.endpoint);
        Ok(self.client.get(url).send().await.context("ask the guard for its calls")?.text().await?)
    }

    /// A token of the local provider for a person. `claims` replaces or (null) removes claims.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn person(&self, email: &str, claims: &Value) -> Result<String> {
        let body = json!({ "email": email, "claims": claims });
        let answer = self.post("oidc/token", &body).await?;
        answer["token"].as_str().map(str::to_owned).context("no token")
    }

    /// Breaks calls, as `local::guard` describes it.
    ///
    /// # Errors
    /// When the guard does not take the fault.
    pub async fn fault(&self, fault: &Value) -> Result<()> {
        self.post("faults", fault).await.map(drop)
    }

    /// Mends everything.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn mend(&self) -> Result<()> {
        let url = format!("{}/_guard/faults", self.endpoint);
        self.client.delete(url).send().await.context("ask the guard to mend")?.error_for_status()?;
        Ok(())
    }

    /// From now on so many of a hundred calls of the functions go wrong.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn chaos(&self, percent: f64, seed: u64) -> Result<()> {
        self.post("chaos", &json!({ "percent": percent, "seed": seed })).await.map(drop)
    }

    /// Nothing goes wrong by chance any more; what did.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn calm(&self) -> Result<Value> {
        let url = format!("{}/_guard/chaos", self.endpoint);
        self.client.delete(url).send().await.context("ask the guard for calm")?.error_for_status()?;
        self.told("chaos").await
    }

    /// What each private CA has issued, by its ARN: serial numbers, and why they were revoked.
    ///
    /// # Errors
    /// When the guard does not answer.
    pub async fn issued(&self) -> Result<Value> {
        self.told("issued").await
    }

    async fn told(&self, what: &str) -> Result<Value> {
        let url = format!("{}/_guard/{what}", self.endpoint);
        let told = self.client.get(url).send().await.with_context(|| format!("ask the guard for {what}"))?;
        let told = told.text().await?;
        serde_json::from_str(&told).with_context(|| format!("read {what}: {told}"))
    }

    /// All that a listener of a load balancer served so far, oldest first.
    ///
    /// # Errors
    /// When the guard does not answer, or knows no such listener.
    pub async fn served_by(&self, listener: &str) -> Result<Vec<Served>> {
        let told = self.told("listeners").await?;
        let history = told[listener].as_array().with_context(|| format!("no listener {listener}"))?;
        Ok(history.iter().map(Served::read).collect())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/_guard/{path}", self.endpoint);
        let request = self.client.post(url).header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.with_context(|| format!("ask the guard for {path}"))?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "the guard answered {status} to {path}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// How many calls had to wait for an earlier one: the longest chain of calls that do not overlap.
#[must_use]
pub fn sequential(calls: &[Call]) -> usize {
    let mut spans: Vec<(u64, u64)> = calls.iter().map(|call| (call.began(), call.at)).collect();
    spans.sort_by_key(|(_, end)| *end);
    let mut free_from = None;
    let mut rounds = 0;
    for (began, end) in spans {
        if free_from.is_none_or(|free| began >= free) {
            rounds += 1;
            free_from = Some(end);
        }
    }
    rounds
}

/// The distinct IAM actions of calls.
#[must_use]
pub fn actions(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().flat_map(|call| &call.permissions).map(|permission| permission.action.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Call, sequential};

    fn call(began: u64, at: u64) -> Call {
        Call {
            number: 0,
            at,
            service: String::new(),
            action: String::new(),
            permissions: Vec::new(),
            details: Value::Null,
            principal: None,
            status: Some(200),
            error: None,
            duration_ms: at - began,
        }
    }

    #[test]
    fn calls_side_by_side_are_one_round_and_calls_after_each_other_are_two() {
        assert_eq!(sequential(&[]), 0);
        assert_eq!(sequential(&[call(0, 20), call(1, 25), call(5, 22)]), 1);
        assert_eq!(sequential(&[call(0, 20), call(1, 25), call(26, 50)]), 2);
        assert_eq!(sequential(&[call(0, 60), call(0, 20), call(20, 40), call(40, 60)]), 3);
    }
}
