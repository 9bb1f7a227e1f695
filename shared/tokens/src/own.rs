//! A deployment's own tokens: ES256 by a KMS key that nothing but `identities` may sign with.
//!
//! The public key comes from KMS and not from the table, so that whoever can write to the table still cannot make a
//! token.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use model::Timestamp;
use model::access_token::{Claims, ISSUER, TOKEN_TYPE};
use model::id::OrganizationId;

use crate::jwt::{self, Refused};

/// A P-256 public key as `SubjectPublicKeyInfo`, up to its point: two nested sequences, the object identifiers of
/// an EC key and of the curve, a bit string. <https://www.rfc-editor.org/rfc/rfc5480#section-2>
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// An uncompressed point: its tag and two coordinates of 32 bytes.
const POINT_BYTES: usize = 65;

/// The public half of the signing key.
#[derive(Clone)]
pub struct TokenKey {
    kid: String,
    key: DecodingKey,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The public key could not be had from KMS.
#[derive(Debug, thiserror::Error)]
pub enum FetchPublicKeyError {
    /// KMS refused or could not be reached.
    #[error("could not get the public key of the token signing key from KMS")]
    GetPublicKey(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It is not the key that the template makes.
    #[error("the token signing key is not an ECC_NIST_P256 key")]
    NotP256,
}

impl TokenKey {
    /// Asks KMS for the public key of `key_id`. One call; keep the answer for the life of the process, since the key
    /// behind an id never changes. <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html>
    ///
    /// # Errors
    /// [`FetchPublicKeyError`] when KMS does not answer, or with another kind of key.
    pub async fn fetch(kms: &aws_sdk_kms::Client, key_id: &str) -> Result<Self, FetchPublicKeyError> {
        let answer = kms.get_public_key().key_id(key_id).send().await;
        let answer = answer.map_err(|error| FetchPublicKeyError::GetPublicKey(error.into()))?;
        Self::from_spki(answer.public_key().map(AsRef::as_ref).unwrap_or_default())
    }

    /// The key whose `SubjectPublicKeyInfo` is given in DER. Its `kid` is the first half of that text's SHA-256, so
    /// that it says nothing about the account.
    ///
    /// # Errors
    /// [`FetchPublicKeyError::NotP256`] for any other kind of key.
    pub fn from_spki(der: &[u8]) -> Result<Self, FetchPublicKeyError> {
        let point = der.strip_prefix(P256_PREFIX.as_slice()).ok_or(FetchPublicKeyError::NotP256)?;
        if point.len() != POINT_BYTES || point.first() != Some(&0x04) {
            return Err(FetchPublicKeyError::NotP256);
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let kid = hex::encode(&digest.as_ref()[..16]);
        Ok(Self { kid, key: DecodingKey::from_ec_der(point) })
    }

    /// The `kid` of every token signed with this key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The claims of a token of ours that has not ended at `now`. Without leeway: issuer and verifier share AWS's
    /// clock, and the token's record has none either.
    ///
    /// # Errors
    /// [`Refused`], with the algorithm first, then the signature, then the time.
    pub fn verify(
        &self,
        token: &str,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Claims, Refused> {
        let header = jwt::header(token)?;
        if header.alg != "ES256" {
            return Err(Refused::Algorithm);
        }
        if header.kid.as_deref() != Some(&self.kid) {
            return Err(Refused::Malformed);
        }
        let claims: Claims = jwt::verified(token, &self.key, Algorithm::ES256)?;
        let ours = claims.iss == ISSUER && claims.org == organization && claims.auth_token_type == TOKEN_TYPE;
        if !ours || claims.sub != claims.identity_id {
            return Err(Refused::Malformed);
        }
        jwt::check_times(claims.exp, None, now, Duration::ZERO)?;
        Ok(claims)
    }
}
