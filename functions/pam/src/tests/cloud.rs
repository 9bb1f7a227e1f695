//! A customer's account with its roles: trust, External ID, permissions, session policies, and Denies that hold.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};
use testkit::aws::{Answer, Request};

pub(super) const ACCOUNT: &str = "123456789012";
pub(super) const BRIDGE: &str = "arn:aws:iam::123456789012:role/bridge";
pub(super) const READONLY: &str = "arn:aws:iam::123456789012:role/pam/readonly";
pub(super) const ADMIN: &str = "arn:aws:iam::123456789012:role/pam/admin";

/// Nothing of the deployment may ever say these words anywhere but in an answer of access.
pub(super) const CANARY: &str = "canary";

/// A role as AWS keeps it.
#[derive(Debug, Clone)]
pub(super) struct Role {
    /// Who may assume it: `None` for the deployment itself, else another role.
    pub(super) trusts: Option<&'static str>,
    /// What it wants to hear, when it wants to hear something.
    pub(super) external_id: Option<String>,
    pub(super) longest_seconds: u64,
    /// Whether it may change the policies of roles.
    pub(super) manages_roles: bool,
    pub(super) reads_trail: bool,
    /// Its inline policies by name.
    pub(super) policies: HashMap<String, Value>,
}

#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) role: String,
    pub(super) session_name: String,
    issued_at: Timestamp,
    policy: Option<String>,
}

/// What was asked of AWS, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) action: String,
    pub(super) role: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) duration: u64,
    pub(super) policy: Option<String>,
    pub(super) signed_by: String,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) roles: HashMap<String, Role>,
    pub(super) issued: HashMap<String, Credentials>,
    pub(super) calls: Vec<Call>,
    /// How many proofs go through before IAM has spread a Deny.
    pub(super) lag: u32,
    /// Status and error code for the next calls of an action.
    pub(super) faults: HashMap<String, (u16, &'static str)>,
    pub(super) trail: Vec<Value>,
}

/// The account. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Cloud(Arc<Mutex<State>>);

impl Cloud {
    pub(super) fn new(external_id: impl ToString) -> Self {
        let external_id = Some(external_id.to_string());
        let role = |trusts, manages_roles| Role {
            trusts,
            external_id: external_id.clone(),
            longest_seconds: 3_600,
            manages_roles,
            reads_trail: manages_roles,
            policies: HashMap::new(),
        };
        let roles = [
            (BRIDGE, role(None, true)),
            (READONLY, role(Some(BRIDGE), false)),
            (ADMIN, role(Some(BRIDGE), false)),
        ];
        Self(Arc::new(Mutex::new(State {
            now: testkit::now(),
            roles: roles.into_iter().map(|(arn, role)| (arn.to_owned(), role)).collect(),
            issued: HashMap::new(),
            calls: Vec::new(),
            lag: 0,
            faults: HashMap::new(),
            trail: Vec::new(),
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, role: &str, change: impl FnOnce(&mut Role)) {
        change(self.state().roles.get_mut(role).expect("a role of the account"));
    }

    pub(super) fn calls(&self, action: &str) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.action == action).cloned().collect()
    }

    /// The sessions of people in roles: those that nobody confined.
    pub(super) fn people(&self) -> Vec<Credentials> {
        let state = self.state();
        state.issued.values().filter(|issued| issued.policy.is_none()).cloned().collect()
    }

    /// Whether AWS takes credentials for anything that their role allows.
    pub(super) fn accepts(&self, access_key_id: &str) -> bool {
        let state = self.state();
        let issued = &state.issued[access_key_id];
        !denied(&state.roles[&issued.role], issued)
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
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
        session_name: request.parameter("RoleSessionName").unwrap_or_default(),
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
        policy: request.parameter("Policy"),
    };
    state.issued.insert(access_key_id.clone(), issued);
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
        return match role.policies.remove(&name) {
            Some(_) => Answer { status: 200, body: "<DeleteRolePolicyResponse/>".into() },
            None => refuse(404, "NoSuchEntity", "no such policy"),
        };
    }
    let document = request.parameter("PolicyDocument").unwrap();
    let length: usize = role.policies.values().map(|policy| policy.to_string().len()).sum();
    if length + document.len() > 10_240 {
        return refuse(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded");
    }
    role.policies.insert(name, serde_json::from_str(&document).unwrap());
    Answer { status: 200, body: "<PutRolePolicyResponse/>".into() }
}

/// Whether a Deny of the role holds for these credentials: who, and until when.
fn denied(role: &Role, issued: &Credentials) -> bool {
    role.policies.values().any(|policy| {
        let condition = &policy["Statement"][0]["Condition"];
        let until: Timestamp =
            condition["DateLessThanEquals"]["aws:TokenIssueTime"].as_str().unwrap().parse().unwrap();
        condition["StringEquals"]["aws:userid"] == json!(user_id(issued))
            && issued.issued_at.unix_seconds() <= until.unix_seconds()
    })
}

fn prove(state: &mut State, request: &Request) -> Answer {
    let by = state.issued[&signer(request)].clone();
    let what = format!("{} is not authorized to perform: iam:GetRolePolicy on resource: role x", by.role);
    if state.lag > 0 {
        state.lag -= 1;
    } else if denied(&state.roles[&by.role], &by) {
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
    Answer { status: 200, body: json!({ "Events": events }).to_string() }
}
