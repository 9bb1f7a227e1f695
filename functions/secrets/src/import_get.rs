//! Reading imports: one by its id, and those of a folder in their order.

use axum::Json;
use axum::extract::State;
use model::folder::{FolderRefused, FolderTree, SecretImport};
use model::id::{EnvironmentId, SecretImportId};
use model::permission::{Action, Subject};
use model::project::Project;
use model::secret::SecretPath;
use web::{Caller, Path, Problem, Query};

use crate::amend::Refusal;
use crate::import_view::{ImportView, Many, One};
use crate::place::{self, Opened, Place, Wording};
use crate::{Ctx, error};

/// An import as the wire shows it.
pub(crate) fn view(project: &Project, position: usize, import: &SecretImport) -> ImportView {
    let from = project.environments.find(import.environment_id).map(|(_, environment)| environment);
    ImportView::of(position, import, from)
}

/// The import of this id in the folder at `path`.
pub(crate) fn find<'a>(
    tree: &'a FolderTree,
    environment: &str,
    path: &SecretPath,
    id: SecretImportId,
) -> Result<(usize, &'a SecretImport), Refusal> {
    let absent = || Refusal::Absent(error::absent_path(path, environment));
    let folder = tree.at(path).ok_or_else(absent)?;
    let found = tree.import(id).filter(|(_, import)| import.folder_id == folder);
    found.ok_or(Refusal::Rule(FolderRefused::AbsentImport(id)))
}

/// `GET /api/v1/secret-imports/{secretImportId}`, and the same under `v2`.
pub(crate) async fn by_id(
    State(ctx): State<Ctx>,
    caller: Caller,
    Path(id): Path<SecretImportId>,
) -> Result<Json<One>, Problem> {
    let absent = || error::absent_import(id);
    let environment: EnvironmentId = ctx.store.environment_of_import(id).await?.ok_or_else(absent)?;
    let subject = Subject::SecretImports;
    let opened = place::of_environment(&ctx, &caller, environment, Action::Read, subject, absent).await?;
    let Opened { project, environment, tree } = &opened;
    let (position, import) = tree.import(id).ok_or_else(absent)?;
    let path = tree.path_of(import.folder_id).ok_or_else(absent)?;
    let secret_import = view(project, position, import).placed(project.id, environment, path);
    Ok(Json(One { message: None, secret_import }))
}

/// `GET /api/v1/secret-imports`, and the same under `v2`.
pub(crate) async fn list(
    State(ctx): State<Ctx>,
    caller: Caller,
    wording: Wording,
    query: Query<Place>,
) -> Result<Json<Many>, Problem> {
    let place = query.read_with(wording)?;
    let opened = place::folders(&ctx, &caller, &place, Action::Read, Subject::SecretImports).await?;
    let folder = opened.at(&place.path)?;
    let imports = opened.tree.imports_of(folder).enumerate();
    let secret_imports = imports.map(|(index, import)| view(&opened.project, index + 1, import)).collect();
    Ok(Json(Many { message: "Successfully fetched secret imports", secret_imports }))
}
