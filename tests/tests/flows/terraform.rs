//! The calls of Infisical's Terraform provider, in its order and with its bodies: what its resources decode is there.
//!
//! Its stray keys (Go's field names, empty texts) come along.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tests::account::trust;
use tests::api::Api;
use tests::system::{System, run, text, unique};

fn terraform(system: &System) -> Api {
    system.admin.with_agent("terraform")
}

/// Go reads these as times: null and absent are fine, anything else must be RFC 3339.
fn times(value: &Value) -> Result<()> {
    for field in ["createdAt", "updatedAt"] {
        let text = text(&value[field])?;
        ensure!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{field} is {text}");
    }
    Ok(())
}

#[test]
fn a_project_and_its_environment() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let slug = unique("tf-project");
        let body = json!({
            "projectName": "Terraform", "slug": slug, "organizationSlug": "", "projectDescription": "made by a machine",
            "shouldCreateDefaultEnvs": false, "hasDeleteProtection": false,
        });
        let made = api.post("/api/v2/workspace", &body).await?.ok()?["project"].take();
        times(&made)?;
        let id = text(&made["id"])?;
        let retention = format!("/api/v1/workspace/{slug}/audit-logs-retention");
        api.send(Method::PUT, &retention, Some(&json!({ "auditLogsRetentionDays": 30 }))).await?.ok()?;
        let read = api.get(&format!("/api/v1/workspace/{id}")).await?.ok()?["workspace"].take();
        ensure!(read["auditLogsRetentionDays"] == 30 && read["hasDeleteProtection"] == false, "{read}");
        ensure!(
            read["slug"] == slug && read["name"] == "Terraform" && read["environments"] == json!([]),
            "{read}"
        );
        ensure!(read["description"] == "made by a machine", "{read}");
        ensure!(
            read["kmsSecretManagerKeyId"].is_null() || read["kmsSecretManagerKeyId"].is_string(),
            "{read}"
        );

        let environments = format!("/api/v1/workspace/{id}/environments");
        let body = json!({ "name": "Development", "slug": "dev", "position": 0, "workspaceId": id, "projectId": id });
        let made = api.post(&environments, &body).await?.ok()?;
        let environment = text(&made["environment"]["id"])?;
        ensure!(made["environment"]["position"] == 1 && made["workspace"] == id, "{made}");
        let read = api.get(&format!("/api/v1/workspace/environments/{environment}")).await?.ok()?;
        ensure!(read["environment"]["slug"] == "dev" && read["environment"]["projectId"] == id, "{read}");
        let change =
            json!({ "name": "Dev", "slug": "dev", "position": 0, "workspaceId": id, "id": environment });
        let changed = api.patch(&format!("{environments}/{environment}"), &change).await?.ok()?;
        ensure!(
            changed["environment"]["position"] == 1 && changed["environment"]["name"] == "Dev",
            "{changed}"
        );
        let body = json!({ "workspaceId": id, "ID": environment });
        api.send(Method::DELETE, &format!("{environments}/{environment}"), Some(&body)).await?.ok()?;
        let gone = api.get(&format!("/api/v1/workspace/environments/{environment}")).await?;
        gone.refused(404, "NotFound")?;

        let change =
            json!({ "name": "Renamed", "slug": slug, "description": "", "hasDeleteProtection": true });
        api.patch(&format!("/api/v1/projects/{id}"), &change).await?.ok()?;
        let delete = format!("/api/v2/workspace/{slug}");
        let protected = api.delete(&delete).await?;
        ensure!(
            protected.status == 403 || protected.status == 400,
            "a protected project: {}",
            protected.body
        );
        api.patch(&format!("/api/v1/projects/{id}"), &json!({ "hasDeleteProtection": false })).await?.ok()?;
        ensure!(api.delete(&delete).await?.ok()?["id"] == id, "a bare project");
        api.get(&format!("/api/v1/workspace/{id}")).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn an_identity_with_universal_auth_and_a_client_secret() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let body = json!({
            "name": unique("tf"), "organizationId": system.ready.org_id, "role": "no-access",
            "hasDeleteProtection": false, "metadata": [{ "key": "team", "value": "platform" }],
        });
        let made = api.post("/api/v1/identities", &body).await?.ok()?["identity"].take();
        let id = text(&made["id"])?;
        let read = api.get(&format!("/api/v1/identities/{id}")).await?.ok()?["identity"].take();
        ensure!(read["identityId"] == id && read["role"] == "no-access", "{read}");
        ensure!(read["orgId"] == system.ready.org_id && read["identity"]["id"] == id, "{read}");
        ensure!(read["metadata"][0]["key"] == "team" && read["metadata"][0]["value"] == "platform", "{read}");
        ensure!(read["identity"]["authMethods"] == json!([]), "{read}");

        let at = format!("/api/v1/auth/universal-auth/identities/{id}");
        let everywhere = json!([{ "ipAddress": "0.0.0.0/0" }, { "ipAddress": "::/0" }]);
        let body = json!({
            "identityId": id, "clientSecretTrustedIps": everywhere, "accessTokenTrustedIps": everywhere,
            "accessTokenTTL": 2_592_000, "accessTokenMaxTTL": 2_592_000, "accessTokenNumUsesLimit": 0,
            "accessTokenPeriod": 0,
        });
        let auth = api.post(&at, &body).await?.ok()?["identityUniversalAuth"].take();
        times(&auth)?;
        let range = &auth["accessTokenTrustedIps"][0];
        ensure!(range == &json!({ "type": "ipv4", "prefix": 0, "ipAddress": "0.0.0.0" }), "{range}");
        ensure!(auth["accessTokenTTL"] == 2_592_000 && auth["identityId"] == id, "{auth}");
        ensure!(api.get(&at).await?.ok()?["identityUniversalAuth"]["clientId"] == auth["clientId"]);
        api.post(&at, &body).await?.refused(400, "BadRequest")?;

        let body = json!({ "description": "", "numUsesLimit": 0, "ttl": 0, "identityId": id });
        let made = api.post(&format!("{at}/client-secrets"), &body).await?.ok()?;
        system.keep_secret(&text(&made["clientSecret"])?);
        let data = &made["clientSecretData"];
        let secret = format!("{at}/client-secrets/{}", text(&data["id"])?);
        times(data)?;
        let prefix = text(&data["clientSecretPrefix"])?;
        ensure!(
            text(&made["clientSecret"])?.starts_with(&prefix) && prefix.len() == 4,
            "the prefix is {prefix}"
        );
        let read = api.get(&secret).await?.ok()?["clientSecretData"].take();
        ensure!(read["isClientSecretRevoked"] == false && read["clientSecretNumUses"] == 0, "{read}");
        let revoked = api.post(&format!("{secret}/revoke"), &json!({})).await?.ok()?;
        ensure!(revoked["clientSecretData"]["isClientSecretRevoked"] == true, "{revoked}");

        api.patch(&at, &json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 30 })).await?.issues()?;
        api.delete(&at).await?.ok()?;
        api.get(&at).await?.refused(404, "NotFound")?;
        api.delete(&format!("/api/v1/identities/{id}")).await?.ok()?;
        api.get(&format!("/api/v1/identities/{id}")).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn aws_auth_with_lists_that_come_back_as_they_were() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let machine = system.machine(&unique("tf-aws"), "no-access").await?;
        let at = format!("/api/v1/auth/aws-auth/identities/{}", machine.id);
        let everywhere = json!([{ "ipAddress": "0.0.0.0/0" }, { "ipAddress": "::/0" }]);
        let principals = "arn:aws:iam::222222222222:role/b,arn:aws:iam::222222222222:user/a";
        let mut body = json!({
            "identityId": machine.id, "stsEndpoint": "https://sts.amazonaws.com/", "allowedPrincipalArns": "",
            "allowedAccountIds": "", "accessTokenTrustedIps": everywhere, "accessTokenTTL": 2_592_000,
            "accessTokenMaxTTL": 2_592_000, "accessTokenNumUsesLimit": 0,
        });
        // The peer lets in every AWS principal on earth then.
        let open = api.post(&at, &body).await?;
        ensure!(open.status == 422 || open.status == 400, "both lists empty: {}", open.body);
        body["allowedPrincipalArns"] = json!(principals);
        body["allowedAccountIds"] = json!("222222222222,333333333333");
        let made = api.post(&at, &body).await?.ok()?["identityAwsAuth"].take();
        ensure!(made["type"] == "iam" && made["stsEndpoint"] == "https://sts.amazonaws.com/", "{made}");
        let split = |value: &Value| {
            value
                .as_str()
                .unwrap_or_default()
                .split(',')
                .map(|part| part.trim().to_owned())
                .collect::<Vec<_>>()
        };
        ensure!(split(&made["allowedPrincipalArns"]) == split(&json!(principals)), "{made}");
        ensure!(split(&made["allowedAccountIds"]) == ["222222222222", "333333333333"], "{made}");
        ensure!(api.get(&at).await?.ok()?["identityAwsAuth"] == made, "read back");
        let shut = api.patch(&at, &json!({ "allowedPrincipalArns": "", "allowedAccountIds": "" })).await?;
        ensure!(shut.status == 422 || shut.status == 400, "both lists emptied: {}", shut.body);
        api.delete(&at).await?.ok()?;
        api.get(&at).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn an_identity_in_a_project() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let (project, _) = system.project(&unique("tf-members")).await?;
        let machine = system.machine(&unique("tf-member"), "no-access").await?;
        let at = format!("/api/v2/workspace/{project}/identity-memberships/{}", machine.id);
        let role = |role: &str| {
            json!({ "projectId": project, "identityId": machine.id, "roles": [{
                "role": role, "isTemporary": false, "temporaryMode": "", "temporaryRange": "",
                "temporaryAccessStartTime": "0001-01-01T00:00:00Z",
            }] })
        };
        api.post(&at, &role("member")).await?.ok()?;
        let read = api.get(&at).await?.ok()?["identityMembership"].take();
        ensure!(read["identity"]["id"] == machine.id && read["roles"][0]["role"] == "member", "{read}");
        let changed = api.patch(&at, &role("viewer")).await?.ok()?;
        ensure!(changed["roles"][0]["role"] == "viewer", "{changed}");
        machine.api.get(&format!("/api/v1/workspace/{project}")).await?.ok()?;
        api.delete(&at).await?.ok()?;
        machine.api.get(&format!("/api/v1/workspace/{project}")).await?.refused(404, "NotFound")?;
        api.get(&at).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_connection_whose_hash_changes_with_its_credentials_alone() -> Result<()> {
    run(|system| async move {
        let api = terraform(system);
        let (project, _) = system.project(&unique("tf-connected")).await?;
        let account = system.account();
        let condition = json!({ "StringEquals": { "sts:ExternalId": project } });
        let role_arn = account.role("tf", &trust("arn:aws:iam::111111111111:root", &condition)).await?;
        let at = "/api/v1/app-connections/aws";
        let credentials =
            json!({ "roleArn": role_arn, "stsEndpoint": "https://sts.us-east-1.amazonaws.com" });
        let name = unique("tf");
        let body = json!({ "App": "aws", "description": "", "method": "assume-role", "name": name,
            "credentials": credentials, "projectId": project });
        let made = api.post(at, &body).await?.ok()?["appConnection"].take();
        ensure!(
            made["credentials"] == json!({ "stsEndpoint": "https://sts.us-east-1.amazonaws.com" }),
            "{made}"
        );
        ensure!(made["description"] == "" || made["description"].is_null(), "{made}");
        let one = format!("{at}/{}", text(&made["id"])?);
        let read = api.get(&one).await?.ok()?["appConnection"].take();
        ensure!(read["credentialsHash"] == made["credentialsHash"] && read["projectId"] == project, "{read}");
        let change = json!({ "App": "aws", "ID": made["id"], "description": "two", "method": "assume-role",
            "name": name, "credentials": credentials, "projectId": project });
        let changed = api.patch(&one, &change).await?.ok()?["appConnection"].take();
        ensure!(
            changed["credentialsHash"] != made["credentialsHash"] && changed["description"] == "two",
            "{changed}"
        );
        api.delete(&one).await?.ok()?;
        api.get(&one).await?.refused(404, "NotFound")?;

        let missing = json!({ "App": "aws", "method": "assume-role", "name": name, "projectId": project,
            "credentials": { "roleArn": account.role_arn("not-yet") } });
        let message = api.post(at, &missing).await?.refused(400, "BadRequest")?.to_lowercase();
        ensure!(message.contains("is not authorized to perform"), "Terraform would not try again: {message}");
        Ok(())
    })
}
