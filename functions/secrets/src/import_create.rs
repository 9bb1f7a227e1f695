//! A new import.

use axum::Json;
use axum::extract::State;
use model::folder::{FolderTree, SecretImport};
use model::id::SecretImportId;
use model::permission::{Action, Subject};
use vault::Edit;
use web::{Caller, JsonBody, Problem};

use crate::Ctx;
use crate::amend::{Refusal, amend};
use crate::error;
use crate::import_form::Create;
use crate::import_view::{ImportView, One};
use crate::place::{self, Wording};

/// `POST /api/v1/secret-imports`, and the same under `v2`. The folder that is imported need not be there yet, as at the peer;
/// its environment must be.
pub(crate) async fn create(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    body: JsonBody<Create>,
) -> Result<Json<One>, Problem> {
    let Create { place, environment: from, path, is_replication } = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Create, Subject::SecretImports).await?;
    let from = place::environment_of(&project, &from)?;
    let edit = |tree: &mut FolderTree| {
        let absent = || Refusal::Absent(error::absent_path(&place.path, &environment.slug));
        let folder_id = tree.at(&place.path).ok_or_else(absent)?;
        let import = SecretImport {
            id: SecretImportId::random(),
            folder_id,
            environment_id: from.id,
            path: path.clone(),
            is_replication,
            created_at: caller.now,
            updated_at: caller.now,
        };
        let position = tree.add_import(import.clone())?;
        Ok(Edit {
            action: "secret-import.create",
            resource_id: import.id.to_string(),
            resource_name: place.path.to_string(),
            details: vec![
                format!("environment: {}", environment.slug),
                format!("imports: {path} of {}", from.slug),
            ],
            outcome: (position, import),
        })
    };
    let ((position, import), _) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    let secret_import = ImportView::of(position, &import, Some(from));
    Ok(Json(One { message: Some("Successfully created secret import"), secret_import }))
}
