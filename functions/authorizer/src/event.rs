//! What of API Gateway's request matters: the token and the address.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Deserialize;

/// A request to an authorizer, payload format 2.0. Only what is used is read, and nothing of it is required: a strange
/// request is one from nobody.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    headers: HashMap<String, String>,
    request_context: RequestContext,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    http: Http,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    source_ip: String,
}

impl std::fmt::Debug for Event {
    /// Without the headers: one of them is the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Event")
            .field("source_ip", &self.request_context.http.source_ip)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// The token of the `Authorization` header; `None` when there is none.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let header = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let (scheme, token) = header?.1.trim().split_once(' ')?;
        Some(token.trim()).filter(|token| scheme.eq_ignore_ascii_case("bearer") && !token.is_empty())
    }

    /// The address that the request came from.
    pub(crate) fn source_ip(&self) -> Option<IpAddr> {
        self.request_context.http.source_ip.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bearer(headers: serde_json::Value) -> Option<String> {
        let event: Event = serde_json::from_value(json!({ "headers": headers })).expect("reads");
        event.bearer().map(str::to_owned)
    }

    #[test]
    fn the_token_is_what_follows_bearer_in_any_case() {
        for (headers, token) in [
            (json!({ "authorization": "Bearer abc" }), Some("abc")),
            (json!({ "Authorization": "bearer  abc " }), Some("abc")),
            (json!({ "authorization": "Basic abc" }), None),
            (json!({ "authorization": "Bearer" }), None),
            (json!({ "authorization": "Bearer " }), None),
            (json!({ "authorization": "" }), None),
            (json!({ "x-authorization": "Bearer abc" }), None),
            (json!({}), None),
        ] {
            assert_eq!(bearer(headers.clone()).as_deref(), token, "{headers}");
        }
    }

    #[test]
    fn a_request_without_anything_is_read_and_never_prints_its_token() {
        let empty: Event = serde_json::from_str("{}").expect("reads");
        assert!(empty.bearer().is_none() && empty.source_ip().is_none());
        let event = json!({ "headers": { "authorization": "Bearer canary" }, "requestContext": { "http": { "sourceIp": "203.0.113.7" } } });
        let event: Event = serde_json::from_value(event).expect("reads");
        assert!(!format!("{event:?}").contains("canary"));
        assert_eq!(event.source_ip(), "203.0.113.7".parse().ok());
    }
}
