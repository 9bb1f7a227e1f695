//! An AWS that answers from a script: exact bytes in, exact bytes out, and a record of every request.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;

/// What the SDK sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// The whole address.
    pub uri: String,
    /// The `x-amz-target` header: the operation, for the services that speak JSON.
    pub target: String,
    /// The `authorization` header: which credentials signed, for which service and region.
    pub authorization: String,
    /// The body as text.
    pub body: String,
}

impl Request {
    /// A parameter of a form body (the services that speak the query protocol: STS, IAM).
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.replace('+', " ")).next()?;
        Some(percent_decoded(&found))
    }
}

fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, others)) = rest.split_first() {
        let hex = others.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every request that a scripted AWS received, in order.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<Request>>>);

impl Calls {
    /// The requests so far.
    #[must_use]
    pub fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all().len()
    }
}

/// An answer of AWS's.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// A configuration whose clients are answered by `script`, with static credentials, one attempt and no clock.
pub fn scripted(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> (SdkConfig, Calls) {
    let calls = Calls::default();
    let seen = calls.clone();
    let client = infallible_client_fn(move |request: http::Request<SdkBody>| {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let request = Request {
            uri: request.uri().to_string(),
            target: header("x-amz-target"),
            authorization: header("authorization"),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        };
        let answer = script(&request);
        seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        #[expect(clippy::expect_used, reason = "a mistake of the test's")]
        http::Response::builder()
            .status(answer.status)
            .body(SdkBody::from(answer.body))
            .expect("a valid answer")
    });
    #[expect(clippy::disallowed_methods, reason = "credentials that no AWS knows, in tests alone")]
    let credentials = Credentials::new("AKIASCRIPTED", "scripted", None, None, "testkit");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(client)
        .build();
    (config, calls)
}
