//! A customer's IAM in memory, with STS at its door, beside our own KMS, queues and event bus: users with at most two keys,
//! which AWS knows a while after they were made.
//!
//! Refuses what it is told to refuse, throttles, loses answers, and keeps what was asked.
#![expect(clippy::expect_used, clippy::panic, reason = "a mistake of the test's")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use model::Timestamp;
use serde_json::Value;

use crate::account::NUMBER;
use crate::aws::{Answer, Request, scripted};
use crate::ours::Ours;

/// A key of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Whether AWS takes it.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on AWS knows it.
    pub works_from: Timestamp,
    /// From when on it is listed.
    pub appears_at: Timestamp,
    /// When it was used last, as AWS tells.
    pub last_used: Option<Timestamp>,
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// IAM's own id of it.
    pub id: String,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `iam:CreateAccessKey`.
    pub action: String,
    /// The user, where one was named.
    pub user: String,
    /// The key, where one was named, or signed.
    pub key: String,
    /// When.
    pub at: Timestamp,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<String, User>,
    denied: BTreeSet<String>,
    throttled: BTreeMap<String, usize>,
    broken: BTreeMap<String, usize>,
    made: u32,
    slowness: Duration,
    /// So long it takes until a new key is listed, and one that is gone is not.
    listing_lag: Duration,
    gone: Vec<(String, Key, Timestamp)>,
    /// How far AWS's clock is before ours, in seconds.
    skew: i64,
    proofs: Vec<(String, Timestamp)>,
    each_call: Option<fn()>,
    calls: Vec<Asked>,
    ours: Ours,
    policies: Vec<String>,
}

/// The account. Clones are the same.
#[derive(Debug, Clone)]
pub struct Iam {
    state: Arc<Mutex<State>>,
    clock: fn() -> Timestamp,
    meanwhile: Meanwhile,
}

type Deed = Box<dyn FnOnce(&Iam) + Send>;

/// What happens before the next call of an action.
#[derive(Clone, Default)]
struct Meanwhile(Arc<Mutex<Option<(String, Deed)>>>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile")
    }
}

impl Meanwhile {
    fn take(&self, action: &str) -> Option<Deed> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next.take_if(|next| next.0 == action).map(|(_, deed)| deed)
    }
}

impl Iam {
    /// An account without users, on this clock.
    #[must_use]
    pub fn on(clock: fn() -> Timestamp) -> Self {
        Self { state: Arc::default(), clock, meanwhile: Meanwhile::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A configuration whose clients reach this account, and KMS, queues and an event bus of our own.
    #[must_use]
    pub fn config(&self) -> SdkConfig {
        let iam = self.clone();
        scripted(move |request| iam.answer(request)).0
    }

    /// A user is made, or made again: it has another id then.
    pub fn put_user(&self, name: &str) {
        let mut state = self.state();
        state.made += 1;
        let id = format!("AIDA{:0>16}", state.made);
        state.users.insert(name.to_owned(), User { id, keys: Vec::new() });
    }

    /// A user goes, with its keys.
    pub fn remove_user(&self, name: &str) {
        self.state().users.remove(name);
    }

    /// Somebody gives a user another name: its id and its keys stay.
    pub fn rename_user(&self, from: &str, to: &str) {
        let mut state = self.state();
        let user = state.users.remove(from).expect("a user");
        state.users.insert(to.to_owned(), user);
    }

    /// Somebody makes a key that works at once.
    pub fn put_key(&self, user: &str) -> String {
        let now = (self.clock)();
        let mut state = self.state();
        let key = state.new_key(now, now);
        let id = key.id.clone();
        state.users.get_mut(user).expect("a user").keys.push(key);
        id
    }

    /// Somebody changes a key, or removes it (`None`).
    pub fn change_key(&self, id: &str, change: impl FnOnce(Key) -> Option<Key>) {
        let mut state = self.state();
        for user in state.users.values_mut() {
            if let Some(index) = user.keys.iter().position(|key| key.id == id) {
                let key = user.keys.remove(index);
                user.keys.extend(change(key));
                return;
            }
        }
        panic!("no key {id}");
    }

    /// The keys of a user.
    #[must_use]
    pub fn keys(&self, user: &str) -> Vec<Key> {
        self.state().users.get(user).map(|user| user.keys.clone()).unwrap_or_default()
    }

    /// New keys work so long after they were made.
    pub fn set_slowness(&self, slowness: Duration) {
        self.state().slowness = slowness;
    }

    /// It takes so long until a new key is listed, and until one that is gone is not listed any more.
    pub fn set_listing_lag(&self, lag: Duration) {
        self.state().listing_lag = lag;
    }

    /// AWS's clock is so many seconds before ours.
    pub fn set_skew(&self, seconds: i64) {
        self.state().skew = seconds;
    }

    /// Something that happens with each call, before it: time that passes.
    pub fn at_each_call(&self, hook: fn()) {
        self.state().each_call = Some(hook);
    }

    /// Something that happens once, before the next call of an action.
    pub fn meanwhile(&self, action: &str, deed: impl FnOnce(&Self) + Send + 'static) {
        let next = Some((action.to_owned(), Box::new(deed) as Deed));
        *self.meanwhile.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// When AWS was asked who it is under this key, and took it.
    #[must_use]
    pub fn proofs(&self, key: &str) -> Vec<Timestamp> {
        self.state().proofs.iter().filter(|(id, _)| id == key).map(|(_, at)| *at).collect()
    }

    /// The role may not do this.
    pub fn deny(&self, action: &str) {
        self.state().denied.insert(action.to_owned());
    }

    /// It may again.
    pub fn allow(&self, action: &str) {
        self.state().denied.remove(action);
    }

    /// The next so many calls of an action are throttled.
    pub fn throttle(&self, action: &str, times: usize) {
        self.state().throttled.insert(action.to_owned(), times);
    }

    /// The next so many calls of an action fail by AWS's own account, after they were done.
    pub fn lose_answers(&self, action: &str, times: usize) {
        self.state().broken.insert(action.to_owned(), times);
    }

    /// Every call so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Asked> {
        self.state().calls.clone()
    }

    /// How often an action was called so far.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.state().calls.iter().filter(|call| call.action == action).count()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    /// The events so far: what happened, and its detail.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        self.state().ours.events.clone()
    }

    /// The session policies that were asked for.
    #[must_use]
    pub fn policies(&self) -> Vec<String> {
        self.state().policies.clone()
    }

    /// The next message of a queue whose address contains `name`: the id in it.
    #[must_use]
    pub fn receive(&self, name: &str) -> Option<String> {
        self.state().ours.receive(name)
    }

    fn answer(&self, request: &Request) -> Answer {
        let each_call = self.state().each_call;
        if let Some(hook) = each_call {
            hook();
        }
        let now = (self.clock)();
        if !request.target.is_empty() {
            return self.state().ours.answer(request);
        }
        let action = request.parameter("Action").unwrap_or_default();
        let service = if request.authorization.contains("/sts/") { "sts" } else { "iam" };
        let action = format!("{service}:{action}");
        if let Some(deed) = self.meanwhile.take(&action) {
            deed(self);
        }
        let user = request.parameter("UserName").unwrap_or_default();
        let signed =
            request.authorization.split("Credential=").nth(1).and_then(|text| text.split('/').next());
        let key = request.parameter("AccessKeyId").or_else(|| signed.map(str::to_owned)).unwrap_or_default();
        let mut state = self.state();
        let is_dead = |id: &str| id.starts_with("AKIA") && !state.is_active(id);
        if service == "iam" && signed.is_some_and(is_dead) {
            return unknown_key();
        }
        state.calls.push(Asked { action: action.clone(), user: user.clone(), key: key.clone(), at: now });
        if let Some(left) = state.throttled.get_mut(&action).filter(|left| **left > 0) {
            *left -= 1;
            return error(400, "Throttling", "Rate exceeded");
        }
        if state.denied.contains(&action) {
            let message = format!(
                "User: arn:aws:sts::{NUMBER}:assumed-role/customer/drawbridge is not authorized to perform: {action} on \
                 resource: user {user} because no identity-based policy allows the {action} action"
            );
            return error(403, "AccessDenied", &message);
        }
        let answer = state.act(&action, &user, &key, request, now);
        match state.broken.get_mut(&action).filter(|left| **left > 0) {
            Some(left) => {
                *left -= 1;
                error(500, "ServiceFailure", "The request processing has failed")
            }
            None => answer,
        }
    }
}

fn unknown_key() -> Answer {
    error(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

impl State {
    fn is_active(&self, id: &str) -> bool {
        self.users.values().flat_map(|user| &user.keys).any(|held| held.id == id && held.is_active)
    }

    fn new_key(&mut self, now: Timestamp, works_from: Timestamp) -> Key {
        self.made += 1;
        // IAM tells whole seconds.
        let created_at = Timestamp::from_unix_seconds(now.unix_seconds() + self.skew);
        Key {
            id: format!("AKIA{:0>16}", self.made),
            is_active: true,
            created_at,
            works_from,
            appears_at: now,
            last_used: None,
        }
    }

    fn act(&mut self, action: &str, user: &str, key: &str, request: &Request, now: Timestamp) -> Answer {
        let absent = |what: &str| error(404, "NoSuchEntity", &format!("The {what} cannot be found."));
        match action {
            "sts:AssumeRole" => {
                self.policies.extend(request.parameter("Policy"));
                result(
                    "AssumeRole",
                    "<Credentials><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>key</SecretAccessKey>\
                     <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
                )
            }
            "sts:GetCallerIdentity" => {
                let found = self.users.iter().find_map(|(name, user)| {
                    let held = user.keys.iter().find(|held| held.id == key)?;
                    (held.is_active && held.works_from <= now).then(|| (name.clone(), user.id.clone()))
                });
                if found.is_some() {
                    self.proofs.push((key.to_owned(), now));
                }
                match found {
                    Some((name, id)) => result(
                        "GetCallerIdentity",
                        &format!(
                            "<Arn>arn:aws:iam::{NUMBER}:user/{name}</Arn><UserId>{id}</UserId><Account>{NUMBER}</Account>"
                        ),
                    ),
                    None => unknown_key(),
                }
            }
            "iam:ListUsers" => {
                let users: String = self.users.iter().map(|(name, user)| format!(
                    "<member><Path>/</Path><UserName>{name}</UserName><UserId>{}</UserId><Arn>arn:aws:iam::{NUMBER}:user/{name}</Arn>\
                     <CreateDate>2026-01-01T00:00:00Z</CreateDate></member>", user.id)).collect();
                result("ListUsers", &format!("<IsTruncated>false</IsTruncated><Users>{users}</Users>"))
            }
            "iam:ListAccessKeys" => match self.users.get(user) {
                None => absent("user"),
                Some(found) => {
                    let appeared = |key: &&Key| key.appears_at <= now;
                    let lately = |at: Timestamp| now < at.plus(self.listing_lag);
                    let gone = self
                        .gone
                        .iter()
                        .filter(|(of, _, at)| of == user && lately(*at))
                        .map(|(_, key, _)| key);
                    let keys: String = found.keys.iter().filter(appeared).chain(gone).map(|key| format!(
                        "<member><UserName>{user}</UserName><AccessKeyId>{}</AccessKeyId><Status>{}</Status><CreateDate>{}</CreateDate></member>",
                        key.id, if key.is_active { "Active" } else { "Inactive" }, key.created_at)).collect();
                    result(
                        "ListAccessKeys",
                        &format!(
                            "<IsTruncated>false</IsTruncated><AccessKeyMetadata>{keys}</AccessKeyMetadata>"
                        ),
                    )
                }
            },
            "iam:GetAccessKeyLastUsed" => {
                let found = self.users.values().flat_map(|user| &user.keys).find(|held| held.id == key);
                match found {
                    None => absent("key"),
                    Some(found) => {
                        let at = found
                            .last_used
                            .map_or_else(String::new, |at| format!("<LastUsedDate>{at}</LastUsedDate>"));
                        result(
                            "GetAccessKeyLastUsed",
                            &format!(
                                "<AccessKeyLastUsed>{at}<ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>"
                            ),
                        )
                    }
                }
            }
            "iam:CreateAccessKey" => {
                let works_from = now.plus(self.slowness);
                match self.users.get(user).map(|user| user.keys.len()) {
                    None => absent("user"),
                    Some(2..) => error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"),
                    Some(_) => {
                        let mut key = self.new_key(now, works_from);
                        key.appears_at = now.plus(self.listing_lag);
                        let answer = result(
                            "CreateAccessKey",
                            &format!(
                                "<AccessKey><UserName>{user}</UserName><AccessKeyId>{}</AccessKeyId><Status>Active</Status>\
                             <SecretAccessKey>secret of {}</SecretAccessKey><CreateDate>{}</CreateDate></AccessKey>",
                                key.id, key.id, key.created_at
                            ),
                        );
                        self.users.get_mut(user).expect("a user").keys.push(key);
                        answer
                    }
                }
            }
            "iam:UpdateAccessKey" => {
                let held = self
                    .users
                    .get_mut(user)
                    .and_then(|user| user.keys.iter_mut().find(|held| held.id == key));
                match held {
                    None => absent("key"),
                    Some(held) => {
                        held.is_active = request.parameter("Status").as_deref() == Some("Active");
                        result("UpdateAccessKey", "")
                    }
                }
            }
            "iam:DeleteAccessKey" => match self.users.get_mut(user).map(|user| &mut user.keys) {
                Some(keys) if keys.iter().any(|held| held.id == key) => {
                    self.gone.extend(
                        keys.iter()
                            .filter(|held| held.id == key)
                            .map(|held| (user.to_owned(), held.clone(), now)),
                    );
                    keys.retain(|held| held.id != key);
                    result("DeleteAccessKey", "")
                }
                Some(_) | None => absent("key"),
            },
            other => panic!("nobody expects {other}"),
        }
    }
}

fn result(operation: &str, inside: &str) -> Answer {
    let body =
        format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>");
    Answer { status: 200, body }
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Answer { status, body }
}
