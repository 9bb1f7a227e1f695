//! The federation endpoint: a role's temporary credentials become a sign-in token, and that a page of the console.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html>
//!
//! | request | what it does |
//! |---|---|
//! | `GET` or `POST /federation`, `Action=getSigninToken`, `Session={"sessionId","sessionKey","sessionToken"}` | `{"SigninToken": …}`. The credentials are tried with GetCallerIdentity; 400 when they are not a live role session's, and when `SessionDuration` is sent with those of a chained role |
//! | `GET /federation?Action=login&SigninToken=…&Destination=…&Issuer=…` | for 15 minutes: a page that names the account, the role and the session. `Destination` must be of the same partition's console |
//!
//! Both are in the call log as service `signin`, with the actions `getSigninToken` and `login`; faults meet them by these names.

mod identity;
mod page;
mod request;
mod tokens;

use std::collections::BTreeMap;
use std::time::Instant;

use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use super::call::{self, Call};
use super::principals::Principal;
use super::record::{Caller, Outcome};
use super::wire::Refusal;
use super::{Guard, faults, now, user_agent};
use crate::http::{Client, Dropped};
use crate::standins::REGION;
use request::{Login, Request, SignIn};
use tokens::{SignInTokens, SignedIn};

/// Where the endpoint is, on the port of AWS.
pub(super) const PATH: &str = "/federation";

/// The endpoint and the tokens that it has given.
#[derive(Debug)]
pub(super) struct Federation {
    sts: String,
    client: Client,
    tokens: SignInTokens,
}

impl Federation {
    /// An endpoint that asks the STS at that address who credentials are.
    pub(super) fn new(sts: &str) -> Self {
        Self { sts: sts.to_owned(), client: Client::default(), tokens: SignInTokens::default() }
    }
}

impl Guard {
    /// Answers one request to the endpoint.
    pub(super) async fn sign_in(&self, parts: &Parts, body: &Bytes) -> Result<Response<Bytes>, Dropped> {
        let form = call::form(parts, body);
        let read = Request::read(&parts.method, &form);
        let access_key_id = match &read {
            Ok(Request::SignIn(wanted)) => Some(wanted.access_key_id.clone()),
            Ok(Request::Login(login)) => {
                self.federation.tokens.find(&login.token, now()).map(|known| known.access_key_id)
            }
            Err(_) => None,
        }
        .unwrap_or_default();
        let principal = self.principals.find(&access_key_id, &self.root).await;
        let call = Call {
            service: "signin".to_owned(),
            action: form.get("Action").cloned().unwrap_or_default(),
            region: REGION.to_owned(),
            // IAM is not asked: whoever has a role's credentials may sign in with them.
            permissions: Vec::new(),
            details: details(parts, &form),
        };

        let started = Instant::now();
        let effect = self.faults.take(&call, principal.as_ref(), now());
        // The page itself is for people's browsers.
        let by_function = principal.as_ref().filter(|_| call.action == "getSigninToken");
        let effect = effect.or_else(|| self.dice.take(&call, by_function, now()));
        let act = async {
            let answer = match read {
                Ok(Request::SignIn(wanted)) => self.federation.give_token(&wanted, principal.as_ref()).await,
                Ok(Request::Login(login)) => self.federation.log_in(&login),
                Err(refusal) => Err(refusal),
            };
            answer.unwrap_or_else(|refusal| page::refused(&refusal))
        };
        let answer = faults::suffer(effect.as_ref(), page::refused, act).await;
        let outcome = Outcome::of(answer.as_ref().ok(), effect.as_ref(), started.elapsed());
        self.log.add(call, Caller { access_key_id, principal, user_agent: user_agent(parts) }, outcome);
        answer
    }
}

impl Federation {
    async fn give_token(
        &self,
        wanted: &SignIn,
        known: Option<&Principal>,
    ) -> Result<Response<Bytes>, Refusal> {
        // Credentials that were made behind the guard's back may be of a chain: no is the safe answer.
        let chained = known.is_none_or(|principal| principal.chained);
        if wanted.duration_is_sent && chained {
            return Err(bad_request(
                "SessionDuration cannot be sent with the credentials of a role that was assumed by role chaining",
            ));
        }
        let arn = identity::identify(&self.client, &self.sts, wanted).await?;
        let identity = Principal::new(&arn);
        if identity.session().is_none() {
            return Err(bad_request("the credentials are not those of an assumed role"));
        }
        let signed_in = SignedIn {
            access_key_id: wanted.access_key_id.clone(),
            expires_at: known.and_then(|principal| principal.expires_at.clone()),
            identity,
        };
        let token = self.tokens.give(signed_in, now()).ok_or_else(|| unavailable("no token can be made"))?;
        let mut answer = Response::new(Bytes::from(json!({ "SigninToken": token }).to_string()));
        let headers = answer.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    fn log_in(&self, login: &Login) -> Result<Response<Bytes>, Refusal> {
        let signed_in = self.tokens.find(&login.token, now()).ok_or_else(|| {
            bad_request("the sign-in token is unknown, or older than 15 minutes: ask for access again")
        })?;
        let partition = signed_in.identity.arn.split(':').nth(1).unwrap_or_default();
        request::check_destination(&login.destination, partition)?;
        Ok(page::console(&signed_in, login))
    }
}

fn details(parts: &Parts, form: &call::Form) -> BTreeMap<&'static str, Value> {
    let mut details = BTreeMap::from([
        ("method", json!(parts.method.as_str())),
        ("sessionDurationSent", json!(form.contains_key("SessionDuration"))),
    ]);
    for (detail, field) in [("destination", "Destination"), ("issuer", "Issuer")] {
        if let Some(value) = form.get(field) {
            details.insert(detail, json!(value));
        }
    }
    details
}

fn bad_request(message: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST.as_u16(), "BadRequest", message)
}

fn unavailable(message: &str) -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE.as_u16(), "ServiceUnavailable", message)
}
