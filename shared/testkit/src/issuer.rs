//! Keys that sign tokens, and an OpenID Connect issuer on this machine that publishes them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A P-256 public key as `SubjectPublicKeyInfo`, up to its point.
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key pair that signs tokens.
#[derive(Debug)]
pub struct SigningKey {
    /// Its name in a key set.
    pub kid: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Ecdsa { fixed: EcdsaKeyPair, asn1: EcdsaKeyPair },
    Rsa(RsaKeyPair),
}

#[expect(clippy::expect_used, reason = "a mistake of the test's")]
impl SigningKey {
    /// A new P-256 key for ES256.
    ///
    /// # Panics
    /// When the library has no randomness.
    #[must_use]
    pub fn es256(kid: &str) -> Self {
        let document = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .and_then(|pair| pair.to_pkcs8v1())
            .expect("a key pair");
        let read =
            |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).expect("the same key pair");
        let pair = Pair::Ecdsa {
            fixed: read(&ECDSA_P256_SHA256_FIXED_SIGNING),
            asn1: read(&ECDSA_P256_SHA256_ASN1_SIGNING),
        };
        Self { kid: kid.to_owned(), pair }
    }

    /// A new 2,048-bit RSA key for RS256.
    ///
    /// # Panics
    /// When the library has no randomness.
    #[must_use]
    pub fn rs256(kid: &str) -> Self {
        let generated = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key pair");
        let document: Pkcs8V1Der<'_> = generated.as_der().expect("a document");
        let pair = RsaKeyPair::from_pkcs8(document.as_ref()).expect("the same key pair");
        Self { kid: kid.to_owned(), pair: Pair::Rsa(pair) }
    }

    /// The name of its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Ecdsa { .. } => "ES256",
            Pair::Rsa(_) => "RS256",
        }
    }

    /// Its public half as a JWK.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Ecdsa { fixed, .. } => {
                let point = fixed.public_key().as_ref();
                json!({
                    "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "alg": "ES256",
                    "x": text(&point[1..33]), "y": text(&point[33..65]),
                })
            }
            Pair::Rsa(pair) => {
                // RSAPublicKey of 2,048 bits: sequence, modulus with a leading zero byte, exponent 65537.
                let der = pair.public_key().as_ref();
                json!({
                    "kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256",
                    "n": text(&der[9..265]), "e": text(&der[der.len() - 3..]),
                })
            }
        }
    }

    /// Its public half as KMS hands it out.
    ///
    /// # Panics
    /// When it is an RSA key.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa { fixed, .. } => [P256_PREFIX.as_slice(), fixed.public_key().as_ref()].concat(),
            Pair::Rsa(_) => Vec::new(),
        }
    }

    /// A signature as a token has it.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa { fixed, .. } => fixed.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                signature
            }
        }
    }

    /// A signature as KMS answers it: in DER.
    #[must_use]
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa { asn1, .. } => {
                asn1.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
            }
            Pair::Rsa(_) => self.sign(message),
        }
    }

    /// A token with these claims.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": self.algorithm(), "kid": self.kid, "typ": "JWT" }), claims)
    }

    /// A token with this header, whatever it says.
    #[must_use]
    pub fn token_with(&self, header: &Value, claims: &Value) -> String {
        let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let unsigned = format!("{}.{}", text(header), text(claims));
        format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(self.sign(unsigned.as_bytes())))
    }
}

/// An issuer on this machine. It answers as long as the test's runtime lives.
#[derive(Debug, Clone)]
pub struct TestIssuer {
    /// Its `iss`, and where its discovery document is.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    keys: Vec<Value>,
    requests: Vec<String>,
    down: bool,
}

#[expect(clippy::expect_used, reason = "a mistake of the test's")]
impl TestIssuer {
    /// Starts one that publishes these keys.
    ///
    /// # Panics
    /// When no port is to be had.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Self { url, state: Arc::default() };
        issuer.publish(keys.iter().map(|key| key.jwk()).collect());
        let answering = issuer.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut bytes = [0; 8_192];
                let length = connection.read(&mut bytes).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
                let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
                let answer = answering.answer(path);
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        issuer
    }

    /// Publishes these keys instead.
    pub fn publish(&self, keys: Vec<Value>) {
        self.state().keys = keys;
    }

    /// Fails from now on, or answers again.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// How often the key set was asked for.
    #[must_use]
    pub fn fetches(&self) -> usize {
        self.state().requests.iter().filter(|path| *path == "/keys").count()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, path: String) -> String {
        let mut state = self.state();
        let body = match path.as_str() {
            "/.well-known/openid-configuration" => {
                json!({ "issuer": self.url, "jwks_uri": format!("{}/keys", self.url) }).to_string()
            }
            "/keys" => json!({ "keys": state.keys }).to_string(),
            _ => String::new(),
        };
        let status = if state.down { "500 Internal Server Error" } else { "200 OK" };
        state.requests.push(path);
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
