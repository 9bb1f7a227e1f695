//! `GET /api/status`: whether the service answers, in the peer's shape.

use axum::Json;
use serde_json::{Value, json};
use web::Now;

pub(crate) async fn status(Now(now): Now) -> Json<Value> {
    Json(json!({
        "date": now,
        "message": "Ok",
        "emailConfigured": false,
        "inviteOnlySignup": true,
        "redisConfigured": false,
        "secretScanningConfigured": false,
    }))
}
