//! Secrets: those of a folder side by side in their environment's partition, with their earlier versions behind.

use model::id::{EnvironmentId, FolderId, SecretId};
use model::secret::{KEPT_VERSIONS, Owner, Secret, SecretKind, SecretName, SecretVersion};

use crate::entity::{Entity, NameGuard, Stored, stored_from};
use crate::error::ReadError;
use crate::folder::partition;
use crate::keys::Keys;
use crate::read::From;
use crate::{Change, Store};

/// Ids are unique everywhere.
const EVERYWHERE: &str = "ALL";
/// Between the two halves of a key where one text holds both. No partition has it in its name.
const BAR: char = '|';

impl Entity for Secret {
    const KIND: &'static str = "secret";

    fn keys(&self) -> Keys {
        Keys::within(partition(self.environment_id), position(self.folder_id, &self.kind, self.name.as_str()))
    }

    /// The id, by which the place is found.
    fn names(&self) -> Vec<NameGuard> {
        let Keys { pk, sk, .. } = self.keys();
        vec![NameGuard::new(Self::KIND, EVERYWHERE, &self.id.to_string(), format!("{pk}{BAR}{sk}"))]
    }
}

impl Entity for SecretVersion {
    const KIND: &'static str = "secret version";

    fn keys(&self) -> Keys {
        Keys::within(
            partition(self.secret.environment_id),
            format!("{}{:010}", versions(self.secret.id), self.number),
        )
    }
}

/// Where the secrets of a kind begin in a folder.
fn secrets(folder: FolderId, kind: &SecretKind) -> String {
    match kind {
        SecretKind::Shared => format!("FOLDER#{folder}#SECRET#"),
        SecretKind::Personal(Owner { kind, id }) => {
            // A '#' in an address would let one person's id and name be another's.
            let id = id.replace('%', "%25").replace('#', "%23");
            format!("FOLDER#{folder}#PERSONAL#{}:{id}#", kind.name())
        }
    }
}

fn position(folder: FolderId, kind: &SecretKind, name: &str) -> String {
    format!("{}{name}", secrets(folder, kind))
}

/// Where the versions of a secret begin.
fn versions(id: SecretId) -> String {
    format!("VERSION#{id}#")
}

impl Store {
    /// The shared secrets of a folder, by name. One strongly consistent Query for each MB, which is about 1,500 secrets of a
    /// hundred characters.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secrets_in(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
    ) -> Result<Vec<Stored<Secret>>, ReadError> {
        self.list(From::Table, &partition(environment), &secrets(folder, &SecretKind::Shared)).await
    }

    /// The personal secrets of one person in a folder, by name. One strongly consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn personal_secrets_in(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
        owner: &Owner,
    ) -> Result<Vec<Stored<Secret>>, ReadError> {
        let kind = SecretKind::Personal(owner.clone());
        self.list(From::Table, &partition(environment), &secrets(folder, &kind)).await
    }

    /// Everybody's personal secrets in a folder. One strongly consistent Query for each MB.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn all_personal_secrets_in(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
    ) -> Result<Vec<Stored<Secret>>, ReadError> {
        self.list(From::Table, &partition(environment), &format!("FOLDER#{folder}#PERSONAL#")).await
    }

    /// Secrets of one kind of a folder by their names, in no order; absent ones are left out. One strongly consistent
    /// BatchGetItem for each hundred.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secrets_named(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
        kind: &SecretKind,
        names: &[SecretName],
    ) -> Result<Vec<Stored<Secret>>, ReadError> {
        let mut found = Vec::with_capacity(names.len());
        for names in names.chunks(100) {
            let keys: Vec<_> = names
                .iter()
                .map(|name| (partition(environment), position(folder, kind, name.as_str())))
                .collect();
            for item in self.batch_get(Secret::KIND, &keys).await? {
                found.push(stored_from(item)?);
            }
        }
        Ok(found)
    }

    /// A secret by its place. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret(
        &self,
        environment: EnvironmentId,
        folder: FolderId,
        kind: &SecretKind,
        name: &SecretName,
    ) -> Result<Option<Stored<Secret>>, ReadError> {
        self.get(&partition(environment), &position(folder, kind, name.as_str())).await
    }

    /// A secret by its id, wherever it is. Two strongly consistent GetItems, one after the other. A secret that is being
    /// renamed is found under its new name, or on a second look.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_by_id(&self, id: SecretId) -> Result<Option<Stored<Secret>>, ReadError> {
        for _ in 0..3 {
            let Some(place) = self.owner(Secret::KIND, EVERYWHERE, &id.to_string()).await? else {
                return Ok(None);
            };
            let Some((pk, sk)) = place.split_once(BAR) else {
                let reason = "the guard of its id names no place".to_owned();
                return Err(ReadError::Decode { kind: Secret::KIND, reason });
            };
            let found: Option<Stored<Secret>> = self.get(pk, sk).await?;
            if let Some(secret) = found.filter(|secret| secret.id == id) {
                return Ok(Some(secret));
            }
        }
        Ok(None)
    }

    /// The earlier versions of a secret that are kept, oldest first. One strongly consistent Query.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_versions(
        &self,
        environment: EnvironmentId,
        id: SecretId,
    ) -> Result<Vec<Stored<SecretVersion>>, ReadError> {
        self.list(From::Table, &partition(environment), &versions(id)).await
    }

    /// One earlier version of a secret, if it is kept. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn secret_version(
        &self,
        environment: EnvironmentId,
        id: SecretId,
        number: u64,
    ) -> Result<Option<Stored<SecretVersion>>, ReadError> {
        self.get(&partition(environment), &format!("{}{number:010}", versions(id))).await
    }
}

impl Change {
    /// The next version of a secret, at the same place or another one; `archived` is the one that was read, sealed for the
    /// archive. The oldest version that is kept makes room. Writes at most 5 items.
    #[must_use]
    pub fn replace_secret(self, read: &Stored<Secret>, next: &Secret, archived: &SecretVersion) -> Self {
        let moves = read.value.keys() != next.keys();
        let change = if moves { self.relocate(read, next) } else { self.replace(read, next) };
        let change = change.create(archived);
        match read.version.checked_sub(KEPT_VERSIONS).filter(|oldest| *oldest > 0) {
            Some(oldest) => change.discard(&SecretVersion { number: oldest, ..archived.clone() }),
            None => change,
        }
    }

    /// A secret goes, with all its versions. Writes [`items_of_deletion`] items.
    #[must_use]
    pub fn delete_secret(self, read: &Stored<Secret>) -> Self {
        archived(read).fold(self.delete(read), |change, number| {
            let version = SecretVersion { number, written_at: read.updated_at, secret: read.value.clone() };
            change.discard(&version)
        })
    }
}

/// The versions of a secret that may be in the archive.
fn archived(read: &Stored<Secret>) -> impl Iterator<Item = u64> {
    read.version.saturating_sub(KEPT_VERSIONS).max(1)..read.version
}

/// How many items the deletion of a secret writes.
#[must_use]
pub fn items_of_deletion(read: &Stored<Secret>) -> usize {
    2 + archived(read).count()
}

/// Secrets side by side whose deletions together write at most `most` items: one transaction each.
#[must_use]
pub fn groups_of_deletion(secrets: &[Stored<Secret>], most: usize) -> Vec<&[Stored<Secret>]> {
    let (mut groups, mut start, mut items) = (Vec::new(), 0, 0);
    for (index, secret) in secrets.iter().enumerate() {
        let more = items_of_deletion(secret);
        if items > 0 && items + more > most {
            groups.push(&secrets[start..index]);
            (start, items) = (index, 0);
        }
        items += more;
    }
    if start < secrets.len() {
        groups.push(&secrets[start..]);
    }
    groups
}
