//! What a query costs: every Query that goes through is asked to say what it consumed.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};

use crate::{Onward, between};

/// What a Query said of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reading {
    /// The read units that the engine counted. Not every stand-in counts.
    pub units: f64,
    /// The items that it read.
    pub items: u64,
}

/// Reads what queries cost. Clones are the same meter.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Vec<Reading>>>);

impl Meter {
    /// The same configuration, whose clients' queries are read by this meter.
    #[must_use]
    pub fn through(&self, config: &SdkConfig) -> SdkConfig {
        let meter = self.clone();
        between(config, move |onward, request| meter.call(onward, request))
    }

    /// The readings since the last look.
    #[must_use]
    pub fn take(&self) -> Vec<Reading> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, answer: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
        let reading = Reading {
            units: answer["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap_or_default(),
            items: answer["ScannedCount"].as_u64().unwrap_or_default(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reading);
    }

    fn call(&self, onward: &Onward, request: HttpRequest) -> HttpConnectorFuture {
        let is_query = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with(".Query"));
        let asked = request.body().bytes().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let Some(mut asked) = asked.filter(|_| is_query) else { return onward.call(request) };
        // No stand-in checks that a signature is of this body.
        asked["ReturnConsumedCapacity"] = json!("TOTAL");
        let body = asked.to_string();
        let mut request = request;
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        let (answer, meter) = (onward.call(request), self.clone());
        HttpConnectorFuture::new(async move {
            let answer: HttpResponse = answer.await?;
            let status = answer.status();
            let headers: Vec<(String, String)> =
                answer.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let body = ByteStream::new(answer.into_body()).collect().await;
            let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            meter.note(&body);
            let mut read = HttpResponse::new(status, SdkBody::from(body));
            for (name, value) in headers {
                read.headers_mut().insert(name, value);
            }
            Ok(read)
        })
    }
}
