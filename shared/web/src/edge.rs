//! From API Gateway's event to the router and back: one place for ids, error bodies and the log.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderValue, Uri};
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;
use model::Timestamp;
use model::audit::Origin;
use model::bearer::Refusal;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::routes::{Taken, Verdict};
use crate::{Caller, Now, Problem, Routes};

/// Tells the time. `main` passes the system's, tests their own.
pub type Clock = fn() -> Timestamp;

/// Answers API Gateway's events with `routes` until the process ends.
///
/// # Errors
/// When the Lambda runtime's API fails.
pub async fn serve<S>(routes: Routes<S>, state: S, clock: Clock) -> Result<(), lambda_http::Error>
where
    S: Clone + Send + Sync + 'static,
{
    let router = routes.into_router(state);
    let handler = lambda_http::service_fn(move |event: lambda_http::Request| {
        let router = router.clone();
        async move { Ok::<_, std::convert::Infallible>(pass(router, event, clock()).await) }
    });
    lambda_http::run(handler).await
}

/// Answers one event, as [`serve`] does.
pub async fn answer<S>(routes: Routes<S>, state: S, event: lambda_http::Request, now: Timestamp) -> Response
where
    S: Clone + Send + Sync + 'static,
{
    pass(routes.into_router(state), event, now).await
}

async fn pass(router: Router, event: lambda_http::Request, now: Timestamp) -> Response {
    let started = Instant::now();
    let origin = origin(&event);
    let request_id = origin.request_id.clone();
    let (verdict, method) = (verdict(&event, origin.clone(), now), event.method().clone());
    let caller = verdict
        .as_ref()
        .map_or_else(|_| String::new(), |caller| format!("{}:{}", caller.kind.name(), caller.id));

    let uri = routed(&event);
    let mut request = event.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        lambda_http::Body::Empty | _ => Body::empty(),
    });
    *request.uri_mut() = uri;
    let path = request.uri().path().to_owned();
    request.extensions_mut().insert(Now(now));
    // For open routes, which have no caller: logins look at the address.
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(Verdict(verdict));

    let Ok(mut response) = router.oneshot(request).await;
    let route = response.extensions_mut().remove::<Taken>().map(|Taken(path)| path);
    let problem = response.extensions_mut().remove::<Arc<Problem>>();
    if let Some(problem) = &problem {
        response = written(problem, &request_id);
    }
    // What this API answers is for its caller alone, unless a handler knows better.
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));

    let status = response.status().as_u16();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let message = problem.as_ref().map(|problem| problem.text());
    let cause = problem.as_ref().and_then(|problem| problem.causes());
    if response.status().is_server_error() {
        tracing::error!(request.id = %request_id, %method, %path, status, duration_ms, %caller, message, cause, "answered");
    } else {
        tracing::info!(request.id = %request_id, %method, %path, status, duration_ms, %caller, message, cause, "answered");
    }
    metrics::Request { route, status, milliseconds: duration_ms }.write();
    response
}

/// Who calls, told by the authorizer's context. No context is no caller.
fn verdict(event: &lambda_http::Request, origin: Origin, now: Timestamp) -> Result<Caller, Problem> {
    let context = match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.authorizer.as_ref(),
        Some(_) | None => None,
    };
    let context = context.ok_or_else(|| Problem::from(Refusal::Missing))?;
    Caller::from_context(&context.fields, origin, now)
}

fn origin(event: &lambda_http::Request) -> Origin {
    let context = match event.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        Some(_) | None => None,
    };
    let given = context.and_then(|context| context.request_id.clone()).filter(|id| !id.is_empty());
    let user_agent =
        event.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Origin {
        request_id: format!("req-{}", given.unwrap_or_else(|| Uuid::new_v4().to_string())),
        source_ip: context.and_then(|context| context.http.source_ip.clone()).unwrap_or_default(),
        user_agent: user_agent.chars().take(256).collect(),
    }
}

fn written(problem: &Problem, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(problem.body(request_id).to_string()));
    *response.status_mut() = problem.status();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    if let Some(wait) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

/// What a path segment may not have as it stands. `%` stays: the gateway leaves the escape of a percent sign, and that
/// alone, as the client wrote it.
const ESCAPED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'\\').add(b'^').add(b'`');

/// The address that the router sees. An HTTP API hands paths on decoded, so that a name with a `#` or a `?` in it, or one
/// that is `..`, would become another name where the event is read as an address; here it stays what the client meant.
/// Some clients end a path with a slash; it means the same.
fn routed(event: &lambda_http::Request) -> Uri {
    let trimmed = event.raw_http_path().trim_end_matches('/');
    let path = if trimmed.is_empty() { "/" } else { trimmed };
    let mut address = utf8_percent_encode(path, ESCAPED).to_string();
    if let Some(query) = event.query_string_parameters_ref() {
        address.push('?');
        address.push_str(&query.to_query_string());
    }
    // Of the address only the path and the query matter from here on.
    address.parse().unwrap_or_else(|_| Uri::from_static("/"))
}
