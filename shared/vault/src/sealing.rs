//! Sealing and opening: each value for its item, its attribute and its version, so that none can be put elsewhere or put back.

use futures::future::try_join_all;
use model::permission::Scoped as _;
use model::secret::{Secret, SecretMetadata, SecretPath, SecretVersion};
use seal::{Aad, SealedBlob};
use secrecy::{ExposeSecret as _, SecretString};
use store::{Entity as _, Keys, Stored};

use crate::write::NewMetadata;
use crate::{Error, Metadata, OpenSecret, Vault};

const VALUE: &str = "value";
const COMMENT: &str = "comment";
const METADATA: &str = "metadata";

/// Everything of a secret that is sealed, open.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub(crate) value: SecretString,
    /// Empty where there is none.
    pub(crate) comment: SecretString,
    pub(crate) metadata: Vec<NewMetadata>,
}

/// The key of an item as one text.
fn table_key(keys: &Keys) -> String {
    format!("{}|{}", keys.pk, keys.sk)
}

/// The attribute of an entry of metadata: entries have no other name than their position.
fn entry(position: usize) -> String {
    format!("{METADATA}.{position}")
}

impl Vault {
    /// Opens what is asked of a secret.
    pub(crate) async fn open_secret(
        &self,
        stored: Stored<Secret>,
        path: &SecretPath,
        values: bool,
    ) -> Result<OpenSecret, Error> {
        let key = table_key(&stored.keys());
        let version = stored.version;
        self.open_at(stored, path, &key, version, values).await
    }

    /// Opens an earlier version. What is stored tells that version, and when it was written.
    pub(crate) async fn open_version(
        &self,
        archived: Stored<SecretVersion>,
        live: &Stored<Secret>,
        path: &SecretPath,
        values: bool,
    ) -> Result<OpenSecret, Error> {
        let key = table_key(&archived.keys());
        let SecretVersion { number, written_at, secret } = archived.value;
        let stored =
            Stored { value: secret, version: number, created_at: live.created_at, updated_at: written_at };
        self.open_at(stored, path, &key, number, values).await
    }

    /// Opens a secret's value alone.
    pub(crate) async fn open_value(&self, stored: &Stored<Secret>) -> Result<SecretString, Error> {
        let key = table_key(&stored.keys());
        self.open_one(stored, &key, stored.version, VALUE, VALUE, &stored.value.value).await
    }

    async fn open_at(
        &self,
        stored: Stored<Secret>,
        path: &SecretPath,
        key: &str,
        version: u64,
        values: bool,
    ) -> Result<OpenSecret, Error> {
        let value = match values {
            true => Some(self.open_one(&stored, key, version, VALUE, VALUE, &stored.value.value).await?),
            false => None,
        };
        let comment = match &stored.comment {
            Some(blob) => self.open_one(&stored, key, version, COMMENT, COMMENT, blob).await?,
            None => SecretString::default(),
        };
        let mut metadata = Vec::with_capacity(stored.metadata.len());
        for (position, kept) in stored.metadata.iter().enumerate() {
            let value = match (kept.is_encrypted, values) {
                (false, _) => Some(SecretString::from(kept.value.as_str())),
                (true, false) => None,
                (true, true) => {
                    let attribute = entry(position);
                    Some(self.open_one(&stored, key, version, METADATA, &attribute, &kept.value).await?)
                }
            };
            metadata.push(Metadata { key: kept.key.clone(), value, is_encrypted: kept.is_encrypted });
        }
        Ok(OpenSecret { stored, path: path.clone(), value, comment, metadata })
    }

    async fn open_one(
        &self,
        secret: &Secret,
        table_key: &str,
        version: u64,
        what: &'static str,
        attribute: &str,
        blob: &str,
    ) -> Result<SecretString, Error> {
        let aad = Aad { table_key, attribute, version };
        let opened = self.sealer.open(secret.scope(), &aad, &SealedBlob::from(blob.to_owned())).await;
        opened.map_err(|source| Error::Unreadable {
            what,
            name: secret.name.clone(),
            path: secret.folder_id.to_string(),
            source,
        })
    }

    /// The secret with `contents` sealed for its place and `version`.
    pub(crate) async fn seal_secret(
        &self,
        secret: Secret,
        version: u64,
        contents: &Contents,
    ) -> Result<Secret, Error> {
        let key = table_key(&secret.keys());
        self.seal_at(secret, &key, version, contents).await
    }

    /// The version of a secret that makes room for the next one, with its `contents` sealed for the archive.
    pub(crate) async fn seal_version(
        &self,
        read: &Stored<Secret>,
        contents: &Contents,
    ) -> Result<SecretVersion, Error> {
        let version =
            SecretVersion { number: read.version, written_at: read.updated_at, secret: read.value.clone() };
        let key = table_key(&version.keys());
        let secret = self.seal_at(version.secret, &key, read.version, contents).await?;
        Ok(SecretVersion { secret, ..version })
    }

    async fn seal_at(
        &self,
        secret: Secret,
        key: &str,
        version: u64,
        contents: &Contents,
    ) -> Result<Secret, Error> {
        let value = self.seal_one(&secret, key, version, VALUE, VALUE, &contents.value).await?;
        let comment = match contents.comment.expose_secret() {
            "" => None,
            _ => Some(self.seal_one(&secret, key, version, COMMENT, COMMENT, &contents.comment).await?),
        };
        let entries = contents.metadata.iter().enumerate().map(async |(position, one)| {
            let value = match one.is_encrypted {
                true => self.seal_one(&secret, key, version, METADATA, &entry(position), &one.value).await?,
                false => one.value.expose_secret().to_owned(),
            };
            Ok::<_, Error>(SecretMetadata { key: one.key.clone(), value, is_encrypted: one.is_encrypted })
        });
        let metadata = try_join_all(entries).await?;
        Ok(Secret { value, comment, metadata, ..secret })
    }

    async fn seal_one(
        &self,
        secret: &Secret,
        table_key: &str,
        version: u64,
        what: &'static str,
        attribute: &str,
        value: &SecretString,
    ) -> Result<String, Error> {
        let aad = Aad { table_key, attribute, version };
        let sealed = self.sealer.seal(secret.scope(), &aad, value).await;
        sealed.map(|blob| blob.to_string()).map_err(|source| Error::Seal {
            what,
            name: secret.name.clone(),
            source,
        })
    }
}
