//! Logging in with a token of another issuer: a CI system, a Kubernetes cluster, a cloud.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};

use crate::access_token::TokenTerms;
use crate::glob::{self, ClaimPatterns};
use crate::id::{AuthConfigurationId, IdentityId};

/// One identity's OIDC auth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcAuth {
    /// Its id on the wire.
    pub id: AuthConfigurationId,
    /// Whose it is.
    pub identity_id: IdentityId,
    /// Where the issuer publishes its keys: this and `/.well-known/openid-configuration`.
    pub discovery_url: IssuerUrl,
    /// What a token's `iss` must be, literally.
    pub bound_issuer: String,
    /// What one of a token's audiences must match; empty: anything.
    pub bound_audiences: ClaimPatterns,
    /// What a token's claims must match, by their dotted path.
    pub bound_claims: BTreeMap<String, ClaimPatterns>,
    /// Which claims go into our token: our name to the claim's dotted path.
    #[serde(default)]
    pub claim_metadata_mapping: BTreeMap<String, String>,
    /// The one pattern that a token's `sub` must match; empty: anything.
    pub bound_subject: String,
    /// The certificate authority of the issuer's host in PEM, when it is not a public one.
    #[serde(default)]
    pub ca_cert: String,
    /// Its tokens.
    pub tokens: TokenTerms,
}

/// Why a verified token of the right issuer does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefused {
    /// Its subject does not match.
    #[error("the OIDC subject is not allowed")]
    Subject,
    /// None of its audiences matches.
    #[error("the OIDC audience is not allowed")]
    Audience,
    /// It lacks a claim that must match.
    #[error("the OIDC claim {0} is missing")]
    ClaimAbsent(String),
    /// A claim does not match.
    #[error("the OIDC claim {0} is not allowed")]
    Claim(String),
}

impl OidcAuth {
    /// Whether the claims of a verified token open.
    ///
    /// # Errors
    /// The first rule that they break: subject, audience, then claims by name.
    pub fn check(&self, claims: &Value) -> Result<(), ClaimRefused> {
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        if !self.bound_subject.is_empty() && !glob::matches_claim(&self.bound_subject, subject) {
            return Err(ClaimRefused::Subject);
        }
        let audiences = claims.get("aud").unwrap_or(&Value::Null);
        if !self.bound_audiences.is_empty() && !admits(&self.bound_audiences, audiences) {
            return Err(ClaimRefused::Audience);
        }
        for (path, patterns) in &self.bound_claims {
            let claim = claim_at(claims, path).ok_or_else(|| ClaimRefused::ClaimAbsent(path.clone()))?;
            if !admits(patterns, claim) {
                return Err(ClaimRefused::Claim(path.clone()));
            }
        }
        Ok(())
    }

    /// The claims that go into our token, under our names; absent ones are left out.
    #[must_use]
    pub fn mapped_claims(&self, claims: &Value) -> BTreeMap<String, String> {
        self.claim_metadata_mapping
            .iter()
            .filter_map(|(name, path)| Some((name.clone(), texts(claim_at(claims, path)?).join(","))))
            .collect()
    }
}

/// The claim at a dotted path. A claim whose own name has dots (`kubernetes.io`) is found as well.
fn claim_at<'a>(claims: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(claim) = claims.get(path) {
        return Some(claim).filter(|claim| !claim.is_null());
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let inner = claims.get(&path[..dot])?;
        claim_at(inner, &path[dot + 1..])
    })
}

fn admits(patterns: &ClaimPatterns, claim: &Value) -> bool {
    texts(claim).iter().any(|text| patterns.admit(text))
}

/// A claim as texts: each item of an array, one of anything else that is not an object.
fn texts(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.iter().filter(|item| !item.is_array()).flat_map(texts).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

/// The text is not the URL of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an https URL without user name, query and fragment")]
pub struct NotAnIssuerUrl;

/// The base URL of an OpenID Connect issuer: `https`, or `http` on this machine alone (for demonstrations).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IssuerUrl(String);

impl IssuerUrl {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the discovery document is. <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest>
    #[must_use]
    pub fn discovery_document(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }
}

/// Whether a URL of an issuer may be fetched: `https`, or `http` from a loopback address.
#[must_use]
pub fn may_be_fetched(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    scheme && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

impl TryFrom<String> for IssuerUrl {
    type Error = NotAnIssuerUrl;

    fn try_from(text: String) -> Result<Self, NotAnIssuerUrl> {
        text.parse()
    }
}

impl std::str::FromStr for IssuerUrl {
    type Err = NotAnIssuerUrl;

    fn from_str(text: &str) -> Result<Self, NotAnIssuerUrl> {
        let url = Url::parse(text.trim()).map_err(|_| NotAnIssuerUrl)?;
        if may_be_fetched(&url) && url.query().is_none() {
            Ok(Self(text.trim().to_owned()))
        } else {
            Err(NotAnIssuerUrl)
        }
    }
}

impl From<IssuerUrl> for String {
    fn from(url: IssuerUrl) -> Self {
        url.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn auth(subject: &str, audiences: &str, claims: &[(&str, &str)]) -> OidcAuth {
        OidcAuth {
            id: AuthConfigurationId::random(),
            identity_id: IdentityId::random(),
            discovery_url: "https://issuer.example".parse().expect("a URL"),
            bound_issuer: "https://issuer.example".to_owned(),
            bound_audiences: ClaimPatterns::new(audiences),
            bound_claims: claims
                .iter()
                .map(|(path, list)| ((*path).to_owned(), ClaimPatterns::new(*list)))
                .collect(),
            claim_metadata_mapping: BTreeMap::from([("repository".to_owned(), "repo.name".to_owned())]),
            bound_subject: subject.to_owned(),
            ca_cert: String::new(),
            tokens: TokenTerms::default(),
        }
    }

    #[test]
    fn a_token_opens_when_subject_audience_and_every_bound_claim_match() {
        use ClaimRefused::{Audience, Claim, ClaimAbsent, Subject};
        let token = json!({
            "sub": "repo:acme/api:ref:refs/heads/main",
            "aud": ["drawbridge", "other"],
            "repo": { "name": "api", "private": true, "id": 42, "topics": ["a", "b"], "none": null },
            "kubernetes.io": { "namespace": "prod" },
        });
        for (what, auth, expected) in [
            ("no rules", auth("", "", &[]), Ok(())),
            ("literal subject", auth("repo:acme/api:ref:refs/heads/main", "", &[]), Ok(())),
            ("glob subject", auth("repo:acme/*:ref:refs/heads/main", "", &[]), Ok(())),
            ("a star stops at a slash", auth("repo:acme/*", "", &[]), Err(Subject)),
            ("a dot is a dot", auth("repo.acme/api:ref:refs/heads/main", "", &[]), Err(Subject)),
            ("one audience of two", auth("", "other", &[]), Ok(())),
            ("audience of a list", auth("", "nobody, draw*", &[]), Ok(())),
            ("no such audience", auth("", "nobody", &[]), Err(Audience)),
            ("nested claim", auth("", "", &[("repo.name", "web, api")]), Ok(())),
            ("boolean claim", auth("", "", &[("repo.private", "true")]), Ok(())),
            ("number claim", auth("", "", &[("repo.id", "42")]), Ok(())),
            ("array claim", auth("", "", &[("repo.topics", "b")]), Ok(())),
            ("name with a dot", auth("", "", &[("kubernetes.io.namespace", "prod")]), Ok(())),
            ("other value", auth("", "", &[("repo.name", "web")]), Err(Claim("repo.name".to_owned()))),
            ("absent claim", auth("", "", &[("repo.owner", "*")]), Err(ClaimAbsent("repo.owner".to_owned()))),
            ("null claim", auth("", "", &[("repo.none", "*")]), Err(ClaimAbsent("repo.none".to_owned()))),
            ("an object matches nothing", auth("", "", &[("repo", "**")]), Err(Claim("repo".to_owned()))),
            (
                "a claim bound to nothing",
                auth("", "", &[("repo.name", "")]),
                Err(Claim("repo.name".to_owned())),
            ),
        ] {
            assert_eq!(auth.check(&token), expected, "{what}");
        }
        assert_eq!(
            auth("", "", &[]).mapped_claims(&token),
            BTreeMap::from([("repository".to_owned(), "api".to_owned())])
        );
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for good in [
            "https://token.actions.githubusercontent.com",
            "https://gitlab.example/path/",
            "http://localhost:8080",
            "http://127.0.0.1:9",
            "http://[::1]:9/x",
        ] {
            assert!(good.parse::<IssuerUrl>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "issuer.example",
            "http://issuer.example",
            "http://169.254.169.254",
            "http://10.0.0.1",
            "ftp://localhost",
            "https://u:p@issuer.example",
            "https://issuer.example?x",
            "https://issuer.example#x",
            "http://localhost.evil.example",
        ] {
            assert!(bad.parse::<IssuerUrl>().is_err(), "{bad}");
        }
        let url: IssuerUrl = "https://issuer.example/".parse().expect("a URL");
        assert_eq!(url.discovery_document(), "https://issuer.example/.well-known/openid-configuration");
    }
}
