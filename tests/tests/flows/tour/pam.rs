//! The routes of console access.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::account::{Account, trust};
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post};
use crate::console::{deny_is_removed, let_years_pass};

const RESOURCES: &str = "/api/v1/pam/resources/aws-iam";
const RESOURCE: &str = "/api/v1/pam/resources/aws-iam/{resourceId}";
const ACCOUNTS: &str = "/api/v1/pam/accounts/aws-iam";
const ACCOUNT: &str = "/api/v1/pam/accounts/aws-iam/{accountId}";
const ACCESS: &str = "/api/v1/pam/accounts/access";
const SESSIONS: &str = "/api/v1/pam/sessions";
const SESSION: &str = "/api/v1/pam/sessions/{sessionId}";

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let (project, _) = tour.system.project(&unique("console")).await?;
    let account = tour.system.account();
    let (resource_role, target_role) = roles(&account, &project).await?;
    let of_project = format!("projectId={project}");

    let name = unique("tour");
    let body =
        json!({ "projectId": project, "name": name, "connectionDetails": { "roleArn": resource_role } });
    let create = post(RESOURCES, &[], body).outsider(Outsider::Denied).audited("pam-resource.create");
    let resource = text(&tour.step(create).await?["resource"]["id"])?;
    tour.step(get(RESOURCES, &[]).outsider(Outsider::ListWithout(resource.clone()))).await?;
    tour.step(get("/api/v1/pam/resources", &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    tour.step(get(RESOURCE, &[&resource])).await?;
    let change = json!({ "metadata": [{ "key": "team", "value": "tour" }], "connectionDetails": { "roleArn": resource_role } });
    tour.step(patch(RESOURCE, &[&resource], change).audited("pam-resource.update")).await?;
    let policies = get("/api/v1/pam/resources/aws-iam/policies", &[]);
    let policies = policies.query(&format!("{of_project}&targetRoleArn={target_role}&level=full"));
    tour.step(policies.outsider(Outsider::Denied)).await?;

    let body = json!({
        "resourceId": resource, "name": "read-only",
        "credentials": { "targetRoleArn": target_role, "defaultSessionDuration": 900 },
    });
    let create = post(ACCOUNTS, &[], body).outsider(Outsider::Unknown).audited("pam-account.create");
    let console = text(&tour.step(create).await?["account"]["id"])?;
    let accounts = get("/api/v1/pam/accounts", &[]).query(&of_project);
    tour.step(accounts.outsider(Outsider::Denied)).await?;
    let accessible = get("/api/v1/pam/accounts/accessible", &[]);
    tour.step(accessible.outsider(Outsider::ListWithout(console.clone()))).await?;
    tour.step(get(ACCOUNT, &[&console])).await?;
    let change = json!({ "description": "changed", "credentials": { "targetRoleArn": target_role } });
    tour.step(patch(ACCOUNT, &[&console], change).audited("pam-account.update")).await?;

    let path = format!("{name}/read-only");
    let ask = post("/api/v1/pam/access-requests", &[], json!({ "path": path, "duration": "900000ms" }));
    tour.step(ask.refused(400, "BadRequest")).await?;
    sessions(tour, &path, &of_project).await?;
    tour.step(delete(ACCOUNT, &[&console]).audited("pam-account.delete")).await?;
    tour.step(delete(RESOURCE, &[&resource]).audited("pam-resource.delete")).await?;
    Ok(())
}

async fn sessions(tour: &mut Tour, path: &str, of_project: &str) -> Result<()> {
    let ended = access(tour, path).await?;
    tour.step(get(SESSIONS, &[]).outsider(Outsider::ListWithout(ended.clone()))).await?;
    let search = format!("{of_project}&status=active");
    let listed = tour.step(get(SESSIONS, &[]).query(&search).outsider(Outsider::Denied)).await?;
    ensure!(listed["sessions"][0]["id"] == ended.as_str(), "{listed}");
    tour.step(get(SESSION, &[&ended])).await?;
    tour.step(get("/api/v1/pam/sessions/{sessionId}/events", &[&ended])).await?;
    let end = post("/api/v1/pam/sessions/{sessionId}/end", &[&ended], json!({}));
    tour.step(end.audited("pam-session.end")).await?;

    let terminated = access(tour, path).await?;
    let terminate = post("/api/v1/pam/sessions/{sessionId}/terminate", &[&terminated], json!({}));
    let answer = tour.step(terminate.audited("pam-session.terminated")).await?;
    ensure!(answer["session"]["status"] == "terminated", "{answer}");
    // The worker's part of it.
    let_years_pass(tour.system, &terminated).await?;
    tour.system.invoke("PamWorkerFunction", &json!({ "tick": true })).await?;
    deny_is_removed(tour.system, &terminated).await
}

/// A new session: its id. What came with it must turn up nowhere.
async fn access(tour: &mut Tour, path: &str) -> Result<String> {
    let body = json!({ "path": path, "duration": "900000ms", "accessMethod": "cli" });
    let access = post(ACCESS, &[], body).audited("pam-session.start");
    let opened = tour.step(access).await?;
    let metadata = &opened["metadata"];
    for secret in ["secretAccessKey", "sessionToken"] {
        tour.system.keep_secret(&text(&metadata[secret])?);
    }
    let link = text(&opened["consoleUrl"])?;
    let (_, token) = link.split_once("SigninToken=").context("no sign-in token is in the link")?;
    tour.system.keep_secret(token);
    text(&opened["sessionId"])
}

/// The two roles of a customer: the one that our function assumes, and the one behind it, which may end its own sessions.
async fn roles(account: &Account, project: &str) -> Result<(String, String)> {
    let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
    let target = account.role_arn("target");
    let resource = account.role("resource", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
    account
        .allow("resource", &allow(&[(&["sts:AssumeRole"], &target), (&["cloudtrail:LookupEvents"], "*")]))
        .await?;
    account.role("target", &trust(&resource, &condition)).await?;
    let end = ["iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"];
    account.allow("target", &allow(&[(&["s3:ListAllMyBuckets"], "*"), (&end, &target)])).await?;
    Ok((resource, target))
}

fn allow(statements: &[(&[&str], &str)]) -> Value {
    let statements = statements
        .iter()
        .map(|(actions, resource)| json!({ "Effect": "Allow", "Action": actions, "Resource": resource }));
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}
