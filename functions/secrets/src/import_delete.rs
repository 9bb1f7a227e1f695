//! The end of an import. What was imported stays where it is.

use axum::Json;
use axum::extract::State;
use model::folder::FolderTree;
use model::id::SecretImportId;
use model::permission::{Action, Subject};
use vault::Edit;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::amend::amend;
use crate::import_get::{find, view};
use crate::import_view::One;
use crate::place::{self, Place, Wording};

/// `DELETE /api/v1/secret-imports/{secretImportId}`, and the same under `v2`: answers the import as it was.
pub(crate) async fn delete(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    Path(id): Path<SecretImportId>,
    body: JsonBody<Place>,
) -> Result<Json<One>, Problem> {
    let place = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Delete, Subject::SecretImports).await?;
    let edit = |tree: &mut FolderTree| {
        find(tree, &environment.slug, &place.path, id)?;
        let (position, import) = tree.remove_import(id)?;
        Ok(Edit {
            action: "secret-import.delete",
            resource_id: id.to_string(),
            resource_name: place.path.to_string(),
            details: vec![format!("environment: {}", environment.slug), format!("imported: {}", import.path)],
            outcome: (position, import),
        })
    };
    let ((position, import), _) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    let secret_import = view(&project, position, &import);
    Ok(Json(One { message: Some("Successfully deleted secret import"), secret_import }))
}
