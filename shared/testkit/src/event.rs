//! API Gateway's events (HTTP API, payload 2.0), with the context that our authorizer answers.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use serde_json::{Value, json};

/// A request on its way to a function.
#[derive(Debug, Clone)]
pub struct Event {
    method: String,
    path: String,
    query: String,
    body: Option<String>,
    context: Option<Value>,
    headers: Value,
}

/// A request that nobody vouches for.
#[must_use]
pub fn event(method: &str, target: &str) -> Event {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Event {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body: None,
        context: None,
        headers: json!({ "host": "abc.execute-api.us-east-1.amazonaws.com", "user-agent": "test" }),
    }
}

impl Event {
    /// With a JSON body.
    #[must_use]
    pub fn body(self, body: &Value) -> Self {
        self.raw_body(&body.to_string())
    }

    /// With a body that need not be JSON.
    #[must_use]
    pub fn raw_body(mut self, body: &str) -> Self {
        self.headers["content-type"] = json!("application/json");
        Self { body: Some(body.to_owned()), ..self }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers[name.to_ascii_lowercase()] = json!(value);
        self
    }

    /// From a machine identity with this role in the organisation.
    #[must_use]
    pub fn identity(self, id: impl ToString, role: &str) -> Self {
        self.context(json!({
            "kind": "identity", "id": id.to_string(), "name": "machine", "email": "", "groups": [],
            "organizationRole": role, "authMethod": "universal-auth",
        }))
    }

    /// From a person with this role in the organisation.
    #[must_use]
    pub fn person(self, email: &str, role: &str) -> Self {
        self.context(json!({
            "kind": "user", "id": email, "name": email, "email": email, "groups": ["engineers"],
            "organizationRole": role, "authMethod": "oidc",
        }))
    }

    /// From somebody whom the authorizer refused for this reason.
    #[must_use]
    pub fn refused(self, reason: &str) -> Self {
        self.context(json!({ "kind": "anonymous", "refusal": reason }))
    }

    /// With this context of the authorizer's.
    #[must_use]
    pub fn context(self, context: Value) -> Self {
        Self { context: Some(context), ..self }
    }

    /// The event's JSON, as the Lambda runtime receives it.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut request_context = json!({
            "accountId": "111111111111", "apiId": "abc", "stage": "$default", "routeKey": "$default",
            "requestId": "test-request", "timeEpoch": 1_767_323_045_678_i64,
            "domainName": "abc.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": self.method, "path": self.path, "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7", "userAgent": "test",
            },
        });
        if let Some(context) = &self.context {
            request_context["authorizer"] = json!({ "lambda": context });
        }
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": self.path, "rawQueryString": self.query,
            "headers": self.headers, "requestContext": request_context, "body": self.body, "isBase64Encoded": false,
        })
    }

    /// The request, as a function's router receives it.
    ///
    /// # Panics
    /// When the event is not one that the Lambda runtime can read: a mistake of the test's.
    #[must_use]
    pub fn request(&self) -> lambda_http::Request {
        let text = self.json().to_string();
        #[expect(clippy::expect_used, reason = "a mistake of the test's")]
        lambda_http::request::from_str(&text).expect("an event of API Gateway")
    }
}

/// Status and JSON body of an answer.
///
/// # Panics
/// When the body cannot be read or is not JSON.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn read(answer: axum::response::Response) -> (u16, Value) {
    use http_body_util::BodyExt as _;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.expect("a whole body").to_bytes();
    if bytes.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_slice(&bytes).expect("a JSON body"))
}
