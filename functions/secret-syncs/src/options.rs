//! What kinds of destinations there are.

use axum::Json;
use model::secret_sync::Destination;
use serde::Serialize;
use web::Caller;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SyncOption {
    name: &'static str,
    connection: &'static str,
    destination: &'static str,
    can_import_secrets: bool,
    can_remove_secrets_on_deletion: bool,
    supports_key_schema: bool,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    secret_sync_options: Vec<SyncOption>,
}

/// `GET /api/v1/secret-syncs/options`.
pub(crate) async fn options(_: Caller) -> Json<Answer> {
    let option = |destination: Destination| SyncOption {
        name: destination.title(),
        connection: "aws",
        destination: destination.name(),
        can_import_secrets: true,
        can_remove_secrets_on_deletion: true,
        supports_key_schema: true,
    };
    Json(Answer {
        secret_sync_options: Destination::NAMES.iter().map(|(_, destination)| option(*destination)).collect(),
    })
}
