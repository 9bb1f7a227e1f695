//! Logins with a client secret: limits, locks, races.

use serde_json::{Value, json};
use testkit::event::event;
use testkit::{later, now};

use crate::house::{House, keys, text};

const NOBODY: &str = "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034";

fn message(answer: &Value) -> &str {
    answer["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_client_secret_opens_and_the_answer_is_the_contracts() {
    let house = House::new().await;
    let (id, client) =
        house.universal(&json!({ "accessTokenTTL": 7_200, "accessTokenMaxTTL": 86_400 })).await;
    let (secret_id, secret) = house.secret(&id, &json!({ "description": "ci" })).await;
    let (status, answer) = house.login(&format!(" {client} "), &format!(" {secret}\n"), now()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(keys(&answer), ["accessToken", "accessTokenMaxTTL", "expiresIn", "tokenType"]);
    assert_eq!(
        (&answer["expiresIn"], &answer["accessTokenMaxTTL"], &answer["tokenType"]),
        (&json!(7_200), &json!(86_400), &json!("Bearer"))
    );
    let claims = house.key.verify(&text(&answer["accessToken"]), house.organization, now()).unwrap();
    assert_eq!(
        (claims.identity_id.to_string(), claims.client_secret_id.unwrap().to_string()),
        (id.clone(), secret_id.clone())
    );
    assert_eq!(claims.exp.unwrap(), later(7_200).unix_seconds());
    let path = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets/{secret_id}");
    let data = &house.done("GET", &path, &json!({})).await["clientSecretData"];
    assert_eq!((&data["clientSecretNumUses"], &data["clientSecretPrefix"]), (&json!(1), &json!(secret[..4])));
}

#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_get_the_same_answer() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({ "lockoutEnabled": false })).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    let wrong = format!("{}{}", &secret[..4], "0".repeat(60));
    let mut answers = Vec::new();
    for (client, sent) in [
        (client.as_str(), wrong.as_str()),
        (&client, "x"),
        (NOBODY, &secret),
        ("no uuid", &secret),
        (&client, &secret[..63]),
    ] {
        let (status, mut answer) = house.login(client, sent, now()).await;
        assert_eq!(status, 401, "{answer}");
        answer["reqId"] = Value::Null;
        answers.push(answer);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(
        (answers[0]["error"].as_str(), message(&answers[0])),
        (Some("UnauthorizedError"), "Invalid credentials")
    );
    assert_eq!(house.login(&client, &secret, now()).await.0, 200);
}

#[tokio::test]
async fn three_wrong_secrets_lock_for_five_minutes_and_an_administrator_can_unlock() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    for seconds in 0..3 {
        assert_eq!(message(&house.login(&client, "wrong", later(seconds)).await.1), "Invalid credentials");
    }
    let (status, answer) = house.login(&client, &secret, later(3)).await;
    assert_eq!(status, 401);
    assert!(message(&answer).contains("temporarily locked"), "{answer}");
    assert_eq!(house.login(&client, &secret, later(301)).await.0, 401, "the last second of the lock");
    assert_eq!(house.login(&client, &secret, later(302)).await.0, 200, "the lock has ended");

    for seconds in 400..403 {
        house.login(&client, "wrong", later(seconds)).await;
    }
    assert_eq!(house.login(&client, &secret, later(403)).await.0, 401);
    let path = format!("/api/v1/auth/universal-auth/identities/{id}/clear-lockouts");
    assert_eq!(house.done("POST", &path, &json!({})).await, json!({ "deleted": 1 }));
    assert_eq!(house.done("POST", &path, &json!({})).await, json!({ "deleted": 0 }));
    assert_eq!(house.login(&client, &secret, later(404)).await.0, 200);
}

#[tokio::test]
async fn a_login_that_succeeds_and_a_quiet_half_minute_both_clear_the_count() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    for (seconds, sent, status) in [
        (0, "wrong", 401),
        (1, "wrong", 401),
        (2, secret.as_str(), 200),
        (3, "wrong", 401),
        (4, "wrong", 401),
        (34, "wrong", 401),
        (35, "wrong", 401),
        (36, &secret, 200),
    ] {
        assert_eq!(house.login(&client, sent, later(seconds)).await.0, status, "at {seconds}");
    }
}

#[tokio::test]
async fn failures_at_once_are_all_counted() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({ "lockoutThreshold": 4 })).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    let wrong = || house.login(&client, "wrong", now());
    let answers = tokio::join!(wrong(), wrong(), wrong(), wrong());
    for (status, answer) in [answers.0, answers.1, answers.2, answers.3] {
        assert!(status == 401 || status == 429, "{answer}");
    }
    let mut more = 0;
    while message(&house.login(&client, "wrong", later(1)).await.1) == "Invalid credentials" && more < 4 {
        more += 1;
    }
    assert!(
        message(&house.login(&client, &secret, later(1)).await.1).contains("locked"),
        "locked after at most four counted failures"
    );
    assert!(more <= 2, "at least two of four at once were counted");
}

#[tokio::test]
async fn a_secret_with_one_use_opens_once_however_many_try_at_once() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (secret_id, secret) = house.secret(&id, &json!({ "numUsesLimit": 1 })).await;
    let login = || house.login(&client, &secret, now());
    let answers = tokio::join!(login(), login(), login());
    let statuses = [answers.0.0, answers.1.0, answers.2.0];
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
    let (status, answer) = house.login(&client, &secret, later(1)).await;
    assert_eq!(status, 401, "{answer}");
    let path = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets/{secret_id}");
    let data = &house.done("GET", &path, &json!({})).await["clientSecretData"];
    assert_eq!((&data["clientSecretNumUses"], &data["isClientSecretRevoked"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn an_expired_secret_says_so_and_counts_as_revoked() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (_, secret) = house.secret(&id, &json!({ "ttl": 60 })).await;
    assert_eq!(house.login(&client, &secret, later(59)).await.0, 200);
    let (status, answer) = house.login(&client, &secret, later(60)).await;
    assert_eq!((status, message(&answer)), (401, "Access denied due to expired client secret"));
    let path = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets");
    assert_eq!(house.done("GET", &path, &json!({})).await["clientSecretData"], json!([]));
}

#[tokio::test]
async fn a_login_from_an_untrusted_address_is_refused_before_its_secret_is_looked_at() {
    let house = House::new().await;
    let (id, client) =
        house.universal(&json!({ "clientSecretTrustedIps": [{ "ipAddress": "198.51.100.0/24" }] })).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    let (status, answer) = house.login(&client, &secret, now()).await;
    assert_eq!((status, answer["error"].as_str()), (403, Some("ForbiddenError")), "{answer}");
    let path = format!("/api/v1/auth/universal-auth/identities/{id}");
    house.done("PATCH", &path, &json!({ "clientSecretTrustedIps": [{ "ipAddress": "203.0.113.7" }] })).await;
    assert_eq!(house.login(&client, &secret, now()).await.0, 200);
}

#[tokio::test]
async fn a_periodic_token_announces_its_period() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({ "accessTokenPeriod": 600 })).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    let (_, answer) = house.login(&client, &secret, now()).await;
    assert_eq!((&answer["expiresIn"], &answer["accessTokenMaxTTL"]), (&json!(600), &json!(1_000_000_000)));
}

#[tokio::test]
async fn our_own_organisation_may_be_named_and_no_other() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    for (field, name, status) in [
        ("organizationSlug", "acme-corp", 200),
        ("organizationSlug", "", 200),
        ("subOrganizationName", "acme-corp", 200),
        ("organizationSlug", "other", 404),
        ("subOrganizationName", "other", 404),
    ] {
        let body = json!({ "clientId": client, "clientSecret": secret, field: name });
        let (answered, answer) = house.open("/api/v1/auth/universal-auth/login", &body, now()).await;
        assert_eq!(answered, status, "{field} {name}: {answer}");
    }
}

#[tokio::test]
async fn a_login_without_its_fields_names_each_of_them() {
    let house = House::new().await;
    let (status, answer) =
        house.open("/api/v1/auth/universal-auth/login", &json!({ "clientId": 7 }), now()).await;
    assert_eq!(status, 422);
    let paths: Vec<&Value> =
        answer["message"].as_array().unwrap().iter().map(|issue| &issue["path"][0]).collect();
    assert_eq!(paths, ["clientId", "clientSecret"]);
    let (status, _) =
        house.send(event("POST", "/api/v1/auth/universal-auth/login/").raw_body("{"), now()).await;
    assert_eq!(status, 400, "a trailing slash is tolerated, malformed JSON is not");
}
