//! The end of a folder and of everything in it.

use axum::Json;
use axum::extract::State;
use model::environment::Environment;
use model::folder::{FolderRefused, FolderTree};
use model::id::FolderId;
use model::permission::{Action, Subject};
use model::project::Project;
use model::secret::SecretPath;
use vault::Edit;
use web::{Caller, JsonBody, Path, Problem};

use crate::amend::amend;
use crate::folder_update::find;
use crate::folder_view::{FolderView, One};
use crate::place::{self, Place, Wording};
use crate::vault_error::problem;
use crate::{Ctx, error};

/// `DELETE /api/v1/folders/{folderId}`, and the same under `v2`, by id or name: answers the folder as it was.
///
/// The folders below it go with it, with their imports and their secrets; imports of it elsewhere stay, and bring nothing
/// until there is a folder at that path again. Refused while key rotations write secrets there, which nobody deletes by hand
/// either. There are no change policies that could protect what is in it, so `forceDelete` makes no difference.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    Path(named): Path<String>,
    body: JsonBody<Place>,
) -> Result<Json<One>, Problem> {
    let place = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Delete, Subject::Folders).await?;
    refuse_rotated(&ctx, &project, &environment, &place.path, &named).await?;
    let edit = |tree: &mut FolderTree| {
        let id = find(tree, &environment, &place.path, &named)?;
        let path = tree.path_of(id).unwrap_or_default();
        let folder = FolderView::of(tree, &environment, id, None).ok_or(FolderRefused::Absent(id))?;
        let below = tree.remove(id)?.len().saturating_sub(1);
        let mut details = vec![format!("environment: {}", environment.slug)];
        if below > 0 {
            details.push(format!("with {below} folders below it"));
        }
        Ok(Edit {
            action: "folder.delete",
            resource_id: id.to_string(),
            resource_name: path.to_string(),
            details,
            outcome: folder,
        })
    };
    let (folder, _) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    Ok(Json(One { folder }))
}

/// Refuses to take away what rotations write to. What is not there the deletion itself says. One GetItem and one Query.
async fn refuse_rotated(
    ctx: &Ctx,
    project: &Project,
    environment: &Environment,
    path: &SecretPath,
    named: &str,
) -> Result<(), Problem> {
    let tree = ctx.vault.tree(project, environment.id).await.map_err(problem)?;
    let Ok(id) = find(&tree, environment, path, named) else { return Ok(()) };
    let below = tree.descendants(id).into_iter().map(|folder| folder.id);
    let folders: Vec<FolderId> = std::iter::once(id).chain(below).collect();
    let rotations = ctx.store.key_rotations_within(project.id, environment.id, Some(&folders)).await?;
    if rotations.is_empty() { Ok(()) } else { Err(error::is_rotated_into(&rotations)) }
}
