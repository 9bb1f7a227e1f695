//! One secret: by its name, by its id, or as it was before.

use model::project::Project;
use model::secret::{Secret, SecretKind, SecretName};
use store::Stored;

use crate::expand::Root;
use crate::list::expand;
use crate::reading::{Missing, Reading, Spot};
use crate::{Error, OpenSecret, Place, Read, Vault};

/// Which secret of a name is meant, and what of it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The shared one, or one person's.
    pub kind: SecretKind,
    /// An earlier version.
    pub version: Option<u64>,
    /// Whether the value is opened.
    pub values: bool,
    /// Whether references in it are followed.
    pub expand: bool,
    /// Whether it is looked for in imports, when the folder itself has none.
    pub imports: bool,
}

/// A secret that was found.
#[derive(Debug)]
pub struct Found {
    /// The secret.
    pub secret: OpenSecret,
    /// What was read for it.
    pub read: Read,
}

impl Vault {
    /// The secret of this name in a path. Two GetItems; with imports, two Queries for each of them; with references, one
    /// Query for each folder that they lead to.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::NoFolder`], [`Error::NoSecret`], [`Error::NoVersion`], [`Error::Unreadable`],
    /// [`Error::Read`].
    pub async fn get(&self, place: &Place<'_>, name: &SecretName, lookup: &Lookup) -> Result<Found, Error> {
        let mut reading = Reading::new(self, place.project, Missing::Skipped);
        let spot = reading.folder(place.environment, place.path).await?;
        reading.read.folder(spot.environment, spot.folder);
        let own = self.store.secret(spot.environment, spot.folder, &lookup.kind, name).await?;
        let found = match own {
            Some(secret) => Some(secret),
            None if lookup.imports => imported(&mut reading, spot, name).await?,
            None => None,
        };
        let absent = || Error::NoSecret { name: name.clone(), path: place.path.clone() };
        let found = found.ok_or_else(absent)?;
        self.show(reading, found, lookup).await
    }

    /// A secret that was looked up by its id, if its folder is there. One GetItem; with references, one Query for each folder
    /// that they lead to.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::NoFolder`], [`Error::Unreadable`], [`Error::Read`].
    pub async fn open(
        &self,
        project: &Project,
        secret: Stored<Secret>,
        values: bool,
        expand: bool,
    ) -> Result<Found, Error> {
        let reading = Reading::new(self, project, Missing::Skipped);
        let lookup = Lookup { values, expand, ..Lookup::default() };
        self.show(reading, secret, &lookup).await
    }

    /// A secret as it is and as it was, newest first. One GetItem and one Query.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn versions(
        &self,
        project: &Project,
        secret: &Stored<Secret>,
        values: bool,
    ) -> Result<Vec<OpenSecret>, Error> {
        let mut reading = Reading::new(self, project, Missing::Skipped);
        let path = reading.path_of(spot_of(secret)).await?;
        let archived = self.store.secret_versions(secret.environment_id, secret.id).await?;
        let mut versions = vec![self.open_secret(secret.clone(), &path, values).await?];
        // One that was archived since the secret was read is that secret.
        for version in archived.into_iter().rev().filter(|version| version.number < secret.version) {
            versions.push(self.open_version(version, secret, &path, values).await?);
        }
        Ok(versions)
    }

    async fn show(
        &self,
        mut reading: Reading<'_>,
        secret: Stored<Secret>,
        lookup: &Lookup,
    ) -> Result<Found, Error> {
        let spot = spot_of(&secret);
        let path = reading.path_of(spot).await?;
        let slug = &reading.environment(spot.environment)?.slug;
        reading.read.shows_folder(slug, &path);
        let earlier = lookup.version.filter(|version| *version != secret.version);
        let mut opened = match earlier {
            None => self.open_secret(secret, &path, lookup.values).await?,
            Some(version) => {
                let absent = || Error::NoVersion { name: secret.name.clone(), version };
                let archived = self.store.secret_version(secret.environment_id, secret.id, version).await?;
                self.open_version(archived.ok_or_else(absent)?, &secret, &path, lookup.values).await?
            }
        };
        reading.read.shows(&opened.stored);
        if lookup.values && lookup.expand {
            match earlier {
                None => expand(&mut reading, std::slice::from_mut(&mut opened)).await?,
                Some(_) => {
                    let value = opened.value.clone().unwrap_or_default();
                    let root = Root { spot, name: opened.stored.name.clone(), is_shared: false, value };
                    opened.value = reading.expand(vec![root]).await?.pop().map(|expanded| expanded.value);
                }
            }
        }
        Ok(Found { secret: opened, read: reading.read })
    }
}

pub(crate) fn spot_of(secret: &Secret) -> Spot {
    Spot { environment: secret.environment_id, folder: secret.folder_id }
}

/// The secret of this name that the folder imports.
async fn imported(
    reading: &mut Reading<'_>,
    spot: Spot,
    name: &SecretName,
) -> Result<Option<Stored<Secret>>, Error> {
    let chain = reading.chain(spot).await?;
    reading.load(chain.iter().skip(1).copied()).await?;
    Ok(chain.iter().skip(1).find_map(|at| reading.loaded(*at, name).cloned()))
}
