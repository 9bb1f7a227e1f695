//! Every answer of AWS's becomes one of our variants.

use secrecy::SecretString;

use super::*;
use crate::{AccessKey, Error};

fn variant(error: &Error) -> &'static str {
    match error {
        Error::Refused { .. } => "refused",
        Error::CredentialsInvalid { .. } => "credentials",
        Error::Throttled { .. } => "throttled",
        Error::Failed { .. } => "failed",
        Error::Unreachable { .. } => "unreachable",
        Error::Incomplete { .. } => "incomplete",
    }
}

#[tokio::test]
async fn each_answer_of_sts_is_told_apart() {
    for (answer, expected) in [
        (denied(), "refused"),
        (refused(400, "ValidationError", "bad"), "refused"),
        (refused(403, "RegionDisabledException", "STS is not activated in this region"), "refused"),
        (refused(400, "PackedPolicyTooLarge", "packed"), "refused"),
        (refused(400, "MalformedPolicyDocument", "policy"), "refused"),
        (
            refused(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
            "credentials",
        ),
        (
            refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match"),
            "credentials",
        ),
        (refused(403, "ExpiredToken", "expired"), "credentials"),
        (refused(400, "Throttling", "Rate exceeded"), "throttled"),
        (refused(503, "Throttling", "Rate exceeded"), "throttled"),
        (refused(429, "Whatever", "slow"), "throttled"),
        (refused(500, "InternalFailure", "sorry"), "failed"),
        (refused(503, "ServiceUnavailable", "sorry"), "failed"),
        (Answer { status: 200, body: "<html>a captive portal</html>".into() }, "unreachable"),
        (Answer { status: 502, body: "bad gateway".into() }, "failed"),
    ] {
        let (body, policy) = (answer.body.clone(), policy());
        let (access, _) = access(move |_| answer.clone());
        let error = access.session(&role(), &purpose(&policy), testkit::now()).await.unwrap_err();
        assert_eq!(variant(&error), expected, "{body}: {error:?}");
        assert_eq!(error.is_passing(), ["throttled", "failed", "unreachable"].contains(&expected), "{body}");
    }
}

#[tokio::test]
async fn awss_own_words_are_kept_for_clients_that_look_for_them() {
    let policy = policy();
    let (access, _) = access(|_| denied());
    let error = access.session(&role(), &purpose(&policy), testkit::now()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(
        "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/customer"
    ));
}

#[tokio::test]
async fn an_sts_that_is_not_there_is_unreachable() {
    // Port 1 of this machine: nothing listens there.
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .credentials_provider(scripted(|_| denied()).0.credentials_provider().unwrap())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url("http://127.0.0.1:1")
        .build();
    let policy = policy();
    let error = of(&config).session(&role(), &purpose(&policy), testkit::now()).await.unwrap_err();
    assert_eq!(variant(&error), "unreachable", "{error:?}");
    assert_eq!(error.to_string(), "AssumeRole: AWS could not be reached");
}

#[tokio::test]
async fn the_identity_of_an_access_key_is_asked_with_that_key() {
    let answer = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
        <Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
        </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let (access, calls) = access(move |_| Answer { status: 200, body: answer.into() });
    let key = AccessKey {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("canary"),
    };
    let session = access.access_key_session(&key, Some(&"us-west-2".parse().unwrap()));
    let identity = access.fetch_identity(&session).await.unwrap();
    assert_eq!(
        (identity.account.as_str(), identity.arn.as_str()),
        ("123456789012", "arn:aws:iam::123456789012:user/ci")
    );
    let call = &calls.all()[0];
    assert!(call.authorization.contains("Credential=AKIAIOSFODNN7EXAMPLE/"), "{}", call.authorization);
    assert!(call.authorization.contains("/us-west-2/sts/aws4_request"), "{}", call.authorization);
    assert!(!format!("{session:?} {key:?}").contains("canary"));
}

#[tokio::test]
async fn an_answer_without_its_parts_is_incomplete() {
    let empty = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult/></AssumeRoleResponse>";
    let (access, _) = access(move |_| Answer { status: 200, body: empty.into() });
    let policy = policy();
    let error = access.session(&role(), &purpose(&policy), testkit::now()).await.unwrap_err();
    assert_eq!(variant(&error), "incomplete", "{error:?}");
}
