//! What one request asks of AWS: service, action, resource, and the IAM permissions it needs.

use std::collections::BTreeMap;

use http::Method;
use http::request::Parts;
use hyper::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::scope::Scope;
use super::{dynamodb, route53, secretsmanager, ssm};

/// An IAM action on a resource, as a policy would name them.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Permission {
    /// For example `dynamodb:PutItem`.
    pub action: String,
    /// The identifier in the request (ARN, name or id); `*` when it names none.
    pub resource: String,
}

/// What one request asks of AWS.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The signing name, for example `sts`.
    pub service: String,
    /// The API's operation, for example `AssumeRole`.
    pub action: String,
    /// The region that the request is signed for.
    pub region: String,
    /// What IAM is asked, which for a transaction is not the operation itself.
    pub permissions: Vec<Permission>,
    /// What the rules and the tests want to know of the request. Never a secret.
    pub details: BTreeMap<&'static str, Value>,
}

/// The fields of a form body or a query string.
pub(crate) type Form = BTreeMap<String, String>;

/// Names under which the services call the resource of a request, most telling first.
const RESOURCE_FIELDS: [&str; 20] = [
    "RoleArn",
    "TableName",
    "KeyId",
    "SecretId",
    "CertificateAuthorityArn",
    "CertificateArn",
    "ListenerArn",
    "LoadBalancerArn",
    "UserName",
    "RoleName",
    "Name",
    "QueueUrl",
    "TopicArn",
    "StreamName",
    "logGroupName",
    "HostedZoneId",
    "FunctionName",
    "PolicyArn",
    "StackName",
    "ResourceArn",
];

impl Call {
    pub(crate) fn of(scope: &Scope, request: &Parts, body: &Bytes) -> Self {
        let form = form(request, body);
        let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let action = action(scope, request, &form);
        let permissions = match scope.service.as_str() {
            "dynamodb" => dynamodb::permissions(&action, &json),
            "secretsmanager" => secretsmanager::permissions(&action, &json),
            "ssm" => ssm::permissions(&action, &json),
            service => {
                // A batch of messages is authorised as its messages.
                let authorised = if service == "sqs" { action.trim_end_matches("Batch") } else { &action };
                vec![Permission {
                    action: format!("{service}:{authorised}"),
                    resource: resource(scope, request, &form, &json),
                }]
            }
        };
        let details = if scope.service == "sts" { session_details(&form) } else { BTreeMap::new() };
        Self { service: scope.service.clone(), action, region: scope.region.clone(), permissions, details }
    }
}

/// The fields of a query service's request; empty for other protocols.
pub(crate) fn form(request: &Parts, body: &Bytes) -> Form {
    let is_form = request
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let fields = if is_form { body.as_ref() } else { request.uri.query().unwrap_or_default().as_bytes() };
    url::form_urlencoded::parse(fields).into_owned().collect()
}

fn action(scope: &Scope, request: &Parts, form: &Form) -> String {
    if let Some(target) = request.headers.get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    if let Some(action) = form.get("Action") {
        return action.clone();
    }
    match scope.service.as_str() {
        "s3" => s3_action(request),
        "route53" => route53::action(request),
        _ => format!("{} {}", request.method, request.uri.path()),
    }
}

/// The IAM action of an S3 request in path style.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
fn s3_action(request: &Parts) -> String {
    let sub_resource = request.uri.query().and_then(|query| {
        let name = query.split(['=', '&']).next().unwrap_or_default();
        name.chars().all(|c| c.is_ascii_lowercase()).then(|| name.to_owned())
    });
    let on_object =
        request.uri.path().trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    match (sub_resource.as_deref(), on_object) {
        (Some("uploads"), true) => "PutObject".to_owned(),
        (Some(name), _) if !name.is_empty() => format!("{} ?{name}", request.method),
        (_, true) => object_action(&request.method),
        (_, false) => bucket_action(&request.method),
    }
}

fn object_action(method: &Method) -> String {
    match *method {
        Method::GET | Method::HEAD => "GetObject".to_owned(),
        Method::DELETE => "DeleteObject".to_owned(),
        _ => "PutObject".to_owned(),
    }
}

fn bucket_action(method: &Method) -> String {
    match *method {
        Method::GET | Method::HEAD => "ListBucket".to_owned(),
        Method::DELETE => "DeleteBucket".to_owned(),
        _ => "CreateBucket".to_owned(),
    }
}

fn resource(scope: &Scope, request: &Parts, form: &Form, json: &Value) -> String {
    match scope.service.as_str() {
        "s3" => return request.uri.path().trim_start_matches('/').to_owned(),
        "route53" => return route53::zone(request).unwrap_or("*").to_owned(),
        _ => {}
    }
    RESOURCE_FIELDS
        .iter()
        .find_map(|name| form.get(*name).cloned().or_else(|| json[*name].as_str().map(str::to_owned)))
        .unwrap_or_else(|| "*".to_owned())
}

/// An AssumeRole's parameters. The External ID itself stays out: its presence is what matters.
fn session_details(form: &Form) -> BTreeMap<&'static str, Value> {
    let mut details = BTreeMap::new();
    for (detail, field) in [
        ("roleArn", "RoleArn"),
        ("roleSessionName", "RoleSessionName"),
        ("durationSeconds", "DurationSeconds"),
        ("sourceIdentity", "SourceIdentity"),
        ("sessionPolicy", "Policy"),
    ] {
        if let Some(value) = form.get(field) {
            details.insert(detail, json!(value));
        }
    }
    if form.contains_key("RoleArn") {
        details.insert("externalIdSent", json!(form.contains_key("ExternalId")));
    }
    let tags: BTreeMap<&String, &String> = (1..)
        .map_while(|n| {
            Some((form.get(&format!("Tags.member.{n}.Key"))?, form.get(&format!("Tags.member.{n}.Value"))?))
        })
        .collect();
    if !tags.is_empty() {
        details.insert("sessionTags", json!(tags));
    }
    details
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use http::Request;
    use hyper::body::Bytes;
    use serde_json::json;

    use super::Call;
    use crate::guard::scope::Scope;

    fn call(service: &str, request: http::request::Builder, body: &str) -> Call {
        let scope = Scope {
            access_key_id: "AKID".to_owned(),
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
        };
        Call::of(&scope, &request.body(()).unwrap().into_parts().0, &Bytes::from(body.to_owned()))
    }

    #[test]
    fn assume_role_is_logged_without_its_external_id() {
        let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let body = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fr&RoleSessionName=me\
                    &ExternalId=not-for-logs&Tags.member.1.Key=team&Tags.member.1.Value=ops";
        let call = call("sts", request, body);
        assert_eq!(call.action, "AssumeRole");
        assert_eq!(call.permissions[0].resource, "arn:aws:iam::222222222222:role/r");
        assert_eq!(call.details["externalIdSent"], json!(true));
        assert_eq!(call.details["sessionTags"], json!({"team": "ops"}));
        assert!(!serde_json::to_string(&call).unwrap().contains("not-for-logs"));
    }

    #[test]
    fn a_json_service_names_its_action_in_the_target() {
        let request = Request::post("/").header("x-amz-target", "TrentService.Sign");
        let call = call("kms", request, r#"{"KeyId":"k-1","Message":"c2VjcmV0"}"#);
        assert_eq!(call.permissions[0].action, "kms:Sign");
        assert_eq!(call.permissions[0].resource, "k-1");
        assert!(!serde_json::to_string(&call).unwrap().contains("c2VjcmV0"));
    }

    #[test]
    fn s3_actions_follow_method_and_depth() {
        for (method, path, action) in [
            ("GET", "/bucket/a/b?x-id=GetObject", "GetObject"),
            ("PUT", "/bucket/a", "PutObject"),
            ("GET", "/bucket?list-type=2", "ListBucket"),
            ("PUT", "/bucket?cors", "PUT ?cors"),
            ("POST", "/bucket/a?uploads", "PutObject"),
        ] {
            assert_eq!(
                call("s3", Request::builder().method(method).uri(path), "").action,
                action,
                "{method} {path}"
            );
        }
    }
}
