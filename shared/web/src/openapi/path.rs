//! The parameters of a path: their names are in the path, and what they may be is asked of the router itself.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::any;
use http::{Request, StatusCode};
use model::form::schema::Parameter;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Texts that tell types apart, the least choosy type first, each with the schema of a type that takes it.
fn kinds() -> [(&'static str, Value); 4] {
    [
        ("a~", json!({ "type": "string", "minLength": 1 })),
        ("7", json!({ "type": "integer", "minimum": 0 })),
        ("1ed3cd5d-7ba1-4e0c-a10c-5d4c9d0f7c9e", json!({ "type": "string", "format": "uuid" })),
        ("%2Fa", json!({ "type": "string", "minLength": 1, "examples": ["/", "/a"] })),
    ]
}

/// The parameters of `path`, which a handler takes as a `T`.
pub(super) fn parameters<T: DeserializeOwned + Send + 'static>(path: &'static str) -> Vec<Parameter> {
    let names: Vec<&str> =
        path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let kinds = kinds();
    // Each combination, the least choosy ones first; there are three parameters at most.
    let combinations = kinds.len().pow(u32::try_from(names.len()).unwrap_or(0));
    let taken = (0..combinations)
        .map(|number| -> Vec<usize> {
            (0..names.len())
                .map(|place| number / kinds.len().pow(u32::try_from(place).unwrap_or(0)) % kinds.len())
                .collect()
        })
        .find(|chosen| takes::<T>(path, chosen.iter().map(|kind| kinds[*kind].0)));
    let schema = |place: usize| match &taken {
        Some(chosen) => kinds[chosen[place]].1.clone(),
        None => json!({ "type": "string", "minLength": 1 }),
    };
    let parameter = |(place, name): (usize, &&str)| Parameter {
        name: (*name).to_owned(),
        required: true,
        schema: schema(place),
    };
    names.iter().enumerate().map(parameter).collect()
}

/// Whether a handler that takes a `T` is called for this path.
fn takes<T: DeserializeOwned + Send + 'static>(
    path: &'static str,
    texts: impl Iterator<Item = &'static str>,
) -> bool {
    let mut texts = texts;
    let parts =
        path.split('/').map(|part| if part.starts_with('{') { texts.next().unwrap_or(part) } else { part });
    let uri = parts.collect::<Vec<_>>().join("/");
    let router = Router::new().route(path, any(async |_: Path<T>| StatusCode::OK));
    let Ok(request) = Request::builder().uri(uri).body(Body::empty()) else { return false };
    // Nothing in it waits for anything.
    let mut answer = pin!(router.oneshot(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response.status() == StatusCode::OK,
        Poll::Pending => false,
    }
}
