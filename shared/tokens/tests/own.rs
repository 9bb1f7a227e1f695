//! A deployment's own tokens: whatever is wrong with one, it does not count.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use model::access_token::{AccessToken, Claims, TokenLifetime};
use model::id::{AccessTokenId, AuthConfigurationId, IdentityId, OrganizationId};
use model::identity::AuthMethod;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::aws::{Answer, scripted};
use testkit::issuer::SigningKey;
use testkit::{later, now};
use tokens::{Refused, TokenKey};

struct House {
    signer: SigningKey,
    key: TokenKey,
    organization: OrganizationId,
    claims: Claims,
}

fn house() -> House {
    let signer = SigningKey::es256("unused");
    let key = TokenKey::from_spki(&signer.spki()).unwrap();
    let organization = OrganizationId::random();
    let record = AccessToken {
        id: AccessTokenId::random(),
        identity_id: IdentityId::random(),
        auth_method: AuthMethod::Universal,
        client_secret_id: None,
        auth_configuration_id: AuthConfigurationId::random(),
        identity_auth: None,
        lifetime: TokenLifetime { ttl_seconds: 60, max_ttl_seconds: 600, period_seconds: 0 },
        uses_limit: 0,
        uses: 0,
        issued_at: now(),
        renewed_at: None,
    };
    let claims = record.claims(organization);
    House { signer, key, organization, claims }
}

impl House {
    fn header(&self) -> Value {
        json!({ "alg": "ES256", "kid": self.key.kid(), "typ": "JWT" })
    }

    fn token(&self) -> String {
        self.signer.token_with(&self.header(), &json!(self.claims))
    }

    /// A token with one claim changed and signed again.
    fn token_saying(&self, name: &str, value: Value) -> String {
        let mut claims = json!(self.claims);
        claims[name] = value;
        self.signer.token_with(&self.header(), &claims)
    }

    fn verify(&self, token: &str, at: Timestamp) -> Result<Claims, Refused> {
        self.key.verify(token, self.organization, at)
    }
}

#[test]
fn a_token_counts_until_the_second_it_ends() {
    let house = house();
    assert_eq!(house.verify(&house.token(), now()), Ok(house.claims.clone()));
    // Signed at .678 of a second; `exp` is whole seconds.
    assert_eq!(house.verify(&house.token(), later(59)), Ok(house.claims.clone()));
    assert_eq!(house.verify(&house.token(), later(60)), Err(Refused::Expired));
}

#[test]
fn a_token_without_end_counts_for_ever() {
    let house = house();
    let mut claims = json!(house.claims);
    claims.as_object_mut().unwrap().remove("exp");
    let token = house.signer.token_with(&house.header(), &claims);
    assert!(house.verify(&token, later(1_000_000_000)).is_ok());
}

#[test]
fn no_algorithm_but_ours_is_looked_at() {
    let house = house();
    for algorithm in ["none", "None", "HS256", "HS512", "RS256", "ES384", "es256", ""] {
        let header = json!({ "alg": algorithm, "kid": house.key.kid() });
        let token = house.signer.token_with(&header, &json!(house.claims));
        assert_eq!(house.verify(&token, now()), Err(Refused::Algorithm), "{algorithm}");
    }
    let unsigned = house.token().rsplit_once('.').unwrap().0.to_owned() + ".";
    assert_eq!(house.verify(&unsigned, now()), Err(Refused::Malformed));
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let house = house();
    let header = json!({ "alg": "HS256", "kid": house.key.kid() });
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}", text(&header), text(&json!(house.claims)));
    for secret in [house.signer.spki(), house.signer.spki()[26..].to_vec()] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let token = format!(
            "{unsigned}.{}",
            URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, unsigned.as_bytes()))
        );
        assert_eq!(house.verify(&token, now()), Err(Refused::Algorithm));
    }
}

#[test]
fn another_keys_token_is_refused_whatever_kid_it_names() {
    let (house, other) = (house(), SigningKey::es256("other"));
    for kid in [house.key.kid(), "other", ""] {
        let token = other.token_with(&json!({ "alg": "ES256", "kid": kid }), &json!(house.claims));
        assert_eq!(house.verify(&token, now()), Err(Refused::Malformed), "{kid}");
    }
    let unnamed = house.signer.token_with(&json!({ "alg": "ES256" }), &json!(house.claims));
    assert_eq!(house.verify(&unnamed, now()), Err(Refused::Malformed));
    // A key in the header must not be believed.
    let own_key = json!({ "alg": "ES256", "kid": house.key.kid(), "jwk": other.jwk() });
    assert_eq!(
        house.verify(&other.token_with(&own_key, &json!(house.claims)), now()),
        Err(Refused::Malformed)
    );
    let critical = json!({ "alg": "ES256", "kid": house.key.kid(), "crit": ["exp"] });
    let critical = house.signer.token_with(&critical, &json!(house.claims));
    assert_eq!(house.verify(&critical, now()), Err(Refused::Malformed));
}

#[test]
fn a_well_signed_token_that_is_not_ours_or_not_a_machines_is_refused() {
    let house = house();
    for (name, value) in [
        ("iss", json!("https://login.example")),
        ("org", json!(OrganizationId::random())),
        ("authTokenType", json!("refreshToken")),
        ("identityId", json!(IdentityId::random())),
        ("sub", json!("not-a-uuid")),
        ("authMethod", json!("magic")),
        ("exp", json!("soon")),
    ] {
        assert_eq!(house.verify(&house.token_saying(name, value), now()), Err(Refused::Malformed), "{name}");
    }
}

#[test]
fn what_is_no_token_is_malformed() {
    let house = house();
    let token = house.token();
    let long = "a".repeat(20_000);
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "a.b",
        &long,
        &format!("{token}.x"),
        &format!(" {token}"),
        &token.replace('.', ".."),
    ] {
        assert_eq!(house.verify(text, now()), Err(Refused::Malformed), "{text:.20}");
    }
}

#[tokio::test]
async fn the_key_comes_from_kms_and_must_be_a_p256_key() {
    let signer = SigningKey::es256("unused");
    let der = base64::engine::general_purpose::STANDARD.encode(signer.spki());
    let (config, calls) = scripted(move |_| Answer {
        status: 200,
        body: json!({ "KeyId": "k", "PublicKey": der }).to_string(),
    });
    let key = TokenKey::fetch(&aws_sdk_kms::Client::new(&config), "the-key").await.unwrap();
    assert_eq!(key.kid(), TokenKey::from_spki(&signer.spki()).unwrap().kid());
    assert_eq!(calls.all()[0].target, "TrentService.GetPublicKey");
    assert!(calls.all()[0].body.contains("the-key"));
    for der in [&[][..], &signer.spki()[1..], &signer.spki()[..90], &[0x30; 91]] {
        assert!(TokenKey::from_spki(der).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_token_with_any_character_changed_is_refused(position in 0_usize..10_000, replacement in "[A-Za-z0-9_-]") {
        let house = house();
        let mut token: Vec<char> = house.token().chars().collect();
        let position = position % token.len();
        let replacement = replacement.chars().next().unwrap();
        prop_assume!(token[position] != '.' && token[position] != replacement);
        token[position] = replacement;
        let token: String = token.into_iter().collect();
        // In the last character of a segment some bits mean nothing; strict base64 refuses them all the same.
        prop_assert!(house.verify(&token, now()).is_err(), "{token}");
    }
}
