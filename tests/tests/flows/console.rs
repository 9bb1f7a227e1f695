//! Console access as people meet it: a link, a session under their own name, and the end of one session.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};
use tests::LONGEST_WAIT;
use tests::account::Account;
use tests::api::Api;
use tests::system::{System, run, text, unique};

const PAM: &str = "/api/v1/pam";

/// A person of a project, who has opened an account of it.
pub(crate) struct Visitor {
    email: String,
    session_id: String,
    console_url: String,
    aws: SdkConfig,
}

impl Visitor {
    async fn enter(system: &System, api: &Api, email: &str, path: &str) -> Result<Self> {
        let body = json!({ "path": path, "duration": "15m", "accessMethod": "cli", "reason": "a test" });
        let opened = api.post(&format!("{PAM}/accounts/access"), &body).await?.ok()?;
        let metadata = &opened["metadata"];
        ensure!(metadata["federatedUsername"] == email, "{}", metadata["federatedUsername"]);
        system.keep_secret(&text(&metadata["secretAccessKey"])?);
        system.keep_secret(&text(&metadata["sessionToken"])?);
        let metadata = serde_json::from_value(metadata.clone()).context("all of the metadata is text")?;
        Self::with_credentials(system, email, &text(&opened["sessionId"])?, &metadata).await
    }

    /// Whoever has what an access answered.
    pub(crate) async fn with_credentials(
        system: &System,
        email: &str,
        session_id: &str,
        metadata: &HashMap<String, String>,
    ) -> Result<Self> {
        let field = |name: &str| metadata.get(name).cloned().with_context(|| format!("no {name}"));
        let (key, token) = (field("secretAccessKey")?, field("sessionToken")?);
        #[expect(clippy::disallowed_methods, reason = "the person's own tools, which have the credentials")]
        let credentials = Credentials::new(field("accessKeyId")?, key, Some(token), None, "a person's tools");
        let aws = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&system.ready.aws_endpoint)
            .region(Region::new(system.ready.region.clone()))
            .credentials_provider(credentials)
            .load()
            .await;
        Ok(Self {
            email: email.to_owned(),
            session_id: session_id.to_owned(),
            console_url: field("consoleUrl")?,
            aws,
        })
    }

    /// `aws sts get-caller-identity`.
    pub(crate) async fn identity(&self) -> Result<String> {
        let answer = aws_sdk_sts::Client::new(&self.aws).get_caller_identity().send().await?;
        answer.arn.context("AWS names nobody")
    }

    /// What AWS says to a call that the role may make: `None` when it does it.
    async fn refusal(&self) -> Option<String> {
        let answer = aws_sdk_iam::Client::new(&self.aws).list_roles().send().await;
        answer.err().map(|refusal| refusal.message().unwrap_or("no message").to_owned())
    }
}

/// A resource and an account over seeded roles, in the seeded project: the account's path.
pub(crate) async fn account(system: &System, target: &str) -> Result<String> {
    let (ready, resource) = (&system.ready, unique("resource"));
    let body = json!({ "projectId": ready.seeded("projectId"), "name": resource,
        "connectionDetails": { "roleArn": ready.seeded("resourceRoleArn") } });
    let made = system.admin.post(&format!("{PAM}/resources/aws-iam"), &body).await?.ok()?;
    let body = json!({ "resourceId": made["resource"]["id"], "name": "console",
        "credentials": { "targetRoleArn": ready.seeded(target), "defaultSessionDuration": 3600 } });
    system.admin.post(&format!("{PAM}/accounts/aws-iam"), &body).await?.ok()?;
    Ok(format!("{resource}/console"))
}

/// A person who is a member of the seeded project.
pub(crate) async fn member(system: &System, name: &str) -> Result<(String, Api)> {
    let email = format!("{}@example.com", unique(name));
    let invite = format!("/api/v2/workspace/{}/memberships", system.ready.seeded("projectId"));
    system.admin.post(&invite, &json!({ "emails": [email], "roleSlugs": ["member"] })).await?.ok()?;
    let api = system.person(&email).await?;
    Ok((email, api))
}

/// For a session and its Deny, years pass: its credentials have expired, and the Deny has nothing left to end.
pub(crate) async fn let_years_pass(system: &System, session_id: &str) -> Result<()> {
    let then = "2020-01-01T00:00:00.000Z";
    let set = [
        ("gsi2sk", format!("{then}#{session_id}")),
        ("termination.remove_after", then.to_owned()),
        ("state.started_at", then.to_owned()),
        ("state.expires_at", then.to_owned()),
    ];
    system.state.change(&format!("PAM_SESSION#{session_id}"), &set).await
}

/// Waits until the Deny of a session is removed: by the schedule, that takes two ticks at most.
pub(crate) async fn deny_is_removed(system: &System, session_id: &str) -> Result<()> {
    let started = Instant::now();
    loop {
        let deny = session(system, session_id).await?["deny"].take();
        if deny["removed"] == true {
            return Ok(());
        }
        ensure!(started.elapsed() < LONGEST_WAIT, "nobody removes the deny: {deny}");
        // The schedule is a real one, and ticks every minute.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn session(system: &System, id: &str) -> Result<Value> {
    Ok(system.admin.get(&format!("{PAM}/sessions/{id}")).await?.ok()?["session"].take())
}

#[test]
fn a_link_opens_a_page_that_names_the_account_the_role_and_the_person() -> Result<()> {
    run(|system| async move {
        let path = account(system, "targetRoleArn").await?;
        let (email, api) = member(system, "ada").await?;
        let ada = Visitor::enter(system, &api, &email, &path).await?;
        let browser = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        let page = browser.get(&ada.console_url).send().await?;
        ensure!(page.status() == 200, "the page answered {}", page.status());
        let page = page.text().await?;
        for named in [system.ready.customer_account_id.as_str(), "drawbridge-target", &email] {
            ensure!(page.contains(named), "{named} is not in {page}");
        }
        let account = &system.ready.customer_account_id;
        let expected = format!("arn:aws:sts::{account}:assumed-role/drawbridge-target/{email}");
        ensure!(ada.identity().await? == expected, "AWS knows {}", ada.identity().await?);
        let stored = session(system, &ada.session_id).await?;
        ensure!(stored["sessionArn"] == expected && stored["reason"] == "a test", "{stored}");

        ensure!(ada.refusal().await.is_none(), "the role lists roles");
        let events = api.get(&format!("{PAM}/sessions/{}/events", ada.session_id)).await?.ok()?;
        let names = events["events"].as_array().into_iter().flatten().map(|event| &event["name"]);
        let names: Vec<_> = names.collect();
        for done in ["GetSigninToken", "ConsoleLogin", "GetCallerIdentity", "ListRoles"] {
            ensure!(names.iter().any(|name| *name == done), "{done} is not among {names:?}");
        }
        Ok(())
    })
}

#[test]
fn of_two_people_in_one_role_exactly_the_one_who_is_ended_is_refused() -> Result<()> {
    run(|system| async move {
        let path = account(system, "endableTargetRoleArn").await?;
        let mut visitors = Vec::new();
        for name in ["ada", "bob"] {
            let (email, api) = member(system, name).await?;
            let visitor = Visitor::enter(system, &api, &email, &path).await?;
            ensure!(visitor.refusal().await.is_none(), "{email} is refused");
            visitors.push(visitor);
        }
        let [ada, bob] = visitors.as_slice() else { unreachable!("two were made") };
        let terminate = |id: &str| format!("{PAM}/sessions/{id}/terminate");
        let ended = system.admin.post(&terminate(&bob.session_id), &json!({})).await?.ok()?;
        ensure!(ended["session"]["status"] == "terminated", "{ended}");

        let refusal = bob.refusal().await.with_context(|| format!("{} still works", bob.email))?;
        ensure!(refusal.contains("explicit deny"), "{refusal}");
        ensure!(ada.refusal().await.is_none(), "{} is refused, too", ada.email);
        ensure!(session(system, &ada.session_id).await?["status"] == "active");
        let twice = system.admin.post(&terminate(&bob.session_id), &json!({})).await?;
        twice.refused(400, "BadRequest").map(drop)
    })
}

#[test]
fn a_deny_goes_from_its_role_when_it_has_nothing_left_to_end_and_others_stay() -> Result<()> {
    run(|system| async move {
        let path = account(system, "endableTargetRoleArn").await?;
        let mut ended = Vec::new();
        for name in ["ada", "bob"] {
            let (email, api) = member(system, name).await?;
            let visitor = Visitor::enter(system, &api, &email, &path).await?;
            let terminate = format!("{PAM}/sessions/{}/terminate", visitor.session_id);
            system.admin.post(&terminate, &json!({})).await?.ok()?;
            ended.push(visitor);
        }
        let [ada, bob] = ended.as_slice() else { unreachable!("two were made") };
        let_years_pass(system, &bob.session_id).await?;
        deny_is_removed(system, &bob.session_id).await?;

        let customer = Account::numbered(&system.ready.aws_endpoint, &system.ready.customer_account_id);
        let role = system.ready.seeded("endableTargetRoleArn");
        let left = customer.policies(role.rsplit('/').next().unwrap_or_default()).await?;
        let of = |visitor: &Visitor| format!("DrawbridgeEnd-{}", visitor.session_id);
        ensure!(left.contains(&of(ada)) && !left.contains(&of(bob)), "{left:?}");
        ensure!(session(system, &ada.session_id).await?["deny"]["removed"] == false);
        let refusal = ada.refusal().await.with_context(|| format!("{} still works", ada.email))?;
        ensure!(refusal.contains("explicit deny"), "{refusal}");
        let trail = system.state.audit().await?;
        let done: Vec<_> = trail.iter().filter(|line| line["action"] == "pam-session.remove-deny").collect();
        let of_bob = done.iter().find(|line| line["resource_id"] == bob.session_id.as_str());
        ensure!(of_bob.is_some_and(|line| line["actor"]["id"] == "pam-worker"), "{done:?}");
        Ok(())
    })
}

#[test]
fn a_role_that_does_not_let_us_end_its_sessions_is_named_with_what_it_lacks() -> Result<()> {
    run(|system| async move {
        let path = account(system, "targetRoleArn").await?;
        let (email, api) = member(system, "ada").await?;
        let ada = Visitor::enter(system, &api, &email, &path).await?;
        let path = format!("{PAM}/sessions/{}/terminate", ada.session_id);
        let refusal = system.admin.post(&path, &json!({})).await?;
        let message = refusal.refused(400, "BadRequest")?;
        ensure!(message.contains("iam:PutRolePolicy"), "{message}");
        ensure!(ada.refusal().await.is_none(), "the session is over all the same");
        ensure!(session(system, &ada.session_id).await?["status"] == "active");
        Ok(())
    })
}

#[test]
fn a_sign_in_page_that_fails_leaves_a_failed_session_with_its_reason() -> Result<()> {
    run(|system| async move {
        let path = account(system, "targetRoleArn").await?;
        let (email, api) = member(system, "eve").await?;
        let answer = |status: u16| json!({ "kind": "error", "status": status, "code": "Broken" });
        for (effect, status, error) in [
            (answer(400), 400, "BadRequest"),
            (answer(503), 503, "ServiceUnavailable"),
            (json!({ "kind": "reset" }), 503, "ServiceUnavailable"),
        ] {
            let fault = json!({ "service": "signin", "action": "getSigninToken", "principal": email, "effect": effect });
            system.guard.fault(&fault).await?;
            let body = json!({ "path": path, "duration": "15m" });
            let refusal = api.post(&format!("{PAM}/accounts/access"), &body).await?;
            refusal.refused(status, error)?;
            let project = system.ready.seeded("projectId");
            let query = format!("{PAM}/sessions?projectId={project}&search={email}&limit=1");
            let newest = system.admin.get(&query).await?.ok()?["sessions"][0].take();
            ensure!(newest["status"] == "failed", "{newest}");
            ensure!(text(&newest["failureReason"])?.contains("sign-in page"), "{newest}");
        }
        Ok(())
    })
}
