//! A KMS that signs with one key, for functions that issue or verify tokens.

use std::sync::Arc;

use aws_config::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::aws::{Answer, Calls, scripted};
use crate::issuer::SigningKey;

/// A configuration whose KMS answers GetPublicKey and Sign (of raw messages) with `key`, and nothing else.
///
/// # Panics
/// When a request is not one of these: the function called what its role may not.
#[must_use]
pub fn signing_with(key: Arc<SigningKey>) -> (SdkConfig, Calls) {
    scripted(move |request| {
        #[expect(clippy::expect_used, reason = "a test fails by panicking")]
        let body: Value = serde_json::from_str(&request.body).expect("a JSON request");
        let text = |bytes: &[u8]| STANDARD.encode(bytes);
        let answer = match request.target.as_str() {
            "TrentService.GetPublicKey" => json!({ "KeyId": body["KeyId"], "PublicKey": text(&key.spki()) }),
            "TrentService.Sign" => {
                assert_eq!(
                    (&body["MessageType"], &body["SigningAlgorithm"]),
                    (&json!("RAW"), &json!("ECDSA_SHA_256"))
                );
                #[expect(clippy::expect_used, reason = "a test fails by panicking")]
                let message = STANDARD.decode(body["Message"].as_str().unwrap_or_default()).expect("base64");
                json!({ "KeyId": body["KeyId"], "Signature": text(&key.sign_der(&message)) })
            }
            other => {
                return Answer {
                    status: 400,
                    body: json!({ "__type": "UnknownOperation", "message": other }).to_string(),
                };
            }
        };
        Answer { status: 200, body: answer.to_string() }
    })
}
