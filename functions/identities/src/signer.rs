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
