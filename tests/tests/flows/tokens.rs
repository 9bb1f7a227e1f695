//! Tokens: expired, changed, revoked, renewed, used up; what is decided about an identity acts at once.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::api::Api;
use tests::forge;
use tests::system::{Machine, System, run, text, unique};

const WHO: &str = "/api/v1/identities/details";
const RENEW: &str = "/api/v1/auth/token/renew";

/// A machine identity, and the claims and header of its token.
async fn machine(system: &System) -> Result<(Machine, Value, Value)> {
    let machine = system.machine(&unique("bearer"), "no-access").await?;
    let token = machine.api.token().unwrap_or_default();
    let (claims, header) = (forge::claims(token)?, forge::header(token)?);
    machine.api.get(WHO).await?.ok()?;
    Ok((machine, claims, header))
}

/// A machine whose universal auth is configured like this.
async fn configured(system: &System, configuration: &Value) -> Result<Machine> {
    let machine = system.machine(&unique("configured"), "no-access").await?;
    let path = format!("/api/v1/auth/universal-auth/identities/{}", machine.id);
    system.admin.patch(&path, configuration).await?.ok()?;
    let api = system.login(&machine.client_id, &machine.client_secret).await?;
    Ok(Machine { api, ..machine })
}

async fn signed(system: &System, header: &Value, claims: &Value) -> Result<Api> {
    let token = forge::signed(&system.ready.aws_endpoint, header, claims).await?;
    system.keep_secret(&token);
    Ok(system.admin.with_token(&token))
}

#[test]
fn an_expired_token_is_refused_as_such_even_though_its_signature_is_right() -> Result<()> {
    run(|system| async move {
        let (_, mut claims, header) = machine(system).await?;
        let still = signed(system, &header, &claims).await?;
        still.get(WHO).await?.ok()?;
        claims["exp"] = json!(claims["iat"].as_u64().unwrap_or_default() - 3_600);
        let expired = signed(system, &header, &claims).await?;
        let message = expired.get(WHO).await?.refused(403, "TokenError")?;
        ensure!(message.contains("expired"), "{message}");
        let body = json!({ "accessToken": expired.token() });
        system.admin.anonymous().post(RENEW, &body).await?.refused(403, "TokenError").map(drop)
    })
}

#[test]
fn a_token_that_was_changed_is_refused() -> Result<()> {
    run(|system| async move {
        let (machine, claims, header) = machine(system).await?;
        let token = machine.api.token().unwrap_or_default();
        let mut admin = claims.clone();
        admin["identityId"] = json!(system.ready.org_id);
        admin["sub"] = json!(system.ready.org_id);
        for forged in [
            forge::tampered(token, &admin)?,
            forge::unsigned(&admin),
            forge::symmetric(&header, &admin),
            token.get(..token.len() - 8).unwrap_or_default().to_owned(),
            format!("{token}AA"),
            "not.a.token".to_owned(),
            "x".to_owned(),
            "a".repeat(9_000),
        ] {
            let answer = system.admin.with_token(&forged).get(WHO).await?;
            answer.refused(403, "TokenError")?;
            let renewed = system.admin.anonymous().post(RENEW, &json!({ "accessToken": forged })).await?;
            ensure!((400..=403).contains(&renewed.status), "renewed: {} {}", renewed.status, renewed.body);
        }
        Ok(())
    })
}

#[test]
fn a_signature_without_a_record_opens_nothing() -> Result<()> {
    run(|system| async move {
        let (_, mut claims, header) = machine(system).await?;
        for field in ["identityAccessTokenId", "jti"] {
            if claims.get(field).is_some() {
                claims[field] = json!("5b8f2f0e-6f3c-4c69-9d3c-0d0a4e7f1a22");
            }
        }
        let unknown = signed(system, &header, &claims).await?;
        unknown.get(WHO).await?.refused(401, "UnauthorizedError").map(drop)
    })
}

#[test]
fn a_revoked_token_opens_nothing_and_is_not_renewed() -> Result<()> {
    run(|system| async move {
        let (machine, ..) = machine(system).await?;
        let body = json!({ "accessToken": machine.api.token() });
        let anonymous = system.admin.anonymous();
        anonymous.post("/api/v1/auth/token/revoke", &body).await?.ok()?;
        machine.api.get(WHO).await?.refused(401, "UnauthorizedError")?;
        anonymous.post(RENEW, &body).await?.refused(401, "UnauthorizedError")?;
        anonymous.post("/api/v1/auth/token/revoke", &body).await?.refused(401, "UnauthorizedError").map(drop)
    })
}

#[test]
fn a_renewed_token_is_the_same_token_with_more_time() -> Result<()> {
    run(|system| async move {
        let machine = configured(system, &json!({ "accessTokenTTL": 600 })).await?;
        let before = forge::claims(machine.api.token().unwrap_or_default())?;
        let body = json!({ "accessToken": machine.api.token() });
        let renewed = system.admin.anonymous().post(RENEW, &body).await?.ok()?;
        let token = text(&renewed["accessToken"])?;
        system.keep_secret(&token);
        system.admin.with_token(&token).get(WHO).await?.ok()?;
        let after = forge::claims(&token)?;
        ensure!(after["identityAccessTokenId"] == before["identityAccessTokenId"], "another token: {after}");
        ensure!(after["exp"].as_u64() >= before["exp"].as_u64(), "less time: {after}");
        ensure!(
            renewed["expiresIn"].is_u64() && renewed["tokenType"] == "Bearer",
            "not a login's answer: {renewed}"
        );
        Ok(())
    })
}

#[test]
fn a_token_that_has_lived_its_longest_is_not_renewed() -> Result<()> {
    run(|system| async move {
        let life = json!({ "accessTokenTTL": 600, "accessTokenMaxTTL": 600 });
        let machine = configured(system, &life).await?;
        let body = json!({ "accessToken": machine.api.token() });
        let claims = forge::claims(machine.api.token().unwrap_or_default())?;
        let lives = claims["exp"].as_u64().unwrap_or_default() - claims["iat"].as_u64().unwrap_or_default();
        ensure!(lives == 600, "it lives {lives} s");
        let renewed = system.admin.anonymous().post(RENEW, &body).await?;
        // In the second of its making, a renewal is not yet beyond the longest life.
        ensure!(renewed.status == 401 || renewed.status == 200, "{}", renewed.body);
        if renewed.status == 200 {
            let renewed = forge::claims(renewed.body["accessToken"].as_str().unwrap_or_default())?;
            ensure!(renewed["exp"] == claims["exp"], "it lives longer: {renewed}");
        }
        Ok(())
    })
}

#[test]
fn a_token_with_two_uses_serves_two_requests() -> Result<()> {
    run(|system| async move {
        let machine = configured(system, &json!({ "accessTokenNumUsesLimit": 2 })).await?;
        machine.api.get(WHO).await?.ok()?;
        machine.api.get(WHO).await?.ok()?;
        machine.api.get(WHO).await?.refused(401, "UnauthorizedError").map(drop)
    })
}

#[test]
fn a_token_works_from_its_addresses_alone() -> Result<()> {
    run(|system| async move {
        let elsewhere = json!({ "accessTokenTrustedIps": [{ "ipAddress": "203.0.113.0/24" }] });
        let machine = configured(system, &elsewhere).await?;
        machine.api.get(WHO).await?.refused(403, "ForbiddenError")?;
        // The address that counts is the one that API Gateway saw, whatever a header says.
        let path = format!("/api/v1/auth/universal-auth/identities/{}", machine.id);
        let here =
            json!({ "accessTokenTrustedIps": [{ "ipAddress": "127.0.0.0/8" }, { "ipAddress": "::1/128" }] });
        system.admin.patch(&path, &here).await?.ok()?;
        machine.api.get(WHO).await?.ok().map(drop)
    })
}

#[test]
fn a_deleted_identity_is_out_at_once() -> Result<()> {
    run(|system| async move {
        let (machine, ..) = machine(system).await?;
        system.admin.delete(&format!("/api/v1/identities/{}", machine.id)).await?.ok()?;
        machine.api.get(WHO).await?.refused(401, "UnauthorizedError")?;
        let body = json!({ "clientId": machine.client_id, "clientSecret": machine.client_secret });
        let login = system.admin.anonymous().post("/api/v1/auth/universal-auth/login", &body).await?;
        login.refused(401, "UnauthorizedError").map(drop)
    })
}

#[test]
fn a_change_of_role_acts_on_the_very_next_request() -> Result<()> {
    run(|system| async move {
        let (machine, ..) = machine(system).await?;
        let (list, me) =
            ("/api/v1/app-connections/aws/policies?capability=key-rotation", machine.id.as_str());
        for (role, allowed) in [("no-access", false), ("viewer", true), ("no-access", false), ("admin", true)]
        {
            system.admin.patch(&format!("/api/v1/identities/{me}"), &json!({ "role": role })).await?.ok()?;
            let answer = machine.api.get(list).await?;
            match allowed {
                true => drop(answer.ok()?),
                false => drop(answer.refused(403, "PermissionDenied")?),
            }
        }
        Ok(())
    })
}

#[test]
fn three_wrong_secrets_lock_the_identity_until_somebody_clears_it() -> Result<()> {
    run(|system| async move {
        let machine = system.machine(&unique("guessed"), "no-access").await?;
        let login = async |secret: &str| {
            let body = json!({ "clientId": machine.client_id, "clientSecret": secret });
            system.admin.anonymous().post("/api/v1/auth/universal-auth/login", &body).await
        };
        for _ in 0..3 {
            login("a-wrong-secret").await?.refused(401, "UnauthorizedError")?;
        }
        login(&machine.client_secret).await?.refused(401, "UnauthorizedError")?;
        let clear = format!("/api/v1/auth/universal-auth/identities/{}/clear-lockouts", machine.id);
        system.admin.post(&clear, &json!({})).await?.ok()?;
        login(&machine.client_secret).await?.ok()?;
        let unknown = json!({ "clientId": "5b8f2f0e-6f3c-4c69-9d3c-0d0a4e7f1a22", "clientSecret": "x" });
        let unknown = system.admin.anonymous().post("/api/v1/auth/universal-auth/login", &unknown).await?;
        let wrong = login("a-wrong-secret").await?;
        ensure!(unknown.body["message"] == wrong.body["message"], "tells which ids exist: {}", unknown.body);
        Ok(())
    })
}
