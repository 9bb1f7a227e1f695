//! Rotations as the wire shows them, with what is around them.

use std::collections::HashMap;

use axum::Json;
use model::folder::FolderTree;
use model::id::EnvironmentId;
use model::key_rotation::view::{Surroundings, View};
use model::project::Project;
use serde::Serialize;
use store::{ReadError, RotationAndState, Store};

/// The answer about one rotation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    secret_rotation: View,
}

/// The answer about one rotation, with what its folder and its connection are called now. A connection and a project with
/// a rotation are not deleted. Up to three GetItems.
pub(crate) async fn one(store: &Store, found: RotationAndState) -> Result<Json<One>, ReadError> {
    let (environments, project) = ([found.rotation.environment_id], found.rotation.project_id);
    let (connection, project, trees) = tokio::try_join!(
        store.connection(found.rotation.connection_id),
        store.project(project),
        store.folders_of_each(project, &environments)
    )?;
    let name = connection.map(|connection| connection.value.name).unwrap_or_default();
    let around = around(&found, name, project.as_deref(), &trees);
    Ok(Json(One { secret_rotation: view(found, around) }))
}

/// What a rotation names by id, by name.
pub(crate) fn around(
    found: &RotationAndState,
    connection: String,
    project: Option<&Project>,
    trees: &HashMap<EnvironmentId, FolderTree>,
) -> Surroundings {
    let id = found.rotation.environment_id;
    let environment = project.and_then(|project| project.environments.find(id));
    let environment = environment.map(|(_, found)| (found.slug.clone(), found.name.clone()));
    // With the environment, its folders are gone.
    let tree = trees.get(&id).filter(|_| environment.is_some());
    let folder = tree.and_then(|tree| tree.path_of(found.rotation.folder_id)).map(|path| path.to_string());
    Surroundings { connection, environment, folder }
}

/// A rotation on the wire.
pub(crate) fn view(found: RotationAndState, around: Surroundings) -> View {
    let RotationAndState { rotation, state } = found;
    let times = (rotation.created_at, rotation.updated_at);
    View::new(rotation.value, &state.progress, around, times)
}
