//! The policies that the API prints, given to real roles word for word.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::account::trust;
use tests::system::{System, run, text, unique};

const ALL: &str = "/api/v1/app-connections/aws";

async fn connect(system: &System, project: &str, role_arn: &str) -> Result<Value> {
    let body = json!({ "name": unique("printed"), "method": "assume-role", "projectId": project,
        "credentials": { "roleArn": role_arn } });
    Ok(system.admin.post(ALL, &body).await?.ok()?["appConnection"].take())
}

async fn check(system: &System, connection: &Value) -> Result<Value> {
    let path = format!("{ALL}/{}/check", text(&connection["id"])?);
    Ok(system.admin.post(&path, &json!({})).await?.ok()?["check"].take())
}

#[test]
fn a_role_with_the_printed_trust_and_permissions_connects_and_allows_what_it_is_for() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("printing")).await?;
        let query = format!(
            "capability=key-rotation,secrets-manager&projectId={project}&accountId={}",
            account.number
        );
        let printed = system.admin.get(&format!("{ALL}/policies?{query}")).await?.ok()?;
        ensure!(printed["externalId"] == project, "{}", printed["externalId"]);
        let role_arn = account.role("printed", &printed["trustPolicy"]).await?;
        let connection = connect(system, &project, &role_arn).await?;
        ensure!(check(system, &connection).await?["status"] == "protected");

        let person = system.person(&system.ready.admin_email).await?;
        let users = format!("{ALL}/{}/users", text(&connection["id"])?);
        let refused = person.get(&users).await?.refused(400, "BadRequest")?;
        ensure!(refused.contains("iam:ListUsers"), "AWS names what is missing: {refused}");
        account.user("rotated").await?;
        account.allow("printed", &printed["permissionPolicy"]).await?;
        let found = person.get(&users).await?.ok()?;
        ensure!(found["iamUsers"][0]["UserName"] == "rotated", "{found}");
        Ok(())
    })
}

#[test]
fn the_trust_policy_of_a_connection_keeps_it_connected() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("narrowing")).await?;
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let role_arn = account.role("wide", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let connection = connect(system, &project, &role_arn).await?;
        let path = format!("{ALL}/{}/trust-policy", text(&connection["id"])?);
        let printed = system.admin.get(&path).await?.ok()?;
        ensure!(printed["roleArn"] == role_arn, "{printed}");
        account.trust("wide", &printed["trustPolicy"]).await?;
        let checked = check(system, &connection).await?;
        ensure!(checked["status"] == "protected", "{checked}");
        ensure!(checked["accountId"] == account.number, "{checked}");

        let resources = printed["cloudFormation"]["Resources"].as_object().context("no template")?;
        let role = resources.values().find(|one| one["Type"] == "AWS::IAM::Role").context("no role")?;
        ensure!(role["Properties"]["AssumeRolePolicyDocument"] == printed["trustPolicy"], "{role}");
        Ok(())
    })
}

#[test]
fn the_corrected_policy_of_a_refusal_makes_the_role_acceptable() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("correcting")).await?;
        let role_arn = account.role("careless", &trust("*", &Value::Null)).await?;
        let body = json!({ "name": unique("corrected"), "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": role_arn } });
        let refusal = system.admin.post(ALL, &body).await?;
        refusal.refused(400, "BadRequest")?;
        let corrected = &refusal.body["details"]["trustPolicy"];
        account.trust("careless", corrected).await?;
        system.admin.post(ALL, &body).await?.ok().map(drop)
    })
}

#[test]
fn every_capability_is_printed_as_a_policy_that_iam_takes() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        account.role("all", &trust("arn:aws:iam::111111111111:root", &Value::Null)).await?;
        for capability in [
            "secrets-manager",
            "parameter-store",
            "key-rotation",
            "certificate-manager",
            "load-balancer",
            "private-ca",
            "public-ca",
            "recordings",
        ] {
            for level in ["minimal", "full"] {
                let path =
                    format!("{ALL}/policies?capability={capability}&level={level}&region=eu-central-1");
                let printed = system.admin.get(&path).await?.ok()?;
                let statements =
                    printed["permissionPolicy"]["Statement"].as_array().cloned().unwrap_or_default();
                ensure!(!statements.is_empty(), "{capability} {level} allows nothing: {printed}");
                ensure!(printed["policies"][0]["capability"] == capability, "{printed}");
                account.allow("all", &printed["permissionPolicy"]).await?;
            }
        }
        system.admin.get(&format!("{ALL}/policies?capability=everything")).await?.issues().map(drop)
    })
}
