//! AWS: the customer's account with its two services, STS at its door, and our own KMS and queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use model::id::ProjectId;
use model::secret_sync::{DestinationConfig, SecretSync, ownership};
use serde_json::{Value, json};
use testkit::account::{Account, NUMBER};
use testkit::aws::{Answer, Request, scripted};

/// 32 bytes, in base64.
const DATA_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

pub(super) fn role() -> String {
    format!("arn:aws:iam::{NUMBER}:role/drawbridge")
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// The External ID that the role wants.
    external_id: String,
    /// What STS says instead of its answer, and how often.
    pub(super) sts_fault: Option<(u16, &'static str, usize)>,
    /// What KMS says to everything.
    pub(super) kms_fault: Option<(u16, &'static str)>,
    /// The queue: ids, first to come first.
    queue: VecDeque<String>,
    /// Deduplication ids of the last five minutes, which no test outlives.
    sent: Vec<String>,
    /// The session policies that were asked for.
    pub(super) policies: Vec<String>,
    /// Messages do not arrive.
    pub(super) loses_messages: bool,
}

/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Aws {
    state: Arc<Mutex<State>>,
    pub(super) account: Account,
}

impl Aws {
    pub(super) fn new() -> Self {
        Self::of(Account::new())
    }

    pub(super) fn of(account: Account) -> Self {
        Self { state: Arc::default(), account }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn config(&self) -> SdkConfig {
        let aws = self.clone();
        self.account.beside(&scripted(move |request| aws.ours(request)).0)
    }

    pub(super) fn trusts(&self, project: ProjectId) {
        self.state().external_id = project.to_string();
    }

    pub(super) fn send(&self, ids: impl Iterator<Item = String>) {
        self.state().queue.extend(ids);
    }

    pub(super) fn receive(&self) -> Option<String> {
        self.state().queue.pop_front()
    }

    pub(super) fn queued(&self) -> usize {
        self.state().queue.len()
    }

    /// How many calls of an action the customer's account has seen.
    pub(super) fn count(&self, action: &str) -> usize {
        self.account.counts().get(action).copied().unwrap_or_default()
    }

    /// How many calls changed something in the customer's account.
    pub(super) fn writes(&self) -> usize {
        let reading = ["Get", "List", "Describe", "BatchGet"];
        let writes = |action: &String| {
            let (_, name) = action.split_once(':').unwrap();
            !reading.iter().any(|reading| name.starts_with(reading))
        };
        self.account.counts().into_iter().filter(|(action, _)| writes(action)).map(|(_, count)| count).sum()
    }

    fn ours(&self, request: &Request) -> Answer {
        let (service, operation) = request.target.rsplit_once('.').unwrap_or(("sts", ""));
        match service {
            "TrentService" => self.kms(operation),
            "AmazonSQS" => self.queue(request),
            "sts" => self.assume(request),
            other => panic!("nobody expects {other}"),
        }
    }

    fn kms(&self, operation: &str) -> Answer {
        if let Some((status, code)) = self.state().kms_fault {
            return refuse(status, code, "as the test wants it");
        }
        match operation {
            "GenerateDataKey" => ok(&json!({ "Plaintext": DATA_KEY, "CiphertextBlob": "d3JhcHBlZA==" })),
            "Decrypt" => ok(&json!({ "Plaintext": DATA_KEY })),
            other => refuse(400, "NotFoundException", other),
        }
    }

    fn assume(&self, request: &Request) -> Answer {
        let mut state = self.state();
        if let Some((status, code, left)) = &mut state.sts_fault
            && *left > 0
        {
            *left -= 1;
            return xml(*status, code, "as the test wants it");
        }
        let presented = request.parameter("ExternalId").unwrap_or_default();
        if request.parameter("RoleArn") != Some(role()) || presented != state.external_id {
            return xml(403, "AccessDenied", "User: drawbridge is not authorized to perform: sts:AssumeRole");
        }
        state.policies.extend(request.parameter("Policy"));
        let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
             <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
        Answer { status: 200, body: body.to_owned() }
    }

    fn queue(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let entries = body["Entries"].as_array().unwrap();
        let mut state = self.state();
        for entry in entries {
            let once = entry["MessageDeduplicationId"].as_str().unwrap().to_owned();
            if state.loses_messages || state.sent.contains(&once) {
                continue;
            }
            state.sent.push(once);
            state.queue.push_back(entry["MessageGroupId"].as_str().unwrap().to_owned());
        }
        let taken: Vec<Value> = entries
            .iter()
            .map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "d" }))
            .collect();
        ok(&json!({ "Successful": taken, "Failed": [] }))
    }
}

impl Aws {
    /// Everything that is alive in the account, whoever's it is, with its value.
    pub(super) fn everything(&self) -> BTreeMap<String, String> {
        let secrets = self.account.secrets().into_iter().filter(|(_, secret)| !secret.deleted);
        let secrets = secrets.map(|(name, secret)| (name, secret.value.unwrap_or_default()));
        let parameters =
            self.account.parameters().into_iter().map(|(name, parameter)| (name, parameter.value));
        secrets.chain(parameters).collect()
    }

    /// What carries a sync's tag, by key.
    pub(super) fn owned_by(&self, sync: &SecretSync) -> BTreeMap<String, String> {
        let is_ours = |tags: &BTreeMap<String, String>| {
            tags.get(ownership::SECRET_SYNC).is_some_and(|id| *id == sync.id.to_string())
        };
        match &sync.destination {
            DestinationConfig::AwsSecretsManager { .. } => {
                let secrets = self.account.secrets().into_iter();
                let owned = secrets.filter(|(_, secret)| !secret.deleted && is_ours(&secret.tags));
                let owned = owned.map(|(name, secret)| (name, secret.value.unwrap_or_default()));
                if sync.destination.is_many_to_one() {
                    let read =
                        |text: String| serde_json::from_str::<BTreeMap<String, String>>(&text).unwrap();
                    return owned.flat_map(|(_, text)| read(text)).collect();
                }
                owned.collect()
            }
            DestinationConfig::AwsParameterStore { path, .. } => {
                let owned =
                    self.account.parameters().into_iter().filter(|(_, parameter)| is_ours(&parameter.tags));
                owned
                    .map(|(name, parameter)| {
                        (name.trim_start_matches(path.as_str()).to_owned(), parameter.value)
                    })
                    .collect()
            }
        }
    }
}

fn ok(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

fn refuse(status: u16, code: &str, message: &str) -> Answer {
    Answer { status, body: json!({ "__type": code, "message": message }).to_string() }
}

fn xml(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    );
    Answer { status, body }
}
