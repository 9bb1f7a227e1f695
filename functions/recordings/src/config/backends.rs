//! Which backends there are.

use axum::Json;
use model::recording::STORAGE_BACKEND;
use serde_json::{Value, json};
use web::Caller;

/// `GET /api/v1/pam/recording-storage-backends`.
pub(crate) async fn list(_: Caller) -> Json<Value> {
    Json(json!({ "backends": [STORAGE_BACKEND] }))
}
