//! From a request to its answer: faults, quotas and permissions come first.
#![expect(clippy::expect_used, reason = "a mistake of the test's")]

use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::{Account, Answered, Call, Fault, NUMBER, Refusal, State};
use crate::clock::SimulatedClock;

impl Account {
    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or(Value::Null);
        let (latency, clock) = {
            let mut state = self.state();
            state.in_the_air += 1;
            state.most_at_once = state.most_at_once.max(state.in_the_air);
            (state.latency, state.clock.clone())
        };
        match clock {
            _ if latency.is_zero() => {}
            Some(clock) => clock.sleep(latency).await,
            None => tokio::time::sleep(latency).await,
        }
        let mut state = self.state();
        state.in_the_air -= 1;
        state.respond(&target, body)
    }
}

impl State {
    pub(super) fn now(&self) -> Instant {
        self.clock.as_ref().map_or_else(Instant::now, SimulatedClock::now)
    }

    fn respond(&mut self, target: &str, body: Value) -> Result<HttpResponse, ConnectorError> {
        let (service, operation) = target.split_once('.').unwrap_or_default();
        let service = match service {
            "secretsmanager" => "secretsmanager",
            "AmazonSSM" => "ssm",
            _ => "kms",
        };
        let action = format!("{service}:{operation}");
        let before = self.calls.iter().filter(|call| call.action == action).count();
        let now = self.now();
        let at = self.opened.map_or(Duration::ZERO, |opened| now.saturating_duration_since(opened));
        let call = Call { action: action.clone(), body: body.clone(), before, at };
        let fault = self.faults.as_ref().and_then(|faults| faults(&call));
        self.calls.push(call);
        let reset = || Err(ConnectorError::io("connection reset by peer".into()));
        match fault {
            Some(Fault::Reset) => return reset(),
            Some(Fault::Error(status, code, message)) => return Ok(error(status, code, message)),
            Some(Fault::Answer(answer)) => return Ok(response(200, answer.to_string())),
            Some(Fault::LostAnswer) | None => {}
        }
        if !self.within_quota(&action) {
            return Ok(error(400, "ThrottlingException", "Rate exceeded"));
        }
        let answered = self.allowed(&action, &resource(&body)).and_then(|()| match service {
            "secretsmanager" => self.secrets_manager(operation, &body),
            "ssm" => self.parameter_store(operation, &body),
            _ => self.describe_key(&body),
        });
        if matches!(fault, Some(Fault::LostAnswer)) {
            return reset();
        }
        Ok(match answered {
            Ok(value) => response(200, value.to_string()),
            Err(Refusal(code, message)) => error(400, code, &message),
        })
    }

    fn within_quota(&mut self, action: &str) -> bool {
        let now = self.now();
        let Some((rate, tokens, at)) = self.quotas.get_mut(action) else { return true };
        *tokens = (*tokens + now.duration_since(*at).as_secs_f64() * *rate).min(rate.max(1.0));
        *at = now;
        // A thousandth: evenly spaced calls are not to fail for what floating point loses.
        let is_within = *tokens >= 0.999;
        if is_within {
            *tokens -= 1.0;
        }
        is_within
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
    pub(crate) fn allowed(&self, action: &str, resource: &str) -> Result<(), Refusal> {
        if !self.denied.contains(action) {
            return Ok(());
        }
        let caller = format!("arn:aws:sts::{NUMBER}:assumed-role/customer/drawbridge");
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
             allows the {action} action"
        );
        Err(Refusal("AccessDeniedException", message))
    }

    /// The id of a key that can encrypt; `None` for the service's own.
    pub(crate) fn usable_key(&self, spelling: Option<&str>) -> Result<Option<String>, &'static str> {
        let Some(spelling) = spelling.filter(|spelling| !spelling.starts_with("alias/aws/")) else {
            return Ok(None);
        };
        let short = spelling.rsplit_once(":key/").map_or(spelling, |(_, id)| id);
        match self.keys.get(short) {
            None => Err("does not exist"),
            Some(id) if self.disabled.contains(id) => Err("is disabled"),
            Some(id) => Ok(Some(id.clone())),
        }
    }

    fn describe_key(&self, body: &Value) -> Answered {
        let spelling = body["KeyId"].as_str().unwrap_or_default();
        let short = spelling.rsplit_once(":key/").map_or(spelling, |(_, id)| id);
        match self.keys.get(short) {
            Some(id) => Ok(json!({ "KeyMetadata": { "KeyId": id, "Arn": key_arn(id) } })),
            None => Err(Refusal("NotFoundException", format!("Alias {spelling} is not found."))),
        }
    }
}

pub(crate) fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:us-east-1:{NUMBER}:key/{id}")
}

fn resource(body: &Value) -> String {
    ["SecretId", "Name", "ResourceId", "Path", "KeyId"]
        .iter()
        .find_map(|field| body[field].as_str())
        .map_or_else(|| "*".to_owned(), str::to_owned)
}

fn error(status: u16, code: &str, message: &str) -> HttpResponse {
    response(status, json!({ "__type": code, "message": message, "Message": message }).to_string())
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

impl HttpConnector for Account {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for Account {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
