//! Reading folders: one by id or path, and those of a path.

use axum::Json;
use axum::extract::State;
use futures::future;
use model::Timestamp;
use model::environment::Environment;
use model::folder::FolderTree;
use model::id::{EnvironmentId, FolderId, ProjectId};
use model::permission::{Action, Subject};
use model::secret::SecretPath;
use store::ReadError;
use web::{Caller, Path, Problem, Query};

use crate::folder_form::List;
use crate::folder_view::{FolderView, Many, One};
use crate::place::{self, Opened, Place, Wording};
use crate::{Ctx, error};

/// `GET /api/v1/folders/{folderId}`, and the same under `v2`. Two round trips to the table for the id's environment and its
/// project, one for its folders.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<FolderId>,
) -> Result<Json<One>, Problem> {
    let absent = || error::absent_folder(id);
    // The root has no name of its own: its id is the environment's.
    let environment = ctx.store.environment_of_folder(id).await?;
    let environment = environment.unwrap_or_else(|| EnvironmentId::from(id.uuid()));
    let opened =
        place::of_environment(&ctx, &caller, environment, Action::Read, Subject::Folders, absent).await?;
    shown(&ctx, &opened.environment, &opened.tree, id).await
}

/// `GET /api/v1/folders/{projectId}/{environment}/{path}`, where the path may come encoded as one segment, or as the gateway
/// decodes it.
pub(crate) async fn by_path(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, environment, path)): Path<(ProjectId, String, SecretPath)>,
) -> Result<Json<One>, Problem> {
    at(&ctx, &caller, Place { project, environment, path }).await
}

/// The same for the path `/`, of which nothing is left once the gateway has decoded it.
pub(crate) async fn root(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path((project, environment)): Path<(ProjectId, String)>,
) -> Result<Json<One>, Problem> {
    at(&ctx, &caller, Place { project, environment, path: SecretPath::root() }).await
}

async fn at(ctx: &Ctx, caller: &Caller, place: Place) -> Result<Json<One>, Problem> {
    let opened = place::folders(ctx, caller, &place, Action::Read, Subject::Folders).await?;
    let id = opened.at(&place.path)?;
    shown(ctx, &opened.environment, &opened.tree, id).await
}

/// The answer about one folder of a tree that was just read or written.
pub(crate) async fn shown(
    ctx: &Ctx,
    environment: &Environment,
    tree: &FolderTree,
    id: FolderId,
) -> Result<Json<One>, Problem> {
    let modified = ctx.store.folder_state(environment.id, id).await?.secrets_changed_at;
    let folder = FolderView::of(tree, environment, id, modified).ok_or_else(|| error::absent_folder(id))?;
    Ok(Json(One { folder: folder.placed(tree, environment) }))
}

/// `GET /api/v1/folders`, and the same under `v2`: those of one path by name, or all below it with `recursive`.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    query: Query<List>,
) -> Result<Json<Many>, Problem> {
    let List { place, recursive, modified_since } = query.read_with(wording)?;
    let opened = place::folders(&ctx, &caller, &place, Action::Read, Subject::Folders).await?;
    let Opened { environment, tree, .. } = &opened;
    let listed = opened.at(&place.path)?;
    let wanted = if recursive { tree.descendants(listed) } else { tree.children(listed) };
    let ids: Vec<FolderId> = wanted.iter().map(|folder| folder.id).collect();
    let modified = modified(&ctx, environment, &ids).await?;
    let shown = ids.iter().zip(modified);
    let shown = shown.filter_map(|(id, modified)| FolderView::of(tree, environment, *id, modified));
    let shown = shown.filter(|folder| modified_since.is_none_or(|moment| folder.modified_since(moment)));
    let place = |folder: FolderView| if recursive { folder.relative_to(tree, &place.path) } else { folder };
    Ok(Json(Many { folders: shown.map(place).collect() }))
}

/// When a secret in each of these folders was last written. One BatchGetItem for each hundred, side by side.
pub(crate) async fn modified(
    ctx: &Ctx,
    environment: &Environment,
    folders: &[FolderId],
) -> Result<Vec<Option<Timestamp>>, ReadError> {
    let keys: Vec<_> = folders.iter().map(|folder| (environment.id, *folder)).collect();
    let states = future::try_join_all(keys.chunks(100).map(|keys| ctx.store.folder_states(keys))).await?;
    let of = |folder| states.iter().find_map(|states| states.get(folder)?.secrets_changed_at);
    Ok(folders.iter().map(of).collect())
}
