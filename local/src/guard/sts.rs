//! What STS refuses and ministack lets through.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use hyper::body::Bytes;
use serde_json::json;

use super::Exchange;
use super::call::Form;
use super::wire::{Refusal, element};
use crate::root::Root;

const SHORTEST_SESSION_SECONDS: u64 = 900;
const LONGEST_SESSION_SECONDS: u64 = 43_200;
const LONGEST_CHAINED_SESSION_SECONDS: u64 = 3_600;
const DEFAULT_SESSION_SECONDS: u64 = 3_600;

/// The constraints on the request itself.
pub(super) fn before(exchange: &Exchange) -> Result<(), Refusal> {
    if exchange.call.action != "AssumeRole" {
        return Ok(());
    }
    let form = &exchange.form;
    if let Some(given) = form.get("DurationSeconds") {
        let bound = match given.parse::<u64>() {
            Ok(seconds) if seconds < SHORTEST_SESSION_SECONDS => Some(("greater", SHORTEST_SESSION_SECONDS)),
            Ok(seconds) if seconds > LONGEST_SESSION_SECONDS => Some(("less", LONGEST_SESSION_SECONDS)),
            Ok(_) => None,
            Err(_) => return Err(Refusal::new(400, "MalformedInput", "DurationSeconds is not a number")),
        };
        if let Some((side, bound)) = bound {
            let constraint = format!("Member must have value {side} than or equal to {bound}");
            return Err(constraint_refusal(given, "durationSeconds", &constraint));
        }
    }
    name(form, "RoleSessionName", "roleSessionName", 64, "")?;
    name(form, "SourceIdentity", "sourceIdentity", 64, "")?;
    name(form, "ExternalId", "externalId", 1224, ":/")?;

    let carried = exchange.principal.as_ref().and_then(|caller| caller.source_identity.as_deref());
    match (carried, form.get("SourceIdentity")) {
        (Some(carried), Some(wanted)) if carried != wanted => {
            let caller = exchange.principal.as_ref().map_or("", |caller| caller.arn.as_str());
            let role = form.get("RoleArn").map_or("", String::as_str);
            let message = format!(
                "User: {caller} is not authorized to perform: sts:SetSourceIdentity on resource: {role}"
            );
            Err(Refusal::new(403, "AccessDenied", message))
        }
        _ => Ok(()),
    }
}

/// The limits of the role and of chaining, once the role has let the caller in. Credentials that
/// ministack has made by then are thrown away.
pub(super) async fn after(
    exchange: &Exchange,
    root: &Root,
    answer: Response<Bytes>,
) -> Result<Response<Bytes>, Refusal> {
    let accept = exchange.parts.headers.get("accept").and_then(|value| value.to_str().ok());
    if exchange.call.action == "GetCallerIdentity" && accept == Some("application/json") {
        return Ok(in_json(answer));
    }
    if exchange.call.action != "AssumeRole" || !answer.status().is_success() {
        return Ok(answer);
    }
    let form = &exchange.form;
    let seconds =
        form.get("DurationSeconds").and_then(|given| given.parse().ok()).unwrap_or(DEFAULT_SESSION_SECONDS);
    let chained = exchange.principal.as_ref().is_some_and(super::Principal::is_role_session);
    if chained && seconds > LONGEST_CHAINED_SESSION_SECONDS {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    if seconds > longest_session(form, root).await {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let carried = exchange.principal.as_ref().and_then(|caller| caller.source_identity.as_ref());
    Ok(match form.get("SourceIdentity").or(carried) {
        Some(identity) => echo(answer, identity),
        None => answer,
    })
}

async fn longest_session(form: &Form, root: &Root) -> u64 {
    let role_arn = form.get("RoleArn").map_or("", String::as_str);
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    let fields = [("Action", "GetRole"), ("RoleName", role)];
    match root.of(account).query("iam", "2010-05-08", &fields).await {
        Ok(xml) => element(&xml, "MaxSessionDuration")
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(DEFAULT_SESSION_SECONDS),
        Err(failure) => {
            tracing::warn!(
                "cannot read the longest session of {role_arn}, so it is not enforced: {failure:#}"
            );
            LONGEST_SESSION_SECONDS
        }
    }
}

/// The alphabet and length that STS gives names, plus the characters in `more`.
fn name(form: &Form, field: &str, member: &str, longest: usize, more: &str) -> Result<(), Refusal> {
    let Some(given) = form.get(field) else { return Ok(()) };
    let constraint = if given.len() < 2 {
        "Member must have length greater than or equal to 2".to_owned()
    } else if given.len() > longest {
        format!("Member must have length less than or equal to {longest}")
    } else if given.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || more.contains(c)) {
        return Ok(());
    } else {
        format!("Member must satisfy regular expression pattern: [\\w+=,.@{}-]*", more.replace('/', "\\/"))
    };
    // An External ID is shown to nobody, not even to the one who sent it.
    let shown = if field == "ExternalId" { "***" } else { given };
    Err(constraint_refusal(shown, member, &constraint))
}

fn constraint_refusal(value: &str, member: &str, constraint: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    Refusal::new(400, "ValidationError", message)
}

/// GetCallerIdentity in JSON, which STS answers to who asks for it, and ministack does not.
fn in_json(answer: Response<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = answer.into_parts();
    let xml = String::from_utf8_lossy(&body);
    let field = |name: &str| element(&xml, name).unwrap_or_default();
    let request_id = field("RequestId");
    let json = if parts.status.is_success() {
        let result = json!({ "Account": field("Account"), "Arn": field("Arn"), "UserId": field("UserId") });
        let metadata = json!({ "RequestId": request_id });
        json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": result, "ResponseMetadata": metadata } })
    } else {
        let error = json!({ "Code": field("Code"), "Message": field("Message"), "Type": field("Type") });
        json!({ "Error": error, "RequestId": request_id })
    };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Bytes::from(json.to_string()))
}

fn echo(answer: Response<Bytes>, identity: &str) -> Response<Bytes> {
    let (mut parts, body) = answer.into_parts();
    let xml = String::from_utf8_lossy(&body);
    let end = "</AssumeRoleResult>";
    let body = xml.replacen(end, &format!("<SourceIdentity>{identity}</SourceIdentity>{end}"), 1);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Bytes::from(body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Response;
    use hyper::body::Bytes;
    use serde_json::{Value, json};

    use super::super::tests::assume_role;
    use super::{before, in_json};

    fn refusal(fields: &[(&str, &str)]) -> Option<String> {
        before(&assume_role(fields, None))
            .err()
            .map(|refusal| format!("{} {}", refusal.code, refusal.message))
    }

    #[test]
    fn a_session_lasts_15_minutes_to_12_hours() {
        for accepted in ["900", "43200"] {
            assert_eq!(refusal(&[("DurationSeconds", accepted)]), None);
        }
        for refused in ["899", "43201", "1h"] {
            assert!(refusal(&[("DurationSeconds", refused)]).is_some(), "{refused}");
        }
    }

    #[test]
    fn names_have_an_alphabet_and_a_length() {
        for accepted in ["ab", "a.b@example.com", "A_1+=,-", &"x".repeat(64)] {
            assert_eq!(refusal(&[("RoleSessionName", accepted)]), None, "{accepted}");
        }
        for refused in ["a", "", "a b", "a/b", "grün", &"x".repeat(65)] {
            assert!(
                refusal(&[("RoleSessionName", refused)]).unwrap().contains("roleSessionName"),
                "{refused}"
            );
            assert!(refusal(&[("SourceIdentity", refused)]).unwrap().contains("sourceIdentity"), "{refused}");
        }
    }

    #[test]
    fn an_identity_and_a_refusal_are_told_in_json() {
        let told = |status, xml: &'static str| {
            let answer = Response::builder().status(status).body(Bytes::from_static(xml.as_bytes())).unwrap();
            serde_json::from_slice::<Value>(in_json(answer).body()).unwrap()
        };
        let identity =
            told(200, "<r><Arn>arn:a</Arn><UserId>AIDA</UserId><Account>111122223333</Account></r>");
        let result = &identity["GetCallerIdentityResponse"]["GetCallerIdentityResult"];
        assert_eq!(*result, json!({"Arn": "arn:a", "UserId": "AIDA", "Account": "111122223333"}));
        let refusal = told(403, "<e><Type>Sender</Type><Code>ExpiredToken</Code><Message>old</Message></e>");
        assert_eq!(refusal["Error"], json!({"Type": "Sender", "Code": "ExpiredToken", "Message": "old"}));
    }

    #[test]
    fn a_refused_external_id_is_not_shown() {
        assert_eq!(refusal(&[("ExternalId", "tenant:7/eu")]), None);
        assert!(!refusal(&[("ExternalId", "not for eyes")]).unwrap().contains("eyes"));
    }

    #[test]
    fn a_source_identity_cannot_be_changed_along_a_chain() {
        let wanted = [("SourceIdentity", "eve")];
        assert!(
            before(&assume_role(&wanted, Some("ada"))).unwrap_err().message.contains("sts:SetSourceIdentity")
        );
        assert!(before(&assume_role(&wanted, Some("eve"))).is_ok());
        assert!(before(&assume_role(&wanted, None)).is_ok());
    }
}
