//! The sign-in page: credentials go in by POST, a link comes out.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::access::IssuedCredentials;
use http::header::CONTENT_TYPE;
use model::arn::RoleArn;
use model::pam::{Destination, SignInEndpoint, login_url, token_request};
use model::region::Region;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use web::Problem;

/// The page answers in well under a second, or not at all.
const WHOLE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(2);

/// A token has about 1,000 characters.
const LONGEST_ANSWER: usize = 64 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FederationError {
    /// There is no way to ask.
    #[error("no HTTP client could be made")]
    NoClient(#[source] reqwest::Error),
    /// AWS does not publish the partition's sign-in page.
    #[error("AWS publishes no console sign-in for the partition of {0}")]
    NoPage(RoleArn),
    /// The page does not take the credentials.
    #[error("AWS's sign-in page refused the session's credentials (status {0})")]
    Refused(u16),
    /// The page asks for patience.
    #[error("AWS's sign-in page is throttling")]
    Throttled,
    /// The page failed by its own account.
    #[error("AWS's sign-in page failed (status {0})")]
    Failed(u16),
    /// No answer in time, or none at all.
    #[error("AWS's sign-in page {reason}")]
    Unreachable {
        /// In public words.
        reason: &'static str,
        /// What the network said, without the URL.
        source: reqwest::Error,
    },
    /// An answer without a token.
    #[error("AWS's sign-in page answered without a token")]
    NoToken,
}

impl From<FederationError> for Problem {
    fn from(error: FederationError) -> Self {
        let message = format!("Could not sign in to the console: {error}");
        match error {
            FederationError::NoPage(_) | FederationError::Refused(_) => Self::bad_request(message),
            FederationError::Throttled => Self::too_many(message, Duration::from_secs(5)),
            FederationError::Failed(_) | FederationError::NoToken => Self::unavailable(message),
            FederationError::Unreachable { .. } => Self::unavailable(message).because(error),
            FederationError::NoClient(error) => Self::bug("make an HTTP client", error),
        }
    }
}

/// The way to the sign-in pages. Cheap to clone; clones share their client.
#[derive(Debug, Clone)]
pub(crate) struct Federation {
    /// Made by the first who needs it: reading the machine's root certificates takes half as long as all else that a cold
    /// start does, and most requests open no console.
    http: Arc<OnceLock<reqwest::Client>>,
    limit: Duration,
    stand_in: Option<SignInEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    signin_token: String,
}

impl Federation {
    /// The pages of AWS; `stand_in` answers instead, in development.
    pub(crate) fn new(stand_in: Option<String>) -> Self {
        Self::limited(stand_in, WHOLE)
    }

    /// The same, for a whole call of `limit`.
    pub(crate) fn limited(stand_in: Option<String>, limit: Duration) -> Self {
        Self { http: Arc::default(), limit, stand_in: stand_in.as_deref().map(SignInEndpoint::of_stand_in) }
    }

    /// Makes the client, if nobody has: while a call to AWS is under way it costs no time.
    pub(crate) fn prepare(&self) {
        if let Err(error) = self.client() {
            tracing::debug!(%error, "the client of the sign-in page was not prepared");
        }
    }

    fn client(&self) -> Result<&reqwest::Client, FederationError> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(self.limit)
            .build()
            .map_err(FederationError::NoClient)?;
        Ok(self.http.get_or_init(|| client))
    }

    /// The link that signs whoever opens it in as this session of `role`. One POST.
    pub(crate) async fn fetch_login_url(
        &self,
        role: &RoleArn,
        region: Option<&Region>,
        credentials: &IssuedCredentials,
        issuer: &str,
        destination: &Destination,
    ) -> Result<SecretString, FederationError> {
        let published = || SignInEndpoint::of(role.partition(), region);
        let endpoint = self.stand_in.clone().or_else(published);
        let endpoint = endpoint.ok_or_else(|| FederationError::NoPage(role.clone()))?;
        let body = token_request(
            &credentials.access_key_id,
            credentials.secret_access_key.expose_secret(),
            credentials.session_token.expose_secret(),
        );
        let token = self.fetch_token(&endpoint, &body).await?;
        Ok(login_url(&endpoint, issuer, destination, &token))
    }

    async fn fetch_token(
        &self,
        endpoint: &SignInEndpoint,
        body: &SecretString,
    ) -> Result<SecretString, FederationError> {
        let request = self.client()?.post(endpoint.as_str()).header(CONTENT_TYPE, FORM);
        let mut answer = request.body(body.expose_secret().to_owned()).send().await.map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => {}
            429 => return Err(FederationError::Throttled),
            status @ 500.. => return Err(FederationError::Failed(status)),
            status => return Err(FederationError::Refused(status)),
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LONGEST_ANSWER {
                return Err(FederationError::NoToken);
            }
        }
        match serde_json::from_slice::<Answer>(&bytes) {
            Ok(Answer { signin_token }) if !signin_token.is_empty() => Ok(signin_token.into()),
            Ok(_) | Err(_) => Err(FederationError::NoToken),
        }
    }
}

fn unreachable(error: reqwest::Error) -> FederationError {
    let reason = if error.is_timeout() { "did not answer in time" } else { "could not be reached" };
    FederationError::Unreachable { reason, source: error.without_url() }
}
