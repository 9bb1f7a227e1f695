//! Where a rotation's secrets are: an environment and a folder of it, which may have gone since.

use model::environment::Environment;
use model::id::FolderId;
use model::project::Project;
use model::secret::SecretPath;
use store::Store;
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
    let tree = store.folders_of(project.id, environment.id).await?;
    let folder = tree.at(path).ok_or_else(absent)?;
    Ok((environment.clone(), folder))
}
