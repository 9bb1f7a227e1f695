#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::*;
use crate::form::{self, Issues};

fn create(body: &Value) -> Result<Create, Issues> {
    form::read(body, Create::read)
}

fn update(body: &Value) -> Result<Update, Issues> {
    form::read(body, Update::read)
}

fn with(base: &Value, pointer: &str, value: Value) -> Value {
    let mut body = base.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[field] = value;
    body
}

fn role() -> Value {
    json!({
        "name": "my-aws", "method": "assume-role",
        "credentials": { "roleArn": "arn:aws:iam::123456789012:role/a", "stsEndpoint": "https://sts.amazonaws.com" }
    })
}

fn key() -> Value {
    json!({
        "name": "my-aws", "method": "access-key",
        "credentials": { "accessKeyId": " AKIAIOSFODNN7EXAMPLE ", "secretAccessKey": " wJalrXUtnFEMI " }
    })
}

#[test]
fn both_methods_read_with_trimming_and_either_name_of_the_secret() {
    let read = create(&role()).unwrap();
    assert_eq!(
        (read.name.as_str(), read.description, read.project_id, read.legacy),
        ("my-aws", None, None, false)
    );
    assert_eq!(read.credentials.method(), Method::AssumeRole);
    let mut documented = key();
    documented["credentials"] =
        json!({ "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretKey": "wJalrXUtnFEMI" });
    for body in [key(), documented] {
        let Credentials::AccessKey { access_key_id, secret_access_key } = create(&body).unwrap().credentials
        else {
            unreachable!("the method is access-key")
        };
        assert_eq!(access_key_id, "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(secret_access_key.expose_secret(), "wJalrXUtnFEMI");
    }
}

#[test]
fn stray_keys_and_forbidden_fields_that_say_nothing_are_accepted() {
    let mut body = role();
    for (name, value) in [
        ("App", json!("aws")),
        ("gatewayId", json!(null)),
        ("gatewayPoolId", json!(null)),
        ("isPlatformManagedCredentials", json!(false)),
        ("isAutoRotationEnabled", json!(false)),
        ("description", json!(null)),
        ("version", json!(1)),
    ] {
        body[name] = value;
    }
    assert!(create(&body).unwrap().legacy);
}

#[test]
fn every_field_out_of_its_range_is_an_issue_at_its_path() {
    for (base, pointer, values) in [
        (
            role(),
            "/name",
            vec![
                json!(null),
                json!(""),
                json!(1),
                json!("A"),
                json!("a_b"),
                json!("a--b"),
                json!("x".repeat(65)),
            ],
        ),
        (role(), "/description", vec![json!(1), json!("x".repeat(257))]),
        (role(), "/projectId", vec![json!(1), json!(null)]),
        (role(), "/version", vec![json!(0), json!(3), json!("2"), json!(null), json!(1.5)]),
        (role(), "/gatewayId", vec![json!("x"), json!(true)]),
        (role(), "/gatewayPoolId", vec![json!("x")]),
        (role(), "/isPlatformManagedCredentials", vec![json!(true)]),
        (role(), "/isAutoRotationEnabled", vec![json!(true)]),
        (role(), "/rotation", vec![json!({})]),
        (role(), "/credentials", vec![json!(null), json!("x"), json!([])]),
        (
            role(),
            "/credentials/roleArn",
            vec![json!(null), json!(""), json!("  "), json!(1), json!("x"), json!("arn:aws:iam::1:role/a")],
        ),
        (
            role(),
            "/credentials/stsEndpoint",
            vec![json!(null), json!(""), json!(1), json!("x"), json!("https://evil.example")],
        ),
        (
            key(),
            "/credentials/accessKeyId",
            vec![json!(null), json!(""), json!(" "), json!(1), json!("x".repeat(129))],
        ),
        (
            key(),
            "/credentials/secretAccessKey",
            vec![json!(null), json!(""), json!(" "), json!(1), json!("x".repeat(257))],
        ),
    ] {
        for value in values {
            let issues = create(&with(&base, pointer, value.clone())).unwrap_err();
            let path = pointer[1..].replace('/', ".");
            assert!(issues.to_string().starts_with(&path), "{pointer} = {value}: {issues}");
        }
    }
    let mut method = role();
    method["method"] = json!("root");
    let issues = serde_json::to_value(create(&method).unwrap_err()).unwrap();
    assert_eq!(issues[0]["code"], "invalid_enum_value");
}

#[test]
fn all_issues_come_at_once_and_the_three_of_the_endpoint_separately() {
    let body = json!({ "name": "A", "method": "assume-role", "credentials": { "stsEndpoint": "http://evil.example" } });
    assert_eq!(
        create(&body).unwrap_err().iter().map(|issue| issue.message.as_str()).collect::<Vec<_>>(),
        [
            "Must be a valid slug: lower-case letters, digits, and single hyphens between them",
            "Required",
            "STS endpoint must use HTTPS",
            "STS endpoint must be an AWS STS host, ending in .amazonaws.com or .amazonaws.com.cn",
        ]
    );
}

#[test]
fn an_aws_host_without_a_known_region_is_left_for_another_status() {
    let body = with(&role(), "/credentials/stsEndpoint", json!("https://s3.amazonaws.com"));
    let Credentials::AssumeRole { sts_endpoint, .. } = create(&body).unwrap().credentials else {
        unreachable!("the method is assume-role")
    };
    assert_eq!(sts_endpoint, Some(Err(StsEndpointFault::NoRegion)));
}

#[test]
fn an_issue_never_repeats_a_secret() {
    let body = with(&key(), "/credentials/secretAccessKey", json!(format!("canary{}", "x".repeat(300))));
    let issues = create(&body).unwrap_err();
    assert!(!format!("{issues:?}").contains("canary"));
    assert!(!format!("{:?}", create(&key()).unwrap()).contains("wJalr"));
}

#[test]
fn an_update_tells_absent_from_null_and_the_method_by_the_shape() {
    let read = update(&json!({ "method": "access-key", "projectId": "x" })).unwrap();
    assert!(read.name.is_none() && read.description.is_none() && read.credentials.is_none());
    assert_eq!(update(&json!({ "description": null })).unwrap().description, Some(None));
    assert_eq!(update(&json!({ "description": "" })).unwrap().description, Some(Some(String::new())));
    for (base, method) in [(role(), Method::AssumeRole), (key(), Method::AccessKey)] {
        assert_eq!(update(&base).unwrap().credentials.unwrap().method(), method);
    }
    for body in [
        json!({ "credentials": {} }),
        json!({ "credentials": null }),
        json!({ "credentials": "x" }),
        json!({ "credentials": { "accessKeyId": "AKIA" } }),
        json!({ "name": null }),
        json!({ "gatewayId": "x" }),
        json!([]),
    ] {
        assert!(update(&body).is_err(), "{body}");
    }
}
