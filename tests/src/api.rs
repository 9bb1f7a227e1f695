//! The HTTP API as a client sees it, with the contract's rules for every answer checked on the way.

use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

/// Every text that the API has answered with a refusal, for the search for canaries.
pub type Refusals = Arc<Mutex<Vec<String>>>;

/// A caller of the API.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    client: reqwest::Client,
    token: Option<String>,
    agent: String,
    upload_token: Option<String>,
    refusals: Refusals,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, for messages of failed tests.
    pub question: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

impl Api {
    /// A caller without a token.
    #[must_use]
    pub fn new(base: &str, client: reqwest::Client, refusals: Refusals) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { base, client, token: None, agent: "drawbridge-tests".to_owned(), upload_token: None, refusals }
    }

    /// The same with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same without a token.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The same with another `User-Agent`, which the audit trail keeps.
    #[must_use]
    pub fn with_agent(&self, agent: &str) -> Self {
        Self { agent: agent.to_owned(), ..self.clone() }
    }

    /// The same with the upload token of a recording, which a gateway sends.
    #[must_use]
    pub fn with_upload_token(&self, token: &str) -> Self {
        Self { upload_token: Some(token.to_owned()), ..self.clone() }
    }

    /// The token, where there is one.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// `GET`.
    ///
    /// # Errors
    /// When the API does not answer in JSON.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// `POST` with a JSON body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `PATCH` with a JSON body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// `PUT`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `DELETE` without a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method; without a body no content type is sent, as the clients do.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let body = body.map(|body| (body.to_string().into_bytes(), "application/json"));
        self.raw(method, path, body).await
    }

    /// Any bytes as the body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn raw(&self, method: Method, path: &str, body: Option<(Vec<u8>, &str)>) -> Result<Answer> {
        let question = format!("{method} {path}");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header("user-agent", &self.agent);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(token) = &self.upload_token {
            request = request.header("x-gateway-upload-token", token);
        }
        if let Some((bytes, kind)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let response = request.send().await.with_context(|| question.clone())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.with_context(|| format!("read the answer to {question}"))?;
        if status >= 400
            && let Ok(mut refusals) = self.refusals.lock()
        {
            refusals.push(text.clone());
        }
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // A private key and the page of recordings are texts, a PKCS#12 file is bytes; all else is JSON, refusals too.
        let body = if status == 200 && (kind.starts_with("text/") || kind.ends_with("x-pkcs12")) {
            Value::String(text)
        } else {
            serde_json::from_str(&text)
                .with_context(|| format!("{question} answered {status} and no JSON: {text}"))?
        };
        Ok(Answer { question, status, headers, body })
    }

    /// Logs in by universal auth; the answer is checked for the four fields that clients cannot do without.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn login(&self, client_id: &str, client_secret: &str) -> Result<Value> {
        let body = json!({ "clientId": client_id, "clientSecret": client_secret });
        let answer = self.anonymous().post("/api/v1/auth/universal-auth/login", &body).await?.ok()?;
        ensure!(answer["tokenType"] == "Bearer", "tokenType of {answer}");
        ensure!(answer["expiresIn"].is_u64() && answer["accessTokenMaxTTL"].is_u64(), "seconds are integers");
        ensure!(answer["accessToken"].is_string(), "no accessToken");
        Ok(answer)
    }
}

impl Answer {
    /// The body of a success, which is always 200 and always its caller's alone.
    ///
    /// # Errors
    /// When it is something else.
    pub fn ok(self) -> Result<Value> {
        let Self { question, status, headers, body } = self;
        ensure!(status == 200, "{question} answered {status}: {body}");
        ensure!(headers.contains_key("cache-control"), "{question} does not say how long it may be kept");
        Ok(body)
    }

    /// The text of a refusal: status, error name and the shape of its body are the contract's.
    ///
    /// # Errors
    /// When the answer is something else.
    pub fn refused(&self, status: u16, error: &str) -> Result<String> {
        let Self { question, body, .. } = self;
        ensure!(self.status == status, "{question} answered {} instead of {status}: {body}", self.status);
        ensure!(
            body["error"] == error,
            "{question} answered the error {} instead of {error}: {body}",
            body["error"]
        );
        ensure!(body["statusCode"] == status, "{question}: statusCode is {}", body["statusCode"]);
        let request_id = body["reqId"].as_str().unwrap_or_default();
        ensure!(
            request_id.len() > 4 && request_id.starts_with("req-"),
            "{question}: reqId is {}",
            body["reqId"]
        );
        let message = &body["message"];
        if status != 422 {
            let text = message.as_str().filter(|text| !text.is_empty());
            return text.map(str::to_owned).with_context(|| format!("{question}: the message is {message}"));
        }
        let issues = message.as_array().filter(|issues| !issues.is_empty());
        for issue in issues.with_context(|| format!("{question}: the message of a 422 is {message}"))? {
            let sound = issue["code"].is_string() && issue["message"].is_string() && issue["path"].is_array();
            ensure!(sound, "{question}: an issue without code, path or message: {issue}");
        }
        Ok(message.to_string())
    }

    /// The paths of a 422's issues, `credentials.roleArn`, in order.
    ///
    /// # Errors
    /// When the answer is no 422.
    pub fn issues(&self) -> Result<Vec<String>> {
        self.refused(422, "ValidationFailure")?;
        let issues = self.body["message"].as_array().into_iter().flatten();
        let path = |issue: &Value| {
            let parts = issue["path"].as_array().into_iter().flatten();
            parts
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(".")
        };
        Ok(issues.map(path).collect())
    }
}
