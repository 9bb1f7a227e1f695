//! Fetching the keys of an OpenID Connect issuer: its discovery document, then its key set.
//!
//! <https://openid.net/specs/openid-connect-discovery-1_0.html>

use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use model::oidc_auth::{IssuerUrl, may_be_fetched};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// An issuer that takes longer is not available: the caller waits for it.
const TIMEOUT: Duration = Duration::from_secs(3);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Real documents have a few kilobytes.
const MAX_DOCUMENT_BYTES: usize = 512 * 1024;

/// More keys than any issuer has at a time.
const MAX_KEYS: usize = 100;

/// The keys of an issuer could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchKeysError {
    /// The certificate authority of the configuration is no certificate.
    #[error("the issuer's CA certificate is not valid PEM")]
    CaCertificate(#[source] reqwest::Error),
    /// The HTTP client could not be made.
    #[error("could not set up the connection to the issuer")]
    Connect(#[source] reqwest::Error),
    /// The issuer could not be reached, or answered with an error.
    #[error("could not fetch the issuer's {what}")]
    Fetch {
        /// Which document.
        what: &'static str,
        /// Why.
        source: reqwest::Error,
    },
    /// The issuer answered with something else than the document.
    #[error("the issuer's {what} is not what it should be: {reason}")]
    Document {
        /// Which document.
        what: &'static str,
        /// Why.
        reason: &'static str,
    },
}

/// One published key that may sign tokens.
#[derive(Clone)]
pub(crate) struct PublishedKey {
    pub(crate) kid: Option<String>,
    /// `alg` of the key set, when it is given.
    pub(crate) algorithm: Option<String>,
    pub(crate) key: DecodingKey,
}

#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// A client that goes where it is told and nowhere else: no redirects, no proxy.
fn client(ca_cert: &str) -> Result<Client, FetchKeysError> {
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .user_agent("drawbridge");
    if !ca_cert.trim().is_empty() {
        let certificates =
            Certificate::from_pem_bundle(ca_cert.as_bytes()).map_err(FetchKeysError::CaCertificate)?;
        builder = builder.tls_certs_only(certificates);
    }
    builder.build().map_err(FetchKeysError::Connect)
}

/// The keys that an issuer publishes now. Two requests.
pub(crate) async fn keys(issuer: &IssuerUrl, ca_cert: &str) -> Result<Vec<PublishedKey>, FetchKeysError> {
    let client = client(ca_cert)?;
    let what = "discovery document";
    let address = issuer.discovery_document();
    let discovery: Discovery = serde_json::from_slice(&document(&client, &address, what).await?)
        .map_err(|_| FetchKeysError::Document { what, reason: "it names no jwks_uri" })?;
    let reason = "its jwks_uri is not an https URL";
    let keys = Url::parse(&discovery.jwks_uri).map_err(|_| FetchKeysError::Document { what, reason })?;
    // A document that came over TLS must not send us to this machine's own ports.
    let same_care = keys.scheme() == "https" || address.starts_with("http://");
    if !may_be_fetched(&keys) || !same_care {
        return Err(FetchKeysError::Document { what, reason });
    }
    let what = "key set";
    let set: KeySet = serde_json::from_slice(&document(&client, keys.as_str(), what).await?)
        .map_err(|_| FetchKeysError::Document { what, reason: "it is no JSON object with keys" })?;
    Ok(set.keys.into_iter().take(MAX_KEYS).filter_map(published).collect())
}

async fn document(client: &Client, address: &str, what: &'static str) -> Result<Vec<u8>, FetchKeysError> {
    let fetch = |source: reqwest::Error| FetchKeysError::Fetch { what, source: source.without_url() };
    let request = client.get(address).header("accept", "application/json");
    let mut answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(fetch)?;
    // A redirect is not an error status, and is not followed.
    if !answer.status().is_success() {
        return Err(FetchKeysError::Document { what, reason: "the issuer redirects" });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(fetch)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(FetchKeysError::Document { what, reason: "it is too large" });
        }
    }
    Ok(bytes)
}

/// A key of the set, if it is one that can verify signatures; others are passed over, since one strange key must not
/// lock everybody out. A symmetric key never counts: whoever knows it could sign.
fn published(key: Value) -> Option<PublishedKey> {
    let algorithm = key.get("alg").and_then(Value::as_str).map(str::to_owned);
    let jwk: Jwk = serde_json::from_value(key).ok()?;
    match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => {}
        Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)) => return None,
    }
    let public = matches!(
        jwk.algorithm,
        AlgorithmParameters::RSA(_)
            | AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKeyPair(_)
    );
    if !public {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(PublishedKey { kid: jwk.common.key_id, algorithm, key })
}
