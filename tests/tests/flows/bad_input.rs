//! What is wrong with a connection: the contract's status and body, a message that helps, nothing stored.

mod paths;

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::account::trust;
use tests::api::Answer;
use tests::system::{System, run, text, unique};

const ALL: &str = "/api/v1/app-connections/aws";

/// A body that would be accepted, with one change to it.
fn changed(pointer: &str, value: Value) -> Value {
    let mut body = json!({
        "name": "bad-input", "method": "assume-role", "description": null,
        "credentials": { "roleArn": "arn:aws:iam::222222222222:role/drawbridge-connection" },
    });
    let (parent, field) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(fields) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
        if value == "(absent)" {
            fields.remove(field);
        } else {
            fields.insert(field.to_owned(), value);
        }
    }
    body
}

fn key(field: &str, value: Value) -> Value {
    let mut body = changed("/method", json!("access-key"));
    body["credentials"] =
        json!({ "accessKeyId": "AKIAEXAMPLE000000000", "secretAccessKey": "not-a-real-secret" });
    body["credentials"][field] = value;
    body
}

async fn nothing_is_stored(system: &System, name: &str) -> Result<()> {
    let stored = system.state.items().await?;
    ensure!(!stored.iter().any(|item| item.to_string().contains(name)), "something of {name} is stored");
    Ok(())
}

#[test]
fn every_field_out_of_its_range_is_an_issue_at_its_path() -> Result<()> {
    run(|system| async move {
        let absent = || json!("(absent)");
        let long = |length: usize| json!("a".repeat(length));
        for (path, body) in [
            ("name", changed("/name", absent())),
            ("name", changed("/name", Value::Null)),
            ("name", changed("/name", json!(""))),
            ("name", changed("/name", json!(7))),
            ("name", changed("/name", json!("Capital Letters"))),
            ("name", changed("/name", long(65))),
            ("name", changed("/name", long(300_000))),
            ("description", changed("/description", long(257))),
            ("description", changed("/description", json!({}))),
            ("projectId", changed("/projectId", json!(7))),
            ("method", changed("/method", absent())),
            ("method", changed("/method", json!("oauth"))),
            ("credentials", changed("/credentials", absent())),
            ("credentials", changed("/credentials", json!("a text"))),
            ("credentials.roleArn", changed("/credentials/roleArn", absent())),
            ("credentials.roleArn", changed("/credentials/roleArn", json!("  "))),
            ("credentials.roleArn", changed("/credentials/roleArn", json!("arn:aws:iam::1:role/x"))),
            (
                "credentials.roleArn",
                changed("/credentials/roleArn", json!("arn:aws:iam::222222222222:user/x")),
            ),
            ("credentials.stsEndpoint", changed("/credentials/stsEndpoint", json!("no url"))),
            (
                "credentials.stsEndpoint",
                changed("/credentials/stsEndpoint", json!("http://sts.amazonaws.com")),
            ),
            (
                "credentials.stsEndpoint",
                changed("/credentials/stsEndpoint", json!("https://sts.example.com")),
            ),
            (
                "credentials.stsEndpoint",
                changed("/credentials/stsEndpoint", json!("https://evilamazonaws.com")),
            ),
            (
                "credentials.stsEndpoint",
                changed("/credentials/stsEndpoint", json!("https://169.254.169.254")),
            ),
            (
                "credentials.stsEndpoint",
                changed("/credentials/stsEndpoint", json!("https://a@sts.amazonaws.com")),
            ),
            ("gatewayId", changed("/gatewayId", json!("5b8f2f0e-6f3c-4c69-9d3c-0d0a4e7f1a22"))),
            ("gatewayPoolId", changed("/gatewayPoolId", json!("5b8f2f0e-6f3c-4c69-9d3c-0d0a4e7f1a22"))),
            ("isPlatformManagedCredentials", changed("/isPlatformManagedCredentials", json!(true))),
            ("isAutoRotationEnabled", changed("/isAutoRotationEnabled", json!(true))),
            ("rotation", changed("/rotation", json!({ "rotationInterval": 30 }))),
            ("credentials.accessKeyId", key("accessKeyId", json!(""))),
            ("credentials.accessKeyId", key("accessKeyId", json!(7))),
            ("credentials.secretAccessKey", key("secretAccessKey", json!("   "))),
            ("credentials.secretAccessKey", key("secretAccessKey", Value::Null)),
        ] {
            let answer = system.admin.post(ALL, &body).await?;
            let said: String = body.to_string().chars().take(300).collect();
            let issues = answer.issues().map_err(|fault| fault.context(said.clone()))?;
            ensure!(
                issues.iter().any(|issue| issue == path),
                "{said}: the issues are at {issues:?}, not {path}"
            );
            ensure!(answer.body.to_string().len() < 4_000, "{said}: the answer repeats the question");
        }
        nothing_is_stored(system, "bad-input").await
    })
}

#[test]
fn all_issues_are_told_at_once() -> Result<()> {
    run(|system| async move {
        let body = json!({
            "name": "Not A Slug", "description": "d".repeat(257), "method": "assume-role", "gatewayId": "x",
            "credentials": { "roleArn": "", "stsEndpoint": "http://sts.example.com" },
        });
        let issues = system.admin.post(ALL, &body).await?.issues()?;
        for path in ["name", "description", "gatewayId", "credentials.roleArn", "credentials.stsEndpoint"] {
            ensure!(issues.iter().any(|issue| issue == path), "{path} is not among {issues:?}");
        }
        let endpoint = issues.iter().filter(|issue| *issue == "credentials.stsEndpoint").count();
        ensure!(endpoint == 2, "two rules of the endpoint are broken, {endpoint} told");
        Ok(())
    })
}

#[test]
fn a_body_that_is_no_object_is_refused() -> Result<()> {
    run(|system| async move {
        let send = async |text: &str| -> Result<Answer> {
            system.admin.raw(Method::POST, ALL, Some((text.as_bytes().to_vec(), "application/json"))).await
        };
        for text in ["{\"name\": ", "{name: 1}", "nonsense", "{\"a\":1}}"] {
            let message = send(text).await?.refused(400, "BadRequest")?;
            ensure!(message.contains("JSON"), "{message}");
        }
        for text in ["[]", "7", "\"text\"", "null", "[{\"name\":\"x\"}]"] {
            send(text).await?.refused(422, "ValidationFailure")?;
        }
        system.admin.raw(Method::POST, ALL, None).await?.refused(422, "ValidationFailure")?;
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        send(&deep).await?.refused(400, "BadRequest").map(drop)
    })
}

#[test]
fn a_large_body_is_read_and_a_too_large_one_refused() -> Result<()> {
    run(|system| async move {
        let mut body = changed("/name", json!("Not A Slug"));
        body["unknown"] = json!("u".repeat(300_000));
        ensure!(system.admin.post(ALL, &body).await?.issues()? == ["name"], "only the name is wrong");
        body["unknown"] = json!("u".repeat(1_100_000));
        system.admin.post(ALL, &body).await?.refused(400, "BadRequest").map(drop)
    })
}

#[test]
fn a_project_that_is_not_there_is_a_bad_reference() -> Result<()> {
    run(|system| async move {
        for id in ["5b8f2f0e-6f3c-4c69-9d3c-0d0a4e7f1a22", "not-a-uuid"] {
            let answer = system.admin.post(ALL, &changed("/projectId", json!(id))).await?;
            let message = answer.refused(400, "BadRequest")?;
            ensure!(message.contains(id), "which project: {message}");
        }
        nothing_is_stored(system, "bad-input").await
    })
}

#[test]
fn an_aws_host_that_is_no_sts_of_a_region_is_refused_before_anything_is_sent() -> Result<()> {
    run(|system| async move {
        let role_arn = system.account().role_arn("never-tried");
        for host in
            ["s3.us-east-1.amazonaws.com", "sts.nowhere-1.amazonaws.com", "sts.us-east-1.amazonaws.com.cn"]
        {
            let mut body = changed("/credentials/stsEndpoint", json!(format!("https://{host}")));
            body["credentials"]["roleArn"] = json!(role_arn);
            let message = system.admin.post(ALL, &body).await?.refused(400, "BadRequest")?;
            ensure!(message.contains("region"), "{host}: {message}");
        }
        let calls = system.guard.calls_after(0).await?;
        let tried = calls.iter().find(|call| call.details["roleArn"] == role_arn);
        ensure!(tried.is_none(), "the role was tried: {tried:?}");
        Ok(())
    })
}

#[test]
fn access_keys_that_aws_does_not_know_are_refused_in_its_words() -> Result<()> {
    run(|system| async move {
        let real = system.account().user("wrong-secret").await?;
        system.keep_secret(&real.secret);
        for (id, secret) in
            [("AKIAEXAMPLE000000000", "not-a-real-secret"), (real.id.as_str(), "not-its-secret")]
        {
            let mut body = key("accessKeyId", json!(id));
            body["credentials"]["secretAccessKey"] = json!(secret);
            let message = system.admin.post(ALL, &body).await?.refused(400, "BadRequest")?;
            ensure!(message.contains("Unable to validate AWS connection"), "{message}");
            ensure!(!message.contains(secret), "the secret is in the message");
        }
        nothing_is_stored(system, "bad-input").await
    })
}

#[test]
fn an_endpoint_that_cannot_be_reached_an_aws_that_throttles_or_fails_have_a_status_each() -> Result<()> {
    run(|system| async move {
        for (effect, status, error) in [
            (json!({ "kind": "reset" }), 400, "BadRequest"),
            (
                json!({ "kind": "error", "status": 400, "code": "Throttling", "message": "Rate exceeded" }),
                429,
                "RateLimitExceeded",
            ),
            (
                json!({ "kind": "error", "status": 503, "code": "ServiceUnavailable", "message": "" }),
                503,
                "ServiceUnavailable",
            ),
        ] {
            let account = system.account();
            let name = unique("faulty");
            let role_arn =
                account.role(&name, &trust("arn:aws:iam::111111111111:root", &Value::Null)).await?;
            let fault = json!({ "service": "sts", "resource": role_arn, "times": 0, "effect": effect });
            system.guard.fault(&fault).await?;
            let mut body = changed("/credentials/roleArn", json!(role_arn));
            body["name"] = json!(name);
            let answer = system.admin.post(ALL, &body).await?;
            answer.refused(status, error).map_err(|fault| fault.context(effect.to_string()))?;
            ensure!(
                answer.headers.contains_key("retry-after") == (status != 400),
                "{effect}: {:?}",
                answer.headers
            );
            nothing_is_stored(system, &name).await?;
        }
        Ok(())
    })
}

#[test]
fn a_change_that_does_not_fit_leaves_the_connection_as_it_was() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let condition = json!({ "StringEquals": { "sts:ExternalId": system.ready.org_id } });
        let role_arn = account.role("kept", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let body = json!({ "name": unique("kept"), "method": "assume-role", "credentials": { "roleArn": role_arn } });
        let made = system.admin.post(ALL, &body).await?.ok()?["appConnection"].take();
        let at = format!("{ALL}/{}", text(&made["id"])?);
        let keys = json!({ "accessKeyId": "AKIAEXAMPLE000000000", "secretAccessKey": "not-a-real-secret" });
        let open = account.role("open", &trust("arn:aws:iam::111111111111:root", &Value::Null)).await?;
        for (change, status, error) in [
            (json!({ "credentials": keys }), 400, "BadRequest"),
            (json!({ "credentials": { "roleArn": open } }), 400, "BadRequest"),
            (json!({ "credentials": { "roleArn": account.role_arn("missing") } }), 400, "BadRequest"),
            (json!({ "credentials": {} }), 422, "ValidationFailure"),
            (json!({ "name": "Not A Slug" }), 422, "ValidationFailure"),
            (json!({ "gatewayId": "x" }), 422, "ValidationFailure"),
        ] {
            let answer = system.admin.patch(&at, &change).await?;
            answer.refused(status, error).map_err(|fault| fault.context(change.to_string()))?;
        }
        let kept = system.admin.get(&at).await?.ok()?;
        ensure!(kept["appConnection"] == made, "it changed: {kept}");
        // A method and a project that come along are not changes.
        let renamed =
            json!({ "name": unique("renamed"), "method": "access-key", "projectId": null, "App": "aws" });
        let renamed = system.admin.patch(&at, &renamed).await?.ok()?;
        ensure!(
            renamed["appConnection"]["credentialsHash"] == made["credentialsHash"],
            "the hash changed: {renamed}"
        );
        ensure!(renamed["appConnection"]["method"] == "assume-role", "the method changed: {renamed}");
        let again =
            system.admin.patch(&at, &json!({ "credentials": { "roleArn": role_arn } })).await?.ok()?;
        ensure!(
            again["appConnection"]["credentialsHash"] != made["credentialsHash"],
            "the same hash: {again}"
        );
        Ok(())
    })
}
