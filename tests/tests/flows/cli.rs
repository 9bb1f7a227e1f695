//! The peer's command line, `pam list` and `pam access`, call for call: what it sends, what it reads out of the answers,
//! and what it does with them. The program itself is in no package registry, so its calls are made here, with the types
//! that it decodes into: what those do not take, it would not take either.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use http::Method;
use model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::api::Api;
use tests::system::{System, run};

use crate::console::{Visitor, account, member};

/// What `pam list` shows of an account.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "decoding them is the test")]
struct Listed {
    id: String,
    name: String,
    #[serde(deserialize_with = "text_or_null")]
    description: String,
    folder_name: String,
    account_type: String,
    can_launch: bool,
    requires_approval: bool,
    require_reason: bool,
    require_mfa: bool,
    access_status: String,
    disabled_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    accounts: Vec<Listed>,
    total_count: usize,
}

/// What `pam access` reads; relays and gateways are absent where there are none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    session_id: String,
    account_type: String,
    metadata: HashMap<String, String>,
}

/// A null leaves Go's text empty.
fn text_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// All pages, as the command line asks for them.
async fn list(cli: &Api, limit: usize) -> Result<Vec<Listed>> {
    let mut accounts = Vec::new();
    loop {
        let path = format!("/api/v1/pam/accounts/accessible?offset={}&limit={limit}", accounts.len());
        let page: Page = serde_json::from_value(cli.get(&path).await?.ok()?).context("decode a page")?;
        let fetched = page.accounts.len();
        accounts.extend(page.accounts);
        if fetched == 0 || accounts.len() >= page.total_count {
            return Ok(accounts);
        }
    }
}

/// `pam access <path> --duration 15m`, with a reason where the account asks for one.
async fn access(system: &System, cli: &Api, path: &str, reason: &str) -> Result<Opened> {
    let mut body = json!({ "path": path, "duration": "900000ms" });
    let mut answer = cli.post("/api/v1/pam/accounts/access", &body).await?;
    if answer.body["error"] == "PAM_REASON_REQUIRED" {
        answer.refused(400, "PAM_REASON_REQUIRED")?;
        body["reason"] = json!(reason);
        answer = cli.post("/api/v1/pam/accounts/access", &body).await?;
    }
    let opened: Opened = serde_json::from_value(answer.ok()?).context("decode an access")?;
    ensure!(opened.account_type == "aws-iam", "it would not know the type {}", opened.account_type);
    for name in ["accessKeyId", "secretAccessKey", "sessionToken", "expiresAt"] {
        ensure!(opened.metadata.get(name).is_some_and(|value| !value.is_empty()), "{name} is missing");
    }
    system.keep_secret(&opened.metadata["secretAccessKey"]);
    system.keep_secret(&opened.metadata["sessionToken"]);
    let expires_at: Timestamp = opened.metadata["expiresAt"].parse().context("read expiresAt")?;
    ensure!(expires_at > web::start::clock(), "expired at {expires_at}");
    Ok(opened)
}

/// What happens when its user presses Ctrl-C, and again when the credentials expire: no body, no content type.
async fn end(cli: &Api, session: &str) -> Result<Value> {
    cli.send(Method::POST, &format!("/api/v1/pam/sessions/{session}/end"), None).await?.ok()
}

#[test]
fn pam_list_and_pam_access_work_as_the_peers_command_line_makes_them() -> Result<()> {
    run(|system| async move {
        let path = account(system, "targetRoleArn").await?;
        let (email, api) = member(system, "cli").await?;
        let cli = api.with_agent("cli");

        for limit in [1, 100] {
            let accounts = list(&cli, limit).await?;
            let own =
                accounts.iter().find(|listed| format!("{}/{}", listed.folder_name, listed.name) == path);
            let own = own.with_context(|| format!("{path} is not among {} accounts", accounts.len()))?;
            ensure!(own.account_type == "aws-iam" && own.can_launch && !own.requires_approval, "{own:?}");
        }

        // Both spellings of a path are a user's.
        for spelled in [path.clone(), format!("/{path}")] {
            let opened = access(system, &cli, &spelled, "none").await?;
            let visitor =
                Visitor::with_credentials(system, &email, &opened.session_id, &opened.metadata).await?;
            let account = &system.ready.customer_account_id;
            let expected = format!("arn:aws:sts::{account}:assumed-role/drawbridge-target/{email}");
            ensure!(visitor.identity().await? == expected, "AWS knows {}", visitor.identity().await?);
            let stored = cli.get(&format!("/api/v1/pam/sessions/{}", opened.session_id)).await?.ok()?;
            ensure!(stored["session"]["accessMethod"] == "cli", "{stored}");
            for _ in 0..2 {
                let ended = end(&cli, &opened.session_id).await?;
                ensure!(ended["session"]["status"] == "ended", "{ended}");
            }
        }
        Ok(())
    })
}

#[test]
fn pam_access_asks_for_the_reason_that_an_account_wants_and_tries_again() -> Result<()> {
    run(|system| async move {
        let path = account(system, "targetRoleArn").await?;
        let listed = system.admin.get(&format!("/api/v1/pam/accounts?search={path}")).await?.ok()?;
        let id = listed["accounts"][0]["id"].as_str().with_context(|| format!("{path} in {listed}"))?;
        let change = json!({ "requireReason": true });
        system.admin.patch(&format!("/api/v1/pam/accounts/aws-iam/{id}"), &change).await?.ok()?;

        let (_, api) = member(system, "cli").await?;
        let cli = api.with_agent("cli");
        let shown = list(&cli, 100).await?;
        ensure!(shown.iter().any(|listed| listed.id == id && listed.require_reason), "{shown:?}");
        let opened = access(system, &cli, &path, "INC-7").await?;
        let stored = cli.get(&format!("/api/v1/pam/sessions/{}", opened.session_id)).await?.ok()?;
        ensure!(stored["session"]["reason"] == "INC-7", "{stored}");

        // It prints what it is told, and its exit code says that there is no session.
        let body = json!({ "path": path, "duration": "7200000ms", "reason": "INC-7" });
        cli.post("/api/v1/pam/accounts/access", &body).await?.refused(422, "ValidationFailure")?;
        let asked = json!({ "path": path, "reason": "please", "duration": "900000ms" });
        let asked = cli.post("/api/v1/pam/access-requests", &asked).await?;
        asked.refused(400, "BadRequest").map(drop)
    })
}
