//! The source of a sync: an environment and a folder of it, which may have gone since.

use model::environment::Environment;
use model::id::FolderId;
use model::project::Project;
use model::secret::SecretPath;
use model::secret_sync::SecretSync;
use store::{ReadError, Store};
use web::Problem;

use crate::error;

/// Where a sync reads from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) environment: Environment,
    pub(crate) folder: FolderId,
    pub(crate) path: SecretPath,
}

/// The folder that a request names. One GetItem.
pub(crate) async fn named(
    store: &Store,
    project: &Project,
    environment: &str,
    path: &SecretPath,
) -> Result<Source, Problem> {
    let absent = || error::absent_source(environment, path);
    let (_, environment) = project.environments.find_by_slug(environment).ok_or_else(absent)?;
    let tree = store.folders_of(project.id, environment.id).await?;
    let folder = tree.at(path).ok_or_else(absent)?;
    Ok(Source { environment: environment.clone(), folder, path: path.clone() })
}

/// What is left of the source of a sync: its environment, and its folder in it. One GetItem.
pub(crate) async fn of(
    store: &Store,
    project: Option<&Project>,
    sync: &SecretSync,
) -> Result<(Option<Environment>, Option<(FolderId, SecretPath)>), ReadError> {
    let Some((_, environment)) = project.and_then(|project| project.environments.find(sync.environment_id))
    else {
        return Ok((None, None));
    };
    let tree = store.folders_of(sync.project_id, environment.id).await?;
    Ok((Some(environment.clone()), tree.path_of(sync.folder_id).map(|path| (sync.folder_id, path))))
}
