//! The guard: a loopback front that every AWS call passes on its way to a stand-in.
//!
//! It keeps the request as it is (signatures must still verify), picks the stand-in by the
//! service that the request is signed for, adds the rules of AWS that the stand-ins lack (one file
//! per service), records every call, and breaks things on demand.
//!
//! `/federation` is AWS's sign-in page: see `federation.rs`. CloudTrail's LookupEvents is answered from the call log.
//!
//! Its own paths, in JSON:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_guard/calls?after=N&service=S&action=A` | `{"calls": […]}`, oldest first: `number`, `at`, `service`, `action`, `region`, `permissions` (IAM action and resource), `details` (an AssumeRole's parameters), `principal` (ARN, account, role, source identity, whether chained), `accessKeyId`, `userAgent`, `status`, `error`, `errorMessage`, `fault`, `durationMs`, `eventId`. No secrets |
//! | `DELETE /_guard/calls` | forgets them; numbers go on |
//! | `POST /_guard/faults` | adds a fault: filters `service`, `action`, `resource`, `principal` (parts of), `after` (calls that pass first), `times` (default 1, 0 = always) and `effect`: `{"kind":"error","status":400,"code":"ThrottlingException","message":""}`, `{"kind":"latency","milliseconds":500}`, `{"kind":"lost"}` (AWS does it, the caller gets no answer) `{"kind":"reset"}` (the connection closes before), `{"kind":"silence","milliseconds":12000}` (so does it, after that) or `{"kind":"throttle","perSecond":3}` (so many calls a second pass, the others are refused) |
//! | `GET`, `DELETE /_guard/faults` | those still waiting; removes them |
//! | `POST`, `DELETE /_guard/chaos` | from now on `{"percent": 5, "seed": 1}` of the calls by functions' roles and by roles that they assumed go wrong: throttled, failed, answer lost, reset, some of them for several calls; no more of that |
//! | `GET /_guard/chaos` | `{"calls": N, "injected": {"dynamodb": {"lost": 3}}}`: how many calls could have gone wrong, and what did |
//! | `GET /_guard/oidc/.well-known/openid-configuration`, `/_guard/oidc/jwks` | the provider for people |
//! | `GET /_guard/oidc/authorize`, `POST /_guard/oidc/token` as a form | the sign-in of a page: authorization code with PKCE, for pages of this machine; `login_hint` is who signs in, without it a form asks |
//! | `POST /_guard/oidc/token` | `{"token": …}` for `{"email", "groups"?, "expiresInSeconds"?, "claims"?}` |
//! | `POST /_guard/oidc/rotate` | the provider signs with a new key |
//! | `POST /_guard/stop` | ends the local run |
//! | `GET /_guard/health` | answers |
//!
//! Not here: the trust and identity policies themselves; ministack evaluates those, for ACM, Private CA and Route 53 too,
//! which moto plays without asking who calls.

mod call;
mod chaos;
mod control;
mod dynamodb;
mod faults;
mod federation;
mod iam;
mod people;
mod principals;
mod record;
mod route53;
mod scope;
mod secretsmanager;
mod ssm;
mod sts;
mod trail;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use hyper::body::Bytes;
use tokio::sync::Notify;

pub use call::{Call, Permission};
pub use chaos::Chaos;
pub use faults::{Effect, Fault};
pub use people::AUDIENCE;
pub use principals::Principal;
pub use record::{Caller, Recorded};

use call::Form;
use faults::Faults;
use federation::Federation;
use people::People;
use principals::Principals;
use record::{CallLog, Outcome};
use scope::{Scope, StandIn};
use wire::Refusal;

use crate::http::{Client, Dropped};
use crate::root::Root;

/// How ministack says that a caller may, of services that moto plays: `local/python/ministack/elsewhere.py`.
const ALLOWED: &str = "x-drawbridge-allowed";

/// Where the guard listens and what is behind it.
#[derive(Debug)]
pub struct Guard {
    ministack: String,
    moto: String,
    /// Whether ministack, with its corrections, is behind it: it knows who may do what.
    asks_ministack: bool,
    root: Root,
    client: Client,
    principals: Principals,
    faults: Faults,
    dice: chaos::Dice,
    log: CallLog,
    people: People,
    federation: Federation,
    stop: Arc<Notify>,
}

/// One call on its way.
#[derive(Debug)]
struct Exchange {
    parts: Parts,
    body: Bytes,
    scope: Scope,
    call: Call,
    form: Form,
    principal: Option<Principal>,
}

impl Guard {
    /// A guard that will listen at `address` (`http://127.0.0.1:<port>`).
    ///
    /// # Errors
    ///
    /// When no key for the provider can be made.
    pub fn new(address: &str, ministack: &str, moto: &str, stop: Arc<Notify>) -> Result<Self> {
        Ok(Self {
            ministack: ministack.to_owned(),
            moto: moto.to_owned(),
            asks_ministack: true,
            root: Root::new(ministack, crate::standins::PLATFORM_ACCOUNT),
            client: Client::default(),
            principals: Principals::default(),
            faults: Faults::default(),
            dice: chaos::Dice::default(),
            log: CallLog::default(),
            people: People::new(format!("{address}/_guard/oidc"))?,
            federation: Federation::new(ministack),
            stop,
        })
    }

    /// The same in front of another engine than ministack: what moto plays is then open to everybody.
    #[must_use]
    pub fn in_front_of_another_engine(self) -> Self {
        Self { asks_ministack: false, ..self }
    }

    /// The issuer of people's tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.people.issuer()
    }

    /// Answers one request.
    ///
    /// # Errors
    ///
    /// When a fault says that the connection closes without an answer.
    pub async fn answer(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        if let Some(path) = request.uri().path().strip_prefix("/_guard/") {
            let page = path.strip_prefix("oidc/").and_then(|path| self.people.for_browsers(path, &request));
            if let Some(answer) = page {
                return Ok(answer);
            }
            return Ok(self.control(path, &request).await);
        }
        let (parts, body) = request.into_parts();
        // Unsigned: the sign-in page, the data plane of the HTTP API, anonymous STS and S3 calls.
        let Some(scope) = Scope::of(&parts) else {
            if parts.uri.path() == federation::PATH {
                return self.sign_in(&parts, &body).await;
            }
            return Ok(self.forward(StandIn::Ministack, Request::from_parts(parts, body)).await);
        };
        let call = Call::of(&scope, &parts, &body);
        let form = call::form(&parts, &body);
        let principal = self.principals.find(&scope.access_key_id, &self.root).await;
        let exchange = Exchange { parts, body, scope, call, form, principal };

        let started = Instant::now();
        let effect = self.faults.take(&exchange.call, exchange.principal.as_ref(), now());
        let by_chance = || {
            // A presigned URL is used by whoever got it.
            let is_sdk = exchange.parts.headers.contains_key("authorization");
            self.dice.take(&exchange.call, exchange.principal.as_ref().filter(|_| is_sdk), now())
        };
        let effect = effect.or_else(by_chance);
        let refuse = |refusal: &Refusal| refusal.answer(&exchange.parts, &exchange.call.service);
        let act = async { self.with_rules(&exchange).await.unwrap_or_else(|refusal| refuse(&refusal)) };
        let answer = faults::suffer(effect.as_ref(), refuse, act).await;
        let outcome = Outcome::of(answer.as_ref().ok(), effect.as_ref(), started.elapsed());
        let caller = Caller {
            access_key_id: exchange.scope.access_key_id,
            principal: exchange.principal,
            user_agent: user_agent(&exchange.parts),
        };
        self.log.add(exchange.call, caller, outcome);
        answer
    }

    /// The stand-in's answer between the rules of the service.
    async fn with_rules(&self, exchange: &Exchange) -> Result<Response<Bytes>, Refusal> {
        match exchange.call.service.as_str() {
            "sts" => sts::before(exchange)?,
            "iam" => iam::before(exchange, &self.root).await?,
            "secretsmanager" => secretsmanager::before(exchange)?,
            "ssm" => ssm::before(exchange)?,
            _ => {}
        }
        let mut parts = exchange.parts.clone();
        if self.asks_ministack && exchange.scope.is_checked_by_ministack() {
            let request = Request::from_parts(parts.clone(), exchange.body.clone());
            let asked = self.forward(StandIn::Ministack, request).await;
            if !asked.headers().contains_key(ALLOWED) {
                return Err(Refusal::of(&asked));
            }
        }
        if let Some(account) =
            exchange.principal.as_ref().and_then(|p| HeaderValue::from_str(&p.account).ok())
        {
            // moto knows no credentials and would take every caller for its own account.
            parts.headers.insert("x-moto-account-id", account);
        }
        let request = Request::from_parts(parts, exchange.body.clone());
        let answer = self.forward(exchange.scope.stand_in(), request).await;
        let answer = match exchange.call.service.as_str() {
            "sts" => sts::after(exchange, &self.root, answer).await?,
            "iam" => iam::after(exchange, &self.log, answer),
            "cloudtrail" => trail::after(exchange, &self.log, answer)?,
            _ => answer,
        };
        self.principals.learn(&exchange.call, &exchange.form, exchange.principal.as_ref(), &answer);
        Ok(answer)
    }

    async fn forward(&self, to: StandIn, request: Request<Bytes>) -> Response<Bytes> {
        let endpoint = match to {
            StandIn::Ministack => &self.ministack,
            StandIn::Moto => &self.moto,
        };
        let parts = request.clone().into_parts().0;
        match self.client.forward(endpoint, request).await {
            Ok(answer) => answer,
            Err(failure) => {
                tracing::warn!("a stand-in failed: {failure:#}");
                Refusal::new(503, "ServiceUnavailable", "the stand-in for AWS does not answer")
                    .answer(&parts, "")
            }
        }
    }
}

fn user_agent(request: &Parts) -> String {
    let header = request.headers.get("user-agent").and_then(|value| value.to_str().ok());
    header.unwrap_or_default().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the guard is the edge: it stamps calls and tokens")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Request;
    use hyper::body::Bytes;

    use super::{Call, Exchange, Principal, Scope, call};

    /// An AssumeRole with these fields, by a role session with that source identity.
    pub(super) fn assume_role(fields: &[(&str, &str)], source_identity: Option<&str>) -> Exchange {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "AssumeRole")
            .append_pair("RoleArn", "arn:aws:iam::222222222222:role/target")
            .extend_pairs(fields)
            .finish();
        let body = Bytes::from(body);
        let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let parts = request.body(()).unwrap().into_parts().0;
        let scope = Scope {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            region: "us-east-1".to_owned(),
            service: "sts".to_owned(),
        };
        let principal = Principal {
            arn: "arn:aws:sts::111111111111:assumed-role/function/session".to_owned(),
            account: "111111111111".to_owned(),
            source_identity: source_identity.map(str::to_owned),
            ..Principal::default()
        };
        let form = call::form(&parts, &body);
        Exchange {
            call: Call::of(&scope, &parts, &body),
            form,
            parts,
            body,
            scope,
            principal: Some(principal),
        }
    }
}
