//! Envelope encryption of secret values.
//!
//! A KMS key of the stack wraps a data key per scope (a project, or the organisation), with the scope as encryption
//! context. The wrapped data keys are items of the table, the unwrapped ones stay in this process for a limited time
//! and number of uses. A value is sealed with AES-256-GCM under a random nonce, and opens only in the place it was
//! sealed for: see [`Aad`].
//!
//! Why not the AWS Encryption SDK, whose hierarchical keyring does the same: measured on x86_64 (crate `aws-esdk` 1.2.4,
//! release profile of this workspace, stripped), a program with the DynamoDB and KMS clients and the keyring is
//! 21.3 MB, the same with AES-256-GCM of `aws-lc-rs` instead of the keyring 9.4 MB. Building the keyring takes 0.3 ms
//! more at start (median of 25), which would be bearable; 11.9 MB are not, nor is the second copy of AWS-LC (0.39
//! beside 0.47) that it links. `aws-lc-rs` is in every binary already, because TLS uses it.
//!
//! Depends on `model`, on `store` for the wrapped keys, and on KMS.
//!
//! **Not here**: where sealed values are stored (each noun of `store`), who may read them (`web` and the functions).

mod blob;
mod certificate;
mod connection;
mod context;
mod error;
mod keys;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::aead::{Aad as Authenticated, LessSafeKey, Nonce};
use model::id::OrganizationId;
use model::permission::Scope;
use secrecy::{ExposeSecret, SecretString};
use store::Store;
use zeroize::Zeroizing;

pub use blob::SealedBlob;
use blob::{NONCE_BYTES, Parts};
pub use context::Aad;
use context::Digest;
pub use error::Error;
use keys::Keys;

/// Seals and opens secret values. Cheap to clone; clones share the unwrapped data keys.
#[derive(Clone)]
pub struct Sealer(Arc<Keys>);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("key_id", &self.0.key_id).finish_non_exhaustive()
    }
}

impl Sealer {
    /// A sealer for the values of `organization`, whose data keys are wrapped by the KMS key `key_id` (an id, ARN or
    /// alias; symmetric) and kept in `store`. Needs `kms:GenerateDataKey` and `kms:Decrypt` on that key.
    #[must_use]
    pub fn new(kms: aws_sdk_kms::Client, store: Store, key_id: String, organization: OrganizationId) -> Self {
        Self(Arc::new(Keys { kms, store, key_id, organization, held: Default::default() }))
    }

    /// Seals `value` for one place, with the newest data key of `scope`. The first value of a scope makes its data key, and the
    /// first after a year the next one; older ones still open what they sealed.
    ///
    /// AWS calls: none while the scope's key is held, else one Query and one KMS call.
    ///
    /// # Errors
    /// Only those of KMS and the table: [`Error::GenerateDataKey`], [`Error::UnwrapDataKey`],
    /// [`Error::ForeignDataKey`], [`Error::DataKeyForm`], [`Error::StoreDataKey`].
    pub async fn seal(&self, scope: Scope, aad: &Aad<'_>, value: &SecretString) -> Result<SealedBlob, Error> {
        let (key_version, key) = self.0.newest(scope, Instant::now()).await?;
        let place = aad.digest(self.0.organization, scope);
        let mut nonce = [0; NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| Error::Seal)?;
        // Sealed in place: the value's copy becomes the ciphertext. Room for the tag, so that nothing is left behind
        // by a reallocation.
        let mut bytes = Vec::with_capacity(value.expose_secret().len() + key.algorithm().tag_len());
        bytes.extend_from_slice(value.expose_secret().as_bytes());
        let authenticated = Authenticated::from(place.authenticated(key_version));
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), authenticated, &mut bytes)
            .map_err(|_| Error::Seal)?;
        Ok(Parts { key_version, place, nonce, ciphertext: bytes }.write())
    }

    /// Opens a value in the place it was sealed for.
    ///
    /// AWS calls: none while that version of the scope's key is held, else one GetItem and one KMS Decrypt, however
    /// many values are opened.
    ///
    /// # Errors
    /// [`Error::Tampered`], [`Error::WrongContext`], [`Error::MissingKeyVersion`], [`Error::UnknownFormat`], and those
    /// of KMS and the table.
    pub async fn open(&self, scope: Scope, aad: &Aad<'_>, blob: &SealedBlob) -> Result<SecretString, Error> {
        let parts = Parts::read(blob)?;
        let key = self.0.version(scope, parts.key_version, Instant::now()).await?;
        open_with(&key, &aad.digest(self.0.organization, scope), parts)
    }
}

/// Opens `parts` if they were sealed for `here`. The tag covers the place that the blob names, so a genuine blob from
/// elsewhere is known as such, and its value is dropped unseen.
fn open_with(key: &LessSafeKey, here: &Digest, parts: Parts) -> Result<SecretString, Error> {
    let Parts { key_version, place, nonce, ciphertext } = parts;
    let mut bytes = Zeroizing::new(ciphertext);
    let authenticated = Authenticated::from(place.authenticated(key_version));
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), authenticated, &mut bytes);
    let value = opened.map_err(|_| Error::Tampered)?;
    if place != *here {
        return Err(Error::WrongContext);
    }
    // Only text is ever sealed, so other bytes were not sealed here.
    let text = std::str::from_utf8(value).map_err(|_| Error::Tampered)?;
    Ok(SecretString::from(Box::<str>::from(text)))
}
