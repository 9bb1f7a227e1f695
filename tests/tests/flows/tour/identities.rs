//! The routes of identities: logins, tokens, identities, their login methods.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::clients::{self, AwsCredentials};
use tests::system::{text, unique};

use super::{Outsider, Tour, delete, get, patch, post};

pub(super) async fn walk(tour: &mut Tour) -> Result<()> {
    tour.step(get("/api/status", &[])).await?;
    tour.step(get("/api/docs/json", &[])).await?;
    tour.step(get("/api/v1/identities/details", &[]).outsider(Outsider::Anything)).await?;
    let name = unique("tour");
    let body = json!({ "name": name, "organizationId": tour.system.ready.org_id, "role": "no-access" });
    let create = post("/api/v1/identities", &[], body).outsider(Outsider::Denied).audited("identity.create");
    let made = tour.step(create).await?;
    let id = text(&made["identity"]["id"])?;
    let identity = [id.as_str()];
    tour.step(get("/api/v1/identities", &[]).outsider(Outsider::Denied)).await?;
    let one = "/api/v1/identities/{identityId}";
    tour.step(get(one, &identity)).await?;
    tour.step(patch(one, &identity, json!({ "name": name })).audited("identity.update")).await?;
    universal(tour, &id).await?;
    aws(tour, &id).await?;
    oidc(tour, &id).await?;
    tour.step(delete(one, &identity).audited("identity.delete")).await?;
    Ok(())
}

async fn universal(tour: &mut Tour, id: &str) -> Result<()> {
    let at = "/api/v1/auth/universal-auth/identities/{identityId}";
    let secrets = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets";
    let secret = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}";
    let revoke = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets/{clientSecretId}/revoke";
    let lockouts = "/api/v1/auth/universal-auth/identities/{identityId}/clear-lockouts";
    let auth = tour.step(post(at, &[id], json!({})).audited("universal-auth.attach")).await?;
    let client_id = text(&auth["identityUniversalAuth"]["clientId"])?;
    tour.step(get(at, &[id])).await?;
    let change = json!({ "accessTokenTTL": 3_600, "accessTokenNumUsesLimit": 10 });
    tour.step(patch(at, &[id], change).audited("universal-auth.update")).await?;
    let made = tour.step(post(secrets, &[id], json!({})).audited("client-secret.create")).await?;
    let (secret_id, client_secret) = (text(&made["clientSecretData"]["id"])?, text(&made["clientSecret"])?);
    tour.system.keep_secret(&client_secret);
    tour.step(get(secrets, &[id])).await?;
    tour.step(get(secret, &[id, &secret_id])).await?;

    let body = json!({ "clientId": client_id, "clientSecret": client_secret });
    let login =
        tour.step(post("/api/v1/auth/universal-auth/login", &[], body).audited("identity.login")).await?;
    let token = keep_token(tour, &login)?;
    tour.system.admin.with_token(&token).get("/api/v1/identities/details").await?.ok()?;
    let body = json!({ "accessToken": token });
    let renewed = tour.step(post("/api/v1/auth/token/renew", &[], body).audited("token.renew")).await?;
    let renewed = keep_token(tour, &renewed)?;
    let body = json!({ "accessToken": renewed });
    tour.step(post("/api/v1/auth/token/revoke", &[], body).audited("token.revoke")).await?;
    for dead in [token, renewed] {
        let caller = tour.system.admin.with_token(&dead);
        caller.get("/api/v1/identities/details").await?.refused(401, "UnauthorizedError")?;
    }

    let wrong = json!({ "clientId": client_id, "clientSecret": "a-wrong-secret" });
    for _ in 0..3 {
        let answer = tour.system.admin.anonymous().post("/api/v1/auth/universal-auth/login", &wrong).await?;
        answer.refused(401, "UnauthorizedError")?;
    }
    tour.step(post(lockouts, &[id], json!({})).audited("universal-auth.clear-lockouts")).await?;
    tour.step(post(revoke, &[id, &secret_id], json!({})).audited("client-secret.revoke")).await?;
    tour.step(delete(at, &[id]).audited("universal-auth.detach")).await?;
    Ok(())
}

async fn aws(tour: &mut Tour, id: &str) -> Result<()> {
    let at = "/api/v1/auth/aws-auth/identities/{identityId}";
    let key = tour.system.account().user("tour").await?;
    tour.system.keep_secret(&key.secret);
    let body = json!({ "identityId": id, "allowedPrincipalArns": key.user_arn });
    tour.step(post(at, &[id], body).audited("aws-auth.attach")).await?;
    tour.step(get(at, &[id])).await?;
    tour.step(patch(at, &[id], json!({ "accessTokenTTL": 3_600 })).audited("aws-auth.update")).await?;
    let aws = AwsCredentials { access_key_id: key.id, secret_access_key: key.secret, session_token: None };
    let wishes = json!({ "host": tour.system.ready.api_url, "identityId": id });
    let signed = tokio::task::spawn_blocking(move || clients::python("sign", &wishes, Some(&aws)));
    let signed = signed.await.context("sign a login")??;
    let login = post("/api/v1/auth/aws-auth/login", &[], signed["body"].clone()).audited("identity.login");
    let login = tour.step(login).await?;
    keep_token(tour, &login)?;
    tour.step(delete(at, &[id]).audited("aws-auth.detach")).await?;
    Ok(())
}

async fn oidc(tour: &mut Tour, id: &str) -> Result<()> {
    let at = "/api/v1/auth/oidc-auth/identities/{identityId}";
    let issuer = tour.system.ready.oidc_issuer.clone();
    let body = json!({
        "oidcDiscoveryUrl": issuer, "boundIssuer": issuer, "boundAudiences": tour.system.ready.oidc_audience,
        "boundSubject": "robot@example.com", "boundClaims": {},
    });
    tour.step(post(at, &[id], body).audited("oidc-auth.attach")).await?;
    tour.step(get(at, &[id])).await?;
    tour.step(patch(at, &[id], json!({ "accessTokenTTL": 3_600 })).audited("oidc-auth.update")).await?;
    let jwt = tour.system.guard.person("robot@example.com", &json!({})).await?;
    tour.system.keep_secret(&jwt);
    let body = json!({ "identityId": id, "jwt": jwt });
    let login = tour.step(post("/api/v1/auth/oidc-auth/login", &[], body).audited("identity.login")).await?;
    keep_token(tour, &login)?;
    tour.step(delete(at, &[id]).audited("oidc-auth.detach")).await?;
    Ok(())
}

fn keep_token(tour: &Tour, login: &Value) -> Result<String> {
    let token = text(&login["accessToken"])?;
    ensure!(token.split('.').count() == 3, "no JWT");
    tour.system.keep_secret(&token);
    Ok(token)
}
