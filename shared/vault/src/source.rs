//! What a sync writes to its destination.

use std::collections::{BTreeSet, HashSet};

use model::id::{EnvironmentId, FolderId, SecretId};
use model::project::Project;
use model::secret::{SecretName, SecretPath, Unresolved};
use model::secret_sync::Watched;
use secrecy::SecretString;

use crate::list::expandable;
use crate::reading::{Missing, Reading, Spot};
use crate::{Error, Metadata, Read, Vault};

/// How often a source is read again because folders of it went meanwhile.
const ATTEMPTS: u32 = 4;

/// Everything that a sync reads.
#[derive(Debug)]
pub struct Source {
    /// The secrets: of each folder its own over its imports', by name, the first folder's first. One name may come from several
    /// folders, but no secret comes twice.
    pub secrets: Vec<SourceSecret>,
    /// The slug of the environment.
    pub environment_slug: String,
    /// The path of the folder.
    pub path: SecretPath,
    /// What was read for it: the folders that the sync is to watch.
    pub read: Read,
}

/// One secret of a source.
#[derive(Debug, Clone)]
pub struct SourceSecret {
    /// Its name.
    pub name: SecretName,
    /// The path of the folder through which it came: the source's or one below, also when that folder imports it.
    pub path: SecretPath,
    /// Its id.
    pub id: SecretId,
    /// Its version.
    pub version: u64,
    /// Its value with references followed, or the references that could not be.
    pub value: Result<SecretString, BTreeSet<Unresolved>>,
    /// What people say about it.
    pub metadata: Vec<Metadata>,
}

impl Vault {
    /// Everything that a sync of this folder reads. The calls of [`Vault::list`] with values, imports and references, and one
    /// GetItem more for each environment.
    ///
    /// # Errors
    /// Each of them means that nothing is known of the source, and that nothing may be deleted for it: [`Error::NoEnvironment`]
    /// and [`Error::NoFolder`] when it is gone, [`Error::ImportAbsent`], [`Error::Unreadable`], [`Error::Read`],
    /// [`Error::Contended`] when folders went while they were read, time and again.
    pub async fn source(
        &self,
        project: &Project,
        environment: EnvironmentId,
        folder: FolderId,
        recursive: bool,
    ) -> Result<Source, Error> {
        for _ in 0..ATTEMPTS {
            let source = self.read_source(project, environment, folder, recursive).await?;
            if self.are_there(project, source.read.folders()).await? {
                return Ok(source);
            }
        }
        Err(Error::Contended)
    }

    /// Whether all of these folders are there still. One that was deleted after it was found may have been empty already when its
    /// secrets were read.
    async fn are_there(&self, project: &Project, folders: &BTreeSet<Watched>) -> Result<bool, Error> {
        let environments: BTreeSet<EnvironmentId> =
            folders.iter().map(|folder| folder.environment_id).collect();
        for environment in environments {
            let tree = match self.tree(project, environment).await {
                Ok(tree) => tree,
                Err(Error::NoEnvironment) => return Ok(false),
                Err(error) => return Err(error),
            };
            let mut of_it = folders.iter().filter(|folder| folder.environment_id == environment);
            if !of_it.all(|folder| tree.contains(folder.folder_id)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn read_source(
        &self,
        project: &Project,
        environment: EnvironmentId,
        folder: FolderId,
        recursive: bool,
    ) -> Result<Source, Error> {
        let mut reading = Reading::new(self, project, Missing::Fatal);
        let spot = Spot { environment, folder };
        let path = reading.path_of(spot).await?;
        let tree = reading.tree(environment).await?;
        let below = tree.descendants(folder).into_iter().filter(|_| recursive);
        let below: Vec<Spot> = below.map(|folder| Spot { folder: folder.id, ..spot }).collect();

        let (mut opened, mut through, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for spot in std::iter::once(spot).chain(below) {
            let through_path = reading.path_of(spot).await?;
            for (at, secret) in reading.view(spot).await? {
                if seen.insert(secret.id) {
                    let path = reading.path_of(at).await?;
                    reading.read.shows(&secret);
                    opened.push(self.open_secret(secret, &path, true).await?);
                    through.push(through_path.clone());
                }
            }
        }
        let expanded = reading.expand(opened.iter().map(expandable).collect()).await?;
        let secrets = opened.into_iter().zip(through).zip(expanded).map(|((secret, path), expanded)| {
            let value = match expanded.unresolved.is_empty() {
                true => Ok(expanded.value),
                false => Err(expanded.unresolved),
            };
            let name = secret.stored.value.name.clone();
            let (id, version) = (secret.stored.id, secret.stored.version);
            SourceSecret { name, path, id, version, value, metadata: secret.metadata }
        });
        Ok(Source {
            secrets: secrets.collect(),
            environment_slug: reading.environment(environment)?.slug.clone(),
            path,
            read: reading.read,
        })
    }
}
