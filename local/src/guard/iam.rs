//! What IAM refuses and ministack lets through, its quotas; and what IAM knows and ministack does not, last uses of keys.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use http::Response;
use http::header::CONTENT_LENGTH;
use hyper::body::Bytes;

use super::Exchange;
use super::record::CallLog;
use super::wire::{Refusal, element};
use crate::root::Root;

const VERSION: &str = "2010-05-08";
const ACCESS_KEYS_PER_USER: usize = 2;
/// Of all inline policies of a role together; white space does not count.
const INLINE_POLICIES_OF_A_ROLE: usize = 10_240;

/// What ministack says of a key that was never used.
const NEVER_USED: &str = "<Region>N/A</Region><ServiceName>N/A</ServiceName>";

/// The quotas of access keys and of a role's inline policies.
pub(super) async fn before(exchange: &Exchange, root: &Root) -> Result<(), Refusal> {
    let Some(caller) = &exchange.principal else { return Ok(()) };
    let root = root.of(&caller.account);
    let field = |name: &str| exchange.form.get(name).map(String::as_str);
    match exchange.call.action.as_str() {
        "CreateAccessKey" => match field("UserName") {
            Some(user) => one_more_key(user, &root).await,
            None => Ok(()),
        },
        "PutRolePolicy" => match (field("RoleName"), field("PolicyName"), field("PolicyDocument")) {
            (Some(role), Some(policy), Some(document)) => {
                one_more_policy(role, policy, document, &root).await
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// When an access key was used last, from the call log: at once, where AWS tells it hours later.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
pub(super) fn after(exchange: &Exchange, log: &CallLog, answer: Response<Bytes>) -> Response<Bytes> {
    if exchange.call.action != "GetAccessKeyLastUsed" || !answer.status().is_success() {
        return answer;
    }
    let used = exchange.form.get("AccessKeyId").and_then(|id| log.last_by(id));
    let Some(used) = used else { return answer };
    let at = i64::try_from(used.at / 1_000).ok().and_then(|at| jiff::Timestamp::from_second(at).ok());
    let (mut parts, body) = answer.into_parts();
    let told = format!(
        "<LastUsedDate>{}</LastUsedDate><Region>{}</Region><ServiceName>{}</ServiceName>",
        at.unwrap_or_default(),
        used.call.region,
        used.call.service
    );
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, String::from_utf8_lossy(&body).replacen(NEVER_USED, &told, 1).into())
}

async fn one_more_key(user: &str, root: &Root) -> Result<(), Refusal> {
    let fields = [("Action", "ListAccessKeys"), ("UserName", user)];
    let keys = match root.query("iam", VERSION, &fields).await {
        Ok(xml) => xml.matches("<AccessKeyId>").count(),
        // ministack says itself that the user is unknown.
        Err(_) => return Ok(()),
    };
    if keys < ACCESS_KEYS_PER_USER {
        return Ok(());
    }
    let message = format!("Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_PER_USER}");
    Err(Refusal::new(409, "LimitExceeded", message))
}

async fn one_more_policy(role: &str, policy: &str, document: &str, root: &Root) -> Result<(), Refusal> {
    let fields = [("Action", "ListRolePolicies"), ("RoleName", role)];
    // ministack says itself that the role is unknown.
    let Ok(names) = root.query("iam", VERSION, &fields).await else { return Ok(()) };
    let mut size = counted(document);
    for other in names.split("<member>").skip(1).filter_map(|rest| rest.split('<').next()) {
        // A policy of the same name is replaced.
        if other == policy {
            continue;
        }
        let fields = [("Action", "GetRolePolicy"), ("RoleName", role), ("PolicyName", other)];
        if let Ok(xml) = root.query("iam", VERSION, &fields).await {
            size += element(&xml, "PolicyDocument").map_or(0, |encoded| counted(&decoded(encoded)));
        }
    }
    if size <= INLINE_POLICIES_OF_A_ROLE {
        return Ok(());
    }
    let message =
        format!("Maximum policy size of {INLINE_POLICIES_OF_A_ROLE} bytes exceeded for role {role}");
    Err(Refusal::new(409, "LimitExceeded", message))
}

fn counted(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

/// IAM answers documents percent-encoded.
fn decoded(document: &str) -> String {
    let field = format!("document={document}");
    url::form_urlencoded::parse(field.as_bytes()).map(|(_, text)| text.into_owned()).collect()
}
