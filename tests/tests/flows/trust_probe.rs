//! The trust probe against real trust policies, evaluated by the stand-in's IAM.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::account::{Account, trust};
use tests::system::{System, run, unique};

const PLATFORM: &str = "arn:aws:iam::111111111111:root";
const CONNECTIONS: &str = "/api/v1/app-connections/aws";

/// What the create of a project's connection to a role with this trust policy answers.
async fn connect(
    system: &System,
    trusting: impl FnOnce(&Account, &str) -> Value,
) -> Result<(tests::api::Answer, String, String)> {
    let account = system.account();
    let (project, _) = system.project(&unique("probed")).await?;
    let role_arn = account.role("probed", &trusting(&account, &project)).await?;
    let name = unique("probed");
    let body = json!({
        "name": name, "method": "assume-role", "projectId": project, "credentials": { "roleArn": role_arn },
    });
    let mark = system.guard.mark().await?;
    let answer = system.admin.post(CONNECTIONS, &body).await?;
    // Whatever came of it, nothing but proofs of identity happened in the customer's account.
    for call in system.guard.calls_after(mark).await? {
        let principal = call.principal.as_ref().map(|principal| principal.arn.as_str()).unwrap_or_default();
        let there = principal.contains(&account.number);
        ensure!(!there || call.action == "GetCallerIdentity", "{} as {principal}", call.action);
    }
    Ok((answer, name, project))
}

async fn refused(
    system: &System,
    trusting: impl FnOnce(&Account, &str) -> Value,
    says: &[&str],
) -> Result<()> {
    let (answer, name, project) = connect(system, trusting).await?;
    let message = answer.refused(400, "BadRequest")?;
    for part in says {
        ensure!(message.contains(part), "{part:?} is not in the message: {message}");
    }
    let named = format!("{CONNECTIONS}/connection-name/{name}?projectId={project}");
    system.admin.get(&named).await?.refused(404, "NotFound")?;
    let stored = system.state.items().await?;
    ensure!(!stored.iter().any(|item| item.to_string().contains(&name)), "something of {name} is stored");
    Ok(())
}

/// Refused because it opens too easily: the message has the trust policy that would do.
fn too_open(trusting: impl FnOnce(&Account, &str) -> Value) -> Result<()> {
    let corrected = ["External ID", "\"sts:ExternalId\"", "\"StringEquals\"", PLATFORM];
    run(|system| async move { refused(system, trusting, &corrected).await })
}

/// Refused because it does not open for us at all: the message has AWS's words, on which Terraform tries again.
fn closed(trusting: impl FnOnce(&Account, &str) -> Value) -> Result<()> {
    run(
        |system| async move { refused(system, trusting, &["is not authorized to perform: sts:AssumeRole"]).await },
    )
}

fn external_id(operator: &str, value: &str) -> Value {
    json!({ operator: { "sts:ExternalId": value } })
}

#[test]
fn a_role_that_wants_the_projects_id_is_connected() -> Result<()> {
    run(|system| async move {
        let trusting = |_: &Account, project: &str| trust(PLATFORM, &external_id("StringEquals", project));
        let (answer, name, _) = connect(system, trusting).await?;
        ensure!(answer.ok()?["appConnection"]["name"] == name);
        Ok(())
    })
}

#[test]
fn a_role_of_the_organization_wants_the_organizations_id() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let condition = external_id("StringEquals", &system.ready.org_id);
        let role_arn = account.role("shared", &trust(PLATFORM, &condition)).await?;
        let name = unique("shared");
        let body = json!({ "name": name, "method": "assume-role", "credentials": { "roleArn": role_arn } });
        let made = system.admin.post(CONNECTIONS, &body).await?.ok()?;
        ensure!(made["appConnection"]["projectId"].is_null(), "{made}");

        let (project, _) = system.project(&unique("narrow")).await?;
        let narrow = json!({ "name": name, "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": role_arn } });
        system.admin.post(CONNECTIONS, &narrow).await?.refused(400, "BadRequest")?;
        // Who moves here has roles that want the organisation's id for projects too.
        let mut legacy = narrow;
        legacy["version"] = json!(1);
        let made = system.admin.post(CONNECTIONS, &legacy).await?.ok()?;
        ensure!(made["appConnection"]["version"] == 1, "{made}");
        Ok(())
    })
}

#[test]
fn a_role_without_a_condition_is_too_open() -> Result<()> {
    too_open(|_, _| trust(PLATFORM, &Value::Null))
}

#[test]
fn a_role_that_takes_any_external_id_is_too_open() -> Result<()> {
    too_open(|_, _| trust(PLATFORM, &external_id("StringLike", "*")))
}

#[test]
fn a_role_that_wants_the_external_id_only_if_there_is_one_is_too_open() -> Result<()> {
    too_open(|_, project| trust(PLATFORM, &external_id("StringEqualsIfExists", project)))
}

#[test]
fn a_role_with_a_second_statement_without_a_condition_is_too_open() -> Result<()> {
    too_open(|_, project| {
        let mut policy = trust(PLATFORM, &external_id("StringEquals", project));
        let open = trust(PLATFORM, &Value::Null)["Statement"][0].take();
        policy["Statement"].as_array_mut().into_iter().for_each(|statements| statements.push(open.clone()));
        policy
    })
}

#[test]
fn a_role_that_looks_at_another_key_is_closed() -> Result<()> {
    closed(|_, project| trust(PLATFORM, &json!({ "StringEquals": { "sts:ExternalID2": project } })))
}

#[test]
fn a_role_that_wants_another_external_id_is_closed() -> Result<()> {
    closed(|_, _| trust(PLATFORM, &external_id("StringEquals", "somebody-elses")))
}

#[test]
fn a_role_that_trusts_its_own_account_alone_is_closed() -> Result<()> {
    closed(|account, project| {
        trust(&format!("arn:aws:iam::{}:root", account.number), &external_id("StringEquals", project))
    })
}

#[test]
fn a_role_that_trusts_another_account_is_closed() -> Result<()> {
    closed(|_, project| trust("arn:aws:iam::999999999999:root", &external_id("StringEquals", project)))
}

#[test]
fn a_role_that_does_not_exist_is_refused_in_the_words_of_aws() -> Result<()> {
    run(|system| async move {
        let (project, _) = system.project(&unique("nowhere")).await?;
        let body = json!({ "name": unique("nowhere"), "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": system.account().role_arn("missing") } });
        let message = system.admin.post(CONNECTIONS, &body).await?.refused(400, "BadRequest")?;
        ensure!(message.contains("is not authorized to perform"), "{message}");
        ensure!(message.contains("role/missing"), "which role: {message}");
        Ok(())
    })
}

#[test]
fn a_check_tells_in_words_that_a_role_has_been_opened_since() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("loosened")).await?;
        let right = trust(PLATFORM, &external_id("StringEquals", &project));
        let role_arn = account.role("loosened", &right).await?;
        let body = json!({ "name": unique("loosened"), "method": "assume-role", "projectId": project,
            "credentials": { "roleArn": role_arn } });
        let made = system.admin.post(CONNECTIONS, &body).await?.ok()?;
        let check =
            format!("{CONNECTIONS}/{}/check", made["appConnection"]["id"].as_str().unwrap_or_default());
        let sound = system.admin.post(&check, &json!({})).await?.ok()?;
        account.trust("loosened", &trust(PLATFORM, &Value::Null)).await?;
        let open = system.admin.post(&check, &json!({})).await?.ok()?;
        account.trust("loosened", &trust("arn:aws:iam::999999999999:root", &Value::Null)).await?;
        let shut = system.admin.post(&check, &json!({})).await?.ok()?;
        ensure!(sound != open && open != shut, "the same words for all: {sound}");
        ensure!(open.to_string().contains("sts:ExternalId"), "no corrected policy: {open}");
        ensure!(shut.to_string().contains("is not authorized to perform"), "not AWS's words: {shut}");
        Ok(())
    })
}
