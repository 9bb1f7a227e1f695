//! The scripted AWS: STS, KMS and IAM as far as connections ask them.
//!
//! A role says in its name how it behaves: `only-<uuid>` opens with that External ID alone, `open` with anything, `any`
//! with any External ID, `if-exists-<uuid>` as `StringEqualsIfExists`, `throttled` and `failing` as they say, and every
//! other refuses. An access key's account is the number at its end.

use serde_json::json;
use testkit::aws::{Answer, Request};

const NAMESPACE: &str = "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"";

pub(crate) fn answer(request: &Request) -> Answer {
    match (request.target.as_str(), request.parameter("Action").as_deref()) {
        ("", Some("AssumeRole")) => assume_role(request),
        ("", Some("GetCallerIdentity")) => identity(request),
        ("", Some("ListUsers")) => users(),
        ("TrentService.GenerateDataKey", _) => {
            ok(json!({ "Plaintext": data_key(), "CiphertextBlob": "d3JhcHBlZA==" }))
        }
        ("TrentService.Decrypt", _) => ok(json!({ "Plaintext": data_key() })),
        ("TrentService.ListAliases", _) => aliases(request),
        ("TrentService.DescribeKey", _) => describe(request),
        (target, action) => panic!("an unexpected call: {target} {action:?} {}", request.body),
    }
}

fn ok(body: serde_json::Value) -> Answer {
    Answer { status: 200, body: body.to_string() }
}

/// 32 bytes, in base64.
fn data_key() -> &'static str {
    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = format!(
        "<ErrorResponse {NAMESPACE}><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1</RequestId></ErrorResponse>"
    );
    Answer { status, body }
}

fn assume_role(request: &Request) -> Answer {
    let (role, presented) =
        (request.parameter("RoleArn").unwrap_or_default(), request.parameter("ExternalId"));
    let name = role.rsplit('/').next().unwrap_or_default();
    let opens = match name.split_once('-') {
        Some(("only", id)) => presented.as_deref() == Some(id),
        Some(("ifexists", id)) => presented.as_deref().is_none_or(|presented| presented == id),
        _ => match name {
            "open" => true,
            "any" => presented.is_some(),
            "throttled" => return refused(400, "Throttling", "Rate exceeded"),
            "failing" => return refused(500, "InternalFailure", "sorry"),
            "elsewhere" => {
                return refused(
                    403,
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid.",
                );
            }
            _ => false,
        },
    };
    if !opens {
        let words = format!(
            "User: arn:aws:sts::111111111111:assumed-role/f is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        return refused(403, "AccessDenied", &words);
    }
    let account = role.split(':').nth(4).unwrap_or_default();
    let body = format!(
        "<AssumeRoleResponse {NAMESPACE}><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>{role}</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>canary-session</SecretAccessKey>\
         <SessionToken>canary-token</SessionToken><Expiration>2026-01-02T03:19:05Z</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>"
    );
    Answer { status: 200, body }
}

fn identity(request: &Request) -> Answer {
    let key = request
        .authorization
        .split("Credential=")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    if key.contains("BAD") {
        return refused(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        );
    }
    let account = &key[key.len() - 12..];
    let body = format!(
        "<GetCallerIdentityResponse {NAMESPACE}><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/ci</Arn>\
         <UserId>AIDA</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    Answer { status: 200, body }
}

fn users() -> Answer {
    let body = "<ListUsersResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListUsersResult><Users><member>\
        <UserName>ci</UserName><UserId>AIDA1</UserId><Path>/</Path><Arn>arn:aws:iam::222222222222:user/ci</Arn>\
        <CreateDate>2026-01-02T03:04:05Z</CreateDate></member></Users><IsTruncated>false</IsTruncated></ListUsersResult>\
        </ListUsersResponse>";
    Answer { status: 200, body: body.into() }
}

fn aliases(request: &Request) -> Answer {
    if !request.body.contains("page2") {
        return ok(json!({ "Truncated": true, "NextMarker": "page2", "Aliases": [
            { "AliasName": "alias/aws/ssm", "TargetKeyId": "key-ssm" },
            { "AliasName": "alias/aws/secretsmanager" },
            { "AliasName": "alias/aws/ebs", "TargetKeyId": "key-ebs" },
            { "AliasName": "alias/app", "TargetKeyId": "key-app" },
        ] }));
    }
    ok(json!({ "Truncated": false, "Aliases": [
        { "AliasName": "alias/sign", "TargetKeyId": "key-sign" },
        { "AliasName": "alias/off", "TargetKeyId": "key-off" },
        { "AliasName": "alias/hidden", "TargetKeyId": "key-hidden" },
        { "AliasName": "alias/dangling" },
    ] }))
}

fn describe(request: &Request) -> Answer {
    let key = |usage: &str, spec: &str, state: &str| {
        ok(json!({ "KeyMetadata": { "KeyId": "k", "KeyUsage": usage, "KeySpec": spec, "KeyState": state } }))
    };
    let id: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    match id["KeyId"].as_str().unwrap() {
        "key-app" => key("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Enabled"),
        "key-sign" => key("SIGN_VERIFY", "ECC_NIST_P256", "Enabled"),
        "key-off" => key("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Disabled"),
        "key-hidden" => {
            let words = json!({ "__type": "AccessDeniedException", "message": "not authorized to perform: kms:DescribeKey" });
            Answer { status: 400, body: words.to_string() }
        }
        other => panic!("an unexpected key: {other}"),
    }
}
