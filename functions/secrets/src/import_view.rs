//! Imports as the wire shows them.

use model::Timestamp;
use model::environment::Environment;
use model::folder::SecretImport;
use model::id::{EnvironmentId, FolderId, ProjectId, SecretImportId};
use model::secret::SecretPath;
use serde::Serialize;

/// An import.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportView {
    id: SecretImportId,
    version: u8,
    folder_id: FolderId,
    position: usize,
    import_path: SecretPath,
    import_env: EnvironmentView,
    is_replication: bool,
    is_replication_success: Option<bool>,
    replication_status: Option<String>,
    last_replicated: Option<Timestamp>,
    is_reserved: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Where it is; in the answer to a read by its id alone.
    #[serde(flatten)]
    place: Option<PlaceView>,
}

#[derive(Debug, Clone, Serialize)]
struct EnvironmentView {
    id: EnvironmentId,
    name: String,
    slug: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceView {
    project_id: ProjectId,
    environment: EnvironmentView,
    secret_path: SecretPath,
}

/// `{message, secretImport}`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct One {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<&'static str>,
    pub(crate) secret_import: ImportView,
}

/// `{message, secretImports}`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    pub(crate) message: &'static str,
    pub(crate) secret_imports: Vec<ImportView>,
}

impl EnvironmentView {
    fn of(environment: &Environment) -> Self {
        Self { id: environment.id, name: environment.name.clone(), slug: environment.slug.clone() }
    }

    /// An environment that was deleted: imports of it stay until somebody removes them.
    const fn gone(id: EnvironmentId) -> Self {
        Self { id, name: String::new(), slug: String::new() }
    }
}

impl ImportView {
    /// An import at its position among its folder's, from 1; `from` is the environment that it brings secrets from,
    /// while there is one.
    pub(crate) fn of(position: usize, import: &SecretImport, from: Option<&Environment>) -> Self {
        Self {
            id: import.id,
            version: 1,
            folder_id: import.folder_id,
            position,
            import_path: import.path.clone(),
            import_env: from
                .map_or_else(|| EnvironmentView::gone(import.environment_id), EnvironmentView::of),
            is_replication: import.is_replication,
            // An import is read through, never copied: there is nothing that could have succeeded.
            is_replication_success: None,
            replication_status: None,
            last_replicated: None,
            is_reserved: false,
            created_at: import.created_at,
            updated_at: import.updated_at,
            place: None,
        }
    }

    /// With everything about where it is.
    pub(crate) fn placed(self, project: ProjectId, environment: &Environment, path: SecretPath) -> Self {
        let environment = EnvironmentView::of(environment);
        Self { place: Some(PlaceView { project_id: project, environment, secret_path: path }), ..self }
    }
}
