//! An OpenID Connect provider for people: a discovery document, keys, tokens for the asking, and (`browser.rs`) the sign-in of
//! a page.

mod browser;

use std::sync::Mutex;

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::now;

/// The audience of every token.
pub const AUDIENCE: &str = "drawbridge";

/// Whom a token is for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Person {
    email: String,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default = "an_hour")]
    expires_in_seconds: u64,
    /// Added to the token's claims, or put in their place; null removes one.
    #[serde(default)]
    claims: Map<String, Value>,
}

fn an_hour() -> u64 {
    3_600
}

/// The provider and its keys; the last one signs.
#[derive(Debug)]
pub(super) struct People {
    issuer: String,
    keys: Mutex<Vec<EcdsaKeyPair>>,
    codes: Mutex<browser::Codes>,
}

impl People {
    pub(super) fn new(issuer: String) -> Result<Self> {
        Ok(Self { issuer, keys: Mutex::new(vec![new_key()?]), codes: Mutex::default() })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>
    pub(super) fn discovery(&self) -> Value {
        let issuer = &self.issuer;
        json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/jwks"),
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email"],
            "token_endpoint_auth_methods_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        })
    }

    pub(super) fn key_set(&self) -> Result<Value> {
        let keys = self.keys.lock().map_err(|_| anyhow!("the signing keys are lost"))?;
        let keys: Vec<Value> = keys
            .iter()
            .map(|key| {
                // An uncompressed point: 0x04, x, y.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key_id(key),
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
                })
            })
            .collect();
        Ok(json!({ "keys": keys }))
    }

    /// A new key signs from now on; the one before the last is forgotten.
    pub(super) fn rotate(&self) -> Result<()> {
        let key = new_key()?;
        let mut keys = self.keys.lock().map_err(|_| anyhow!("the signing keys are lost"))?;
        keys.push(key);
        let outdated = keys.len().saturating_sub(2);
        keys.drain(..outdated);
        Ok(())
    }

    pub(super) fn token(&self, person: Person) -> Result<String> {
        let issued_at = now().as_secs();
        let mut claims = json!({
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": person.email,
            "email": person.email,
            "email_verified": true,
            "groups": person.groups,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + person.expires_in_seconds,
        });
        if let Some(fields) = claims.as_object_mut() {
            fields.extend(person.claims);
            fields.retain(|_, value| !value.is_null());
        }
        let keys = self.keys.lock().map_err(|_| anyhow!("the signing keys are lost"))?;
        let key = keys.last().context("no signing key is left")?;
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": key_id(key) });
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| anyhow!("the token cannot be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn new_key() -> Result<EcdsaKeyPair> {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| anyhow!("no signing key can be made"))
}

fn key_id(key: &EcdsaKeyPair) -> String {
    hex::encode(&key.public_key().as_ref()[1..9])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::People;

    fn decode(part: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(part).unwrap()
    }

    #[test]
    fn a_token_verifies_with_the_published_key_that_it_names() {
        let people = People::new("http://127.0.0.1:4566/_guard/oidc".to_owned()).unwrap();
        people.rotate().unwrap();
        let person =
            json!({"email": "ada@example.com", "groups": ["ops"], "claims": {"nbf": null, "hd": "x"}});
        let token = people.token(serde_json::from_value(person).unwrap()).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&decode(header)).unwrap();
        let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();

        let set = people.key_set().unwrap();
        let key = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        let point =
            [vec![4], decode(key["x"].as_str().unwrap()), decode(key["y"].as_str().unwrap())].concat();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        public.verify(signed.as_bytes(), &decode(signature)).unwrap();
        assert_eq!((&claims["email"], &claims["hd"]), (&json!("ada@example.com"), &json!("x")));
        assert_eq!(claims.get("nbf"), None);
    }

    #[test]
    fn the_key_before_the_last_is_published_and_older_ones_are_not() {
        let people = People::new(String::new()).unwrap();
        let first = people.key_set().unwrap()["keys"][0].clone();
        people.rotate().unwrap();
        assert!(people.key_set().unwrap()["keys"].as_array().unwrap().contains(&first));
        people.rotate().unwrap();
        assert!(!people.key_set().unwrap()["keys"].as_array().unwrap().contains(&first));
    }
}
