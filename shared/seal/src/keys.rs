//! Data keys: made and unwrapped by KMS, kept wrapped in the table, held unwrapped for a while in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::id::OrganizationId;
use model::permission::Scope;
use store::data_key::{Created, DataKey};
use store::{Store, Stored};
use zeroize::Zeroizing;

use crate::Error;
use crate::context::encryption_context;

/// From this age on a data key only opens, and the next value is sealed with a new one: as often as KMS renews its own.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>
pub(crate) const SEALS_FOR: Duration = Duration::from_secs(365 * 86_400);
/// How long an unwrapped data key is used before KMS is asked again: how long a revoked KMS permission may still open
/// values, and how soon other processes see a new data key.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(300);
/// How often an unwrapped data key is used before KMS is asked again.
pub(crate) const MAX_USES: u32 = 100_000;
/// From this many scopes on, those whose keys have all expired make room before another is added.
const MAX_SCOPES: usize = 256;

/// An unwrapped data key. The key schedule lives in memory of AWS-LC, which overwrites what it frees.
pub(crate) type Key = Arc<LessSafeKey>;

pub(crate) struct Keys {
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) store: Store,
    pub(crate) key_id: String,
    pub(crate) organization: OrganizationId,
    pub(crate) held: Mutex<HashMap<Scope, Arc<Ring>>>,
}

/// The keys of one scope. Whoever fetches holds the lock, so that callers who need the same key wait for one fetch.
#[derive(Default)]
pub(crate) struct Ring(tokio::sync::Mutex<Versions>);

#[derive(Default)]
struct Versions {
    newest: Option<(u32, Instant)>,
    by_version: HashMap<u32, Held>,
}

struct Held {
    key: Key,
    until: Instant,
    uses_left: u32,
}

impl Versions {
    fn take(&mut self, version: u32, now: Instant) -> Option<Key> {
        let held = self.by_version.get_mut(&version)?;
        if held.until <= now || held.uses_left == 0 {
            self.by_version.remove(&version);
            return None;
        }
        held.uses_left -= 1;
        Some(Arc::clone(&held.key))
    }

    fn hold(&mut self, version: u32, key: Key, now: Instant) -> Key {
        // The use that caused the fetch is the first of MAX_USES.
        let held = Held { key: Arc::clone(&key), until: now + MAX_AGE, uses_left: MAX_USES - 1 };
        self.by_version.insert(version, held);
        key
    }
}

impl Keys {
    /// The key to seal with, made when the scope has none, or none that is young enough.
    pub(crate) async fn newest(&self, scope: Scope, now: Instant) -> Result<(u32, Key), Error> {
        let ring = self.ring(scope, now);
        let mut versions = ring.0.lock().await;
        let known = versions.newest.filter(|(_, until)| now < *until).map(|(version, _)| version);
        if let Some(version) = known
            && let Some(key) = versions.take(version, now)
        {
            return Ok((version, key));
        }
        let (version, key) = match self.read_newest(scope).await? {
            Some(Stored { value, created_at, .. }) if wall_clock().since(created_at) < SEALS_FOR => {
                let version = value.key_version;
                let key = match versions.take(version, now) {
                    // An expired `newest` whose key is still held: one read of the table, no call of KMS.
                    Some(key) => key,
                    None => versions.hold(version, self.unwrap(scope, &value).await?, now),
                };
                (version, key)
            }
            older => {
                let next = older.map_or(1, |older| older.value.key_version.saturating_add(1));
                let (version, key) = self.generate(scope, next).await?;
                (version, versions.hold(version, key, now))
            }
        };
        versions.newest = Some((version, now + MAX_AGE));
        Ok((version, key))
    }

    /// The key to open with.
    pub(crate) async fn version(&self, scope: Scope, version: u32, now: Instant) -> Result<Key, Error> {
        let ring = self.ring(scope, now);
        let mut versions = ring.0.lock().await;
        if let Some(key) = versions.take(version, now) {
            return Ok(key);
        }
        let stored = self.store.data_key(scope, version).await;
        let stored = stored.map_err(|error| Error::StoreDataKey { scope, source: error.into() })?;
        let stored = stored.ok_or(Error::MissingKeyVersion { scope, version })?;
        Ok(versions.hold(version, self.unwrap(scope, &stored).await?, now))
    }

    /// Makes `version`; when another process was faster, takes what that one made.
    async fn generate(&self, scope: Scope, version: u32) -> Result<(u32, Key), Error> {
        let made = self
            .kms
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(encryption_context(self.organization, scope)))
            .send()
            .await
            .map_err(|source| Error::GenerateDataKey { scope, source: Box::new(source) })?;
        let form = || Error::DataKeyForm { scope, version };
        let plaintext = Zeroizing::new(made.plaintext.ok_or_else(form)?.into_inner());
        let wrapped = STANDARD.encode(made.ciphertext_blob.ok_or_else(form)?);
        let key = cipher(&plaintext).ok_or_else(form)?;
        let made = DataKey { scope, key_version: version, wrapped };
        let created = self.store.create_data_key(&made, wall_clock()).await;
        match created.map_err(|source| Error::StoreDataKey { scope, source })? {
            Created::First => Ok((version, key)),
            Created::AnotherWasFirst => {
                let theirs =
                    self.read_newest(scope).await?.ok_or(Error::MissingKeyVersion { scope, version })?;
                Ok((theirs.value.key_version, self.unwrap(scope, &theirs.value).await?))
            }
        }
    }

    async fn read_newest(&self, scope: Scope) -> Result<Option<Stored<DataKey>>, Error> {
        let newest = self.store.newest_data_key(scope).await;
        newest.map_err(|error| Error::StoreDataKey { scope, source: error.into() })
    }

    /// One KMS Decrypt, pinned to our KMS key, so that a changed row cannot name another.
    async fn unwrap(&self, scope: Scope, stored: &DataKey) -> Result<Key, Error> {
        let version = stored.key_version;
        let form = || Error::DataKeyForm { scope, version };
        let wrapped = STANDARD.decode(&stored.wrapped).map_err(|_| form())?;
        let unwrapped = self
            .kms
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(wrapped))
            .set_encryption_context(Some(encryption_context(self.organization, scope)))
            .send()
            .await
            .map_err(|source| Error::unwrapping(scope, version, source))?;
        let plaintext = Zeroizing::new(unwrapped.plaintext.ok_or_else(form)?.into_inner());
        cipher(&plaintext).ok_or_else(form)
    }

    fn ring(&self, scope: Scope, now: Instant) -> Arc<Ring> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_SCOPES && !held.contains_key(&scope) {
            held.retain(|_, ring| ring.is_needed(now));
        }
        Arc::clone(held.entry(scope).or_default())
    }
}

impl Ring {
    /// Whether somebody is using it, or it holds a key that is not yet at its end.
    fn is_needed(&self, now: Instant) -> bool {
        match self.0.try_lock() {
            Ok(versions) => versions.by_version.values().any(|held| now < held.until),
            Err(_) => true,
        }
    }
}

/// For a decision in which minutes do not count.
#[expect(clippy::disallowed_methods, reason = "how old a data key is, in days")]
pub(crate) fn wall_clock() -> Timestamp {
    jiff::Timestamp::now().into()
}

fn cipher(key: &[u8]) -> Option<Key> {
    UnboundKey::new(&AES_256_GCM, key).ok().map(|key| Arc::new(LessSafeKey::new(key)))
}
