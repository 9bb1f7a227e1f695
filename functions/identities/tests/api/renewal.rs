//! Renewing and revoking tokens.

use serde_json::{Value, json};
use testkit::issuer::SigningKey;
use testkit::{later, now};

use crate::house::{House, keys, text};

const RENEW: &str = "/api/v1/auth/token/renew";
const REVOKE: &str = "/api/v1/auth/token/revoke";

/// A token of an identity with this configuration.
async fn token(house: &House, configuration: Value) -> (String, String, String) {
    let (id, client) = house.universal(&configuration).await;
    let (secret_id, secret) = house.secret(&id, &json!({})).await;
    let (status, answer) = house.login(&client, &secret, now()).await;
    assert_eq!(status, 200, "{answer}");
    (text(&answer["accessToken"]), id, secret_id)
}

fn body(token: &str) -> Value {
    json!({ "accessToken": token })
}

#[tokio::test]
async fn a_token_is_renewed_under_its_own_id_until_its_maximum() {
    let house = House::new().await;
    let (first, ..) = token(&house, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 150 })).await;
    let (status, answer) = house.open(RENEW, &body(&first), later(50)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(keys(&answer), ["accessToken", "accessTokenMaxTTL", "expiresIn", "tokenType"]);
    assert_eq!((&answer["expiresIn"], &answer["accessTokenMaxTTL"]), (&json!(60), &json!(150)));
    let second = text(&answer["accessToken"]);
    let read = |token: &str, at| house.key.verify(token, house.organization, at).unwrap();
    assert_eq!(read(&first, now()).identity_access_token_id, read(&second, now()).identity_access_token_id);
    assert_eq!(read(&second, later(70)).exp.unwrap(), later(110).unix_seconds());

    let (status, answer) = house.open(RENEW, &body(&second), later(91)).await;
    assert_eq!(
        (status, answer["error"].as_str()),
        (401, Some("UnauthorizedError")),
        "it would exceed the maximum: {answer}"
    );
    let (status, answer) = house.open(RENEW, &body(&second), later(90)).await;
    assert_eq!(status, 200, "{answer}");
    let third = text(&answer["accessToken"]);
    let (status, answer) = house.open(RENEW, &body(&third), later(151)).await;
    assert_eq!((status, answer["error"].as_str()), (403, Some("TokenError")), "{answer}");
}

#[tokio::test]
async fn an_old_copy_of_a_renewed_token_is_still_the_same_token() {
    let house = House::new().await;
    let (first, ..) = token(&house, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 600 })).await;
    assert_eq!(house.open(RENEW, &body(&first), later(10)).await.0, 200);
    assert_eq!(house.open(RENEW, &body(&first), later(20)).await.0, 200);
    assert_eq!(house.open(REVOKE, &body(&first), later(21)).await.0, 200);
    assert_eq!(house.open(RENEW, &body(&first), later(22)).await.0, 401);
}

#[tokio::test]
async fn a_periodic_token_is_renewed_past_any_maximum() {
    let house = House::new().await;
    let (mut token, ..) =
        token(&house, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 60, "accessTokenPeriod": 100 }))
            .await;
    for seconds in [90, 180, 270, 360] {
        let (status, answer) = house.open(RENEW, &body(&token), later(seconds)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["expiresIn"], 100);
        token = text(&answer["accessToken"]);
    }
    assert_eq!(house.open(RENEW, &body(&token), later(460)).await.0, 403);
}

#[tokio::test]
async fn a_stolen_token_is_not_kept_alive_from_elsewhere_but_may_be_revoked_from_anywhere() {
    let house = House::new().await;
    let elsewhere = json!({ "accessTokenTrustedIps": [{ "ipAddress": "198.51.100.0/24" }] });
    let (token, ..) = token(&house, elsewhere).await;
    let (status, answer) = house.open(RENEW, &body(&token), now()).await;
    assert_eq!((status, answer["error"].as_str()), (403, Some("ForbiddenError")), "{answer}");
    assert_eq!(house.open(REVOKE, &body(&token), now()).await.0, 200);
}

#[tokio::test]
async fn a_revoked_token_is_neither_renewed_nor_revoked_again() {
    let house = House::new().await;
    let (token, ..) = token(&house, json!({})).await;
    let (status, answer) = house.open(REVOKE, &body(&token), now()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(keys(&answer), ["message"]);
    for path in [RENEW, REVOKE] {
        let (status, answer) = house.open(path, &body(&token), now()).await;
        assert_eq!((status, answer["error"].as_str()), (401, Some("UnauthorizedError")), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_token_whose_secret_method_or_identity_is_gone_is_not_renewed() {
    let house = House::new().await;
    for what in ["secret", "method", "identity"] {
        let (token, id, secret) = token(&house, json!({})).await;
        let auth = format!("/api/v1/auth/universal-auth/identities/{id}");
        match what {
            "secret" => {
                house.done("POST", &format!("{auth}/client-secrets/{secret}/revoke"), &json!({})).await
            }
            "method" => house.done("DELETE", &auth, &json!({})).await,
            _ => house.done("DELETE", &format!("/api/v1/identities/{id}"), &json!({})).await,
        };
        let (status, answer) = house.open(RENEW, &body(&token), now()).await;
        assert_eq!(status, 401, "{what}: {answer}");
    }
}

#[tokio::test]
async fn what_is_not_a_machines_token_of_ours_is_refused_in_the_contracts_words() {
    let house = House::new().await;
    let (token, ..) = token(&house, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 60 })).await;
    let stranger = SigningKey::es256("x").token(&json!({ "iss": "https://login.example", "sub": "1" }));
    let forged = SigningKey::es256("x").token(&json!({ "iss": "drawbridge" }));
    for (what, sent, at, renew, revoke, error) in [
        ("expired", token.as_str(), later(60), 403, 403, "TokenError"),
        ("forged", &forged, now(), 403, 403, "TokenError"),
        ("no token", "x", now(), 403, 403, "TokenError"),
    ] {
        for (path, status) in [(RENEW, renew), (REVOKE, revoke)] {
            let (answered, answer) = house.open(path, &body(sent), at).await;
            assert_eq!(
                (answered, answer["error"].as_str()),
                (status, Some(error)),
                "{what} {path}: {answer}"
            );
        }
    }
    assert_eq!(house.open(RENEW, &body(&stranger), now()).await.0, 400);
    assert_eq!(house.open(REVOKE, &body(&stranger), now()).await.0, 401);
    assert_eq!(house.open(RENEW, &json!({}), now()).await.0, 422);
}

#[tokio::test]
async fn renewals_at_once_all_succeed() {
    let house = House::new().await;
    let (token, ..) = token(&house, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 600 })).await;
    let renew = || async { house.open(RENEW, &body(&token), later(1)).await.0 };
    let statuses = tokio::join!(renew(), renew(), renew());
    assert_eq!(statuses, (200, 200, 200));
}
