//! Where people sign in: what the provider's discovery document says, and what this deployment is called there.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::sync::Arc;
use std::time::Duration;

use model::Timestamp;
use model::oidc_auth::{IssuerUrl, may_be_fetched};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

/// A provider that takes longer is not available: somebody waits for the page.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Real documents have a few kilobytes.
const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// How long a document is used without asking again.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// The least time between two questions while the provider does not answer.
const PAUSE: Duration = Duration::from_secs(10);

/// What a page must know to send somebody to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignIn {
    authorization_endpoint: Url,
    token_endpoint: Url,
    client_id: String,
    audience: String,
}

/// The company's provider. Cheap to clone; clones share what it said.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    issuer: Option<String>,
    client_id: String,
    audience: String,
    said: Arc<Mutex<Option<Said>>>,
}

/// The endpoints, or why there are none, and since when that is known.
#[derive(Debug)]
struct Said {
    at: Timestamp,
    endpoints: Result<Endpoints, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoints {
    authorization_endpoint: Url,
    token_endpoint: Url,
}

/// What of a discovery document matters here.
#[derive(Deserialize)]
struct Document {
    authorization_endpoint: String,
    token_endpoint: String,
}

impl Provider {
    /// The provider at `issuer`, where the page is called `client_id` and this API `audience`.
    pub(crate) fn new(issuer: Option<String>, client_id: Option<String>, audience: Option<String>) -> Self {
        let audience = audience.unwrap_or_default();
        let client_id = client_id.unwrap_or_else(|| audience.clone());
        Self { issuer, client_id, audience, said: Arc::default() }
    }

    /// How to sign in, or in words why nobody can. Asks the provider when nothing is known, or what is known is an hour old.
    pub(super) async fn sign_in(&self, now: Timestamp) -> Result<SignIn, String> {
        let issuer = self.issuer.as_ref().filter(|issuer| !issuer.is_empty());
        let issuer = issuer.ok_or(
            "This deployment has no OpenID Connect provider: its parameter OidcIssuer is empty. Give the address of your \
             company's.",
        )?;
        if self.client_id.is_empty() {
            return Err("This deployment has no client at the OpenID Connect provider: give its parameter OidcClientId.".to_owned());
        }
        // Held while asking: whoever comes meanwhile waits for the same answer.
        let mut said = self.said.lock().await;
        let is_fresh = said
            .as_ref()
            .is_some_and(|said| now.since(said.at) < if said.endpoints.is_ok() { MAX_AGE } else { PAUSE });
        if !is_fresh {
            let endpoints = discover(issuer).await;
            match said.as_mut().filter(|known| known.endpoints.is_ok()) {
                // Its outage is not ours, as long as we know where it was.
                Some(known) if endpoints.is_err() => known.at = now.minus(MAX_AGE.saturating_sub(PAUSE)),
                Some(_) | None => *said = Some(Said { at: now, endpoints }),
            }
        }
        let endpoints = said.as_ref().map(|said| said.endpoints.clone());
        let endpoints =
            endpoints.unwrap_or_else(|| Err("The OpenID Connect provider was not asked.".to_owned()))?;
        Ok(SignIn {
            authorization_endpoint: endpoints.authorization_endpoint,
            token_endpoint: endpoints.token_endpoint,
            client_id: self.client_id.clone(),
            audience: self.audience.clone(),
        })
    }
}

impl SignIn {
    /// The page with it.
    pub(super) fn written_into(&self, document: &str) -> String {
        filled(
            document,
            [
                self.authorization_endpoint.as_str(),
                self.token_endpoint.as_str(),
                &self.client_id,
                &self.audience,
                "",
            ],
        )
    }

    /// What the page must be allowed to speak with.
    pub(super) fn token_origin(&self) -> String {
        self.token_endpoint.origin().ascii_serialization()
    }
}

/// The page without it, and why.
pub(super) fn without_sign_in(document: &str, trouble: &str) -> String {
    filled(document, ["", "", "", "", trouble])
}

fn filled(document: &str, values: [&str; 5]) -> String {
    const NAMES: [&str; 5] =
        ["{authorizationEndpoint}", "{tokenEndpoint}", "{clientId}", "{audience}", "{trouble}"];
    NAMES
        .iter()
        .zip(values)
        .fold(document.to_owned(), |text, (name, value)| text.replace(name, &escaped(value)))
}

/// For the value of an attribute between double quotes.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    // So that no value can be taken for a name that is filled in later.
    text.replace('{', "&#123;")
}

async fn discover(issuer: &str) -> Result<Endpoints, String> {
    let failed = |why: &str| format!("The OpenID Connect provider {issuer} {why}.");
    let issuer: IssuerUrl = issuer.parse().map_err(|_| failed("is not an https address"))?;
    let unreached = |error: reqwest::Error| {
        tracing::warn!(error = %error.without_url(), "fetch a discovery document");
        failed("did not answer with its discovery document")
    };
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .user_agent("drawbridge")
        .build()
        .map_err(unreached)?;
    let request = client.get(issuer.discovery_document()).header("accept", "application/json");
    let mut answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(unreached)?;
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreached)? {
        bytes.extend_from_slice(&part);
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(failed("has a discovery document that is too large"));
        }
    }
    let document: Document = serde_json::from_slice(&bytes).map_err(|_| {
        failed("names no authorization_endpoint and token_endpoint in its discovery document")
    })?;
    let endpoint = |text: &str| Url::parse(text).ok().filter(may_be_fetched);
    match (endpoint(&document.authorization_endpoint), endpoint(&document.token_endpoint)) {
        (Some(authorization_endpoint), Some(token_endpoint)) => {
            Ok(Endpoints { authorization_endpoint, token_endpoint })
        }
        (_, _) => Err(failed("names endpoints that are not https addresses")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_outage_of_the_provider_is_not_ours_and_holds_up_one_page_in_ten_seconds() {
        let endpoint: Url = "https://login.example.com/".parse().expect("an address");
        let endpoints =
            Endpoints { authorization_endpoint: endpoint.clone(), token_endpoint: endpoint.clone() };
        let made = Timestamp::from_unix_seconds(1_767_323_045);
        let provider = Provider::new(Some("http://127.0.0.1:1".to_owned()), Some("page".to_owned()), None);
        *provider.said.lock().await = Some(Said { at: made, endpoints: Ok(endpoints) });
        let later = made.plus(MAX_AGE);
        let sign_in = provider.sign_in(later).await.expect("what was known before");
        assert_eq!(sign_in.token_endpoint, endpoint);
        let asked = provider.said.lock().await.as_ref().map(|said| said.at);
        assert_eq!(asked, Some(later.minus(MAX_AGE.saturating_sub(PAUSE))), "asked again after the pause");
    }
}
