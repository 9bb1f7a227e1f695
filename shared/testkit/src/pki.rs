//! A customer's ACM, Private CAs and hosted zones in memory, with STS at the door, beside our own KMS, queues and event
//! bus. Certificates are real: they are parsed, verified and matched with their keys by whoever gets them.
//!
//! Holds AWS's rules where promises of ours hang on them: tokens and how long they live, "in progress", validation by
//! records, key types of a list, what a CA may issue. Refuses, throttles and loses answers as it is told, on the test's
//! clock, and keeps what was asked.

mod acm;
mod csr;
mod encrypted_key;
mod private_ca;
mod route53;
mod template;
pub(crate) mod x509;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use model::Timestamp;
use serde_json::{Value, json};

use crate::aws::{Answer, Request, scripted};
use crate::door::Door;
pub(crate) use crate::door::Refusal;
use crate::ours::Ours;

pub use crate::door::Asked;
pub use acm::AcmCertificate;
pub use private_ca::{IssuedCertificate, PrivateCa};
pub use route53::{Record, Records};
pub use x509::CaKey;

type Answered = Result<Value, Refusal>;

#[derive(Debug)]
struct State {
    now: Timestamp,
    authorities: BTreeMap<String, private_ca::Authority>,
    certificates: BTreeMap<String, acm::Certificate>,
    public_ca: Option<x509::Issuing>,
    zones: BTreeMap<String, route53::Zone>,
    made: u32,
    manners: Manners,
    door: Door,
    ours: Ours,
}

/// How AWS behaves, as the test wants it.
#[derive(Debug, Default)]
struct Manners {
    issuing_time: Duration,
    issuing_polls: u32,
    chains_left_out: bool,
    validation_time: Duration,
    records_time: Duration,
    next_failure: Option<&'static str>,
    corrupt_export: bool,
}

/// The account. Clones are the same.
#[derive(Debug, Clone)]
pub struct Pki {
    state: Arc<Mutex<State>>,
    clock: fn() -> Timestamp,
}

impl Pki {
    /// An account without CAs, certificates and zones, on this clock.
    #[must_use]
    pub fn on(clock: fn() -> Timestamp) -> Self {
        let state = State {
            now: clock(),
            authorities: BTreeMap::new(),
            certificates: BTreeMap::new(),
            public_ca: None,
            zones: BTreeMap::new(),
            made: 0,
            manners: Manners::default(),
            door: Door::default(),
            ours: Ours::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = (self.clock)();
        state.observe();
        state
    }

    /// A configuration whose clients reach this account, and KMS, queues and an event bus of our own.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let pki = self.clone();
        scripted(move |request| pki.answer(request)).0
    }

    /// The role may not do this.
    pub fn deny(&self, action: &str) {
        self.state().door.denied.insert(action.to_owned());
    }

    /// It may again.
    pub fn allow(&self, action: &str) {
        self.state().door.denied.remove(action);
    }

    /// The next so many calls of an action are throttled.
    pub fn throttle(&self, action: &str, times: usize) {
        self.state().door.throttled.insert(action.to_owned(), times);
    }

    /// The next so many calls of an action fail by AWS's own account, after they were done.
    pub fn lose_answers(&self, action: &str, times: usize) {
        self.state().door.broken.insert(action.to_owned(), times);
    }

    /// The next so many calls of an action are refused with this code, and not done.
    pub fn refuse(&self, action: &str, times: usize, code: &'static str, message: &'static str) {
        self.state().door.refused.insert(action.to_owned(), (times, code, message));
    }

    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Asked> {
        self.state().door.calls.clone()
    }

    /// How often an action was called so far.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.state().door.count(action)
    }

    /// How often an action was called within one second, at most.
    #[must_use]
    pub fn most_in_a_second(&self, action: &str) -> usize {
        self.state().door.most_in_a_second(action)
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.state().door.calls.clear();
    }

    /// The events so far: what happened, and its detail.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        self.state().ours.events.clone()
    }

    /// The session policies that were asked for.
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        self.state().door.policies.clone()
    }

    /// The next message of a queue whose address contains `name`: the id in it.
    #[must_use]
    pub fn receive(&self, name: &str) -> Option<String> {
        self.state().ours.receive(name)
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut state = self.state();
        let (service, operation) = asked(request);
        if service.is_empty() {
            return state.ours.answer(request);
        }
        let action = format!("{service}:{operation}");
        let body = serde_json::from_str(&request.body).unwrap_or(Value::Null);
        let resource = resource(service, request, &body);
        let now = state.now;
        state.door.calls.push(Asked {
            action: action.clone(),
            resource: resource.clone(),
            body: body.clone(),
            at: now,
        });
        let answered = state.door.pass(&action, &resource).and_then(|()| match service {
            "acm" => state.acm(operation, &body).map(|value| value.to_string()),
            "acm-pca" => state.private_ca(operation, &body).map(|value| value.to_string()),
            "route53" => state.route53(operation, &resource, &request.body),
            _ => state.sts(operation, request),
        });
        let lost = state.door.loses(&action);
        match answered {
            _ if lost => error(service, &Refusal(500, "InternalFailure".into(), "the answer is lost".into())),
            Ok(body) => Answer { status: 200, body },
            Err(refusal) => error(service, &refusal),
        }
    }
}

impl State {
    /// What time has done to certificates since somebody looked.
    fn observe(&mut self) {
        let mut certificates = std::mem::take(&mut self.certificates);
        for certificate in certificates.values_mut() {
            certificate.observe(self);
        }
        self.certificates = certificates;
    }

    /// A number that no other thing has.
    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    fn sts(&mut self, operation: &str, request: &Request) -> Result<String, Refusal> {
        if operation != "AssumeRole" {
            return Err(Refusal::new("InvalidAction", format!("nobody expects {operation}")));
        }
        self.door.policies.extend(request.parameter("Policy"));
        Ok("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
            <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
            <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            .to_owned())
    }
}

/// The service and the operation; of our own side's services nothing.
fn asked(request: &Request) -> (&'static str, &str) {
    match request.target.split_once('.') {
        Some(("CertificateManager", operation)) => ("acm", operation),
        Some(("ACMPrivateCA", operation)) => ("acm-pca", operation),
        Some(_) => ("", ""),
        None if request.uri.contains("/2013-04-01/hostedzone/") => {
            let changes =
                request.uri.split('?').next().unwrap_or_default().trim_end_matches('/').ends_with("/rrset");
            ("route53", if changes { "ChangeResourceRecordSets" } else { "GetHostedZone" })
        }
        None => {
            let fields = request.body.split('&').find_map(|field| field.strip_prefix("Action="));
            ("sts", fields.unwrap_or_default())
        }
    }
}

fn resource(service: &str, request: &Request, body: &Value) -> String {
    if service == "route53" {
        let rest = request.uri.split("/hostedzone/").nth(1).unwrap_or_default();
        return rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    }
    let named = ["CertificateAuthorityArn", "CertificateArn"].iter().find_map(|field| body[*field].as_str());
    named.map(str::to_owned).or_else(|| request.parameter("RoleArn")).unwrap_or_else(|| "*".to_owned())
}

fn error(service: &str, Refusal(status, code, message): &Refusal) -> Answer {
    let body = if service.starts_with("acm") {
        json!({ "__type": code, "message": message }).to_string()
    } else {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        )
    };
    Answer { status: *status, body }
}

/// A moment as AWS's JSON has it: seconds.
pub(crate) fn seconds(at: Timestamp) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this millennium fit")]
    let seconds = at.unix_milliseconds() as f64 / 1000.0;
    json!(seconds)
}

#[cfg(test)]
mod tests;
