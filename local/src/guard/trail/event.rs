//! One call as CloudTrail tells it.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::principals::Principal;
use super::super::record::Recorded;

/// What events can be looked up by.
pub(super) const ATTRIBUTES: [&str; 8] = [
    "AccessKeyId",
    "EventId",
    "EventName",
    "EventSource",
    "ReadOnly",
    "ResourceName",
    "ResourceType",
    "Username",
];

/// Operations whose events are data events, which the event history leaves out.
const DATA_EVENTS: [&str; 17] = [
    "BatchExecuteStatement",
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "DeleteMessage",
    "DeleteObject",
    "GetItem",
    "GetObject",
    "ListBucket",
    "PutItem",
    "PutLogEvents",
    "PutObject",
    "Query",
    "ReceiveMessage",
    "Scan",
    "SendMessage",
    "UpdateItem",
];

/// A call in the event history of one account.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) number: u64,
    pub(super) region: String,
    id: String,
    /// Unix seconds: CloudTrail counts no smaller.
    at: u64,
    name: Cow<'static, str>,
    source: String,
    read_only: bool,
    access_key_id: String,
    /// Absent when it was somebody of another account.
    username: Option<String>,
    resources: Vec<(&'static str, String)>,
    record: Value,
}

impl Event {
    /// The call in the history of `account`: its own principals' calls, and what others asked of its roles. `None` for
    /// another account's calls, for data events, and for what never reached AWS.
    pub(super) fn of(recorded: Recorded, account: &str) -> Option<Self> {
        let name = event_name(&recorded.call)?;
        if matches!(recorded.fault, Some("reset" | "silence")) {
            return None;
        }
        let principal = recorded.caller.principal.as_ref()?;
        let own = principal.account == account;
        let resources = resources(&recorded.call);
        if !own && !resources.iter().any(|(_, name)| name.split(':').nth(4) == Some(account)) {
            return None;
        }
        let (id, at) = (recorded.event_id.to_string(), recorded.at / 1000);
        let source = format!("{}.amazonaws.com", recorded.call.service);
        let read_only = is_read_only(&name);
        let mut record = json!({
            "eventVersion": "1.11",
            "userIdentity": identity(principal, &recorded.caller.access_key_id, own),
            "eventTime": timestamp(at),
            "eventSource": source,
            "eventName": name,
            "awsRegion": recorded.call.region,
            "sourceIPAddress": "127.0.0.1",
            "userAgent": recorded.caller.user_agent,
            "requestParameters": recorded.call.details,
            "responseElements": null,
            "eventID": id,
            "readOnly": read_only,
            "resources": resources.iter().map(|(kind, name)| json!({ "type": kind, "ARN": name })).collect::<Vec<_>>(),
            "eventType": if recorded.call.service == "signin" { "AwsConsoleSignIn" } else { "AwsApiCall" },
            "managementEvent": true,
            "recipientAccountId": account,
            "eventCategory": "Management",
        });
        for (field, value) in [("errorCode", &recorded.error), ("errorMessage", &recorded.error_message)] {
            if let Some(value) = value {
                record[field] = json!(value);
            }
        }
        Some(Self {
            number: recorded.number,
            region: recorded.call.region,
            id,
            at,
            name,
            source,
            read_only,
            access_key_id: recorded.caller.access_key_id.clone(),
            username: own.then(|| principal.user_name().to_owned()),
            resources,
            record,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
    pub(super) fn seconds(&self) -> f64 {
        self.at as f64
    }

    /// Whether the event has that attribute, one of [`ATTRIBUTES`].
    pub(super) fn has(&self, attribute: &str, value: &str) -> bool {
        match attribute {
            "AccessKeyId" => self.access_key_id == value,
            "EventId" => self.id == value,
            "EventName" => self.name == value,
            "EventSource" => self.source == value,
            "ReadOnly" => self.read_only.to_string() == value,
            "ResourceName" => self.resources.iter().any(|(_, name)| name == value),
            "ResourceType" => self.resources.iter().any(|(kind, _)| *kind == value),
            "Username" => self.username.as_deref() == Some(value),
            _ => false,
        }
    }

    /// The event as LookupEvents tells it.
    pub(super) fn json(&self) -> Value {
        let resources: Vec<Value> = self
            .resources
            .iter()
            .map(|(kind, name)| json!({ "ResourceType": kind, "ResourceName": name }))
            .collect();
        let mut event = json!({
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": self.read_only.to_string(),
            "AccessKeyId": self.access_key_id,
            "EventTime": self.at,
            "EventSource": self.source,
            "Resources": resources,
            "CloudTrailEvent": self.record.to_string(),
        });
        if let Some(username) = &self.username {
            event["Username"] = json!(username);
        }
        event
    }
}

fn event_name(call: &Call) -> Option<Cow<'static, str>> {
    let named_nothing = call.permissions.iter().all(|permission| permission.resource.is_empty());
    match (call.service.as_str(), call.action.as_str()) {
        ("signin", "getSigninToken") => Some("GetSigninToken".into()),
        ("signin", "login") => Some("ConsoleLogin".into()),
        ("s3", "ListBucket") if named_nothing => Some("ListBuckets".into()),
        // Without a name: the method and path of a REST service.
        (_, action)
            if DATA_EVENTS.contains(&action) || action.contains(' ') || action.starts_with("Transact") =>
        {
            None
        }
        (_, action) => Some(action.to_owned().into()),
    }
}

fn is_read_only(name: &str) -> bool {
    ["AssumeRole", "Describe", "Get", "Head", "List", "Lookup"].iter().any(|verb| name.starts_with(verb))
        && name != "GetSigninToken"
}

fn identity(principal: &Principal, access_key_id: &str, own: bool) -> Value {
    let user_id = principal.user_id.clone().unwrap_or_else(|| principal.account.clone());
    if !own {
        return json!({ "type": "AWSAccount", "principalId": user_id, "accountId": principal.account });
    }
    let mut identity = json!({
        "principalId": user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": access_key_id,
    });
    match principal.session() {
        Some((role, _)) => {
            identity["type"] = json!("AssumedRole");
            let mut session = json!({
                "type": "Role",
                "principalId": user_id.split(':').next(),
                "arn": principal.role_arn,
                "accountId": principal.account,
                "userName": role,
            });
            session = json!({ "sessionIssuer": session });
            if let Some(source_identity) = &principal.source_identity {
                session["sourceIdentity"] = json!(source_identity);
            }
            identity["sessionContext"] = session;
        }
        None if principal.arn.ends_with(":root") => identity["type"] = json!("Root"),
        None => {
            identity["type"] = json!("IAMUser");
            identity["userName"] = json!(principal.user_name());
        }
    }
    identity
}

fn resources(call: &Call) -> Vec<(&'static str, String)> {
    let kind = match (call.service.as_str(), call.action.as_str()) {
        ("iam", action) if action.contains("Role") => "AWS::IAM::Role",
        ("iam", action) if action.contains("User") || action.contains("AccessKey") => "AWS::IAM::User",
        ("kms", _) => "AWS::KMS::Key",
        ("s3", _) => "AWS::S3::Bucket",
        ("secretsmanager", _) => "AWS::SecretsManager::Secret",
        ("ssm", _) => "AWS::SSM::Parameter",
        ("sts", "AssumeRole") => "AWS::IAM::Role",
        _ => return Vec::new(),
    };
    let named = call.permissions.iter().map(|permission| &permission.resource);
    named.filter(|name| !name.is_empty() && *name != "*").map(|name| (kind, name.clone())).collect()
}

fn timestamp(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(String::new, |at| at.to_string())
}

#[cfg(test)]
#[path = "event_tests.rs"]
pub(super) mod tests;
