//! The configuration of AWS auth.

use serde_json::json;

use crate::house::{House, keys};

fn configuration(identity: &str) -> String {
    format!("/api/v1/auth/aws-auth/identities/{identity}")
}

#[tokio::test]
async fn a_configuration_that_admits_everybody_or_is_out_of_range_is_refused() {
    let house = House::new().await;
    let id = house.identity("member").await;
    for (field, body) in [
        ("allowedPrincipalArns", json!({})),
        ("allowedPrincipalArns", json!({ "allowedPrincipalArns": " , ", "allowedAccountIds": "" })),
        ("allowedPrincipalArns", json!({ "allowedPrincipalArns": "*" })),
        ("allowedPrincipalArns", json!({ "allowedPrincipalArns": "arn:aws:iam::*:role/App" })),
        ("allowedAccountIds", json!({ "allowedAccountIds": "12345678901" })),
        (
            "stsEndpoint",
            json!({ "allowedAccountIds": "123456789012", "stsEndpoint": "https://evil.example" }),
        ),
        (
            "stsEndpoint",
            json!({ "allowedAccountIds": "123456789012", "stsEndpoint": "http://sts.amazonaws.com" }),
        ),
        (
            "accessTokenTTL",
            json!({ "allowedAccountIds": "123456789012", "accessTokenTTL": 20, "accessTokenMaxTTL": 10 }),
        ),
        ("accessTokenTTL", json!({ "allowedAccountIds": "123456789012", "accessTokenTTL": 315_360_001 })),
        ("accessTokenTTL", json!({ "allowedAccountIds": "123456789012", "accessTokenTTL": -1 })),
        (
            "accessTokenTrustedIps",
            json!({ "allowedAccountIds": "123456789012", "accessTokenTrustedIps": [] }),
        ),
        (
            "accessTokenTrustedIps",
            json!({ "allowedAccountIds": "123456789012", "accessTokenTrustedIps": [{ "ipAddress": "10.0.0.0/33" }] }),
        ),
    ] {
        let (status, answer) = house.admin("POST", &configuration(&id), &body).await;
        assert_eq!((status, &answer["message"][0]["path"][0]), (422, &json!(field)), "{body}: {answer}");
    }
    assert_eq!(house.admin("GET", &configuration(&id), &json!({})).await.0, 404, "nothing was stored");
    house.done("POST", &configuration(&id), &json!({ "allowedAccountIds": "123456789012" })).await;
    let (status, answer) =
        house.admin("PATCH", &configuration(&id), &json!({ "allowedAccountIds": "" })).await;
    assert_eq!(status, 422, "an update may not admit everybody either: {answer}");
    let (status, _) =
        house.admin("POST", &configuration(&id), &json!({ "allowedAccountIds": "123456789012" })).await;
    assert_eq!(status, 400, "attached already");
}

#[tokio::test]
async fn the_configuration_reads_back_as_terraform_compares_it() {
    let house = House::new().await;
    let id = house.identity("member").await;
    let body = json!({
        "identityId": id, "stsEndpoint": "https://sts.amazonaws.com/",
        "allowedPrincipalArns": "arn:aws:iam::123456789012:user/b,arn:aws-us-gov:iam::123456789012:role/a*",
        "allowedAccountIds": "210987654321,123456789012",
        "accessTokenTrustedIps": [{ "ipAddress": "0.0.0.0/0" }, { "ipAddress": "192.0.2.1" }, { "ipAddress": "2001:db8::/32" }],
    });
    let made = house.done("POST", &configuration(&id), &body).await;
    let auth = &made["identityAwsAuth"];
    assert_eq!(
        keys(auth),
        [
            "accessTokenMaxTTL",
            "accessTokenNumUsesLimit",
            "accessTokenTTL",
            "accessTokenTrustedIps",
            "allowedAccountIds",
            "allowedPrincipalArns",
            "createdAt",
            "id",
            "identityId",
            "stsEndpoint",
            "type",
            "updatedAt",
        ]
    );
    assert_eq!(
        auth["allowedPrincipalArns"],
        "arn:aws:iam::123456789012:user/b, arn:aws-us-gov:iam::123456789012:role/a*"
    );
    assert_eq!(auth["allowedAccountIds"], "210987654321, 123456789012");
    assert_eq!(
        (&auth["stsEndpoint"], &auth["type"], &auth["accessTokenTTL"]),
        (&json!("https://sts.amazonaws.com/"), &json!("iam"), &json!(2_592_000))
    );
    assert_eq!(
        auth["accessTokenTrustedIps"],
        json!([
            { "type": "ipv4", "prefix": 0, "ipAddress": "0.0.0.0" },
            { "type": "ipv4", "ipAddress": "192.0.2.1" },
            { "type": "ipv6", "prefix": 32, "ipAddress": "2001:db8::" },
        ])
    );
    assert_eq!(house.done("GET", &configuration(&id), &json!({})).await, made);
    let shown = house.done("GET", &format!("/api/v1/identities/{id}"), &json!({})).await;
    assert_eq!(shown["identity"]["identity"]["authMethods"], json!(["aws-auth"]));
    house.done("DELETE", &configuration(&id), &json!({})).await;
    assert_eq!(house.admin("GET", &configuration(&id), &json!({})).await.0, 404);
    let shown = house.done("GET", &format!("/api/v1/identities/{id}"), &json!({})).await;
    assert_eq!(shown["identity"]["identity"]["authMethods"], json!([]));
}
