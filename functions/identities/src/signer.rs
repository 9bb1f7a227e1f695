//! Signing tokens with the deployment's KMS key, and verifying those that come back.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>

use aws_config::SdkConfig;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::operation::sign::SignError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::access_token::Claims;
use serde_json::json;
use tokens::{FetchPublicKeyError, TokenKey};
use tokio::sync::OnceCell;

/// The longest message that KMS hashes itself.
const MAX_RAW_BYTES: usize = 4_096;

/// The way to the signing key.
#[derive(Debug)]
pub(crate) struct Signer {
    kms: aws_sdk_kms::Client,
    key_id: String,
    public_key: OnceCell<TokenKey>,
}

/// A token was not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignTokenError {
    #[error(transparent)]
    PublicKey(#[from] FetchPublicKeyError),
    #[error("could not write the token's claims down")]
    EncodeClaims(#[source] serde_json::Error),
    #[error("KMS did not sign the token")]
    Sign(#[source] Box<SdkError<SignError>>),
    #[error("KMS answered with something else than an ECDSA signature")]
    DecodeSignature(#[source] p256::ecdsa::Error),
}

impl Signer {
    pub(crate) fn new(config: &SdkConfig, key_id: String) -> Self {
        Self { kms: aws_sdk_kms::Client::new(config), key_id, public_key: OnceCell::new() }
    }

    /// The public key; one call in the life of a process.
    pub(crate) async fn public_key(&self) -> Result<&TokenKey, FetchPublicKeyError> {
        self.public_key.get_or_try_init(|| TokenKey::fetch(&self.kms, &self.key_id)).await
    }

    /// The claims as a token. One call of KMS.
    pub(crate) async fn sign(&self, claims: &Claims) -> Result<String, SignTokenError> {
        let header = json!({ "alg": "ES256", "kid": self.public_key().await?.kid(), "typ": "JWT" });
        let claims = serde_json::to_vec(claims).map_err(SignTokenError::EncodeClaims)?;
        let unsigned =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let (kind, message) = if unsigned.len() <= MAX_RAW_BYTES {
            (MessageType::Raw, unsigned.as_bytes().to_vec())
        } else {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, unsigned.as_bytes());
            (MessageType::Digest, digest.as_ref().to_vec())
        };
        let signed = self
            .kms
            .sign()
            .key_id(&self.key_id)
            .message_type(kind)
            .message(Blob::new(message))
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .send()
            .await
            .map_err(|error| SignTokenError::Sign(Box::new(error)))?;
        // KMS answers in DER, a JWT wants the two numbers side by side (RFC 7518, 3.4).
        let der = signed.signature().map(AsRef::as_ref).unwrap_or_default();
        let signature = p256::ecdsa::Signature::from_der(der).map_err(SignTokenError::DecodeSignature)?;
        Ok(format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::engine::general_purpose::STANDARD;
    use model::access_token::{AccessToken, IdentityAuth, OidcClaims, TokenLifetime};
    use model::id::{AccessTokenId, AuthConfigurationId, IdentityId, OrganizationId};
    use model::identity::AuthMethod;
    use serde_json::Value;
    use testkit::aws::{Answer, scripted};
    use testkit::issuer::SigningKey;
    use testkit::now;

    use super::*;

    fn claims(claim_length: usize) -> Claims {
        let claims = BTreeMap::from([("long".to_owned(), "x".repeat(claim_length))]);
        let token = AccessToken {
            id: AccessTokenId::random(),
            identity_id: IdentityId::random(),
            auth_method: AuthMethod::Oidc,
            client_secret_id: None,
            auth_configuration_id: AuthConfigurationId::random(),
            identity_auth: Some(IdentityAuth { aws: None, oidc: Some(OidcClaims { claims }) }),
            lifetime: TokenLifetime::default(),
            uses_limit: 0,
            uses: 0,
            issued_at: now(),
            renewed_at: None,
        };
        token.claims(OrganizationId::random())
    }

    #[tokio::test]
    async fn kms_hashes_short_tokens_itself_and_is_sent_the_hash_of_long_ones() {
        let key = SigningKey::es256("unused");
        let (config, calls) = scripted(move |request| {
            let public = json!({ "PublicKey": STANDARD.encode(key.spki()) });
            let signature = json!({ "Signature": STANDARD.encode(key.sign_der(b"anything")) });
            let body = if request.target.ends_with("GetPublicKey") { public } else { signature };
            Answer { status: 200, body: body.to_string() }
        });
        let signer = Signer::new(&config, "the-key".to_owned());
        for (length, kind) in [(100, "RAW"), (5_000, "DIGEST")] {
            let token = signer.sign(&claims(length)).await.expect("signed");
            let (unsigned, _) = token.rsplit_once('.').expect("three parts");
            let sent: Value = serde_json::from_str(&calls.all().pop().expect("a call").body).expect("JSON");
            let message = STANDARD.decode(sent["Message"].as_str().expect("text")).expect("base64");
            assert_eq!((&sent["MessageType"], &sent["KeyId"]), (&json!(kind), &json!("the-key")));
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, unsigned.as_bytes());
            let expected = if kind == "RAW" { unsigned.as_bytes() } else { digest.as_ref() };
            assert_eq!(message, expected, "{kind}");
        }
        assert_eq!(calls.count(), 3, "the public key is asked for once");
    }

    #[tokio::test]
    async fn what_kms_refuses_or_garbles_is_an_error_without_a_token() {
        let key = SigningKey::es256("unused");
        for (status, body, expected) in [
            (400, r#"{"__type":"AccessDeniedException"}"#, "Sign"),
            (200, r#"{"Signature":"AAAA"}"#, "DecodeSignature"),
            (200, "{}", "DecodeSignature"),
        ] {
            let public = json!({ "PublicKey": STANDARD.encode(key.spki()) }).to_string();
            let (config, _) = scripted(move |request| match request.target.ends_with("GetPublicKey") {
                true => Answer { status: 200, body: public.clone() },
                false => Answer { status, body: body.to_owned() },
            });
            let refused = Signer::new(&config, "k".to_owned()).sign(&claims(1)).await.expect_err("refused");
            assert!(format!("{refused:?}").starts_with(expected), "{refused:?}");
        }
    }
}
