//! Infisical's own SDKs, unmodified, against the running system.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::account::trust;
use tests::clients::{self, AwsCredentials};
use tests::system::{Machine, System, run, text, unique};

/// Runs a client without holding up the tests beside it.
pub(crate) async fn client(
    run: fn(&str, &Value, Option<&AwsCredentials>) -> Result<Value>,
    action: &'static str,
    wishes: Value,
    aws: Option<AwsCredentials>,
) -> Result<Value> {
    let ran = tokio::task::spawn_blocking(move || run(action, &wishes, aws.as_ref()));
    ran.await.context("wait for the client")?
}

fn wishes(system: &System, machine: &Machine) -> Value {
    json!({
        "host": system.ready.api_url, "clientId": machine.client_id, "clientSecret": machine.client_secret,
        "identityId": machine.id,
    })
}

/// A machine that logs in as this principal.
async fn aws_machine(system: &System, principal: &str) -> Result<Machine> {
    let machine = system.machine(&unique("aws"), "no-access").await?;
    let path = format!("/api/v1/auth/aws-auth/identities/{}", machine.id);
    let body =
        json!({ "identityId": machine.id, "allowedPrincipalArns": principal, "accessTokenTTL": 3_600 });
    system.admin.post(&path, &body).await?.ok()?;
    Ok(machine)
}

/// A machine that logs in as a new IAM user, and the user's credentials.
async fn aws_user(system: &System) -> Result<(Machine, AwsCredentials)> {
    let key = system.account().user("robot").await?;
    system.keep_secret(&key.secret);
    let machine = aws_machine(system, &key.user_arn).await?;
    Ok((
        machine,
        AwsCredentials { access_key_id: key.id, secret_access_key: key.secret, session_token: None },
    ))
}

/// The body of a login that the Python SDK has signed and not sent.
pub(crate) async fn signed_login(system: &'static System) -> Result<Value> {
    let (machine, aws) = aws_user(system).await?;
    let signed = client(clients::python, "sign", wishes(system, &machine), Some(aws)).await?;
    Ok(signed["body"].clone())
}

fn logged_in(system: &System, answer: &Value) -> Result<()> {
    let login = &answer["login"];
    system.keep_secret(&text(&login["accessToken"])?);
    ensure!(login["tokenType"] == "Bearer" && login["expiresIn"].is_u64(), "{}", login["tokenType"]);
    let organization = &answer["details"]["identityDetails"]["organization"];
    ensure!(organization["id"] == system.ready.org_id, "who am I: {organization}");
    Ok(())
}

#[test]
fn the_python_sdk_logs_in_by_universal_auth_and_by_oidc() -> Result<()> {
    run(|system| async move {
        let machine = system.machine(&unique("python"), "no-access").await?;
        logged_in(system, &client(clients::python, "universal", wishes(system, &machine), None).await?)?;
        let refused = client(clients::python, "refused", wishes(system, &machine), None).await?;
        ensure!(refused["status"] == 401 && refused["response"]["message"].is_string(), "{refused}");

        let (issuer, audience) = (&system.ready.oidc_issuer, &system.ready.oidc_audience);
        let body = json!({ "oidcDiscoveryUrl": issuer, "boundIssuer": issuer, "boundAudiences": audience,
            "boundSubject": "python@example.com" });
        let path = format!("/api/v1/auth/oidc-auth/identities/{}", machine.id);
        system.admin.post(&path, &body).await?.ok()?;
        let mut wishes = wishes(system, &machine);
        wishes["jwt"] = json!(system.guard.person("python@example.com", &json!({})).await?);
        logged_in(system, &client(clients::python, "oidc", wishes, None).await?)
    })
}

#[test]
fn the_python_sdk_logs_in_as_an_iam_user_and_as_a_role() -> Result<()> {
    run(|system| async move {
        let (machine, aws) = aws_user(system).await?;
        logged_in(system, &client(clients::python, "aws", wishes(system, &machine), Some(aws)).await?)?;

        let account = system.account();
        let own = format!("arn:aws:iam::{}:root", account.number);
        let role_arn = account.role("robots", &trust(&own, &Value::Null)).await?;
        let [access_key_id, secret_access_key, token] = account.session(&role_arn, "none").await?;
        system.keep_secret(&secret_access_key);
        system.keep_secret(&token);
        let machine = aws_machine(system, &role_arn).await?;
        let aws = AwsCredentials { access_key_id, secret_access_key, session_token: Some(token) };
        logged_in(system, &client(clients::python, "aws", wishes(system, &machine), Some(aws)).await?)
    })
}

#[test]
fn the_first_administrator_logs_in_with_the_deployers_own_aws_identity() -> Result<()> {
    run(|system| async move {
        let aws = AwsCredentials {
            access_key_id: system.ready.seeded("deployerAccessKeyId").to_owned(),
            secret_access_key: system.ready.seeded("deployerSecretAccessKey").to_owned(),
            session_token: None,
        };
        let wishes = json!({ "host": system.ready.api_url, "identityId": system.ready.org_id });
        let answer = client(clients::python, "aws", wishes.clone(), Some(aws)).await?;
        logged_in(system, &answer)?;
        let administrator = system.admin.with_token(&text(&answer["login"]["accessToken"])?);
        administrator.get("/api/v1/identities").await?.ok()?;

        // Somebody else's AWS identity is nobody here.
        let (_, stranger) = aws_user(system).await?;
        let refused = client(clients::python, "aws", wishes, Some(stranger)).await;
        ensure!(refused.is_err_and(|failure| failure.to_string().contains("401")), "a stranger administers");
        Ok(())
    })
}

#[test]
fn the_node_sdk_logs_in_makes_a_project_and_an_environment_and_renews() -> Result<()> {
    run(|system| async move {
        let machine = system.machine(&unique("node"), "admin").await?;
        // A token whose first life is its longest cannot be renewed.
        let path = format!("/api/v1/auth/universal-auth/identities/{}", machine.id);
        system.admin.patch(&path, &json!({ "accessTokenTTL": 3_600 })).await?.ok()?;
        let mut wishes = wishes(system, &machine);
        let name = unique("node-project");
        wishes["projectName"] = json!(name);
        let answer = client(clients::node, "universal", wishes.clone(), None).await?;
        system.keep_secret(&text(&answer["renewed"])?);
        ensure!(
            answer["project"]["name"] == name && answer["project"]["slug"] == name,
            "{}",
            answer["project"]
        );
        ensure!(answer["environment"]["slug"] == "qa" && answer["environment"]["position"] == 2, "{answer}");
        let token = text(&answer["renewed"])?;
        system.admin.with_token(&token).get(&format!("/api/v2/workspace/{name}")).await?.ok()?;
        let refused = client(clients::node, "refused", wishes, None).await?;
        ensure!(refused["message"].as_str().is_some_and(|text| text.contains("401")), "{refused}");
        Ok(())
    })
}

#[test]
fn the_node_sdk_logs_in_as_an_iam_user_and_renews() -> Result<()> {
    run(|system| async move {
        let (machine, aws) = aws_user(system).await?;
        let answer = client(clients::node, "aws", wishes(system, &machine), Some(aws)).await?;
        for token in ["accessToken", "renewed"] {
            let token = text(&answer[token])?;
            system.keep_secret(&token);
            system.admin.with_token(&token).get("/api/v1/identities/details").await?.ok()?;
        }
        Ok(())
    })
}
