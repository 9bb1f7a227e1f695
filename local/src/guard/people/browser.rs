//! What of the provider a browser may ask: the authorization code flow with PKCE, and nothing that needs no person.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth>, <https://www.rfc-editor.org/rfc/rfc7636>

use std::collections::HashMap;
use std::time::Duration;

use anyhow::anyhow;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq as _;
use url::Url;
use uuid::Uuid;

use super::{AUDIENCE, People, Person, an_hour};
use crate::guard::call::Form;
use crate::guard::now;

/// A code is for the next request.
const CODE_LIVES: Duration = Duration::from_secs(60);

/// Codes that nobody has exchanged yet.
pub(super) type Codes = HashMap<String, Grant>;

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Grant {
    email: String,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
    until: Duration,
}

/// An error of the token endpoint: <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>
type Refused = (&'static str, String);

impl People {
    /// The answer, when the request is one that a page may make.
    pub(in crate::guard) fn for_browsers(
        &self,
        path: &str,
        request: &Request<Bytes>,
    ) -> Option<Response<Bytes>> {
        let is_form = request
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        match (path, request.method()) {
            (".well-known/openid-configuration" | "jwks" | "token", &Method::OPTIONS) => {
                Some(shared(StatusCode::NO_CONTENT, "text/plain", String::new()))
            }
            (".well-known/openid-configuration", &Method::GET) => {
                Some(shared(StatusCode::OK, "application/json", self.discovery().to_string()))
            }
            ("jwks", &Method::GET) => Some(match self.key_set() {
                Ok(keys) => shared(StatusCode::OK, "application/json", keys.to_string()),
                Err(failure) => shared(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", failure.to_string()),
            }),
            ("authorize", &Method::GET) => {
                Some(self.authorize(&form(request.uri().query().unwrap_or_default().as_bytes())))
            }
            ("token", &Method::POST) if is_form => Some(self.exchange(&form(request.body()))),
            _ => None,
        }
    }

    /// Asks for a person, or sends the browser back with a code. What cannot be trusted to be the page's own address is
    /// told to the person alone.
    fn authorize(&self, asked: &Form) -> Response<Bytes> {
        let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let mut back = match Url::parse(field("redirect_uri")) {
            Ok(back) if is_of_this_machine(&back) => back,
            Ok(_) | Err(_) => return told("redirect_uri must be an http address of 127.0.0.1 or localhost"),
        };
        if field("client_id") != AUDIENCE {
            return told(&format!("the only client here is {AUDIENCE}"));
        }
        let wrong = match () {
            () if field("response_type") != "code" => Some(("unsupported_response_type", "only code")),
            () if !field("scope").split(' ').any(|scope| scope == "openid") => {
                Some(("invalid_scope", "openid is missing"))
            }
            () if field("code_challenge_method") != "S256" || field("code_challenge").len() != 43 => {
                Some(("invalid_request", "a code_challenge of the method S256 is required"))
            }
            () => None,
        };
        if wrong.is_none() && field("login_hint").is_empty() {
            return page(&form_of(asked));
        }
        match wrong {
            Some((error, why)) => {
                back.query_pairs_mut().append_pair("error", error).append_pair("error_description", why);
            }
            None => {
                let code = Uuid::new_v4().to_string();
                let grant = Grant {
                    email: field("login_hint").to_owned(),
                    redirect_uri: field("redirect_uri").to_owned(),
                    challenge: field("code_challenge").to_owned(),
                    nonce: asked.get("nonce").cloned(),
                    until: now() + CODE_LIVES,
                };
                let Ok(mut codes) = self.codes.lock() else { return told("the codes are lost") };
                codes.retain(|_, grant| grant.until > now());
                codes.insert(code.clone(), grant);
                back.query_pairs_mut().append_pair("code", &code);
            }
        }
        if let Some(state) = asked.get("state") {
            back.query_pairs_mut().append_pair("state", state);
        }
        let mut answer = Response::new(Bytes::new());
        *answer.status_mut() = StatusCode::SEE_OTHER;
        if let Ok(location) = back.as_str().parse() {
            answer.headers_mut().insert("location", location);
        }
        answer.headers_mut().insert("cache-control", HeaderValue::from_static("no-store"));
        answer
    }

    fn exchange(&self, asked: &Form) -> Response<Bytes> {
        match self.tokens(asked) {
            Ok(tokens) => shared(StatusCode::OK, "application/json", tokens.to_string()),
            Err((error, why)) => {
                let body = json!({ "error": error, "error_description": why });
                shared(StatusCode::BAD_REQUEST, "application/json", body.to_string())
            }
        }
    }

    fn tokens(&self, asked: &Form) -> Result<Value, Refused> {
        let field = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != "authorization_code" {
            return Err(("unsupported_grant_type", "only authorization_code".to_owned()));
        }
        let lost = |failure: anyhow::Error| ("server_error", failure.to_string());
        // A code is used up by its first use, whoever tries it.
        let grant = self.codes.lock().map_err(|_| lost(anyhow!("the codes are lost")))?.remove(field("code"));
        let refused = |why: &str| ("invalid_grant", why.to_owned());
        let grant =
            grant.filter(|grant| grant.until > now()).ok_or_else(|| refused("no such code, or no longer"))?;
        if field("client_id") != AUDIENCE || field("redirect_uri") != grant.redirect_uri {
            return Err(refused("client_id and redirect_uri are not those of the code"));
        }
        let verifier = digest::digest(&digest::SHA256, field("code_verifier").as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(verifier);
        if !(43..=128).contains(&field("code_verifier").len())
            || !bool::from(challenge.as_bytes().ct_eq(grant.challenge.as_bytes()))
        {
            return Err(refused("code_verifier does not fit code_challenge"));
        }
        let mut claims = Map::new();
        claims.extend(grant.nonce.map(|nonce| ("nonce".to_owned(), json!(nonce))));
        let person = Person { email: grant.email, groups: Vec::new(), expires_in_seconds: an_hour(), claims };
        let token = self.token(person).map_err(lost)?;
        Ok(
            json!({ "access_token": token, "id_token": token, "token_type": "Bearer", "expires_in": an_hour() }),
        )
    }
}

fn form(fields: &[u8]) -> Form {
    url::form_urlencoded::parse(fields).into_owned().collect()
}

/// Nobody else's page gets a code.
fn is_of_this_machine(address: &Url) -> bool {
    address.scheme() == "http" && matches!(address.host_str(), Some("127.0.0.1" | "localhost"))
}

/// An answer that any page may read.
fn shared(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    for (name, value) in [
        ("content-type", kind),
        ("cache-control", "no-store"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "content-type"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn told(why: &str) -> Response<Bytes> {
    let mut answer = page(&format!("<p>{}</p>", escaped(why)));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

/// Who is it? Everything else goes on as it came.
fn form_of(asked: &Form) -> String {
    let kept = asked.iter().filter(|(name, _)| *name != "login_hint").map(|(name, value)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    });
    format!(
        "<form method=\"get\">{}<label>E-mail <input type=\"email\" name=\"login_hint\" value=\"admin@example.com\" required autofocus></label> \
         <button type=\"submit\">Sign in</button></form>",
        kept.collect::<String>()
    )
}

fn page(body: &str) -> Response<Bytes> {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Stand-in for your OpenID Connect provider</title>\
         <h1>Stand-in for your OpenID Connect provider</h1>{body}</html>"
    );
    let mut answer = Response::new(Bytes::from(body));
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
#[path = "browser_tests.rs"]
mod tests;
