//! People: tokens of the company's own provider.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::forge;
use tests::system::{System, run};

const PROJECTS: &str = "/api/v1/workspace";

/// What a person's token with these claims is answered.
async fn answer(system: &System, email: &str, claims: Value) -> Result<tests::api::Answer> {
    let token = system.guard.person(email, &claims).await?;
    system.keep_secret(&token);
    system.admin.with_token(&token).get(PROJECTS).await
}

#[test]
fn an_administrator_by_email_may_do_everything_and_others_see_only_their_projects() -> Result<()> {
    run(|system| async move {
        let admin = system.person(&system.ready.admin_email).await?;
        let seen = admin.get(PROJECTS).await?.ok()?;
        ensure!(seen.to_string().contains(system.ready.seeded("projectId")), "{seen}");
        let other = system.person("newcomer@example.com").await?;
        let seen = other.get(PROJECTS).await?.ok()?;
        ensure!(seen["workspaces"] == json!([]), "{seen}");
        let path = format!("{PROJECTS}/{}", system.ready.seeded("projectId"));
        other.get(&path).await?.refused(404, "NotFound").map(drop)
    })
}

#[test]
fn a_person_who_is_invited_is_in_at_once() -> Result<()> {
    run(|system| async move {
        let (project, _) = system.project(&tests::system::unique("inviting")).await?;
        let invite = format!("/api/v2/workspace/{project}/memberships");
        let body = json!({ "emails": ["Invited.Person@example.com"], "roleSlugs": ["viewer"] });
        system.admin.post(&invite, &body).await?.ok()?;
        let person = system.person("invited.person@example.com").await?;
        person.get(&format!("{PROJECTS}/{project}")).await?.ok()?;
        let rename = json!({ "name": "mine now" });
        let changed = person.patch(&format!("/api/v1/projects/{project}"), &rename).await?;
        changed.refused(403, "PermissionDenied").map(drop)
    })
}

#[test]
fn tokens_that_are_not_meant_for_us_or_not_now_are_refused() -> Result<()> {
    run(|system| async move {
        let long_ago = 1_700_000_000;
        let far_away = 4_000_000_000_u64;
        for claims in [
            json!({ "aud": "another-application" }),
            json!({ "aud": null }),
            json!({ "iss": "https://login.example.com/" }),
            json!({ "exp": long_ago }),
            json!({ "exp": null }),
            json!({ "nbf": far_away }),
            json!({ "sub": null, "email": null }),
        ] {
            let said = claims.to_string();
            let refused = answer(system, "eve@example.com", claims).await?;
            let status = refused.status;
            ensure!(status == 401 || status == 403, "{said} is let in with {status}: {}", refused.body);
            refused.refused(status, if status == 401 { "UnauthorizedError" } else { "TokenError" })?;
        }
        Ok(())
    })
}

#[test]
fn an_address_that_the_provider_does_not_vouch_for_administers_nothing() -> Result<()> {
    run(|system| async move {
        for claims in [json!({ "email_verified": false }), json!({ "email_verified": null })] {
            let said = claims.to_string();
            let answered = answer(system, &system.ready.admin_email, claims).await?;
            let seen = answered.body.to_string();
            ensure!(
                !seen.contains(system.ready.seeded("projectId")),
                "an unverified administrator with {said}: {seen}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_changed_token_of_a_person_is_refused() -> Result<()> {
    run(|system| async move {
        let token = system.guard.person("eve@example.com", &json!({})).await?;
        let mut claims = forge::claims(&token)?;
        claims["email"] = json!(system.ready.admin_email);
        claims["sub"] = json!(system.ready.admin_email);
        for forged in [
            forge::tampered(&token, &claims)?,
            forge::unsigned(&claims),
            forge::symmetric(&forge::header(&token)?, &claims),
            // Our own key is no key of the provider's.
            forge::signed(&system.ready.aws_endpoint, &forge::header(&token)?, &claims).await?,
        ] {
            system.admin.with_token(&forged).get(PROJECTS).await?.refused(403, "TokenError")?;
        }
        Ok(())
    })
}
