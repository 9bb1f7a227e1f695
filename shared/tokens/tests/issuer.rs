//! Tokens of an OpenID Connect issuer that publishes its keys on this machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use serde_json::{Value, json};
use testkit::issuer::{SigningKey, TestIssuer};
use testkit::{later, now};
use tokens::{Issuer, IssuerError, Issuers, Refused};

fn expected(issuer: &TestIssuer) -> Issuer {
    Issuer {
        name: issuer.url.clone(),
        url: issuer.url.parse().unwrap(),
        ca_cert: String::new(),
        audience: Some("drawbridge".to_owned()),
    }
}

fn claims(issuer: &TestIssuer) -> Value {
    json!({
        "iss": issuer.url, "aud": "drawbridge", "sub": "ada", "email": "ada@example.com",
        "exp": later(60).unix_seconds(), "nbf": now().unix_seconds(),
    })
}

fn saying(issuer: &TestIssuer, name: &str, value: Value) -> Value {
    let mut claims = claims(issuer);
    claims[name] = value;
    claims
}

/// `None` when the token counts.
async fn refusal(issuers: &Issuers, issuer: &TestIssuer, token: &str, at: Timestamp) -> Option<&'static str> {
    match issuers.verify(&expected(issuer), token, at).await {
        Ok(_) => None,
        Err(IssuerError::Refused(Refused::Malformed)) => Some("malformed"),
        Err(IssuerError::Refused(Refused::Expired)) => Some("expired"),
        Err(IssuerError::Refused(Refused::Algorithm)) => Some("algorithm"),
        Err(IssuerError::Unavailable(_)) => Some("unavailable"),
    }
}

#[tokio::test]
async fn tokens_of_both_common_families_count_and_keys_are_fetched_once() {
    let (ec, rsa) = (SigningKey::es256("ec-1"), SigningKey::rs256("rsa-1"));
    let issuer = TestIssuer::start(&[&ec, &rsa]).await;
    let issuers = Issuers::new();
    for key in [&ec, &rsa, &ec] {
        let verified = issuers.verify(&expected(&issuer), &key.token(&claims(&issuer)), now()).await.unwrap();
        assert_eq!(verified["email"], "ada@example.com");
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn issuer_audience_and_times_are_held_to_with_half_a_minute_of_leeway() {
    let key = SigningKey::es256("k");
    let issuer = TestIssuer::start(&[&key]).await;
    let issuers = Issuers::new();
    let good = claims(&issuer);
    for (what, claims, at, refused) in [
        ("in time", good.clone(), now(), None),
        ("just ended", good.clone(), later(89), None),
        ("ended", good.clone(), later(90), Some("expired")),
        ("just not begun", good.clone(), now().minus(std::time::Duration::from_secs(30)), None),
        ("not begun", good.clone(), now().minus(std::time::Duration::from_secs(32)), Some("expired")),
        ("one of its audiences", saying(&issuer, "aud", json!(["x", "drawbridge"])), now(), None),
        ("another audience", saying(&issuer, "aud", json!("x")), now(), Some("malformed")),
        ("no audience", saying(&issuer, "aud", Value::Null), now(), Some("malformed")),
        ("part of the audience", saying(&issuer, "aud", json!("drawbridge2")), now(), Some("malformed")),
        ("another issuer", saying(&issuer, "iss", json!("https://evil.example")), now(), Some("malformed")),
        ("no end", saying(&issuer, "exp", Value::Null), now(), Some("malformed")),
        ("an end in words", saying(&issuer, "exp", json!("never")), now(), Some("malformed")),
    ] {
        assert_eq!(refusal(&issuers, &issuer, &key.token(&claims), at).await, refused, "{what}");
    }
    let mut endless = claims(&issuer);
    endless.as_object_mut().unwrap().remove("exp");
    assert_eq!(refusal(&issuers, &issuer, &key.token(&endless), now()).await, Some("malformed"));
}

#[tokio::test]
async fn an_algorithm_that_is_not_the_keys_is_refused() {
    let (ec, rsa) = (SigningKey::es256("ec-1"), SigningKey::rs256("rsa-1"));
    let issuer = TestIssuer::start(&[&ec, &rsa]).await;
    let issuers = Issuers::new();
    let claims = claims(&issuer);
    for algorithm in ["none", "HS256", "HS384", "HS512", "ES512", "rs256"] {
        let token = ec.token_with(&json!({ "alg": algorithm, "kid": "ec-1" }), &claims);
        assert_eq!(refusal(&issuers, &issuer, &token, now()).await, Some("algorithm"), "{algorithm}");
    }
    // Allowed for the issuer, but not with this key: its published `alg`, or its family, is another.
    for (algorithm, kid) in
        [("RS256", "ec-1"), ("ES256", "rsa-1"), ("PS256", "rsa-1"), ("RS512", "rsa-1"), ("ES384", "ec-1")]
    {
        let token = rsa.token_with(&json!({ "alg": algorithm, "kid": kid }), &claims);
        assert_eq!(refusal(&issuers, &issuer, &token, now()).await, Some("malformed"), "{algorithm} {kid}");
    }
}

#[tokio::test]
async fn the_published_key_is_no_hmac_secret_even_when_published_as_one() {
    let rsa = SigningKey::rs256("k");
    let issuer = TestIssuer::start(&[&rsa]).await;
    let secret = b"a secret that somebody published by mistake";
    issuer.publish(vec![
        json!({ "kty": "oct", "kid": "k", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(secret) }),
    ]);
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}", text(&json!({ "alg": "HS256", "kid": "k" })), text(&claims(&issuer)));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let token =
        format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, unsigned.as_bytes())));
    assert_eq!(refusal(&Issuers::new(), &issuer, &token, now()).await, Some("algorithm"));
    assert_eq!(issuer.fetches(), 0, "nothing is fetched for such a token");
}

#[tokio::test]
async fn a_new_key_is_found_and_unknown_keys_cannot_hammer_the_issuer() {
    let (old, new, unknown) =
        (SigningKey::es256("old"), SigningKey::es256("new"), SigningKey::es256("unknown"));
    let issuer = TestIssuer::start(&[&old]).await;
    let issuers = Issuers::new();
    assert_eq!(refusal(&issuers, &issuer, &old.token(&claims(&issuer)), now()).await, None);
    for seconds in 1..30 {
        assert_eq!(
            refusal(&issuers, &issuer, &unknown.token(&claims(&issuer)), later(seconds)).await,
            Some("malformed")
        );
    }
    assert_eq!(issuer.fetches(), 1, "within half a minute of a fetch there is no other");
    issuer.publish(vec![old.jwk(), new.jwk()]);
    assert_eq!(refusal(&issuers, &issuer, &new.token(&claims(&issuer)), later(30)).await, None);
    assert_eq!(refusal(&issuers, &issuer, &old.token(&claims(&issuer)), later(31)).await, None);
    assert_eq!(
        refusal(&issuers, &issuer, &unknown.token(&claims(&issuer)), later(32)).await,
        Some("malformed")
    );
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_within_the_hour() {
    let (stolen, good) = (SigningKey::es256("stolen"), SigningKey::es256("good"));
    let issuer = TestIssuer::start(&[&stolen, &good]).await;
    let issuers = Issuers::new();
    let lasting = |key: &SigningKey| key.token(&saying(&issuer, "exp", json!(later(100_000).unix_seconds())));
    assert_eq!(refusal(&issuers, &issuer, &lasting(&stolen), now()).await, None);
    issuer.publish(vec![good.jwk()]);
    assert_eq!(refusal(&issuers, &issuer, &lasting(&stolen), later(3_600)).await, Some("malformed"));
    assert_eq!(refusal(&issuers, &issuer, &lasting(&good), later(3_601)).await, None);
}

#[tokio::test]
async fn an_issuer_that_is_down_locks_nobody_out_for_a_day_and_is_asked_seldom() {
    let key = SigningKey::es256("k");
    let issuer = TestIssuer::start(&[&key]).await;
    let issuers = Issuers::new();
    let lasting = key.token(&saying(&issuer, "exp", json!(later(200_000).unix_seconds())));
    issuer.set_down(true);
    assert_eq!(refusal(&issuers, &issuer, &lasting, now()).await, Some("unavailable"));
    assert_eq!(
        refusal(&issuers, &issuer, &lasting, later(29)).await,
        Some("unavailable"),
        "asked once in half a minute"
    );
    issuer.set_down(false);
    assert_eq!(refusal(&issuers, &issuer, &lasting, later(30)).await, None);
    issuer.set_down(true);
    assert_eq!(refusal(&issuers, &issuer, &lasting, later(30 + 86_399)).await, None);
    assert_eq!(refusal(&issuers, &issuer, &lasting, later(30 + 86_400)).await, Some("unavailable"));
}

#[tokio::test]
async fn without_a_kid_every_fitting_key_is_tried() {
    let (first, second) = (SigningKey::es256("1"), SigningKey::es256("2"));
    let issuer = TestIssuer::start(&[&first, &second]).await;
    let token = second.token_with(&json!({ "alg": "ES256" }), &claims(&issuer));
    assert_eq!(refusal(&Issuers::new(), &issuer, &token, now()).await, None);
    let stranger = SigningKey::es256("3").token_with(&json!({ "alg": "ES256" }), &claims(&issuer));
    assert_eq!(refusal(&Issuers::new(), &issuer, &stranger, now()).await, Some("malformed"));
}

#[tokio::test]
async fn strange_keys_beside_a_good_one_are_passed_over() {
    let key = SigningKey::es256("k");
    let issuer = TestIssuer::start(&[&key]).await;
    let encryption = {
        let mut jwk = SigningKey::es256("enc").jwk();
        jwk["use"] = json!("enc");
        jwk
    };
    issuer.publish(vec![
        json!({ "kty": "dragon" }),
        json!("x"),
        json!({ "kty": "EC", "kid": "broken" }),
        encryption,
        key.jwk(),
    ]);
    assert_eq!(refusal(&Issuers::new(), &issuer, &key.token(&claims(&issuer)), now()).await, None);
}
