//! Another source or another position of an import.

use axum::Json;
use axum::extract::State;
use model::folder::{FolderTree, ImportChange};
use model::id::SecretImportId;
use model::permission::{Action, Subject};
use vault::Edit;
use web::{Caller, JsonBody, Path, Problem};

use crate::Ctx;
use crate::amend::amend;
use crate::error;
use crate::import_form::Update;
use crate::import_get::{find, view};
use crate::import_view::One;
use crate::place::{self, Wording};

/// `PATCH /api/v1/secret-imports/{secretImportId}`, and the same under `v2`.
pub(crate) async fn update(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    Path(id): Path<SecretImportId>,
    body: JsonBody<Update>,
) -> Result<Json<One>, Problem> {
    let Update { place, environment: from, path, position } = body.read_with(wording)?;
    let (project, environment) =
        place::environment(&ctx, &caller, &place, Action::Edit, Subject::SecretImports).await?;
    let from = from.map(|slug| place::environment_of(&project, &slug).map(|found| found.id)).transpose()?;
    let change = ImportChange { environment_id: from, path, position };
    let edit = |tree: &mut FolderTree| {
        find(tree, &environment.slug, &place.path, id)?;
        tree.change_import(id, change.clone(), caller.now)?;
        let details = tree.import(id).map(|(position, import)| {
            let from = project.environments.find(import.environment_id);
            let from = from.map_or("?", |(_, environment)| environment.slug.as_str());
            vec![
                format!("environment: {}", environment.slug),
                format!("imports: {} of {from}", import.path),
                format!("position: {position}"),
            ]
        });
        Ok(Edit {
            action: "secret-import.update",
            resource_id: id.to_string(),
            resource_name: place.path.to_string(),
            details: details.unwrap_or_default(),
            outcome: (),
        })
    };
    let ((), tree) = amend(&ctx, &caller, &project, environment.id, edit).await?;
    let (position, import) = tree.import(id).ok_or_else(|| error::absent_import(id))?;
    let secret_import = view(&project, position, import);
    Ok(Json(One { message: Some("Successfully updated secret import"), secret_import }))
}
