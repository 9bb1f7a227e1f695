//! A new folder, with the folders that are missing on the way to it.

use axum::Json;
use axum::extract::State;
use model::folder::FolderTree;
use model::permission::{Action, Subject};
use vault::Edit;
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::amend::amend;
use crate::folder_form::Create;
use crate::folder_get::shown;
use crate::folder_view::One;
use crate::place::{self, Wording};

/// `POST /api/v1/folders`, and the same under `v2`.
///
/// A name that is taken is refused, not answered with the folder that has it: Terraform would take that one for its own, and
/// delete it with everything in it one day. But a folder that was only made on the way to another one is had by whoever asks for
/// it first: Terraform makes folders side by side, in any order.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let Create { place, name, description } = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Create, Subject::Folders).await?;
    let path = place.path.join(name.as_str());
    let edit = |tree: &mut FolderTree| {
        let id = tree.create(&place.path, name.clone(), description.clone(), caller.now)?;
        Ok(Edit {
            action: "folder.create",
            resource_id: id.to_string(),
            resource_name: path.to_string(),
            details: vec![format!("environment: {}", environment.slug)],
            outcome: id,
        })
    };
    let (id, tree) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    shown(&ctx, &environment, &tree, id).await
}
