//! The main job: log in, connect an account by role with External ID, use the connection; a role that lets anybody in
//! is refused.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::account::trust;
use tests::system::{run, text, unique};

const PLATFORM: &str = "arn:aws:iam::111111111111:root";

fn create(name: &str, project: &str, role_arn: &str) -> Value {
    json!({ "name": name, "method": "assume-role", "projectId": project, "credentials": { "roleArn": role_arn } })
}

#[test]
fn a_newcomer_logs_in_and_connects_the_seeded_role() -> Result<()> {
    run(|system| async move {
        let ready = &system.ready;
        let api = system.login(ready.seeded("adminClientId"), ready.seeded("adminClientSecret")).await?;
        let project = ready.seeded("projectId");
        let name = unique("customer");
        let body = create(&name, project, ready.seeded("connectionRoleArn"));
        let made = api.post("/api/v1/app-connections/aws", &body).await?.ok()?["appConnection"].take();

        let id = text(&made["id"])?;
        for (field, expected) in [
            ("name", json!(name)),
            ("app", json!("aws")),
            ("method", json!("assume-role")),
            ("version", json!(2)),
            ("orgId", json!(ready.org_id)),
            ("projectId", json!(project)),
            ("description", Value::Null),
            ("credentials", json!({})),
            ("isPlatformManagedCredentials", json!(false)),
            ("gatewayId", Value::Null),
            ("isAutoRotationEnabled", json!(false)),
        ] {
            ensure!(made[field] == expected, "{field} is {} instead of {expected}", made[field]);
        }
        let hash = text(&made["credentialsHash"])?;
        ensure!(hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()), "credentialsHash is {hash}");
        ensure!(made["project"]["id"] == project && made["project"]["name"] == "demo", "{}", made["project"]);

        let read = api.get(&format!("/api/v1/app-connections/aws/{id}")).await?.ok()?;
        ensure!(read["appConnection"] == made, "read back: {read}");
        let named = format!("/api/v1/app-connections/aws/connection-name/{name}?projectId={project}");
        ensure!(api.get(&named).await?.ok()?["appConnection"]["id"] == made["id"], "by name");
        let listed = api.get(&format!("/api/v1/app-connections/aws?projectId={project}")).await?.ok()?;
        let all = listed["appConnections"].as_array().into_iter().flatten();
        ensure!(all.into_iter().any(|one| one["id"] == made["id"]), "listed: {listed}");

        // Using it: the probe again, which opens the role now.
        let checked = api.post(&format!("/api/v1/app-connections/aws/{id}/check"), &json!({})).await?.ok()?;
        ensure!(!checked.to_string().contains("AccessDenied"), "checked: {checked}");
        let gone = api.delete(&format!("/api/v1/app-connections/aws/{id}")).await?.ok()?;
        ensure!(gone["appConnection"]["id"] == made["id"], "deleted: {gone}");
        api.get(&format!("/api/v1/app-connections/aws/{id}")).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_role_that_opens_without_its_external_id_is_refused_with_the_corrected_policy_and_nothing_is_stored()
-> Result<()> {
    run(|system| async move {
        let ready = &system.ready;
        let project = ready.seeded("projectId");
        let name = unique("careless");
        let body = create(&name, project, ready.seeded("unprotectedRoleArn"));
        let refusal = system.admin.post("/api/v1/app-connections/aws", &body).await?;
        let message = refusal.refused(400, "BadRequest")?;
        let start = message.find('{').unwrap_or_default();
        let end = message.rfind('}').map_or(0, |end| end + 1);
        let policy: Value = serde_json::from_str(message.get(start..end).unwrap_or_default())
            .map_err(|failure| anyhow::anyhow!("no policy in the message ({failure}): {message}"))?;
        let statement = &policy["Statement"][0];
        ensure!(statement["Principal"]["AWS"] == PLATFORM, "whom it trusts: {policy}");
        ensure!(statement["Condition"]["StringEquals"]["sts:ExternalId"] == project, "on what: {policy}");

        let named = format!("/api/v1/app-connections/aws/connection-name/{name}?projectId={project}");
        system.admin.get(&named).await?.refused(404, "NotFound")?;
        let stored = system.state.items().await?;
        ensure!(!stored.iter().any(|item| item.to_string().contains(&name)), "something of {name} is stored");
        Ok(())
    })
}

#[test]
fn a_role_of_another_customer_connects_once_it_trusts_us_with_the_projects_id() -> Result<()> {
    run(|system| async move {
        let account = system.account();
        let (project, _) = system.project(&unique("tenant")).await?;
        let name = unique("later");
        let body = create(&name, &project, &account.role_arn("drawbridge"));
        let refused =
            system.admin.post("/api/v1/app-connections/aws", &body).await?.refused(400, "BadRequest")?;
        ensure!(
            refused.contains("is not authorized to perform"),
            "AWS's own words, for Terraform's retry: {refused}"
        );

        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        account.role("drawbridge", &trust(PLATFORM, &condition)).await?;
        let made = system.admin.post("/api/v1/app-connections/aws", &body).await?.ok()?;
        ensure!(made["appConnection"]["name"] == name, "{made}");
        Ok(())
    })
}
