//! People, by the tokens of the company's provider.

use authorizer::People;
use serde_json::json;
use testkit::issuer::{SigningKey, TestIssuer};
use testkit::{later, now};
use tokens::Issuer;

use crate::House;

#[tokio::test]
async fn a_person_is_known_by_the_companys_token_and_administers_by_verified_address() {
    let key = SigningKey::rs256("k");
    let provider = TestIssuer::start(&[&key]).await;
    let issuer = Issuer {
        name: provider.url.clone(),
        url: provider.url.parse().unwrap(),
        ca_cert: String::new(),
        audience: Some("drawbridge".to_owned()),
    };
    let house = House::with_people(Some(People::new(issuer, &["ada@example.com".to_owned()]))).await;
    let claims = |email: &str, verified: bool| {
        json!({
            "iss": provider.url, "aud": "drawbridge", "sub": "42", "email": email, "email_verified": verified,
            "name": "Ada Lovelace", "groups": ["platform", "on-call"], "exp": later(60).unix_seconds(),
        })
    };
    let context = house.ask(&key.token(&claims("Ada@Example.com", true)), now()).await;
    let expected = json!({
        "kind": "user", "id": "ada@example.com", "name": "Ada Lovelace", "email": "ada@example.com",
        "groups": ["platform", "on-call"], "organizationRole": "admin", "authMethod": "oidc",
        "expiresAt": later(60).unix_seconds(),
    });
    assert_eq!(context, expected);
    let context = house.ask(&key.token(&claims("bob@example.com", true)), now()).await;
    assert_eq!((&context["id"], &context["organizationRole"]), (&json!("bob@example.com"), &json!("member")));
    let context = house.ask(&key.token(&claims("ada@example.com", false)), now()).await;
    assert_eq!((&context["id"], &context["organizationRole"]), (&json!("sub:42"), &json!("member")));

    let other_audience = {
        let mut claims = claims("ada@example.com", true);
        claims["aud"] = json!("other");
        key.token(&claims)
    };
    let stranger = SigningKey::rs256("k").token(&claims("ada@example.com", true));
    for (what, token, at, refusal) in [
        ("expired", key.token(&claims("ada@example.com", true)), later(90), "expired"),
        ("another audience", other_audience, now(), "malformed"),
        ("another key", stranger, now(), "malformed"),
        (
            "none",
            key.token_with(&json!({ "alg": "none" }), &claims("ada@example.com", true)),
            now(),
            "algorithm",
        ),
    ] {
        assert_eq!(house.refusal(&token, at).await, refusal, "{what}");
    }
    // A machine's token is judged as before.
    let machine = house.machine(json!({})).await;
    assert_eq!(house.refusal(&machine.token, now()).await, "");
    // Somebody who writes our issuer into the company's token gets nothing by it.
    let mixed = {
        let mut claims = claims("ada@example.com", true);
        claims["iss"] = json!("drawbridge");
        key.token(&claims)
    };
    assert_eq!(house.refusal(&mixed, now()).await, "algorithm");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_makes_people_unavailable_and_not_refused() {
    let key = SigningKey::es256("k");
    let provider = TestIssuer::start(&[&key]).await;
    provider.set_down(true);
    let issuer = Issuer {
        name: provider.url.clone(),
        url: provider.url.parse().unwrap(),
        ca_cert: String::new(),
        audience: Some("drawbridge".to_owned()),
    };
    let house = House::with_people(Some(People::new(issuer, &[]))).await;
    let token = key.token(
        &json!({ "iss": provider.url, "aud": "drawbridge", "sub": "1", "exp": later(60).unix_seconds() }),
    );
    assert_eq!(house.refusal(&token, now()).await, "unavailable");
}
