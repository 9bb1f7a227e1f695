//! The end of a folder and of everything in it.

use axum::Json;
use axum::extract::State;
use model::folder::{FolderRefused, FolderTree};
use model::permission::{Action, Subject};
use vault::Edit;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::amend::amend;
use crate::folder_update::find;
use crate::folder_view::{FolderView, One};
use crate::place::{self, Place, Wording};

/// `DELETE /api/v1/folders/{folderId}`, and the same under `v2`, by id or name: answers the folder as it was.
///
/// The folders below it go with it, with their imports and their secrets; imports of it elsewhere stay, and bring nothing
/// until there is a folder at that path again. There are no change policies that could protect what is in it, so
/// `forceDelete` makes no difference.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    Path(named): Path<String>,
    body: JsonBody,
) -> Result<Json<One>, Problem> {
    let place = body.read(|form| Place::form(form, wording))?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Delete, Subject::Folders).await?;
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
