//! Where a rotation's secrets are: an environment and a folder of it, which may have gone since.

use std::collections::HashMap;

use futures::future::try_join_all;
use model::environment::Environment;
use model::folder::FolderTree;
use model::id::{EnvironmentId, FolderId, ProjectId};
use model::project::Project;
use model::secret::SecretPath;
use store::{ReadError, Store};
use web::Problem;

use crate::error;

/// The folder that a request names: its environment, and its id in it. One GetItem.
pub(crate) async fn named(
    store: &Store,
    project: &Project,
    environment: &str,
    path: &SecretPath,
) -> Result<(Environment, FolderId), Problem> {
    let absent = || error::absent_folder(environment, path);
    let (_, environment) = project.environments.find_by_slug(environment).ok_or_else(absent)?;
    let tree = tree(store, project.id, environment.id).await?;
    let folder = tree.at(path).ok_or_else(absent)?;
    Ok((environment.clone(), folder))
}

/// The folders of several environments of a project, side by side. One GetItem for each.
pub(crate) async fn trees(
    store: &Store,
    project: ProjectId,
    environments: &[EnvironmentId],
) -> Result<HashMap<EnvironmentId, FolderTree>, ReadError> {
    let trees = environments.iter().map(|id| async move { Ok((*id, tree(store, project, *id).await?)) });
    Ok(try_join_all(trees).await?.into_iter().collect())
}

async fn tree(store: &Store, project: ProjectId, id: EnvironmentId) -> Result<FolderTree, ReadError> {
    let stored = store.folder_tree(id).await?;
    Ok(stored.map_or_else(|| FolderTree::new(project, id), |stored| stored.value))
}
