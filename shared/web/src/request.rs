//! A handler's arguments: path, query, body, time. Each refuses in the wire's words.

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use model::Timestamp;
use model::form::{self, Fault, Form, Issues};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Problem;

/// The largest body that is read: 1 MiB, the peer's own limit.
const MAX_BODY: usize = 1024 * 1024;

/// The JSON body; no body at all reads as `{}`.
#[derive(Debug)]
pub struct JsonBody(Value);

impl JsonBody {
    /// Reads the fields.
    ///
    /// # Errors
    /// 422 with every rule that the body breaks.
    pub fn read<T>(&self, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Result<T, Problem> {
        form::read(&self.0, reader).map_err(Problem::validation)
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = Limited::new(request.into_body(), MAX_BODY);
        let bytes = body.collect().await.map_err(|_| too_large())?.to_bytes();
        if bytes.is_empty() {
            return Ok(Self(Value::Object(Map::new())));
        }
        // The parser's own message names a line and a column, never a value.
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| Problem::bad_request(format!("The request body is not valid JSON: {error}")))
    }
}

fn too_large() -> Problem {
    Problem::bad_request(format!("The request body is larger than {MAX_BODY} bytes"))
}

/// The query string as an object of texts. A repeated name keeps its last value; an empty value is an absent one, as
/// the clients mean it.
#[derive(Debug)]
pub struct Query(Value);

impl Query {
    /// Reads the parameters.
    ///
    /// # Errors
    /// 422 with every rule that they break.
    pub fn read<T>(&self, reader: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Result<T, Problem> {
        form::read(&self.0, reader).map_err(Problem::validation)
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::bad_request("The query string cannot be read"))?;
        let fields = pairs.0.into_iter().filter(|(_, value)| !value.is_empty());
        Ok(Self(Value::Object(fields.map(|(name, value)| (name, Value::String(value))).collect())))
    }
}

/// The parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(read)) => Ok(Self(read)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => {
                Err(Problem::validation(Issues::one("id", Fault::invalid("uuid", "Invalid uuid"))))
            }
            Err(rejection) => Err(Problem::bug("read the path", rejection)),
        }
    }
}

/// When the request came.
#[derive(Debug, Clone, Copy)]
pub struct Now(pub Timestamp);

impl<S: Sync> FromRequestParts<S> for Now {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let now = parts.extensions.get::<Self>().copied();
        now.ok_or_else(|| Problem::bug("read the time of the request", "no time beside the request"))
    }
}
