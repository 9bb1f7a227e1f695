//! A customer's account with its roles, in memory: trust, External ID, permissions, session policies, and Denies that
//! hold. Its [`Cloud::answer`] is a script for [`scripted`](crate::aws::scripted).
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::aws::{Answer, Request};
use model::Timestamp;
use serde_json::{Value, json};

/// The account's number.
pub const ACCOUNT: &str = "123456789012";
/// The role that the deployment may assume, and that manages the others.
pub const BRIDGE: &str = "arn:aws:iam::123456789012:role/bridge";
/// A role behind it.
pub const READONLY: &str = "arn:aws:iam::123456789012:role/pam/readonly";
/// Another role behind it.
pub const ADMIN: &str = "arn:aws:iam::123456789012:role/pam/admin";

/// Nothing of the deployment may ever say these words anywhere but in an answer of access.
pub const CANARY: &str = "canary";

/// A role as AWS keeps it.
#[derive(Debug, Clone)]
pub struct Role {
    /// Who may assume it: `None` for the deployment itself, else another role.
    pub trusts: Option<&'static str>,
    /// What it wants to hear, when it wants to hear something.
    pub external_id: Option<String>,
    /// The longest session that it gives.
    pub longest_seconds: u64,
    /// Whether it may change the policies of roles.
    pub manages_roles: bool,
    /// Whether a Deny of its owner's refuses whatever IAM is asked as this role.
    pub denies_iam: bool,
    /// Whether it may read CloudTrail.
    pub reads_trail: bool,
    /// Its inline policies by name.
    pub policies: HashMap<String, Value>,
}

/// Credentials that AWS gave for a role.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The role.
    pub role: String,
    /// Under which name.
    pub session_name: String,
    issued_at: Timestamp,
    expires_at: Timestamp,
    policy: Option<String>,
}

/// What was asked of AWS, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The action.
    pub action: String,
    /// The role that it is about.
    pub role: String,
    /// The name of the session, or of the policy.
    pub session_name: String,
    /// What was presented.
    pub external_id: Option<String>,
    /// For how many seconds.
    pub duration: u64,
    /// The session policy.
    pub policy: Option<String>,
    /// The id of the access key that signed.
    pub signed_by: String,
}

/// All that the account knows.
#[derive(Debug)]
pub struct State {
    /// AWS's clock.
    pub now: Timestamp,
    /// How far its clock goes on with each session that it gives.
    pub pace: Duration,
    /// The roles by ARN.
    pub roles: HashMap<String, Role>,
    /// The credentials by access key id.
    pub issued: HashMap<String, Credentials>,
    /// What was asked so far.
    pub calls: Vec<Call>,
    /// How many proofs go through although a Deny is on the role: IAM has not spread it yet.
    pub lag: u32,
    /// Status and error code for the next calls of an action.
    pub faults: HashMap<String, (u16, &'static str)>,
    /// CloudTrail's events.
    pub trail: Vec<Value>,
    /// Denies that were removed while they still held somebody back.
    pub removed_early: Vec<String>,
}

/// The account. Clones are the same.
#[derive(Debug, Clone)]
pub struct Cloud(Arc<Mutex<State>>);

impl Cloud {
    /// An account whose roles want this External ID.
    pub fn new(external_id: impl ToString) -> Self {
        let external_id = Some(external_id.to_string());
        let role = |trusts, manages_roles| Role {
            trusts,
            external_id: external_id.clone(),
            longest_seconds: 3_600,
            manages_roles,
            denies_iam: false,
            reads_trail: manages_roles,
            policies: HashMap::new(),
        };
        let roles = [
            (BRIDGE, role(None, true)),
            (READONLY, role(Some(BRIDGE), false)),
            (ADMIN, role(Some(BRIDGE), false)),
        ];
        Self(Arc::new(Mutex::new(State {
            now: crate::now(),
            pace: Duration::ZERO,
            roles: roles.into_iter().map(|(arn, role)| (arn.to_owned(), role)).collect(),
            issued: HashMap::new(),
            calls: Vec::new(),
            lag: 0,
            faults: HashMap::new(),
            trail: Vec::new(),
            removed_early: Vec::new(),
        })))
    }

    /// What it knows.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a role.
    pub fn change(&self, role: &str, change: impl FnOnce(&mut Role)) {
        change(self.state().roles.get_mut(role).expect("a role of the account"));
    }

    /// What was asked so far of this action.
    pub fn calls(&self, action: &str) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.action == action).cloned().collect()
    }

    /// The sessions of people in roles: those that nobody confined.
    pub fn people(&self) -> Vec<Credentials> {
        let state = self.state();
        state.issued.values().filter(|issued| issued.policy.is_none()).cloned().collect()
    }

    /// Whether AWS takes credentials for anything that their role allows.
    pub fn accepts(&self, access_key_id: &str) -> bool {
        let state = self.state();
        let issued = &state.issued[access_key_id];
        !denied(&state.roles[&issued.role], issued)
    }

    /// The answer to a request of an SDK's.
    pub fn answer(&self, request: &Request) -> Answer {
        let mut state = self.state();
        if request.target.ends_with("LookupEvents") {
            return look_up(&mut state, request);
        }
        let action = request.parameter("Action").unwrap_or_default();
        if let Some((status, code)) = state.faults.get(&action).copied() {
            state.calls.push(call(request, &action));
            return refuse(status, code, "as the test wants it");
        }
        state.calls.push(call(request, &action));
        match action.as_str() {
            "AssumeRole" => assume(&mut state, request),
            "GetCallerIdentity" => identity(&state, request),
            "PutRolePolicy" | "DeleteRolePolicy" => manage(&mut state, request, &action),
            "GetRolePolicy" => prove(&mut state, request),
            other => panic!("nobody expects {other}"),
        }
    }
}

fn call(request: &Request, action: &str) -> Call {
    Call {
        action: action.to_owned(),
        role: request.parameter("RoleArn").or(request.parameter("RoleName")).unwrap_or_default(),
        session_name: request
            .parameter("RoleSessionName")
            .or(request.parameter("PolicyName"))
            .unwrap_or_default(),
        external_id: request.parameter("ExternalId"),
        duration: request.parameter("DurationSeconds").and_then(|text| text.parse().ok()).unwrap_or_default(),
        policy: request.parameter("Policy"),
        signed_by: signer(request),
    }
}

fn signer(request: &Request) -> String {
    let (_, rest) = request.authorization.split_once("Credential=").unwrap_or_default();
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn refuse(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Answer { status, body }
}

fn assume(state: &mut State, request: &Request) -> Answer {
    let arn = request.parameter("RoleArn").unwrap();
    let by = state.issued.get(&signer(request)).map(|issued| issued.role.clone());
    let denied = || {
        let who = by.clone().unwrap_or_else(|| "the deployment".to_owned());
        refuse(
            403,
            "AccessDenied",
            &format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}"),
        )
    };
    let Some(role) = state.roles.get(&arn).cloned() else { return denied() };
    if role.trusts.map(str::to_owned) != by
        || (role.external_id.is_some() && role.external_id != request.parameter("ExternalId"))
    {
        return denied();
    }
    let seconds: u64 = request.parameter("DurationSeconds").unwrap().parse().unwrap();
    if seconds > role.longest_seconds {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return refuse(400, "ValidationError", message);
    }
    let access_key_id = format!("ASIA{:016}", state.issued.len());
    let end = state.now.plus(Duration::from_secs(seconds));
    let issued = Credentials {
        role: arn,
        session_name: request.parameter("RoleSessionName").unwrap(),
        issued_at: state.now,
        expires_at: end,
        policy: request.parameter("Policy"),
    };
    state.issued.insert(access_key_id.clone(), issued);
    state.now = state.now.plus(state.pace);
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{access_key_id}</AccessKeyId>\
         <SecretAccessKey>{CANARY}-key-{access_key_id}</SecretAccessKey><SessionToken>{CANARY}-token-{access_key_id}</SessionToken>\
         <Expiration>{end}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    Answer { status: 200, body }
}

fn role_id(arn: &str) -> String {
    format!("AROA{:0>17}", arn.rsplit('/').next().unwrap().to_uppercase())
}

fn user_id(issued: &Credentials) -> String {
    format!("{}:{}", role_id(&issued.role), issued.session_name)
}

fn identity(state: &State, request: &Request) -> Answer {
    let issued = &state.issued[&signer(request)];
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{ACCOUNT}:assumed-role/x/{}</Arn><UserId>{}</UserId>\
         <Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        issued.session_name,
        user_id(issued)
    );
    Answer { status: 200, body }
}

fn manage(state: &mut State, request: &Request, action: &str) -> Answer {
    let by = state.issued[&signer(request)].clone();
    let allowed = by.policy.as_ref().is_some_and(|policy| policy.contains(action));
    let target = request.parameter("RoleName").unwrap();
    if !allowed || !state.roles[&by.role].manages_roles {
        let message =
            format!("{} is not authorized to perform: iam:{action} on resource: role {target}", by.role);
        return refuse(403, "AccessDenied", &message);
    }
    let suffix = format!("/{target}");
    let Some((_, role)) = state.roles.iter_mut().find(|(arn, _)| arn.ends_with(&suffix)) else {
        return refuse(404, "NoSuchEntity", "no such role");
    };
    let name = request.parameter("PolicyName").unwrap();
    if action == "DeleteRolePolicy" {
        let Some(policy) = role.policies.remove(&name) else {
            return refuse(404, "NoSuchEntity", "no such policy");
        };
        let (issued, now) = (state.issued.values(), state.now);
        if issued.filter(|issued| now < issued.expires_at).any(|issued| denies(&policy, issued)) {
            state.removed_early.push(name);
        }
        return Answer { status: 200, body: "<DeleteRolePolicyResponse/>".into() };
    }
    let document = request.parameter("PolicyDocument").unwrap();
    let length: usize = role.policies.values().map(|policy| policy.to_string().len()).sum();
    if length + document.len() > 10_240 {
        return refuse(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded");
    }
    role.policies.insert(name, serde_json::from_str(&document).unwrap());
    Answer { status: 200, body: "<PutRolePolicyResponse/>".into() }
}

/// Whether a Deny of the role holds for these credentials.
fn denied(role: &Role, issued: &Credentials) -> bool {
    role.policies.values().any(|policy| denies(policy, issued))
}

/// Whether a policy is a Deny of ours for these credentials: who, and until when.
fn denies(policy: &Value, issued: &Credentials) -> bool {
    let condition = &policy["Statement"][0]["Condition"];
    let until = condition["DateLessThanEquals"]["aws:TokenIssueTime"].as_str();
    let until = until.and_then(|until| until.parse::<Timestamp>().ok());
    condition["StringEquals"]["aws:userid"] == json!(user_id(issued))
        && until.is_some_and(|until| issued.issued_at.unix_seconds() <= until.unix_seconds())
}

fn prove(state: &mut State, request: &Request) -> Answer {
    let by = state.issued[&signer(request)].clone();
    let what = format!("{} is not authorized to perform: iam:GetRolePolicy on resource: role x", by.role);
    let role = &state.roles[&by.role];
    let (theirs, ours) = (role.denies_iam, denied(role, &by));
    if ours && !theirs && state.lag > 0 {
        state.lag -= 1;
    } else if theirs || ours {
        return refuse(
            403,
            "AccessDenied",
            &format!("{what} with an explicit deny in an identity-based policy"),
        );
    }
    refuse(
        403,
        "AccessDenied",
        &format!("{what} because no identity-based policy allows the iam:GetRolePolicy action"),
    )
}

fn look_up(state: &mut State, request: &Request) -> Answer {
    let by = state.issued[&signer(request)].clone();
    state.calls.push(call(request, "LookupEvents"));
    if !state.roles[&by.role].reads_trail {
        let body = json!({ "__type": "AccessDeniedException", "message": "not authorized to perform: cloudtrail:LookupEvents" });
        return Answer { status: 400, body: body.to_string() };
    }
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let name = &body["LookupAttributes"][0]["AttributeValue"];
    let events: Vec<&Value> = state.trail.iter().filter(|event| event["Username"] == *name).collect();
    let most = body["MaxResults"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(50);
    let from: usize = body["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let page: Vec<&Value> = events.iter().skip(from).take(most).copied().collect();
    let next = (from + page.len() < events.len()).then(|| (from + page.len()).to_string());
    Answer { status: 200, body: json!({ "Events": page, "NextToken": next }).to_string() }
}
