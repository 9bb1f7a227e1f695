//! The routes of connections.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::account::trust;
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post};

const ALL: &str = "/api/v1/app-connections/aws";
const ONE: &str = "/api/v1/app-connections/aws/{connectionId}";

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    let system = tour.system;
    let account = system.account();
    let (project, _) = system.project(&unique("connected")).await?;
    let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
    let role_arn = account.role("tour", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
    account.allow("tour", &allow(&["iam:ListUsers", "kms:ListAliases", "kms:DescribeKey"])).await?;

    let name = unique("tour");
    let body = json!({
        "name": name, "method": "assume-role", "projectId": project, "credentials": { "roleArn": role_arn },
    });
    let made =
        tour.step(post(ALL, &[], body).outsider(Outsider::Denied).audited("connection.create")).await?;
    let id = text(&made["appConnection"]["id"])?;
    let connection = [id.as_str()];

    tour.step(get(ALL, &[]).outsider(Outsider::ListWithout(id.clone()))).await?;
    tour.step(get("/api/v1/app-connections", &[]).outsider(Outsider::ListWithout(id.clone()))).await?;
    let of_project = format!("projectId={project}");
    tour.step(get(ALL, &[]).query(&of_project).outsider(Outsider::Denied)).await?;
    let available = get("/api/v1/app-connections/aws/available", &[]).query(&of_project);
    let available = tour.step(available.outsider(Outsider::Denied)).await?;
    ensure!(available.to_string().contains(&id), "available: {available}");
    tour.step(get("/api/v1/app-connections/options", &[]).outsider(Outsider::Anything)).await?;
    let policies = get("/api/v1/app-connections/aws/policies", &[]);
    let policies = policies.query(&format!("capability=secrets-manager&{of_project}"));
    tour.step(policies.outsider(Outsider::Denied)).await?;
    let named = get("/api/v1/app-connections/aws/connection-name/{name}", &[&name]).query(&of_project);
    tour.step(named.outsider(Outsider::Denied)).await?;

    tour.step(get(ONE, &connection)).await?;
    tour.step(get("/api/v1/app-connections/aws/{connectionId}/trust-policy", &connection)).await?;
    tour.step(post("/api/v1/app-connections/aws/{connectionId}/check", &connection, json!({}))).await?;
    let users = "/api/v1/app-connections/aws/{connectionId}/users";
    tour.step(get(users, &connection)).await?;
    let keys = get("/api/v1/app-connections/aws/{connectionId}/kms-keys", &connection);
    tour.step(keys.query("region=us-east-1&destination=aws-secrets-manager")).await?;
    let rotate = "/api/v1/app-connections/aws/{connectionId}/rotate-credentials";
    tour.step(post(rotate, &connection, json!({})).refused(400, "BadRequest")).await?;

    let change = json!({ "description": "changed", "credentials": { "roleArn": role_arn } });
    tour.step(patch(ONE, &connection, change).audited("connection.update")).await?;
    tour.step(delete(ONE, &connection).audited("connection.delete")).await?;
    by_access_key(tour, &project).await
}

async fn by_access_key(tour: &mut Tour, project: &str) -> Result<()> {
    let account = tour.system.account();
    let key = account.user("tour").await?;
    account.allow_user("tour", &allow(&["iam:ListUsers"])).await?;
    tour.system.keep_secret(&key.secret);
    let body = json!({
        "name": unique("by-key"), "method": "access-key", "projectId": project,
        "credentials": { "accessKeyId": key.id, "secretAccessKey": key.secret },
    });
    let made =
        tour.step(post(ALL, &[], body).outsider(Outsider::Denied).audited("connection.create")).await?;
    let id = text(&made["appConnection"]["id"])?;
    ensure!(made["appConnection"]["credentials"] == json!({ "accessKeyId": key.id }), "{made}");
    // The secret half has to be opened for this.
    let users = tour.step(get("/api/v1/app-connections/aws/{connectionId}/users", &[&id])).await?;
    ensure!(users["iamUsers"][0]["UserName"] == "tour", "{users}");
    let one = format!("{ALL}/{id}");
    tour.by_processes_that_know_nothing("ConnectionsRole", &[&one, &format!("{one}/users")]).await?;
    tour.step(delete(ONE, &[&id]).audited("connection.delete")).await?;
    Ok(())
}

fn allow(actions: &[&str]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }] })
}
