//! Environments that go: their folders and secrets go with them. That they are to be removed is stored in the transaction that
//! takes the environment away; the tick of `secret-sync-worker` removes them.

use model::id::EnvironmentId;
use model::project::Project;
use store::{Change, ReadError, Store};

/// How many environments end in one transaction: each has a folder tree and the guard of its id.
pub(crate) const AT_ONCE: usize = 20;

/// The environments of `before` that `after` does not have.
pub(crate) fn gone(before: &Project, after: &Project) -> Vec<EnvironmentId> {
    let ids = before.environments.iter().map(|environment| environment.id);
    ids.filter(|id| after.environments.find(*id).is_none()).collect()
}

/// Adds the end of these environments. One GetItem each.
pub(crate) async fn end(
    store: &Store,
    mut change: Change,
    project: &Project,
    environments: &[EnvironmentId],
) -> Result<Change, ReadError> {
    for environment in environments {
        let tree = store.folder_tree(*environment).await?;
        change = change.end_folders(tree.as_ref(), project.id, *environment);
    }
    Ok(change)
}
