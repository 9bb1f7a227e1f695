//! Calls to the stand-in for AWS as the root of an account.
//!
//! ministack takes a root key's word for it: it checks signatures of users' and roles' keys only.
//! So these calls carry a credential scope and no real signature.

use anyhow::{Context as _, Result, bail};
use http::{Method, Request};
use hyper::body::Bytes;
use serde_json::Value;

use crate::http::Client;
use crate::standins::REGION;

/// The root of one account of the stand-in.
#[derive(Clone, Debug)]
pub struct Root {
    client: Client,
    endpoint: String,
    account: String,
}

impl Root {
    /// The root of `account` at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str, account: &str) -> Self {
        Self { client: Client::default(), endpoint: endpoint.to_owned(), account: account.to_owned() }
    }

    /// The root of another account at the same endpoint.
    #[must_use]
    pub fn of(&self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self.clone() }
    }

    /// A JSON service's action, for example `Logs_20140328.FilterLogEvents`.
    ///
    /// # Errors
    ///
    /// When the endpoint cannot be reached or refuses.
    pub async fn json(&self, service: &str, target: &str, body: &Value) -> Result<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1");
        let answer = self.call(service, request, Bytes::from(body.to_string())).await?;
        serde_json::from_slice(&answer).with_context(|| format!("read the answer to {target}"))
    }

    /// A query service's action; the answer is XML.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn query(&self, service: &str, version: &str, fields: &[(&str, &str)]) -> Result<String> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("Version", version)
            .extend_pairs(fields)
            .finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.call(service, request, Bytes::from(form)).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// A REST service's GET.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn get(&self, service: &str, path: &str) -> Result<Value> {
        let request = Request::builder().method(Method::GET).uri(path);
        let answer = self.call(service, request, Bytes::new()).await?;
        serde_json::from_slice(&answer).with_context(|| format!("read the answer to GET {path}"))
    }

    /// A REST service's POST of JSON.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn post(&self, service: &str, path: &str, body: &Value) -> Result<Value> {
        let request =
            Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
        let answer = self.call(service, request, Bytes::from(body.to_string())).await?;
        serde_json::from_slice(&answer).with_context(|| format!("read the answer to POST {path}"))
    }

    /// A REST service's POST of XML; the answer is XML too.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn post_xml(&self, service: &str, path: &str, body: &str) -> Result<String> {
        let request =
            Request::builder().method(Method::POST).uri(path).header("content-type", "application/xml");
        let answer = self.call(service, request, Bytes::from(body.to_owned())).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// A REST service's GET that answers XML.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn get_xml(&self, service: &str, path: &str) -> Result<String> {
        let answer =
            self.call(service, Request::builder().method(Method::GET).uri(path), Bytes::new()).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// A REST service's call with any method and a text as its body, which S3's are; the answer is a text.
    ///
    /// # Errors
    ///
    /// As [`Root::json`].
    pub async fn rest(&self, service: &str, method: Method, path: &str, body: &str) -> Result<String> {
        let request = Request::builder().method(method).uri(path);
        let answer = self.call(service, request, Bytes::from(body.to_owned())).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    async fn call(&self, service: &str, request: http::request::Builder, body: Bytes) -> Result<Bytes> {
        let scope = format!("{}/20260101/{REGION}/{service}/aws4_request", self.account);
        let request = request
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unsigned"),
            )
            .body(body)
            .context("build a call to the stand-in for AWS")?;
        let answer = self.client.send(&self.endpoint, request).await?;
        if !answer.status().is_success() {
            bail!("{service} answered {}: {}", answer.status(), String::from_utf8_lossy(answer.body()));
        }
        Ok(answer.into_body())
    }
}
