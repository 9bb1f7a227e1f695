//! One look at the secrets of a project: everything is read at most once, and remembered as read.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use model::environment::Environment;
use model::folder::{FolderTree, SecretImport};
use model::id::{EnvironmentId, FolderId};
use model::project::Project;
use model::secret::{Secret, SecretName, SecretPath};
use store::Stored;

use crate::{Error, Read, Vault};

/// Folders that are read side by side.
const SIDE_BY_SIDE: usize = 10;

/// What a folder that is imported but not there means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nothing: people see what there is.
    Skipped,
    /// That the result is not known.
    Fatal,
}

/// A folder that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) environment: EnvironmentId,
    pub(crate) folder: FolderId,
}

pub(crate) struct Reading<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) project: &'a Project,
    pub(crate) read: Read,
    missing: Missing,
    trees: HashMap<EnvironmentId, Arc<FolderTree>>,
    secrets: HashMap<FolderId, Arc<Vec<Stored<Secret>>>>,
    chains: HashMap<FolderId, Arc<Vec<Spot>>>,
    paths: HashMap<FolderId, SecretPath>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(vault: &'a Vault, project: &'a Project, missing: Missing) -> Self {
        Self {
            vault,
            project,
            read: Read::default(),
            missing,
            trees: HashMap::new(),
            secrets: HashMap::new(),
            chains: HashMap::new(),
            paths: HashMap::new(),
        }
    }

    pub(crate) fn environment(&self, id: EnvironmentId) -> Result<&'a Environment, Error> {
        self.project.environments.find(id).map(|(_, environment)| environment).ok_or(Error::NoEnvironment)
    }

    /// The folders of an environment. One GetItem, once.
    pub(crate) async fn tree(&mut self, environment: EnvironmentId) -> Result<Arc<FolderTree>, Error> {
        if let Some(tree) = self.trees.get(&environment) {
            return Ok(Arc::clone(tree));
        }
        let tree = Arc::new(self.vault.tree(self.project, environment).await?);
        self.trees.insert(environment, Arc::clone(&tree));
        Ok(tree)
    }

    /// Reads as if these were the folders of their environment.
    pub(crate) fn pretend(&mut self, tree: FolderTree) {
        self.trees.insert(tree.environment_id, Arc::new(tree));
    }

    /// The folder at a path.
    pub(crate) async fn folder(
        &mut self,
        environment: EnvironmentId,
        path: &SecretPath,
    ) -> Result<Spot, Error> {
        let tree = self.tree(environment).await?;
        let slug = &self.environment(environment)?.slug;
        let absent = || Error::NoFolder { environment: slug.clone(), path: path.to_string() };
        tree.at(path).map(|folder| Spot { environment, folder }).ok_or_else(absent)
    }

    /// The path of a folder that is there.
    pub(crate) async fn path_of(&mut self, spot: Spot) -> Result<SecretPath, Error> {
        if let Some(path) = self.paths.get(&spot.folder) {
            return Ok(path.clone());
        }
        let tree = self.tree(spot.environment).await?;
        let slug = &self.environment(spot.environment)?.slug;
        let absent = || Error::NoFolder { environment: slug.clone(), path: spot.folder.to_string() };
        let path = tree.contains(spot.folder).then(|| tree.path_of(spot.folder)).flatten();
        let path = path.ok_or_else(absent)?;
        self.paths.insert(spot.folder, path.clone());
        Ok(path)
    }

    /// How people find a thing of this folder, `dev:/api/KEY`.
    pub(crate) async fn label(&mut self, spot: Spot, name: &str) -> Result<String, Error> {
        let path = self.path_of(spot).await?;
        Ok(format!("{}:{}", self.environment(spot.environment)?.slug, path.join(name)))
    }

    /// Reads the shared secrets of these folders, those side by side that were not read before. One Query each.
    pub(crate) async fn load(&mut self, spots: impl IntoIterator<Item = Spot>) -> Result<(), Error> {
        let mut new = BTreeSet::new();
        for spot in spots {
            self.read.folder(spot.environment, spot.folder);
            if !self.secrets.contains_key(&spot.folder) {
                new.insert(spot);
            }
        }
        let store = &self.vault.store;
        let queries = new.into_iter().map(async |spot| {
            let secrets = store.secrets_in(spot.environment, spot.folder).await?;
            Ok::<_, Error>((spot.folder, Arc::new(secrets)))
        });
        let loaded: Vec<_> = stream::iter(queries).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
        self.secrets.extend(loaded);
        Ok(())
    }

    /// The shared secrets of a folder, by name.
    pub(crate) async fn secrets(&mut self, spot: Spot) -> Result<Arc<Vec<Stored<Secret>>>, Error> {
        self.load([spot]).await?;
        Ok(self.secrets.get(&spot.folder).map(Arc::clone).unwrap_or_default())
    }

    /// A shared secret of a folder that was loaded.
    pub(crate) fn loaded(&self, spot: Spot, name: &SecretName) -> Option<&Stored<Secret>> {
        let secrets = self.secrets.get(&spot.folder)?;
        let position = secrets.binary_search_by(|secret| secret.name.cmp(name)).ok()?;
        secrets.get(position)
    }

    /// Where an import leads, when that folder is there.
    pub(crate) async fn imported(&mut self, import: &SecretImport) -> Result<Option<Spot>, Error> {
        let environment = import.environment_id;
        let tree = match self.tree(environment).await {
            Ok(tree) => tree,
            Err(Error::NoEnvironment) => return self.absent(import).await,
            Err(error) => return Err(error),
        };
        match tree.at(&import.path) {
            Some(folder) => Ok(Some(Spot { environment, folder })),
            None => {
                // It comes to be with a change of the folder where its path ends for now.
                self.read.folder(environment, tree.nearest(&import.path));
                self.absent(import).await
            }
        }
    }

    async fn absent(&mut self, import: &SecretImport) -> Result<Option<Spot>, Error> {
        match self.missing {
            Missing::Skipped => Ok(None),
            Missing::Fatal => {
                let slug =
                    self.environment(import.environment_id).map(|environment| environment.slug.clone());
                Err(Error::ImportAbsent {
                    importer: import.folder_id.to_string(),
                    environment: slug.unwrap_or_else(|_| import.environment_id.to_string()),
                    path: import.path.clone(),
                })
            }
        }
    }

    /// The folder, and those that it imports, directly or not: where several have a secret of one name, the first one here is
    /// meant. Imports that lead back are not followed twice.
    pub(crate) async fn chain(&mut self, spot: Spot) -> Result<Arc<Vec<Spot>>, Error> {
        if let Some(chain) = self.chains.get(&spot.folder) {
            return Ok(Arc::clone(chain));
        }
        let (mut chain, mut seen, mut waiting) = (Vec::new(), HashSet::new(), vec![spot]);
        while let Some(at) = waiting.pop() {
            if !seen.insert(at.folder) {
                continue;
            }
            chain.push(at);
            let tree = self.tree(at.environment).await?;
            // The last import is the next one to be taken.
            for import in tree.imports_of(at.folder) {
                waiting.extend(self.imported(import).await?);
            }
        }
        let chain = Arc::new(chain);
        self.chains.insert(spot.folder, Arc::clone(&chain));
        Ok(chain)
    }

    /// What a reader of the folder sees: its own secrets and those that it imports, one of each name, by name; each with the
    /// folder that it is in.
    pub(crate) async fn view(&mut self, spot: Spot) -> Result<Vec<(Spot, Stored<Secret>)>, Error> {
        let chain = self.chain(spot).await?;
        self.load(chain.iter().copied()).await?;
        let mut view = std::collections::BTreeMap::new();
        for at in chain.iter() {
            for secret in self.secrets.get(&at.folder).map(Arc::clone).unwrap_or_default().iter() {
                view.entry(secret.name.clone()).or_insert_with(|| (*at, secret.clone()));
            }
        }
        Ok(view.into_values().collect())
    }
}

impl Vault {
    /// The folders of an environment, with their imports. One GetItem.
    ///
    /// # Errors
    /// [`Error::NoEnvironment`], [`Error::Read`].
    pub async fn tree(&self, project: &Project, environment: EnvironmentId) -> Result<FolderTree, Error> {
        if project.environments.find(environment).is_none() {
            return Err(Error::NoEnvironment);
        }
        let tree = self.store.folders_of(project.id, environment).await?;
        if tree.gone_at().is_some() {
            return Err(Error::NoEnvironment);
        }
        Ok(tree)
    }
}
