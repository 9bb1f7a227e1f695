//! The scripted AWS: KMS for one session's key, STS at the customer's door, S3 for the first byte.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::recording::SessionKey;
use serde_json::{Value, json};
use testkit::aws::{Answer, Request};

/// What the wrapped key in the table is.
pub(crate) const WRAPPED: &str = "d3JhcHBlZA==";

/// The session key of every recording here.
pub(crate) fn session_key() -> SessionKey {
    SessionKey::new(Box::new([7; 32]))
}

/// What of AWS is out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// KMS refuses with this code.
    Kms(&'static str),
    /// STS refuses.
    Sts,
    /// S3 answers with this status and code.
    S3(u16, &'static str),
    /// The sessions that STS gives end at this time.
    SessionEnds(&'static str),
}

/// An AWS whose troubles come and go.
#[derive(Debug, Clone)]
pub(crate) struct Aws(Arc<Mutex<Trouble>>);

impl Aws {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Trouble::None)))
    }

    pub(crate) fn suffer(&self, trouble: Trouble) {
        *self.0.lock().unwrap() = trouble;
    }

    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let trouble = *self.0.lock().unwrap();
        match request.target.as_str() {
            "TrentService.Decrypt" => match trouble {
                Trouble::Kms(code) => refusal(code),
                Trouble::None | Trouble::Sts | Trouble::S3(..) | Trouble::SessionEnds(_) => {
                    decrypted(request)
                }
            },
            "TrentService.Encrypt" => {
                Answer { status: 200, body: json!({ "CiphertextBlob": WRAPPED, "KeyId": "k" }).to_string() }
            }
            "" if request.parameter("Action").as_deref() == Some("AssumeRole") => match trouble {
                Trouble::Sts => closed(),
                Trouble::SessionEnds(at) => assumed(at),
                Trouble::None | Trouble::Kms(_) | Trouble::S3(..) => assumed("2026-01-02T04:04:05Z"),
            },
            "" if request.uri.contains(".s3.") => match trouble {
                Trouble::S3(status, code) => object(status, code),
                Trouble::None | Trouble::Kms(_) | Trouble::Sts | Trouble::SessionEnds(_) => {
                    Answer { status: 206, body: "x".to_owned() }
                }
            },
            other => panic!("an unexpected call: {other} {} {}", request.uri, request.body),
        }
    }
}

fn decrypted(request: &Request) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["CiphertextBlob"], WRAPPED);
    assert!(body["EncryptionContext"]["project"].is_string(), "{body}");
    assert!(body["EncryptionContext"]["session"].is_string(), "{body}");
    let plaintext = STANDARD.encode(session_key().expose());
    Answer { status: 200, body: json!({ "Plaintext": plaintext, "KeyId": "k" }).to_string() }
}

fn refusal(code: &str) -> Answer {
    Answer { status: 400, body: json!({ "__type": code, "message": "as the test wants it" }).to_string() }
}

fn assumed(until: &str) -> Answer {
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
         <SecretAccessKey>key</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>{until}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    Answer { status: 200, body }
}

fn closed() -> Answer {
    let error =
        "<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error>";
    Answer { status: 403, body: format!("<ErrorResponse>{error}</ErrorResponse>") }
}

fn object(status: u16, code: &str) -> Answer {
    Answer { status, body: format!("<Error><Code>{code}</Code><Message>as S3 says it</Message></Error>") }
}
