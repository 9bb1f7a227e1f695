//! What went wrong, for the caller and for the log: two messages that never mix.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use model::error::chain;
use model::form::Issues;
use serde_json::{Value, json};
use store::{CommitError, Conflict, ReadError};

/// A refused request: what the caller is told, and what only the log is.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    error: &'static str,
    message: Message,
    /// Follows the message on the wire, and never goes to the log.
    appendix: Option<String>,
    details: Option<Value>,
    retry_after: Option<Duration>,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// What the caller is told: words, or the list of broken rules of a 422.
#[derive(Debug, Clone)]
pub enum Message {
    /// For people.
    Text(String),
    /// Every rule that the request broke.
    Issues(Issues),
}

impl Problem {
    fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        let message = Message::Text(message.into());
        Self { status, error, message, appendix: None, details: None, retry_after: None, cause: None }
    }

    /// 400: the request cannot be done as it stands, or the customer's AWS refused it.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401: no credentials, or credentials that do not count any more.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UnauthorizedError", message)
    }

    /// 403: a token that cannot be read, or has expired.
    #[must_use]
    pub fn token(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "TokenError", message)
    }

    /// 403: somebody who is known and may not.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "ForbiddenError", message)
    }

    /// 404: not there, or another scope's.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// 422: rules that the request broke, all of them.
    #[must_use]
    pub fn validation(issues: Issues) -> Self {
        Self {
            message: Message::Issues(issues),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "ValidationFailure", "")
        }
    }

    /// 429: too much at once; the same request is welcome after `wait`.
    #[must_use]
    pub fn too_many(message: impl Into<String>, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", message)
        }
    }

    /// 500: our own bug. The caller gets a fixed text; `attempt` and `cause` are for the log.
    #[must_use]
    pub fn bug(attempt: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "Something went wrong on our side",
        )
        .because(Attempt { attempt, source: cause.into() })
    }

    /// 503: something that we need is away for the moment; the same request is welcome soon.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some(Duration::from_secs(2)),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        }
    }

    /// With another error name, for the clients that branch on it.
    #[must_use]
    pub fn named(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    /// With structured details for the caller.
    #[must_use]
    pub fn with_details(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }

    /// With more words for the caller that the log must not have: a trust policy names an External ID.
    #[must_use]
    pub fn with_appendix(self, appendix: impl Into<String>) -> Self {
        Self { appendix: Some(appendix.into()), ..self }
    }

    /// With the cause, for the log alone.
    #[must_use]
    pub fn because(self, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Arc::new(cause)), ..self }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The message, or a 422's issues in one line.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.message {
            Message::Text(text) => text.clone(),
            Message::Issues(issues) => issues.to_string(),
        }
    }

    /// The chain of causes on one line, for the log.
    #[must_use]
    pub(crate) fn causes(&self) -> Option<String> {
        self.cause.as_ref().map(|cause| chain(cause.as_ref()))
    }

    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The wire's body.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let message = match &self.message {
            Message::Text(text) => match &self.appendix {
                Some(appendix) => json!(format!("{text} {appendix}")),
                None => json!(text),
            },
            Message::Issues(issues) => json!(issues),
        };
        let mut body = json!({
            "reqId": request_id, "statusCode": self.status.as_u16(), "message": message, "error": self.error,
        });
        if let (Some(details), Some(fields)) = (&self.details, body.as_object_mut()) {
            fields.insert("details".to_owned(), details.clone());
        }
        body
    }
}

/// What was attempted, and what came of it.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}")]
struct Attempt {
    attempt: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl IntoResponse for Problem {
    /// The status, with the problem beside it: `edge` writes the body, which needs the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<Issues> for Problem {
    fn from(issues: Issues) -> Self {
        Self::validation(issues)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        if error.is_passing() { Self::busy().because(error) } else { Self::bug("read the table", error) }
    }
}

impl From<CommitError> for Problem {
    /// For what a handler did not expect. A handler that can say more about a [`Conflict`] does so before.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(Conflict::NameTaken { kind } | Conflict::Exists { kind }) => {
                Self::bad_request(format!("A {kind} of this name already exists"))
            }
            CommitError::Conflict(Conflict::Stale { kind }) => Self::bad_request(format!(
                "The {kind} was changed by somebody else at the same moment; please try again"
            )),
            CommitError::Conflict(Conflict::Unmet(reason)) => Self::bad_request(reason),
            CommitError::Conflict(Conflict::Contended) => Self::busy(),
            CommitError::Write { retryable: true, .. } => Self::busy().because(error),
            CommitError::Read(read) => read.into(),
            CommitError::Write { retryable: false, .. } | CommitError::Encode { .. } => {
                Self::bug("write to the table", error)
            }
        }
    }
}
