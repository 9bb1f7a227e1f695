//! Logins with another issuer's token.

use serde_json::{Value, json};
use testkit::issuer::{SigningKey, TestIssuer};
use testkit::{later, now};

use crate::house::{House, keys, text};

const LOGIN: &str = "/api/v1/auth/oidc-auth/login";

fn path(identity: &str) -> String {
    format!("/api/v1/auth/oidc-auth/identities/{identity}")
}

struct Ci {
    house: House,
    issuer: TestIssuer,
    key: SigningKey,
    id: String,
}

impl Ci {
    async fn new() -> Self {
        let house = House::new().await;
        let key = SigningKey::rs256("ci-1");
        let issuer = TestIssuer::start(&[&key]).await;
        let id = house.identity("member").await;
        let body = json!({
            "oidcDiscoveryUrl": issuer.url, "boundIssuer": issuer.url, "boundAudiences": "drawbridge, other",
            "boundSubject": "repo:acme/*:ref:refs/heads/main", "boundClaims": { "environment": "prod*" },
            "claimMetadataMapping": { "repository": "repo.name" },
        });
        house.done("POST", &path(&id), &body).await;
        Self { house, issuer, key, id }
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.issuer.url, "aud": "drawbridge", "sub": "repo:acme/api:ref:refs/heads/main",
            "environment": "production", "repo": { "name": "api" }, "exp": later(300).unix_seconds(),
        })
    }

    async fn login(&self, token: &str, at: model::Timestamp) -> (u16, Value) {
        self.house.open(LOGIN, &json!({ "identityId": self.id, "jwt": token }), at).await
    }
}

#[tokio::test]
async fn a_token_of_the_bound_issuer_opens_and_its_mapped_claims_are_kept() {
    let ci = Ci::new().await;
    let (status, answer) = ci.login(&ci.key.token(&ci.claims()), now()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(keys(&answer), ["accessToken", "accessTokenMaxTTL", "expiresIn", "tokenType"]);
    let claims = ci.house.key.verify(&text(&answer["accessToken"]), ci.house.organization, now()).unwrap();
    assert_eq!(claims.identity_auth.unwrap().oidc.unwrap().claims["repository"], "api");
}

#[tokio::test]
async fn what_does_not_match_is_refused_with_the_contracts_status() {
    let ci = Ci::new().await;
    let saying = |name: &str, value: Value| {
        let mut claims = ci.claims();
        claims[name] = value;
        ci.key.token(&claims)
    };
    let stranger = SigningKey::rs256("ci-1").token(&ci.claims());
    for (what, token, status) in [
        ("subject", saying("sub", json!("repo:evil/api:ref:refs/heads/main")), 403),
        ("a star over a slash", saying("sub", json!("repo:acme/x/y:ref:refs/heads/main")), 403),
        ("audience", saying("aud", json!("elsewhere")), 401),
        ("claim", saying("environment", json!("staging")), 401),
        ("no claim", saying("environment", Value::Null), 401),
        ("issuer", saying("iss", json!("https://evil.example")), 401),
        ("no end", saying("exp", Value::Null), 401),
        ("another key", stranger, 401),
        ("no token", "x".to_owned(), 401),
        ("none", ci.key.token_with(&json!({ "alg": "none" }), &ci.claims()), 401),
        ("hmac", ci.key.token_with(&json!({ "alg": "HS256", "kid": "ci-1" }), &ci.claims()), 401),
    ] {
        let (answered, answer) = ci.login(&token, now()).await;
        assert_eq!(answered, status, "{what}: {answer}");
    }
    let (status, _) = ci.login(&ci.key.token(&ci.claims()), later(331)).await;
    assert_eq!(status, 401, "expired");
    let nobody = json!({ "identityId": "0b0c8a26-3c7b-4e19-a5d2-8b6f1c9e7034", "jwt": "x" });
    assert_eq!(ci.house.open(LOGIN, &nobody, now()).await.0, 404);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_unavailable_and_says_so() {
    let ci = Ci::new().await;
    ci.issuer.set_down(true);
    let (status, answer) = ci.login(&ci.key.token(&ci.claims()), now()).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("issuer"), "{answer}");
}

#[tokio::test]
async fn the_configuration_reads_back_and_changes_field_by_field() {
    let ci = Ci::new().await;
    let read = ci.house.done("GET", &path(&ci.id), &json!({})).await;
    let auth = &read["identityOidcAuth"];
    for key in [
        "id",
        "identityId",
        "oidcDiscoveryUrl",
        "boundIssuer",
        "boundAudiences",
        "boundClaims",
        "claimMetadataMapping",
        "boundSubject",
        "caCert",
        "accessTokenTTL",
        "accessTokenMaxTTL",
        "accessTokenNumUsesLimit",
        "accessTokenTrustedIps",
        "createdAt",
        "updatedAt",
    ] {
        assert!(auth.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&auth["boundAudiences"], &auth["boundClaims"], &auth["caCert"]),
        (&json!("drawbridge, other"), &json!({ "environment": "prod*" }), &json!(""))
    );
    let changed =
        ci.house.done("PATCH", &path(&ci.id), &json!({ "boundSubject": "", "boundClaims": {} })).await;
    let changed = &changed["identityOidcAuth"];
    assert_eq!(
        (&changed["boundSubject"], &changed["boundClaims"], &changed["boundIssuer"]),
        (&json!(""), &json!({}), &auth["boundIssuer"])
    );
    ci.house.done("DELETE", &path(&ci.id), &json!({})).await;
    assert_eq!(ci.login(&ci.key.token(&ci.claims()), now()).await.0, 404);
}

#[tokio::test]
async fn an_issuer_elsewhere_than_on_tls_or_this_machine_is_refused() {
    let house = House::new().await;
    let id = house.identity("member").await;
    for (field, body) in [
        ("oidcDiscoveryUrl", json!({ "boundIssuer": "x" })),
        ("oidcDiscoveryUrl", json!({ "boundIssuer": "x", "oidcDiscoveryUrl": "http://issuer.example" })),
        ("oidcDiscoveryUrl", json!({ "boundIssuer": "x", "oidcDiscoveryUrl": "http://169.254.169.254/" })),
        ("boundIssuer", json!({ "oidcDiscoveryUrl": "https://issuer.example" })),
        (
            "caCert",
            json!({ "boundIssuer": "x", "oidcDiscoveryUrl": "https://issuer.example", "caCert": "x" }),
        ),
        (
            "boundClaims",
            json!({ "boundIssuer": "x", "oidcDiscoveryUrl": "https://issuer.example", "boundClaims": { "a": 1 } }),
        ),
    ] {
        let (status, answer) = house.admin("POST", &path(&id), &body).await;
        assert_eq!((status, &answer["message"][0]["path"][0]), (422, &json!(field)), "{body}: {answer}");
    }
}

#[tokio::test]
async fn a_configuration_that_would_admit_any_token_of_the_issuer_is_refused() {
    let ci = Ci::new().await;
    let other = ci.house.identity("member").await;
    let issuer = json!({ "oidcDiscoveryUrl": ci.issuer.url, "boundIssuer": ci.issuer.url });
    let (status, answer) = ci.house.admin("POST", &path(&other), &issuer).await;
    assert_eq!((status, &answer["message"][0]["path"][0]), (422, &json!("boundSubject")), "{answer}");
    let nothing = json!({ "boundSubject": "", "boundClaims": {}, "boundAudiences": " , " });
    assert_eq!(ci.house.admin("PATCH", &path(&ci.id), &nothing).await.0, 422);
    // What was there before still decides.
    assert_eq!(ci.login(&ci.key.token(&ci.claims()), now()).await.0, 200);
}
