//! What kinds of destinations there are.

use axum::Json;
use model::certificate_sync::{Destination, SyncOptions};
use serde::Serialize;
use web::Caller;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SyncOption {
    name: &'static str,
    connection: &'static str,
    destination: &'static str,
    can_import_certificates: bool,
    can_remove_certificates: bool,
    default_certificate_name_schema: String,
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pki_sync_options: Vec<SyncOption>,
}

/// `GET …/options`.
pub(crate) async fn options(_: Caller) -> Json<Answer> {
    let option = |destination: Destination| SyncOption {
        name: destination.title(),
        connection: "aws",
        destination: destination.name(),
        can_import_certificates: false,
        can_remove_certificates: true,
        default_certificate_name_schema: SyncOptions::default_of(destination)
            .name_schema()
            .as_str()
            .to_owned(),
    };
    Json(Answer {
        pki_sync_options: Destination::NAMES.iter().map(|(_, destination)| option(*destination)).collect(),
    })
}
