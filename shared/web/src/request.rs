//! A handler's arguments: path, query, body, time. Each refuses in the wire's words.

use std::marker::PhantomData;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use http_body_util::{BodyExt as _, Limited};
use model::Timestamp;
use model::form::{self, Fault, Issues, Read, ReadWith};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Problem;

/// The largest body that is read: 1 MiB, the peer's own limit.
const MAX_BODY: usize = 1024 * 1024;

/// The JSON body, which says a `T`; no body at all reads as `{}`. It is read when the handler asks for it, so that each
/// handler decides whether it refuses the caller first or the body.
#[derive(Debug)]
pub struct JsonBody<T>(Value, PhantomData<fn() -> T>);

impl<T: Read> JsonBody<T> {
    /// Reads the fields.
    ///
    /// # Errors
    /// 422 with every rule that the body breaks.
    pub fn read(&self) -> Result<T, Problem> {
        self.read_with(())
    }
}

impl<T: ReadWith> JsonBody<T> {
    /// Reads the fields with what is known already.
    ///
    /// # Errors
    /// 422 with every rule that the body breaks.
    pub fn read_with(&self, known: T::Known<'_>) -> Result<T, Problem> {
        form::read(&self.0, |form| T::read_with(form, known)).map_err(Problem::validation)
    }
}

impl<T, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = Limited::new(request.into_body(), MAX_BODY);
        let bytes = body.collect().await.map_err(|_| too_large())?.to_bytes();
        if bytes.is_empty() {
            return Ok(Self(Value::Object(Map::new()), PhantomData));
        }
        // The parser's own message names a line and a column, never a value.
        serde_json::from_slice(&bytes)
            .map(|body| Self(body, PhantomData))
            .map_err(|error| Problem::bad_request(format!("The request body is not valid JSON: {error}")))
    }
}

fn too_large() -> Problem {
    Problem::bad_request(format!("The request body is larger than {MAX_BODY} bytes"))
}

/// The query string as an object of texts, which says a `T`. A repeated name keeps its last value; an empty value is an
/// absent one, as the clients mean it. It is read when the handler asks for it.
#[derive(Debug)]
pub struct Query<T>(Value, PhantomData<fn() -> T>);

impl<T: Read> Query<T> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// 422 with every rule that they break.
    pub fn read(&self) -> Result<T, Problem> {
        self.read_with(())
    }
}

impl<T: ReadWith> Query<T> {
    /// Reads the parameters with what is known already.
    ///
    /// # Errors
    /// 422 with every rule that they break.
    pub fn read_with(&self, known: T::Known<'_>) -> Result<T, Problem> {
        form::read(&self.0, |form| T::read_with(form, known)).map_err(Problem::validation)
    }
}

impl<T, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::bad_request("The query string cannot be read"))?;
        let fields = pairs.0.into_iter().filter(|(_, value)| !value.is_empty());
        let fields = fields.map(|(name, value)| (name, Value::String(value))).collect();
        Ok(Self(Value::Object(fields), PhantomData))
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
