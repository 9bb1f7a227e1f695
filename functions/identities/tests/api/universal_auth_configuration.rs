//! The configuration of universal auth, and its client secrets.

use serde_json::{Value, json};
use testkit::now;

use crate::house::{House, keys, text};

const NOBODY: &str = "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034";

#[tokio::test]
async fn secrets_of_a_removed_configuration_do_not_open_its_successor() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let (_, secret) = house.secret(&id, &json!({})).await;
    let path = format!("/api/v1/auth/universal-auth/identities/{id}");
    house.done("DELETE", &path, &json!({})).await;
    assert_eq!(house.login(&client, &secret, now()).await.0, 401);
    let made = house.done("POST", &path, &json!({})).await;
    let successor = text(&made["identityUniversalAuth"]["clientId"]);
    assert_ne!(successor, client);
    assert_eq!(house.login(&successor, &secret, now()).await.0, 401);
    let listed = house.done("GET", &format!("{path}/client-secrets"), &json!({})).await;
    assert_eq!(listed["clientSecretData"], json!([]));
}

#[tokio::test]
async fn the_configuration_has_the_contracts_keys_defaults_and_limits() {
    let house = House::new().await;
    let id = house.identity("member").await;
    let path = format!("/api/v1/auth/universal-auth/identities/{id}");
    assert_eq!(house.admin("GET", &path, &json!({})).await.0, 404);
    let made = house.done("POST", &path, &json!({})).await;
    let auth = &made["identityUniversalAuth"];
    assert_eq!(
        keys(auth),
        [
            "accessTokenMaxTTL",
            "accessTokenNumUsesLimit",
            "accessTokenPeriod",
            "accessTokenTTL",
            "accessTokenTrustedIps",
            "clientId",
            "clientSecretTrustedIps",
            "createdAt",
            "id",
            "identityId",
            "lockoutCounterResetSeconds",
            "lockoutDurationSeconds",
            "lockoutEnabled",
            "lockoutThreshold",
            "updatedAt",
        ]
    );
    for (field, value) in [
        ("accessTokenTTL", 2_592_000),
        ("accessTokenMaxTTL", 2_592_000),
        ("accessTokenNumUsesLimit", 0),
        ("accessTokenPeriod", 0),
        ("lockoutThreshold", 3),
        ("lockoutDurationSeconds", 300),
        ("lockoutCounterResetSeconds", 30),
    ] {
        assert_eq!(auth[field], json!(value), "{field}");
    }
    let everywhere = json!([{ "type": "ipv4", "prefix": 0, "ipAddress": "0.0.0.0" }, { "type": "ipv6", "prefix": 0, "ipAddress": "::" }]);
    assert_eq!((&auth["clientSecretTrustedIps"], &auth["accessTokenTrustedIps"]), (&everywhere, &everywhere));
    assert_eq!(house.admin("POST", &path, &json!({})).await.0, 400, "attached already");
    for (field, low, high) in [
        ("accessTokenTTL", -1, 315_360_001_i64),
        ("accessTokenMaxTTL", -1, 315_360_001),
        ("accessTokenNumUsesLimit", -1, 1 << 31),
        ("lockoutThreshold", 0, 31),
        ("lockoutDurationSeconds", 29, 86_401),
        ("lockoutCounterResetSeconds", 4, 3_601),
    ] {
        for bad in [json!(low), json!(high), json!("5"), json!(1.5), Value::Null] {
            let (status, answer) = house.admin("PATCH", &path, &json!({ field: bad })).await;
            assert_eq!(
                (status, &answer["message"][0]["path"][0]),
                (422, &json!(field)),
                "{field} {bad}: {answer}"
            );
        }
    }
    let changed = house.done("PATCH", &path, &json!({ "lockoutEnabled": false, "accessTokenTTL": 60 })).await;
    let changed = &changed["identityUniversalAuth"];
    assert_eq!(
        (&changed["lockoutEnabled"], &changed["accessTokenTTL"], &changed["clientId"]),
        (&json!(false), &json!(60), &auth["clientId"])
    );
    let (status, _) = house.admin("PATCH", &path, &json!({ "accessTokenMaxTTL": 59 })).await;
    assert_eq!(status, 422, "the time to live that stays must fit into the new maximum");
}

#[tokio::test]
async fn a_client_secret_is_shown_once_and_revoked_for_good() {
    let house = House::new().await;
    let (id, client) = house.universal(&json!({})).await;
    let base = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets");
    let made = house.done("POST", &base, &json!({ "description": "ci", "numUsesLimit": 5, "ttl": 60 })).await;
    let (secret, data) = (text(&made["clientSecret"]), &made["clientSecretData"]);
    assert_eq!(secret.len(), 64);
    assert_eq!(
        keys(data),
        [
            "clientSecretNumUses",
            "clientSecretNumUsesLimit",
            "clientSecretPrefix",
            "clientSecretTTL",
            "createdAt",
            "description",
            "id",
            "identityUAId",
            "isClientSecretRevoked",
            "updatedAt",
        ]
    );
    let one = format!("{base}/{}", text(&data["id"]));
    for shown in [house.done("GET", &base, &json!({})).await, house.done("GET", &one, &json!({})).await] {
        assert!(!shown.to_string().contains(&secret[4..]), "{shown}");
    }
    assert_eq!(house.login(&client, &secret, now()).await.0, 200);
    for _ in 0..2 {
        let revoked = house.done("POST", &format!("{one}/revoke"), &json!({})).await;
        assert_eq!(revoked["clientSecretData"]["isClientSecretRevoked"], true);
    }
    assert_eq!(house.login(&client, &secret, now()).await.0, 401);
    assert_eq!(house.admin("GET", &format!("{base}/{NOBODY}"), &json!({})).await.0, 404);
    assert_eq!(house.admin("GET", &format!("{base}/nonsense"), &json!({})).await.0, 422);
}
