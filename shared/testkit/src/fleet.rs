//! A customer's ACM with what was imported into it, and its load balancers with what their listeners serve, with STS at the
//! door, beside our own KMS, queues and event bus.
//!
//! Holds AWS's rules where promises of ours hang on them: what may be imported and what may take a certificate's place, no
//! tags with an ARN, no deletion of what is in use (and for a while after), the default and the list for SNI apart, 25
//! certificates a load balancer, certificates that a load balancer does not know yet. Sessions may do what their session
//! policies say. Refuses, throttles and loses answers as it is told, on the test's clock; keeps what was asked, and all that
//! each listener ever served.

mod acm;
mod certificate;
mod choice;
pub mod documented;
mod history;
mod listeners;
mod made;
mod server;
mod session;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use model::Timestamp;
use serde_json::{Value, json};

use crate::aws::{Answer, Request, scripted};
use crate::door::{Asked, Door, Refusal};
use crate::ours::Ours;

pub use certificate::ImportedCertificate;
pub use history::{Moment, Shown};
pub use listeners::{Balancer, FleetListener};
pub use made::{Made, Maker};
pub use server::Serving;

type Answered<T = Value> = Result<T, Refusal>;

/// How AWS behaves, as the test wants it.
#[derive(Debug)]
struct Manners {
    /// From an import to ISSUED.
    issuing_time: Duration,
    /// From an import to the moment at which load balancers know it.
    settling_time: Duration,
    /// From the last use to the moment at which it may be deleted.
    release_time: Duration,
    /// From a change of a listener to the moment at which its servers follow.
    lag: Duration,
    /// Certificates of a load balancer, defaults not counted.
    room: usize,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    certificates: BTreeMap<String, certificate::Stored>,
    balancers: BTreeMap<String, Balancer>,
    listeners: BTreeMap<String, FleetListener>,
    /// Who else uses a certificate.
    elsewhere: BTreeMap<String, BTreeSet<String>>,
    /// Until when a load balancer still uses one that its listeners let go.
    lingering: BTreeMap<(String, String), Timestamp>,
    history: BTreeMap<String, Vec<Moment>>,
    made: u32,
    manners: Manners,
    door: Door,
    ours: Ours,
}

/// The account. Clones are the same.
#[derive(Debug, Clone)]
pub struct Fleet {
    state: Arc<Mutex<State>>,
    clock: fn() -> Timestamp,
}

impl Fleet {
    /// An account without certificates and load balancers, on this clock.
    #[must_use]
    pub fn on(clock: fn() -> Timestamp) -> Self {
        let manners = Manners {
            issuing_time: Duration::ZERO,
            settling_time: Duration::ZERO,
            release_time: Duration::ZERO,
            lag: Duration::ZERO,
            room: 25,
        };
        let state = State {
            now: clock(),
            certificates: BTreeMap::new(),
            balancers: BTreeMap::new(),
            listeners: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            lingering: BTreeMap::new(),
            history: BTreeMap::new(),
            made: 0,
            manners,
            door: Door::default(),
            ours: Ours::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = (self.clock)();
        state
    }

    /// A configuration whose clients reach this account, and KMS, queues and an event bus of our own.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let fleet = self.clone();
        scripted(move |request| fleet.answer(request)).0
    }

    /// From an import to `ISSUED` it takes so long.
    pub fn set_issuing_time(&self, time: Duration) {
        self.state().manners.issuing_time = time;
    }

    /// Load balancers know a certificate so long after its import; before, it is `CertificateNotFound`.
    pub fn set_settling_time(&self, time: Duration) {
        self.state().manners.settling_time = time;
    }

    /// What no listener has any more is in use for so long still.
    pub fn set_release_time(&self, time: Duration) {
        self.state().manners.release_time = time;
    }

    /// Servers ([`Fleet::serve`]) follow their listeners so long after a change. What is imported over is served at once.
    pub fn set_lag(&self, lag: Duration) {
        self.state().manners.lag = lag;
    }

    /// A load balancer has room for so many certificates besides its defaults; 25 unless it is said otherwise.
    pub fn set_room(&self, room: usize) {
        self.state().manners.room = room;
    }

    /// The role may not do this.
    pub fn deny(&self, action: &str) {
        self.state().door.denied.insert(action.to_owned());
    }

    /// It may again.
    pub fn allow(&self, action: &str) {
        self.state().door.denied.remove(action);
    }

    /// The role may do these and nothing else of ACM and Elastic Load Balancing.
    pub fn allow_only(&self, actions: &[&str]) {
        let all = session::ACTIONS.iter().filter(|action| !actions.contains(action));
        self.state().door.denied = all.map(|action| (*action).to_owned()).collect();
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

    /// The calls so far that change something, in order: action and resource.
    #[must_use]
    pub fn changes(&self) -> Vec<(String, String)> {
        let changes = self.calls().into_iter().filter(|call| session::is_change(&call.action));
        changes.map(|call| (call.action, call.resource)).collect()
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

    /// The session policies that were asked for.
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        self.state().door.policies.clone()
    }

    /// The events so far: what happened, and its detail.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        self.state().ours.events.clone()
    }

    /// The next message of a queue whose address contains `name`: the id in it.
    #[must_use]
    pub fn receive(&self, name: &str) -> Option<String> {
        self.state().ours.receive(name)
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut state = self.state();
        let Some(asked) = session::Call::of(request) else { return state.ours.answer(request) };
        let now = state.now;
        state.door.calls.push(Asked {
            action: asked.action.clone(),
            resource: asked.resource.clone(),
            body: asked.told(request),
            at: now,
        });
        let answered = state.door.pass(&asked.action, &asked.resource);
        let answered = answered.and_then(|()| session::within(&state.door.policies, request, &asked));
        let answered = answered.and_then(|()| match asked.service {
            session::Service::Acm => state.acm(&asked).map(|value| value.to_string()),
            session::Service::Balancing => state.balancing(&asked, request),
            session::Service::Sts => state.sts(&asked, request),
        });
        let lost = state.door.loses(&asked.action);
        state.remember(&asked.action);
        match answered {
            _ if lost => error(&asked, &Refusal(500, "InternalFailure".into(), "the answer is lost".into())),
            Ok(body) => Answer { status: 200, body },
            Err(refusal) => error(&asked, &refusal),
        }
    }
}

impl State {
    /// A number that no other thing has.
    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// Gives sessions, each under a key that tells its policy.
    fn sts(&mut self, asked: &session::Call, request: &Request) -> Answered<String> {
        if asked.action != "sts:AssumeRole" {
            return Err(Refusal::new("InvalidAction", format!("nobody expects {}", asked.action)));
        }
        self.door.policies.push(request.parameter("Policy").unwrap_or_default());
        Ok(session::answer(self.door.policies.len()))
    }
}

fn error(asked: &session::Call, Refusal(status, code, message): &Refusal) -> Answer {
    let body = match asked.service {
        session::Service::Acm => json!({ "__type": code, "message": message }).to_string(),
        session::Service::Balancing | session::Service::Sts => xml::error(code, message),
    };
    Answer { status: *status, body }
}

#[cfg(test)]
mod tests;
